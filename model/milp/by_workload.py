"""A bound workload by workload, and which pools are promising: what ties workloads together is priced, each then covers its load in whole nodes.

Every row is priced at its dual in the linear relaxation, but those with columns of one workload in one block only: its demand, and that nodes stand in open
pools. What is left is, for each workload and block, the cheapest cover of its load by whole nodes of pools that lose a fixed capacity. With any prices the sum
is no more than the cost of any plan, and at these at least the relaxation's own optimum, up to rounding (Geoffrion 1974). It takes about a second where the
search of one block takes ten.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.milp.matrix import Floats, Ints, Matrix
from model.milp.sets import Pool, Sets
from model.milp.solver import Relaxed

# A load is covered in this many parts; what a pool carries is rounded up to whole parts, which only lowers the bound.
PARTS = 240
# Pools that need more nodes than this are covered by parts of nodes, which lowers it by less than a 32nd.
MOST_WHOLE_NODES = 32
# Of a column's cost: what is left of it by rounding when the prices make up for all of it.
ROUNDING_SHARE = 1e-9

# Pools of a workload in a block that are promising: with the 8 cheapest alone the plans of 100 workloads × 1,000 offers cost no more than with all 40.
PROMISING = 8

Column = tuple[str, object]  # family, index


@dataclass(frozen=True, kw_only=True)
class Covers:
    """What covering each load by itself says of the whole: a lower bound in the objective's unit (None: none), and the columns a good plan may need."""

    bound: float | None
    promising: NDArray[np.bool_]


@dataclass(frozen=True)
class _Priced:
    """The columns at the prices of the rows that tie workloads together, and the loads to cover: workload → blocks."""

    sets: Sets
    place: Mapping[Column, int]
    usd: Floats
    loads: Mapping[str, Sequence[str]]


def covers_by_workload(matrix: Matrix, sets: Sets, relaxed: Relaxed) -> Covers:
    """The bound and the promising columns at the prices of a relaxation; nothing is said where the batch size is a choice of the model."""
    promising = np.ones(len(matrix.cost), dtype=bool)
    if sets.settings.formulation == "piecewise":
        return Covers(bound=None, promising=promising)
    loads: defaultdict[str, list[str]] = defaultdict(list)
    for w, t in sets.demanded:
        if w not in sets.lone and w not in sets.routed:
            loads[w].append(t)
    place: dict[Column, int] = {column: j for j, column in enumerate(matrix.columns) if column[0] in ("Nodes", "Open", "Tokens")}
    owner = _owners(matrix, sets, place, loads)
    prices = np.where(_own_rows(matrix, owner), 0.0, relaxed.duals)
    side = np.where(prices > 0, matrix.row_lower, matrix.row_upper)
    prices = np.where(np.isfinite(side), prices, 0.0)
    rows = np.repeat(np.arange(len(prices)), np.diff(matrix.start))
    usd = matrix.cost - np.bincount(matrix.index, weights=matrix.value * prices[rows], minlength=len(matrix.cost))
    usd = np.where(np.abs(usd) > ROUNDING_SHARE * np.abs(matrix.cost), usd, 0.0)
    others = (owner < 0) & (usd != 0)
    least = np.where(usd > 0, matrix.lower, matrix.upper)[others] @ usd[others]
    priced = _Priced(sets, place, usd, loads)
    total = float(least + prices[prices != 0] @ side[prices != 0])
    for w in loads:
        ways = _ways(priced, w)
        total += _cover(priced, w, ways)
        promising[_poor(priced, ways)] = False
    return Covers(bound=total if np.isfinite(total) else None, promising=promising)


def _owners(matrix: Matrix, sets: Sets, place: Mapping[Column, int], loads: Mapping[str, Sequence[str]]) -> Ints:
    """Of each column the number of the workload and block whose load it covers; −1 of all others."""
    owner = np.full(len(matrix.cost), -1, dtype=np.int64)
    number = {key: n for n, key in enumerate((w, t) for w, blocks in loads.items() for t in blocks)}
    for pool in sets.pools.values():
        for column in (("Open", pool.key), *(("Nodes", (pool.candidate, h, pool.block)) for h in pool.classes)):
            if column in place:
                owner[place[column]] = number.get((pool.workload, pool.block), -1)
    for w, p, t in sets.tokens:
        owner[place["Tokens", (w, p, t)]] = number.get((w, t), -1)
    return owner


def _own_rows(matrix: Matrix, owner: Ints) -> NDArray[np.bool_]:
    """Rows with columns of one workload in one block only."""
    entries = np.append(owner[matrix.index], -1)
    starts = np.minimum(matrix.start[:-1], len(entries) - 1)
    least, most = np.minimum.reduceat(entries, starts), np.maximum.reduceat(entries, starts)
    own: NDArray[np.bool_] = (least == most) & (least >= 0) & (np.diff(matrix.start) > 0)
    return own


