"""Columns that only say the choice again (node size, node count, batch exponent): each is defined by one equality with coefficient 1."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from model.milp.matrix import Floats, Matrix

READING_FAMILIES = ("NodeSize", "NodeCount", "BatchExponent")


def is_reading(matrix: Matrix) -> NDArray[np.bool_]:
    """Which columns say the choice again."""
    return np.array([family in READING_FAMILIES for family, _ in matrix.columns], dtype=bool)


def defining_rows(matrix: Matrix) -> NDArray[np.bool_]:
    """Which rows define such a column."""
    row_of = np.repeat(np.arange(len(matrix.row_lower)), np.diff(matrix.start))
    defining = np.zeros(len(matrix.row_lower), dtype=bool)
    defining[row_of[is_reading(matrix)[matrix.index]]] = True
    return defining


def completed(matrix: Matrix, values: Floats) -> Floats:
    """The values with what only says the choice again made to say it."""
    reading = is_reading(matrix)
    x = np.where(reading, 0.0, values)
    activity = matrix.activity(x)
    for row in np.flatnonzero(defining_rows(matrix)):
        columns = matrix.index[matrix.start[row] : matrix.start[row + 1]]
        x[columns[reading[columns]]] = -activity[row]
    return x
