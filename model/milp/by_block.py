"""Large problems block by block: what links the blocks is chosen or priced first, so that each block is a small MILP of its own.

Both halves of the answer come from it. *A plan*: what links the blocks (held instances, fees, providers) is chosen with everything else relaxed, then each
block is solved with that fixed. *A bound*: every block may choose the linking columns for itself and pays a share of their cost; with any shares that add up
to the cost, the sum of the blocks' optima is no more than the cost of any plan (the Lagrangian relaxation of "the same in all blocks"). The shares are taken
from the duals of the linear relaxation, at which the sum is at least the relaxation's own optimum (Geoffrion 1974).
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from data.records.plan import Status
from model.milp.blocks import block_of, rows_by_block, side_by_side, workers
from model.milp.by_workload import Covers, covers_by_workload
from model.milp.matrix import Floats, Matrix, Part
from model.milp.reading import completed, is_reading
from model.milp.rounding import one_pool_each
from model.milp.sets import Sets
from model.milp.solver import Options, Outcome, Relaxed, solve_matrix, solve_relaxed

# Shares of the time: the plan (of which a tenth for what links the blocks); the bound may take what is left.
PLAN_SHARE, LINKING_SHARE = 0.5, 0.1
# Each block is solved to this share of the gap asked for: the plan's and the bound's gaps add up, and what the relaxed links lose comes on top.
BLOCK_GAP_SHARE = 0.45
# Columns of a block from which its promising ones are searched first; the search of all of a smaller block needs no such help.
WORTH_PROMISING = 3_000
# Seconds that completing a block's start may take though the time is over: some hundredths in practice.
LEAST_BLOCK_S = 0.2


@dataclass(frozen=True, kw_only=True)
class ByBlock:
    """Values of all columns (None: no plan found) and a proven lower bound in the objective's unit (None: none)."""

    values: Floats | None = None
    bound: float | None = None

    def reaches(self, matrix: Matrix, gap: float) -> bool:
        """Whether plan and bound are no further apart than a relative gap."""
        return self.values is not None and self.bound is not None and _gap(matrix, self.values, self.bound) <= gap

    def with_search(self, matrix: Matrix, found: Outcome, options: Options) -> Outcome:
        """The better plan and the better bound of both; what the search proves infeasible is."""
        if found.status == "infeasible":
            return found
        values = min((v for v in (found.values, self.values) if v is not None), key=lambda v: float(matrix.cost @ v), default=None)
        bound = max((b for b in (found.bound, self.bound) if b is not None), default=None)
        near = values is not None and bound is not None and _gap(matrix, values, bound) <= options.gap
        status: Status = "optimal" if found.status == "optimal" or near else "feasible" if values is not None else "unsolved"
        return replace(found, status=status, values=values, bound=bound)


@dataclass(frozen=True)
class _Block:
    """The rows of one block, the first ``rows`` of the part, and those of links alone, which hold in every block."""

    part: Part
    own: NDArray[np.bool_]  # which of the part's columns are the block's
    rows: int


@dataclass(frozen=True, kw_only=True)
class _Whole:
    """A problem with its blocks and the optimum of its linear relaxation."""

    matrix: Matrix
    sets: Sets
    blocks: tuple[_Block, ...]
    relaxed: Relaxed
    covers: Covers
    scale: float


def solve_by_block(matrix: Matrix, sets: Sets, options: Options, scale: float) -> ByBlock:
    """A plan and a bound within the time limit; ``scale`` as in :func:`solve_matrix`."""
    deadline = time.perf_counter() + options.time_limit_s
    relaxed = solve_relaxed(matrix, options, scale)
    if relaxed is None:
        return ByBlock()
    covers = covers_by_workload(matrix, sets, relaxed)
    whole = _Whole(matrix=matrix, sets=sets, blocks=tuple(_blocks(matrix)), relaxed=relaxed, covers=covers, scale=scale)
    each = replace(options, gap=options.gap * BLOCK_GAP_SHARE)
    quick = max(relaxed.bound, covers.bound or 0.0)
    found = ByBlock(values=_plan(whole, replace(each, time_limit_s=PLAN_SHARE * (deadline - time.perf_counter()))), bound=quick)
    if found.reaches(matrix, options.gap):
        return found
    bound = _bound(whole, replace(each, time_limit_s=deadline - time.perf_counter()))
    return found if bound is None else replace(found, bound=max(bound, quick))


def _gap(matrix: Matrix, values: Floats, bound: float) -> float:
    cost = float(matrix.cost @ values)
    return (cost - bound) / cost if cost > 0 else 0.0


def _blocks(matrix: Matrix) -> Iterator[_Block]:
    rows = rows_by_block(matrix)
    links = rows.pop("", np.zeros(0, dtype=np.int64))
    for own_rows in rows.values():
        part = matrix.part(np.concatenate([own_rows, links]))
        yield _Block(part, np.array([block_of(*column) != "" for column in part.matrix.columns], dtype=bool), len(own_rows))


