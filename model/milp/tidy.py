"""Takes out of a solution what it does not need: a solver that stops within its gap leaves nodes and instances that could go."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from model.milp.matrix import Floats, Matrix
from model.milp.reading import completed, defining_rows

# In which order columns are lowered: what runs before what it runs on, what is paid by the load before what is paid by the piece.
FIRST = ("Carried", "Surviving", "OpenElsewhere", "Load")
ORDER = (*FIRST, "Open", "IdleNodes", "Nodes", "Open", "Tokens", "Bundles", "Rented", "Held", "TakenIn", "Taken", "Used", "ProviderUsed", "Busiest")


def lowered(matrix: Matrix, values: Floats) -> Floats:
    """The solution with every column as low as the others let it be, one after another, the dearest first: never dearer, still within every row."""
    x = values.copy()
    activity = matrix.activity(x)
    rows_of, coefficients_of = _by_column(matrix)
    for j in _order(matrix):
        room = x[j] - matrix.lower[j]
        if room <= 0:
            continue
        rows, coefficients = rows_of[j], coefficients_of[j]
        with np.errstate(divide="ignore", invalid="ignore"):
            slack = np.where(
                coefficients > 0, (activity[rows] - matrix.row_lower[rows]) / coefficients, (activity[rows] - matrix.row_upper[rows]) / coefficients
            )
        step = min(room, float(slack.min(initial=math.inf)))
        step = math.floor(step + 1e-9) if matrix.integer[j] else step
        if step > 0:
            x[j] -= step
            activity[rows] -= coefficients * step
    return completed(matrix, x)


def _by_column(matrix: Matrix) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Rows and coefficients of each column."""
    row_of = np.repeat(np.arange(len(matrix.row_lower)), np.diff(matrix.start))
    order = np.argsort(matrix.index, kind="stable")
    order = order[matrix.value[order] != 0]  # what costs nothing stands in a budget's row with 0 and does not move it
    order = order[~defining_rows(matrix)[row_of[order]]]  # what only says the choice again follows it
    cuts = np.searchsorted(matrix.index[order], np.arange(1, len(matrix.cost)))
    return np.split(row_of[order], cuts), np.split(matrix.value[order], cuts)


def _order(matrix: Matrix) -> Iterator[int]:
    by_family: dict[str, list[int]] = {}
    for j, (family, _) in enumerate(matrix.columns):
        by_family.setdefault(family, []).append(j)
    for family in ORDER:
        yield from sorted(by_family.get(family, ()), key=lambda j: (-matrix.cost[j], j))