@dataclass(frozen=True)
class _Ways:
    """The pools of a workload: candidates and markets in rows, blocks in columns. n nodes carry n·slope − loss of the load for n·usd + fee."""

    pools: tuple[tuple[Pool, ...], ...]
    usd: Floats
    fee: Floats
    slope: Floats
    loss: Floats


def _ways(priced: _Priced, workload: str) -> _Ways:
    sets, blocks = priced.sets, priced.loads[workload]
    pools: defaultdict[tuple[str, str], list[Pool]] = defaultdict(list)
    for t in blocks:
        for pool in sets.pools_of.get((workload, t), ()):
            pools[pool.candidate, pool.market].append(pool)
    figures = [
        [
            (min(_usd(priced, "Nodes", (p.candidate, h, p.block)) for h in p.classes), _usd(priced, "Open", p.key), p.capacity_per_node, p.fixed_loss)
            for p in same
        ]
        for same in pools.values()
    ]
    usd, fee, slope, loss = np.array(figures, dtype=float).reshape(-1, len(blocks), 4).transpose(2, 0, 1)
    part = np.array([[p.share for p in same] for same in pools.values()]).reshape(-1, len(blocks)) / [sets.load(workload, t) for t in blocks]
    return _Ways(tuple(map(tuple, pools.values())), usd, fee, slope * part, loss * part)


def _poor(priced: _Priced, ways: _Ways) -> list[int]:
    """The columns of all pools but the :data:`PROMISING` ones of each block."""
    alone = np.ceil((1.0 + ways.loss) / ways.slope) * ways.usd + ways.fee
    order = np.argsort(alone, axis=0, kind="stable")[PROMISING:]
    poor = (ways.pools[row][block] for block in range(order.shape[1]) for row in order[:, block])
    return [priced.place["Nodes", (p.candidate, h, p.block)] for p in poor for h in p.classes]


def _cover(priced: _Priced, workload: str, ways: _Ways) -> float:
    """USD of the cheapest covers of a workload's load, all blocks together.

    ``least[t, k]`` is the least that k parts of the load of block t cost with the pools seen so far. What has a negative price is had for all there is.
    """
    sets, blocks = priced.sets, priced.loads[workload]
    least = np.full((len(blocks), PARTS + 1), np.inf)
    least[:, 0] = 0.0
    most = np.array([[p.most_nodes * len(p.classes) for p in same] for same in ways.pools]).reshape(ways.usd.shape)
    saved = float((np.minimum(ways.usd, 0.0) * most).sum() + np.minimum(ways.fee, 0.0).sum())
    for usd, fee, slope, loss in zip(np.maximum(ways.usd, 0.0), np.maximum(ways.fee, 0.0), ways.slope, ways.loss, strict=True):
        least = _with_pool(least, usd, fee, slope, loss)
    for p in dict.fromkeys(p for w, p, _ in sets.tokens if w == workload):
        usd = np.array([_usd(priced, "Tokens", (workload, p, t)) * sets.load(workload, t) for t in blocks])
        saved += float(np.minimum(usd, 0.0).sum())
        least = _in_parts(least, np.maximum(usd, 0.0), np.zeros(len(blocks)))
    return saved + float(least[:, PARTS].sum())


def _usd(priced: _Priced, family: str, index: object) -> float:
    """The price of a column; nothing where there is no such column."""
    j = priced.place.get((family, index))
    return 0.0 if j is None else float(priced.usd[j])


def _with_pool(least: Floats, usd: Floats, fee: Floats, slope: Floats, loss: Floats) -> Floats:
    """The least costs with one more pool: n nodes carry n·slope − loss of the load for n·usd + fee; arrays by block."""
    most = int(np.ceil((1.0 + loss) / slope).max())
    if most > MOST_WHOLE_NODES:
        return _in_parts(least, usd / slope, fee + usd * loss / slope)
    found, part = least.copy(), np.arange(PARTS + 1)
    for n in range(1, most + 1):
        carried = np.ceil((n * slope - loss) * PARTS - 1e-7).astype(np.int64)  # 1e-7: far below the solver's tolerance on a row
        left = np.clip(part - carried[:, None], 0, part)
        found = np.minimum(found, np.take_along_axis(least, left, axis=1) + (n * usd + fee)[:, None])
    return found


def _in_parts(least: Floats, usd: Floats, fee: Floats) -> Floats:
    """The least costs with a way that carries any part of the load, all of it for ``usd``, once ``fee`` is paid; arrays by block."""
    each = usd[:, None] * (np.arange(PARTS + 1) / PARTS)
    return np.minimum(least, np.minimum.accumulate(least - each, axis=1) + each + fee[:, None])
