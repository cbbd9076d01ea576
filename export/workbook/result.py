"""What every sheet is written from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from data.records.plan import Plan
from data.records.scenario import Scenario
from export.workbook.fleet import Fleet
from export.workbook.places import Places


@dataclass(frozen=True)
class Result:
    """A scenario with its plan, the numbers of the live sheets, their addresses, and the day on which ages of prices are told."""

    scenario: Scenario
    plan: Plan
    fleet: Fleet
    places: Places
    today: date


def result_of(scenario: Scenario, plan: Plan, today: date) -> Result:
    """Gather what the sheets are written from."""
    fleet = Fleet(scenario, plan)
    return Result(scenario, plan, fleet, Places(fleet), today)
