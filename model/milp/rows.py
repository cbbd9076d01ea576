"""Linear rows: lower ≤ Σ coefficient·variable ≤ upper, the one form every constraint has."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from pyomo.core import Constraint
from pyomo.core.expr.numeric_expr import LinearExpression

from model.milp.deadline import NEVER, Deadline
from model.milp.sets import Sets

Term = tuple[float, Any]  # coefficient, Pyomo variable


@dataclass(frozen=True)
class Row:
    """One constraint: its index, its terms and its bounds (None: no bound)."""

    index: Hashable
    terms: tuple[Term, ...]
    lower: float | None = None
    upper: float | None = None

    def scaled(self) -> Row:
        """The same row with its largest coefficient, or its bound if that is smaller, at 1, so that an absolute tolerance means the same in all units."""
        sizes = [abs(coefficient) for coefficient, _ in self.terms] + [0.0]
        unit = min(abs(self.lower or self.upper or 0.0) or max(sizes), max(sizes)) or 1.0
        bounds = [None if bound is None else bound / unit for bound in (self.lower, self.upper)]
        return Row(self.index, tuple((coefficient / unit, variable) for coefficient, variable in self.terms), *bounds)


ConstraintFunction = Callable[[Any, Sets], Iterator[Row]]


def linear(terms: Iterable[Term]) -> Any:
    """Σ coefficient·variable as a Pyomo expression."""
    coefficients, variables = [], []
    for coefficient, variable in terms:
        coefficients.append(coefficient)
        variables.append(variable)
    return LinearExpression(constant=0, linear_coefs=coefficients, linear_vars=variables)


def add_rows(model: Any, sets: Sets, constraint: ConstraintFunction, deadline: Deadline = NEVER) -> bool:
    """Add a constraint function's rows to the model under the function's name, with its docstring; nothing where it has none.

    False if a row without any variable cannot hold: then the problem has no plan. Raises OutOfTimeError.
    """
    rows = {}
    for row in constraint(model, sets):
        deadline.check()
        rows[row.index] = row
    kept = {index: (row.lower, linear(row.terms), row.upper) for index, row in rows.items() if row.terms}
    if kept:
        added = Constraint(list(kept), rule=lambda _, *key: kept[key if len(key) > 1 else key[0]], doc=constraint.__doc__)
        model.add_component(constraint.__name__, added)
    return all(row.terms or ((row.lower or 0.0) <= 0.0 and (row.upper or 0.0) >= 0.0) for row in rows.values())
