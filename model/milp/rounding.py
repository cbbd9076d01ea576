"""A plan from the linear relaxation: every load goes whole to the pool, or the tokens, that carry most of it there."""

from __future__ import annotations

from collections.abc import Iterator

from model.milp.matrix import Floats, Matrix
from model.milp.sets import Pool, Sets


def one_pool_each(matrix: Matrix, sets: Sets, relaxed: Floats) -> dict[int, float]:
    """Column → value of nodes, open pools and tokens with one way to serve each load; the solver completes the rest, if it can.

    Spot takes no load where it may not carry all of it.
    """
    place = {column: j for j, column in enumerate(matrix.columns) if column[0] in ("Nodes", "Open", "Tokens")}
    found = dict.fromkeys(place.values(), 0.0)
    for w, t in sets.demanded:
        tokens = {("Tokens", key): float(relaxed[place["Tokens", key]]) for key in sets.tokens if (key[0], key[2]) == (w, t)}
        carried = {pool.key: _carried(pool, place, relaxed) for pool in _pools(sets, w, t)}
        pool = max(carried, key=lambda key: carried[key], default=None)
        bought = max(tokens, key=lambda key: tokens[key], default=None)
        if pool is not None and (bought is None or carried[pool] >= tokens[bought]):
            found |= _alone(sets.pools[pool], place, relaxed)
        elif bought is not None:
            found[place[bought]] = sets.load(w, t)
    return found


def _pools(sets: Sets, workload: str, block: str) -> Iterator[Pool]:
    spot = {h.market for h in sets.classes.values() if h.spot} if sets.settings.max_spot_share < 1.0 else set()
    yield from (pool for pool in sets.pools_of.get((workload, block), ()) if pool.market not in spot)


def _carried(pool: Pool, place: dict[tuple[str, object], int], relaxed: Floats) -> float:
    return pool.share * pool.capacity_per_node * sum(float(relaxed[place["Nodes", (pool.candidate, h, pool.block)]]) for h in pool.classes)


def _alone(pool: Pool, place: dict[tuple[str, object], int], relaxed: Floats) -> Iterator[tuple[int, float]]:
    """All nodes that the load needs, on the class that has most of them in the relaxation."""
    columns = [place["Nodes", (pool.candidate, h, pool.block)] for h in pool.classes]
    yield max(columns, key=lambda j: float(relaxed[j])), float(pool.most_nodes)
    if ("Open", pool.key) in place:
        yield place["Open", pool.key], 1.0
