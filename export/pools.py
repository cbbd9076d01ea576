"""The pools of a plan as a result states them, the same to the last digit in its JSON and in its workbook."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import Any

from data.records.plan import Plan
from data.records.scenario import Scenario
from model.simulate.spec import PoolSpec, pools_of

DIGITS = 15  # significant digits of a number in a spreadsheet (Excel specifications and limits)


def pools_told(scenario: Scenario, plan: Plan) -> tuple[PoolSpec, ...]:
    """All pools of a plan, numbers to the 15 digits that a spreadsheet keeps, so that both files make the same simulation."""
    return tuple(_told(pool) for pool in pools_of(plan, scenario.workloads, scenario.lengths))


def _told(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}")
    if isinstance(value, tuple):
        return tuple(_told(item) for item in value)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{field.name: _told(getattr(value, field.name)) for field in fields(value)})
    return value
