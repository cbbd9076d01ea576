"""The table of contents of the MILP: variables, constraints, rules, objective."""

from __future__ import annotations

from typing import Any

from pyomo.core import ConcreteModel, Objective, minimize

from model.milp import batches, provider_loss, sharing
from model.milp.constraints import CONSTRAINTS
from model.milp.deadline import NEVER, Deadline
from model.milp.objective import least_cost
from model.milp.rows import ConstraintFunction, add_rows, linear
from model.milp.rules import RULES
from model.milp.sets import Sets
from model.milp.variables import declare

# In the order of the manual, which takes its formulas from them.
EVERY_CONSTRAINT: tuple[ConstraintFunction, ...] = (*CONSTRAINTS, *sharing.CONSTRAINTS, *batches.CONSTRAINTS, *RULES, *provider_loss.RULES)


def build(sets: Sets, deadline: Deadline = NEVER) -> Any | None:
    """The Pyomo model of a problem's sets, its objective ``least_cost`` in USD a month; None if a constraint without any variable cannot hold.

    Raises OutOfTimeError where the deadline passes before.
    """
    model = ConcreteModel(name="inferplan")
    declare(model, sets, deadline)
    possible = [add_rows(model, sets, constraint, deadline) for constraint in EVERY_CONSTRAINT]
    model.least_cost = Objective(expr=linear(least_cost(model, sets).values()), sense=minimize)
    return model if all(possible) else None
