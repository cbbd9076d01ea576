"""The MILP over several periods against trying everything, on random small problems with terms, stock and instances that exist; every plan is audited."""

import pytest
from brute_force_periods import BruteForcePeriods
from period_problems import random_period_problem

from model.audit import audit
from model.filters import reduce_problem
from model.milp.solve import solve
from model.report import plan_from

SEEDS = range(80)


@pytest.mark.parametrize("first", range(0, len(SEEDS), 20))
def test_the_milp_finds_what_trying_everything_finds(first: int) -> None:
    for seed in SEEDS[first : first + 20]:
        problem = random_period_problem(seed)
        expected, found, reduced = BruteForcePeriods(problem).cheapest(), solve(problem), solve(reduce_problem(problem).problem)
        if expected is None:
            assert (found.status, reduced.status) == ("infeasible", "infeasible"), seed
        else:
            assert (found.status, found.usd_per_month) == ("optimal", pytest.approx(expected, rel=2e-6, abs=1e-6)), seed
            audit(problem, plan_from(problem, found))
            assert (reduced.status, reduced.usd_per_month) == ("optimal", pytest.approx(expected, rel=2e-6, abs=1e-6)), seed
