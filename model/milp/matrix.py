"""A Pyomo model as a sparse matrix: what the solver takes, and what a solution is checked and tidied on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyomo.core import Constraint, Var

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Cut:
    """Σ value·x[index] ≥ lower."""

    index: Ints
    value: Floats
    lower: float


@dataclass(frozen=True, kw_only=True)
class Matrix:
    """min cost·x with lower ≤ x ≤ upper and row_lower ≤ A·x ≤ row_upper; A by rows (start, index, value)."""

    columns: tuple[tuple[str, Any], ...]  # (family, index) of each column
    cost: Floats
    lower: Floats
    upper: Floats
    integer: NDArray[np.bool_]
    row_lower: Floats
    row_upper: Floats
    start: Ints
    index: Ints
    value: Floats

    def activity(self, x: Floats) -> Floats:
        """A·x."""
        products = np.concatenate([self.value * x[self.index], [0.0]])
        sums = np.add.reduceat(products, np.minimum(self.start[:-1], len(products) - 1)) if len(self.start) > 1 else np.zeros(0)
        return np.where(np.diff(self.start) > 0, sums, 0.0)

    def part(self, rows: Ints) -> Part:
        """Some rows with the columns that stand in them."""
        counts = np.diff(self.start)[rows]
        starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        entries = np.repeat(self.start[rows] - starts[:-1], counts) + np.arange(counts.sum())
        columns, index = np.unique(self.index[entries], return_inverse=True)
        matrix = Matrix(
            columns=tuple(self.columns[j] for j in columns),
            cost=self.cost[columns],
            lower=self.lower[columns],
            upper=self.upper[columns],
            integer=self.integer[columns],
            row_lower=self.row_lower[rows],
            row_upper=self.row_upper[rows],
            start=starts,
            index=index.astype(np.int64),
            value=self.value[entries],
        )
        return Part(matrix=matrix, columns=columns, rows=rows)

    def with_rows(self, cuts: Iterable[Cut]) -> Matrix:
        """The matrix and further rows Σ value·x ≥ lower."""
        added = tuple(cuts)
        return replace(
            self,
            row_lower=np.concatenate([self.row_lower, [cut.lower for cut in added]]),
            row_upper=np.concatenate([self.row_upper, np.full(len(added), np.inf)]),
            start=np.concatenate([self.start, self.start[-1] + np.cumsum([len(cut.index) for cut in added], dtype=np.int64)]),
            index=np.concatenate([self.index, *(cut.index for cut in added)]),
            value=np.concatenate([self.value, *(cut.value for cut in added)]),
        )

    def violation(self, x: Floats) -> float:
        """The most that any row or bound is missed by."""
        activity = self.activity(x)
        missed = [self.row_lower - activity, activity - self.row_upper, self.lower - x, x - self.upper]
        return float(max((part.max() for part in missed if len(part)), default=0.0))


@dataclass(frozen=True, kw_only=True)
class Part:
    """Rows of a matrix as one of their own; ``columns`` and ``rows`` are the places of its columns and rows in the whole."""

    matrix: Matrix
    columns: Ints
    rows: Ints


def matrix_of(model: Any) -> Matrix:
    """The matrix of a Pyomo model whose constraints and objective are all :class:`LinearExpression` (as :mod:`model.milp.rows` makes them)."""
    columns, variables = [], []
    for family in model.component_objects(Var):
        for index, variable in family.items():
            columns.append((family.name, index))
            variables.append(variable)
    place = {id(variable): j for j, variable in enumerate(variables)}
    start, index_parts, value_parts, row_lower, row_upper = [0], [], [], [], []
    for group in model.component_objects(Constraint):
        for row in group.values():
            lower, body, upper = row.to_bounded_expression()
            index_parts += [place[id(v)] for v in body.linear_vars]
            value_parts += body.linear_coefs
            start.append(len(index_parts))
            row_lower.append(-np.inf if lower is None else float(lower))
            row_upper.append(np.inf if upper is None else float(upper))
    cost = np.zeros(len(variables))
    objective = model.least_cost.expr
    for coefficient, variable in zip(objective.linear_coefs, objective.linear_vars, strict=True):
        cost[place[id(variable)]] += coefficient
    bounds = [variable.bounds for variable in variables]
    return Matrix(
        columns=tuple(columns),
        cost=cost,
        lower=np.array([-np.inf if low is None else low for low, _ in bounds], dtype=float),
        upper=np.array([np.inf if high is None else high for _, high in bounds], dtype=float),
        integer=np.array([variable.is_integer() for variable in variables], dtype=bool),
        row_lower=np.array(row_lower, dtype=float),
        row_upper=np.array(row_upper, dtype=float),
        start=np.array(start, dtype=np.int64),
        index=np.array(index_parts, dtype=np.int64),
        value=np.array(value_parts, dtype=float),
    )
