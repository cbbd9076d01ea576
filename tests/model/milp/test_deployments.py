"""The rule on the number of hardware choices a workload may run on."""

from dataclasses import replace
from itertools import product

import pytest
from milp_factory import candidate, offer, problem
from random_problems import random_problem

from model.milp.solve import solve


def test_one_deployment_takes_two_nodes_of_a_kind_where_a_mix_would_be_cheaper() -> None:
    """3.5 load: a large node (4 load, 4 USD/h) alone costs 4; the mix of 3 small ones (1 load, 1 USD/h each) and a tiny one (0.5, 0.5 USD/h) costs 3.5."""
    sold = [offer("large", gpu="A", usd=4.0), offer("small", gpu="B", usd=1.0, max_instances=3), offer("tiny", gpu="C", usd=0.5, max_instances=1)]
    made = [candidate(gpu="A", rate=4.0), candidate(gpu="B", rate=1.0), candidate(gpu="C", rate=0.5)]
    mixed = solve(problem({"w": [3.5]}, made, sold, hours=(1.0,)))
    alone = solve(problem({"w": [3.5]}, made, sold, hours=(1.0,), max_deployments_per_workload=1))
    assert mixed.usd_per_month == pytest.approx(3.5)
    assert alone.usd_per_month == pytest.approx(4.0)


@pytest.mark.parametrize("seed", range(25))
def test_the_rule_costs_what_the_best_single_choice_costs(seed: int) -> None:
    """Against trying every choice of one candidate a workload, each solved without the rule."""
    posed = random_problem(seed)
    ruled = solve(replace(posed, settings=replace(posed.settings, max_deployments_per_workload=1)))
    keys = [[c.key for c in posed.candidates if c.workload == w.name] or [""] for w in posed.workloads]
    tried = [solve(replace(posed, candidates=tuple(c for c in posed.candidates if c.key in choice))) for choice in product(*keys)]
    costs = [found.usd_per_month for found in tried if found.usd_per_month is not None]
    assert (ruled.usd_per_month is None) == (not costs)
    if costs:
        assert ruled.usd_per_month == pytest.approx(min(costs), rel=2e-3)
