"""Workload by workload: the bound is a cover by whole nodes, and below the optimum whatever ties workloads together."""

import pytest
from milp_factory import candidate, matrix_with_sets, offer, problem, tokens
from random_problems import random_problem

from model.milp.by_workload import PROMISING, Covers, covers_by_workload
from model.milp.matrix import Matrix
from model.milp.solver import Options, solve_matrix, solve_relaxed
from model.problem import Problem

EXACT = Options(gap=0.0, time_limit_s=60, threads=1, seed=1)


def covered(posed: Problem) -> tuple[Matrix, Covers] | None:
    posed_rows = matrix_with_sets(posed)
    if posed_rows is None:
        return None
    matrix, sets = posed_rows
    relaxed = solve_relaxed(matrix, EXACT, 100.0)
    return None if relaxed is None else (matrix, covers_by_workload(matrix, sets, relaxed))


def test_a_load_is_covered_by_whole_nodes_that_lose_some_capacity() -> None:
    """A load of 2.5 on nodes that carry 1 each less 0.4 in all: three GPUs at 1 USD/h for 100 h cost 300 USD; tokens at 1.3 USD/h for a load of 1, 325 USD."""
    found = covered(problem({"w": 2.5}, [candidate(loss=0.4)], [offer(), tokens(usd=1.3)]))
    assert found is not None
    assert found[1].bound == pytest.approx(300, rel=1e-5)


def test_tokens_cover_what_is_left_of_a_load() -> None:
    """Two GPUs carry 2 of a load of 2.5 for 200 USD; tokens at 1.2 USD/h the rest for 60 USD."""
    found = covered(problem({"w": 2.5}, [candidate()], [offer(), tokens(usd=1.2)]))
    assert found is not None
    assert found[1].bound == pytest.approx(260, rel=1e-5)


def test_the_pools_that_serve_a_load_alone_at_the_least_cost_are_promising() -> None:
    """GPU types at 1, 2, 3 … USD/h for the same load: the first eight."""
    names = [f"G{n:02}" for n in range(PROMISING + 3)]
    sold = [offer(gpu, usd=n + 1.0, gpu=gpu) for n, gpu in enumerate(names)]
    found = covered(problem({"w": 2.0}, [candidate(gpu=gpu) for gpu in names], sold))
    assert found is not None
    matrix, covers = found
    nodes = {index[1].partition("/")[0]: covers.promising[j] for j, (family, index) in enumerate(matrix.columns) if family == "Nodes"}
    assert [gpu for gpu, promising in nodes.items() if promising] == names[:PROMISING]


def test_on_random_problems_the_bound_is_below_the_optimum() -> None:
    bounds = 0
    for seed in range(200):
        found = covered(random_problem(seed))
        if found is None or found[1].bound is None:
            continue
        best = solve_matrix(found[0], EXACT, 100.0)
        if best.values is not None:
            optimum = float(found[0].cost @ best.values)
            assert found[1].bound <= optimum + 1e-6 * max(1.0, optimum), seed
            bounds += 1
    assert bounds > 80
