"""Serving by priority: the shares found on tiny problems, and against trying everything on random ones. A month has 100 hours."""

from dataclasses import replace

import pytest
from brute_force import BruteForce
from milp_factory import candidate, offer, problem, tokens, workload
from random_problems import random_problem

from model.milp.solve import solve
from model.problem import Problem
from model.shortage import Shortage, cut_by_priority, scaled

BOTH = [candidate("a"), candidate("b")]
FOUR = [offer(max_instances=4)]


def cut(posed: Problem) -> Shortage:
    found = cut_by_priority(posed, 30)
    assert found is not None
    assert found.proven
    return found


def test_the_higher_priority_is_served_first_and_the_rest_serves_the_other() -> None:
    """4 nodes for loads of 3 and 3: all of b, which matters more, and a third of a; the plan takes the 4 nodes, 400 USD."""
    found = cut(problem({"a": 3, "b": 3}, BOTH, FOUR, workloads=[workload("a"), workload("b", priority=2)]))
    assert found.served_share == pytest.approx({"a": 1 / 3, "b": 1})
    assert solve(found.problem).usd_per_month == pytest.approx(400)


def test_of_equal_priorities_the_sum_of_the_shares_counts_and_then_the_name() -> None:
    """3 nodes: b needs 1 for all of its load, a 4: b in full and half of a make 1.5; of equal loads the first by name goes first."""
    assert cut(problem({"a": 4, "b": 1}, BOTH, [offer(max_instances=3)])).served_share == pytest.approx({"a": 0.5, "b": 1})
    assert cut(problem({"a": 3, "b": 3}, BOTH, FOUR)).served_share == pytest.approx({"a": 1, "b": 1 / 3})


def test_the_share_is_that_of_the_scarcest_hours() -> None:
    """By day 2 of 4 load, by night 1 of 1: half of the load in every block; it is one service, cut by one share."""
    found = cut(problem({"a": [4, 1]}, BOTH[:1], [offer(max_instances=2)], hours=(50, 50)))
    assert found.served_share == pytest.approx({"a": 0.5})


def test_short_of_money_the_cheapest_way_serves_most() -> None:
    """500 USD: 4 nodes at 100 carry 4 of the 6, tokens at 2 USD/h for a unit of load half a unit more: all of a and 1.5 of b's 3."""
    found = cut(problem({"a": 3, "b": 3}, BOTH, [*FOUR, tokens(usd=2.0)], monthly_budget_usd=500))
    assert found.served_share == pytest.approx({"a": 1, "b": 0.5}, abs=1e-5)


def test_one_deployment_a_workload_is_respected() -> None:
    """Two nodes of G and two of H for a load of 4 that may run on one of them only: half."""
    made = [candidate("a"), candidate("a", gpu="H")]
    sold = [offer("g", max_instances=2), offer("h", gpu="H", max_instances=2)]
    assert cut(problem({"a": 5}, made, sold)).served_share == pytest.approx({"a": 0.8})
    assert cut(problem({"a": 5}, made, sold, max_deployments_per_workload=1)).served_share == pytest.approx({"a": 0.4})


def test_a_workload_that_is_not_served_keeps_no_minimum_of_nodes() -> None:
    """b takes 3 of the 4 nodes; a would keep at least 2, so it is not served at all."""
    kept = [workload("a", min_nodes=2), workload("b", priority=2)]
    found = cut(problem({"a": 1, "b": 3}, BOTH, FOUR, workloads=kept))
    assert found.served_share == pytest.approx({"a": 0, "b": 1})
    assert solve(found.problem).usd_per_month == pytest.approx(300)


def test_where_nothing_can_be_served_nothing_is_cut() -> None:
    assert cut_by_priority(problem({"a": 1}, BOTH[:1], [offer(max_instances=0)]), 30) is None


def feasible(posed: Problem, shares: dict[str, float]) -> bool:
    return BruteForce(scaled(posed, shares)).cheapest() is not None


def test_the_shares_are_the_most_that_trying_everything_finds() -> None:
    """On random problems made too large: the shares can be served, a little more of any workload cannot with the more important ones kept."""
    tried = 0
    for seed in range(400, 520):
        posed = random_problem(seed)
        posed = scaled(posed, {w.name: 2.0 for w in posed.workloads})
        posed = replace(posed, workloads=tuple(replace(w, priority=2 if w.name == "w" else 1) for w in posed.workloads))
        if solve(posed).status != "infeasible" or (found := cut_by_priority(posed, 30)) is None:
            continue
        tried += 1
        shares = dict(found.served_share)
        assert feasible(posed, {w: share * (1 - 1e-5) for w, share in shares.items()}), seed
        for name, others in (("w", {"v": 0.0}), ("v", {"w": shares["w"] * (1 - 1e-5)})):
            if shares.get(name, 1.0) < 1.0:
                assert not feasible(posed, others | {name: min(1.0, shares[name] + 1e-3)}), seed
    assert tried > 20
