"""From a capacity curve to the two numbers a linear model needs: slope and pooling loss."""

from __future__ import annotations

import numpy as np

from model.queueing.capacity import MARGIN, Curves
from model.queueing.records import Array

# Lone nodes with short answers are the rule's weak spot.
SMALL_POOL_MARGIN = 0.15
SMALL_POOL_NODES = 2


def cap_at(curves: Curves, nodes: Array | float) -> Array:
    """cap(N) = N·[r∞ − (r∞ − r1)·N^(−κ)] without margin, N ≥ 1; shape (n,)."""
    capacity: Array = nodes * (curves.limit - (curves.limit - curves.one_node) * np.asarray(nodes, dtype=np.float64) ** -curves.kappa)
    return capacity


def margin_at(curves: Curves, nodes: Array | float) -> Array:
    """Share of the capacity kept back: 5 %, or 15 % in pools of up to two nodes with mean outputs under 50 tokens; shape (n,)."""
    small = np.broadcast_to(np.asarray(nodes) <= SMALL_POOL_NODES, curves.limit.shape)
    return np.where(small & curves.short_outputs, SMALL_POOL_MARGIN, MARGIN)


def tangent(curves: Curves, nodes: Array | float) -> tuple[Array, Array]:
    """Slope s and loss d of the line s·N − d that touches (1 − margin)·cap(N) at N0 = ``nodes`` and lies on or below it for every N ≥ 1.

    With Δ = r∞ − r1: s = r∞ − Δ(1 − κ)·N0^(−κ), d = Δκ·N0^(1 − κ). cap(N) is convex for κ ≤ 1, so that its tangents are safe.
    Take N0 = max(1, demand / r∞); for nodes that do not share their arrivals (random routing) use s = one_node, d = 0.
    """
    touching = np.maximum(np.asarray(nodes, dtype=np.float64), 1.0)
    kept = 1 - margin_at(curves, touching)
    gain = curves.limit - curves.one_node
    slope = kept * (curves.limit - gain * (1 - curves.kappa) * touching**-curves.kappa)
    loss = kept * gain * curves.kappa * touching ** (1 - curves.kappa)
    return slope, loss


def touching_nodes(curves: Curves, demand: float) -> Array:
    """N0 = max(1, demand / r∞): the pool size a lone pool of each candidate would have; shape (n,)."""
    nodes: Array = np.maximum(1.0, demand / np.maximum(curves.limit, 1e-12))
    return nodes
