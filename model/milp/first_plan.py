"""A good plan before the search: one pool for each workload and block, then each block anew over the held instances of that plan."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np

from model.milp.blocks import block_of, rows_by_block, workers
from model.milp.matrix import Cut, Floats, Ints, Matrix
from model.milp.reading import completed
from model.milp.rounding import one_pool_each
from model.milp.sets import Sets
from model.milp.solver import Options, solve_matrix, solve_relaxed

# Relative: nearer the optimum of the restricted problem is not worth the time.
FIRST_GAP = 0.005
# Share of the time limit that the first plan may take; it is found in a tenth of the search's time where the search is long.
FIRST_SHARE = 0.15
# Below this many whole numbers the search itself takes no longer than the first plan (some hundredths of a second).
WORTH_A_FIRST_PLAN = 200


def first_plan(matrix: Matrix, sets: Sets, options: Options, scale: float) -> dict[int, float] | None:
    """The whole numbers of a plan by column, or None if the problem is small or no plan was found; where time is short those of its nodes alone.

    With at most one pool open for a workload in a block the MILP is an assignment, solved at its root; mixes of pools, which cost a few per cent less, come in
    block by block, where what links the blocks is fixed. On the shipped problems this is the optimum or within 2 % of it.
    """
    if int(matrix.integer.sum()) < WORTH_A_FIRST_PLAN or not any(family == "Open" for family, _ in matrix.columns):
        return None
    begun, seconds = time.perf_counter(), FIRST_SHARE * options.time_limit_s
    quick = replace(options, gap=max(FIRST_GAP, options.gap), time_limit_s=seconds / 2)
    found = solve_matrix(matrix.with_rows(_one_pool(matrix, sets)), quick, scale).values
    if found is None:
        relaxed = solve_relaxed(matrix, replace(quick, time_limit_s=seconds / 2), scale)
        return None if relaxed is None else one_pool_each(matrix, sets, relaxed.values)
    values = np.where(matrix.integer, np.rint(found), found)
    improved = _blocks_anew(matrix, values, replace(quick, time_limit_s=max(seconds - (time.perf_counter() - begun), 0.0)))
    improved = completed(matrix, improved)
    best = improved if matrix.violation(improved) <= matrix.violation(values) else values
    return {int(j): float(best[j]) for j in np.flatnonzero(matrix.integer)}


def _one_pool(matrix: Matrix, sets: Sets) -> Iterator[Cut]:
    """−Σ_c,m Open[c,m,t] ≥ −1 for every workload and block."""
    columns: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for j, (family, index) in enumerate(matrix.columns):
        if family == "Open":
            c, _, t = index
            columns[sets.candidates[c].workload, t].append(j)
    for own in columns.values():
        yield Cut(index=np.array(own, dtype=np.int64), value=np.full(len(own), -1.0), lower=-1.0)


def _blocks_anew(matrix: Matrix, values: Floats, options: Options) -> Floats:
    """The plan with each block solved again, what links the blocks fixed at its values; a block for which nothing better is found in time stays."""
    improved = values.copy()
    blocks = list(rows_by_block(matrix).values())
    each = replace(options, threads=1, time_limit_s=options.time_limit_s * workers(options) / max(len(blocks), 1))
    with ThreadPoolExecutor(workers(options)) as pool:
        for columns, found in pool.map(lambda rows: _block_anew(matrix, rows, values, each), blocks):
            improved[columns] = found
    return improved


def _block_anew(matrix: Matrix, rows: Ints, values: Floats, options: Options) -> tuple[Ints, Floats]:
    """The columns of one block and their best values, all else as it is."""
    part = matrix.part(rows)
    own = np.array([block_of(*column) != "" for column in part.matrix.columns], dtype=bool)
    fixed = values[part.columns]
    alone = replace(
        part.matrix,
        cost=np.where(own, part.matrix.cost, 0.0),
        lower=np.where(own, part.matrix.lower, fixed),
        upper=np.where(own, part.matrix.upper, fixed),
    )
    now = float(alone.cost @ fixed)
    found = solve_matrix(alone, options, now, {int(j): float(fixed[j]) for j in np.flatnonzero(alone.integer)}).values
    if found is None or float(alone.cost @ found) >= now:
        return part.columns[own], fixed[own]
    return part.columns[own], np.where(alone.integer, np.rint(found), found)[own]
