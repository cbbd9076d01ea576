"""Concave piecewise linear curves through points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True)
class Piece:
    """One linear piece: rate ≤ ``slope``·(requests in flight) + ``intercept``·(nodes)."""

    slope: float
    intercept: float


def on_the_hull(points: Sequence[tuple[float, float]]) -> tuple[int, ...]:
    """Indices of the points (x rising) on the upper concave hull that starts at the origin; a point no higher than one before it is none."""
    kept: list[int] = []
    for index, (x, y) in enumerate(points):
        if kept and y <= points[kept[-1]][1]:
            continue
        while kept:
            x1, y1 = points[kept[-1]]
            x0, y0 = points[kept[-2]] if len(kept) > 1 else (0.0, 0.0)
            if (y1 - y0) * (x - x0) > (y - y0) * (x1 - x0) * (1 + 1e-12):
                break
            kept.pop()
        kept.append(index)
    return tuple(kept)


def pieces_through(points: Sequence[tuple[float, float]]) -> tuple[Piece, ...]:
    """The pieces of the concave curve from the origin through ``points`` (batch size, rate of a node), flat after the last.

    A piece through (x0, y0) and (x1, y1) has the slope a = (y1 − y0)/(x1 − x0) and, for N nodes, the intercept c = y0 − a·x0.
    """
    hull = [(0.0, 0.0), *(points[index] for index in on_the_hull(points))]
    found = []
    for (x0, y0), (x1, y1) in pairwise(hull):
        slope = (y1 - y0) / (x1 - x0)
        found.append(Piece(slope, y0 - slope * x0))
    return (*found, Piece(0.0, hull[-1][1]))
