"""The MILP against trying everything, on random small problems that mix all billing kinds, blocks and rules (tiers and provider loss among them)."""

import pytest
from brute_force import BruteForce
from random_problems import random_problem

from model.milp.solve import solve

SEEDS = range(300)


@pytest.mark.parametrize("first", range(0, len(SEEDS), 20))
def test_the_milp_finds_what_trying_everything_finds(first: int) -> None:
    for seed in SEEDS[first : first + 20]:
        problem = random_problem(seed)
        expected, found = BruteForce(problem).cheapest(), solve(problem)
        if expected is None:
            assert found.status == "infeasible", seed
        else:
            assert (found.status, found.usd_per_month) == ("optimal", pytest.approx(expected, rel=2e-6)), seed