def _plan(whole: _Whole, options: Options) -> Floats | None:
    """The links with everything else relaxed, then each block with the whole ones fixed, then the best of what need not be whole."""
    deadline, matrix = time.perf_counter() + options.time_limit_s, whole.matrix
    values = _linked(whole, replace(options, time_limit_s=LINKING_SHARE * options.time_limit_s))
    if values is None:
        return None
    begin_with = one_pool_each(matrix, whole.sets, values)

    def solved(block: _Block, seconds: float) -> Floats | None:
        part, here = block.part.matrix, values[block.part.columns]
        held = part.integer & ~block.own
        cost = np.where(block.own, part.cost, 0.0)
        alone = replace(part, cost=cost, lower=np.where(held, here, part.lower), upper=np.where(held, here, part.upper))
        start = {j: begin_with[int(column)] for j, column in enumerate(block.part.columns) if int(column) in begin_with}
        work = _Work(alone, start, whole.covers.promising[block.part.columns], whole.scale / len(whole.blocks))
        return _block_solved(work, replace(options, time_limit_s=seconds, threads=1))

    found = side_by_side(solved, whole.blocks, deadline - time.perf_counter(), workers(options))
    for block, own in zip(whole.blocks, found, strict=True):
        if own is None:
            return None
        values[block.part.columns[block.own]] = own[block.own]
    return _completed(whole, np.where(matrix.integer, np.rint(values), values), options)


@dataclass(frozen=True)
class _Work:
    """A block to solve: what to begin with, which columns are promising, and a rough size of the optimum."""

    block: Matrix
    start: dict[int, float]
    promising: NDArray[np.bool_]
    scale: float


def _block_solved(work: _Work, options: Options) -> Floats | None:
    """A block's best plan found: the start with the cheapest instances for it, which is found at once; with the promising columns; with all of them."""
    block, deadline = work.block, time.perf_counter() + options.time_limit_s
    columns = np.array(list(work.start), dtype=np.int64)
    lower, upper = block.lower.copy(), block.upper.copy()
    lower[columns] = upper[columns] = np.array(list(work.start.values()))
    least = replace(options, time_limit_s=max(options.time_limit_s, LEAST_BLOCK_S))
    best = solve_matrix(replace(block, lower=lower, upper=upper), least, work.scale).values
    if best is not None and options.time_limit_s < LEAST_BLOCK_S:
        return best
    few = np.where(work.promising, block.upper, block.lower if best is None else np.maximum(block.lower, best))
    for most in (few, block.upper) if len(few) >= WORTH_PROMISING and not work.promising.all() else (block.upper,):
        left = replace(options, time_limit_s=deadline - time.perf_counter())
        found = solve_matrix(replace(block, upper=most), left, work.scale, work.start if best is None else dict(enumerate(best.tolist()))).values
        best = best if found is None else found
    return best


def _linked(whole: _Whole, options: Options) -> Floats | None:
    """The linking columns whole, the others relaxed; the search begins from the relaxation's values rounded up."""
    linking = np.array([block_of(*column) == "" for column in whole.matrix.columns], dtype=bool) & ~is_reading(whole.matrix)
    linked = replace(whole.matrix, integer=whole.matrix.integer & linking)
    if not linked.integer.any():
        return whole.relaxed.values.copy()
    up = {int(j): float(np.ceil(whole.relaxed.values[j] - 1e-6)) for j in np.flatnonzero(linked.integer)}  # 1e-6: the solver's own tolerance
    values = solve_matrix(linked, options, whole.scale, up).values
    return None if values is None else np.where(linked.integer, np.rint(values), values)


def _completed(whole: _Whole, values: Floats, options: Options) -> Floats | None:
    """The whole numbers with the best of everything else; None if they break a row that the blocks do not see."""
    matrix = whole.matrix
    x, fixed = completed(matrix, values), matrix.integer
    rest = replace(matrix, integer=np.zeros(len(x), dtype=bool), lower=np.where(fixed, x, matrix.lower), upper=np.where(fixed, x, matrix.upper))
    return solve_matrix(rest, options, whole.scale).values


def _bound(whole: _Whole, options: Options) -> float | None:
    """The sum of the blocks' bounds; None where a block has none."""
    costs, rest = _shared_costs(whole)

    def bounded(given: tuple[_Block, Floats], seconds: float) -> float | None:
        block, cost = given
        alone = replace(block.part.matrix, cost=cost)
        return solve_matrix(alone, replace(options, time_limit_s=seconds, threads=1), whole.scale / len(whole.blocks)).bound

    bounds = side_by_side(bounded, tuple(zip(whole.blocks, costs, strict=True)), options.time_limit_s, workers(options))
    known = [bound for bound in bounds if bound is not None]
    return rest + sum(known) if len(known) == len(bounds) else None


def _shared_costs(whole: _Whole) -> tuple[list[Floats], float]:
    """Each block's costs, and what the columns that stand in no block cost at least.

    Of a linking column a block bears what the duals of the block's own rows say it is worth there, and an equal part of what is left.
    """
    matrix, duals = whole.matrix, whole.relaxed.duals
    left, times = matrix.cost.copy(), np.zeros(len(matrix.cost))
    own = []
    for block in whole.blocks:
        part, entries = block.part, block.part.matrix.start[block.rows]
        worth = part.matrix.value[:entries] * np.repeat(duals[part.rows[: block.rows]], np.diff(part.matrix.start[: block.rows + 1]))
        own.append(np.where(block.own, part.matrix.cost, np.bincount(part.matrix.index[:entries], weights=worth, minlength=len(part.columns))))
        left[part.columns] -= own[-1]
        times[part.columns] += 1
    each = np.divide(left, times, out=np.zeros_like(left), where=times > 0)
    costs = [cost + np.where(block.own, 0.0, each[block.part.columns]) for block, cost in zip(whole.blocks, own, strict=True)]
    nowhere = (times == 0) & (matrix.cost != 0)
    least = np.where(matrix.cost[nowhere] > 0, matrix.lower[nowhere], matrix.upper[nowhere])
    return costs, float(matrix.cost[nowhere] @ least)
