"""What a planner should know about commitments: terms and ends that do not fit the periods, and what exists and is not used."""

from __future__ import annotations

from collections.abc import Iterator

from data.languages import noted, say
from data.months import after_months
from data.records.plan import Plan
from data.records.scenario import Scenario
from data.records.supply import Existing
from data.tables import column_title, sheet_title
from model.horizon import HorizonPeriod, held_through, horizon_of


def commitment_warnings(scenario: Scenario, plan: Plan) -> list[str]:
    """Terms that are paid beyond their end, existing instances that leave inside a period, and those that host nothing."""
    return [*_rounded_terms(plan), *_early_ends(scenario), *_unused(plan)]


def _rounded_terms(plan: Plan) -> Iterator[str]:
    """A term that ends inside a period is paid to the period's end."""
    said: dict[str, str] = {}
    for line in plan.commitments:
        end = line.first_month + (line.term_months or 1) - 1
        if not line.existing and line.term_months and end < line.last_month:
            said[line.offer] = say(
                "{offer}: its term of {months} months from month {first} ends inside a period and is paid to month {last}: "
                "choose periods that end with it ({periods}, or {settings}: {setting})",
                offer=line.offer, months=line.term_months, first=line.first_month, last=line.last_month, periods=sheet_title("Periods"),
                settings=sheet_title("Settings"), setting=column_title("Settings", "months_per_period"),
            )  # fmt: skip
    yield from said.values()


def _early_ends(scenario: Scenario) -> Iterator[str]:
    """What leaves inside a period counts until the one before."""
    horizon = horizon_of(scenario)
    for row in scenario.existing:
        months = [period.last_month for period in horizon if held_through(scenario, row.until, period)]
        if not months:
            uncounted = noted("the {count:,} existing instances of {offer} leave on {day}, inside the first period: they are not counted")
            yield say(uncounted, count=row.instances, offer=row.offer, day=str(row.until))
        elif _leaves_inside(scenario, row, horizon, months[-1]):
            paid = noted("the {count:,} existing instances of {offer} leave on {day}, inside a period: they are counted and paid to month {last}")
            yield say(paid, count=row.instances, offer=row.offer, day=str(row.until), last=months[-1])


def _leaves_inside(scenario: Scenario, row: Existing, horizon: tuple[HorizonPeriod, ...], month: int) -> bool:
    start = scenario.settings.start_date
    return row.until is not None and start is not None and month < horizon[-1].last_month and row.until >= after_months(start, month)


def _unused(plan: Plan) -> Iterator[str]:
    """Offers with instances that exist and host no node."""
    used = {row.offer for row in plan.deployments}
    idle = sorted({line.offer for line in plan.commitments if line.existing} - used)
    yield from (say("the existing instances of {offer} host nothing in this plan: they are paid all the same", offer=name) for name in idle)
