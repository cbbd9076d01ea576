"""The formulation with the batch size as a choice of the model reaches the optimum of the one with a column for each batch size."""

from dataclasses import replace

import pytest
from milp_factory import candidate, offer, problem
from random_problems import random_problem

from model.milp.concave import on_the_hull, pieces_through
from model.milp.solve import solve


def test_pieces_pass_through_the_points_of_a_concave_curve_and_lie_above_the_rest() -> None:
    """(1, 1), (2, 1.8), (4, 2.8) is concave; (3, 2) lies below its last piece, so that it is no point of the curve."""
    points = [(1.0, 1.0), (2.0, 1.8), (3.0, 2.0), (4.0, 2.8)]
    assert on_the_hull(points) == (0, 1, 3)
    pieces = pieces_through(points)
    for batch, rate in (points[0], points[1], points[3]):
        assert min(piece.slope * batch + piece.intercept for piece in pieces) == pytest.approx(rate)


def test_a_node_runs_at_the_batch_size_whose_rate_carries_the_load() -> None:
    """1.7 load: a node carries 1.0 at batch 8 and 1.8 at batch 16, so one node at 16 does (1 USD/h), where two at 8 would cost 2."""
    made = [candidate(rate=1.0, batch_size=8), candidate(rate=1.8, batch_size=16)]
    found = solve(problem({"w": [1.7]}, made, [offer(usd=1.0)], hours=(1.0,), formulation="piecewise"))
    assert found.usd_per_month == pytest.approx(1.0)
    assert [(p.candidate, dict(p.nodes_by_block)) for p in found.placements] == [(made[1].key, {"b0": 1})]


@pytest.mark.parametrize("first", range(0, 60, 12))
def test_both_formulations_reach_the_same_optimum(first: int) -> None:
    for seed in range(first, first + 12):
        posed = random_problem(seed)
        by_column = solve(posed)
        by_pieces = solve(replace(posed, settings=replace(posed.settings, formulation="piecewise")))
        assert (by_column.usd_per_month is None) == (by_pieces.usd_per_month is None), seed
        if by_column.usd_per_month is not None:
            assert by_pieces.usd_per_month == pytest.approx(by_column.usd_per_month, rel=2e-3), seed
