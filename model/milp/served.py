"""How much of each workload's load can be served where stock or money is short: by priority, the highest first, each level proven."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from model.milp.answer import rounded
from model.milp.build import build
from model.milp.matrix import Cut, Floats, Matrix, matrix_of
from model.milp.sets import Sets, make_sets
from model.milp.solver import Options, forget_threads, solve_matrix
from model.problem import Problem

# A share nearer 1 than this is 1: the solver's own tolerance on a row (1e-6) is no smaller.
WHOLE = 1e-6
# Shares are told a billionth lower than found, so that rounding does not ask for more than the instances carry.
ROUNDING = 1e-9
# What a level keeps while a lower one is raised, less than found: the plan found stays within the row in floating point.
SLACK = 1e-7
# Served shares add up to a number of the size of 1; this keeps the solver's absolute tolerances far below it.
SCALE = 1.0


@dataclass(frozen=True)
class Served:
    """Workload → share of its load that is served in every block, and whether no better shares by priority exist (proven)."""

    shares: Mapping[str, float]
    proven: bool


def most_served(problem: Problem, seconds: float) -> Served | None:
    """The served shares by priority, lexicographic: for each priority from the highest the largest sum of its workloads' shares, the higher ones' kept.

    Of equal sums the workloads first by name are served most. None where even serving nothing is impossible, or nothing was found in time.
    """
    end = time.perf_counter() + seconds
    sets = make_sets(problem, may_cut=True)
    model = build(sets)
    if model is None:
        return None
    matrix = matrix_of(model)
    column = {index: j for j, (family, index) in enumerate(matrix.columns) if family == "Served"}
    forget_threads()
    values = np.zeros(len(matrix.cost))  # nothing served; a plan only where no rule asks for more
    known, proven, kept = False, True, matrix
    for names in goals(sets):
        columns = np.array([column[w] for w in names], dtype=np.int64)
        if values[columns].sum() < len(names):
            options = Options(gap=0.0, time_limit_s=end - time.perf_counter(), threads=problem.settings.threads, seed=problem.settings.seed)
            found = solve_matrix(_for(kept, columns), options, SCALE, _whole_numbers(matrix, values) if known else None)
            if found.values is not None:
                known, values = True, _as_served(matrix, found.values, column.values())
            elif not known:
                return None
            proven = proven and found.status == "optimal"
        kept = kept.with_rows([Cut(index=columns, value=np.ones(len(columns)), lower=float(values[columns].sum()) - SLACK)])
    return Served({w: _told(values[j]) for w, j in column.items()}, proven)


def goals(sets: Sets) -> Iterator[tuple[str, ...]]:
    """Whose served shares are raised one after another: all workloads of a priority together, then all of them but the last alone, by name."""
    for priority in sorted({w.priority for w in sets.workloads.values()}, reverse=True):
        level = tuple(name for name, w in sets.workloads.items() if w.priority == priority)
        yield level
        if len(level) > 1:
            yield from ((name,) for name in level[:-1])


def _for(matrix: Matrix, columns: np.ndarray) -> Matrix:
    cost = np.zeros(len(matrix.cost))
    cost[columns] = -1.0
    return replace(matrix, cost=cost)


def _whole_numbers(matrix: Matrix, values: Floats) -> dict[int, float]:
    return {int(j): float(values[j]) for j in np.flatnonzero(matrix.integer)}


def _as_served(matrix: Matrix, found: Floats, served: Iterable[int]) -> Floats:
    """The solution in whole numbers, with each share exactly what they serve: the most that every row lets it be."""
    values = rounded(matrix, found)
    activity = matrix.activity(values)
    row_of = np.repeat(np.arange(len(matrix.row_lower)), np.diff(matrix.start))
    for j in served:
        at = np.flatnonzero(matrix.index == j)
        rows, coefficients = row_of[at], matrix.value[at]
        slack = np.where(coefficients < 0, matrix.row_lower[rows] - activity[rows], matrix.row_upper[rows] - activity[rows]) / coefficients
        share = min(1.0, max(0.0, values[j] + float(slack.min(initial=np.inf))))
        values[j] = 1.0 if share > 1.0 - WHOLE else share
    return values


def _told(share: float) -> float:
    return 1.0 if share >= 1.0 else float(share) * (1.0 - ROUNDING)
