"""Block by block: the bound is below the optimum, the plan holds and is above it, whatever links the blocks."""

import numpy as np
import pytest
from milp_factory import candidate, matrix_with_sets, offer, problem
from random_problems import random_problem

from model.milp.by_block import ByBlock, solve_by_block
from model.milp.matrix import Matrix
from model.milp.solver import Options, solve_matrix
from model.milp.start import cheapest_cost
from model.problem import Problem

EXACT = Options(gap=0.0, time_limit_s=60, threads=1, seed=1)


def by_block(posed: Problem) -> tuple[Matrix, ByBlock] | None:
    posed_rows = matrix_with_sets(posed)
    if posed_rows is None:
        return None
    matrix, sets = posed_rows
    return matrix, solve_by_block(matrix, sets, EXACT, cheapest_cost(sets))


def test_blocks_that_nothing_links_add_up_to_the_optimum() -> None:
    """Three loads of 2, 1 and 0.5 on GPUs at 1 USD/h that carry 1: 2, 1 and 1 GPUs in 40, 40 and 20 h cost 140 USD."""
    found = by_block(problem({"w": (2.0, 1.0, 0.5)}, [candidate()], [offer()], hours=(40.0, 40.0, 20.0)))
    assert found is not None
    matrix, answer = found
    assert answer.values is not None
    assert matrix.cost @ answer.values == pytest.approx(140, rel=1e-5)
    assert answer.bound == pytest.approx(140, rel=1e-5)


def test_a_held_instance_is_shared_out_over_the_blocks_that_use_it() -> None:
    """Held at 0.5 USD/h against 1 USD/h: a GPU for all 100 h costs 50 USD, the second for the 40 busy hours 40 USD rented."""
    sold = [offer("held", usd=0.5, billing="reserved", term_months=1), offer("hourly", usd=1.0)]
    found = by_block(problem({"w": (2.0, 1.0)}, [candidate()], sold, hours=(40.0, 60.0)))
    assert found is not None
    matrix, answer = found
    assert answer.values is not None
    assert matrix.cost @ answer.values == pytest.approx(90, rel=1e-5)
    assert answer.bound == pytest.approx(90, rel=1e-5)


def test_on_random_problems_the_optimum_lies_between_bound_and_plan() -> None:
    plans = bounds = 0
    for seed in range(200):
        posed = random_problem(seed)
        found = by_block(posed)
        if len(posed.blocks) < 2 or found is None:
            continue
        matrix, answer = found
        best = solve_matrix(matrix, EXACT, 100.0)
        if best.values is None:
            assert answer.values is None
            continue
        optimum = float(matrix.cost @ best.values)
        if answer.bound is not None:
            bounds += 1
            assert answer.bound <= optimum + 1e-6 * max(1.0, optimum), seed
        if answer.values is not None:
            plans += 1
            assert matrix.violation(np.where(matrix.integer, np.rint(answer.values), answer.values)) < 1e-5, seed
            assert matrix.cost @ answer.values >= optimum - 1e-6 * max(1.0, optimum), seed
    assert min(plans, bounds) > 40, (plans, bounds)
