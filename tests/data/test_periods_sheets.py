"""The sheets Periods, in both its forms, and Existing: the records they make, and what is said of wrong cells."""

from datetime import date
from typing import Any

import pytest

from data.periods import periods_of
from data.reader import scenario_from_tables
from data.records.plan import Block
from data.records.settings import Period
from tests.data.cells import Rows, problems_of, sheet_of, tables, workloads

OFFERS = sheet_of(
    {"offer": "year", "provider": "A", "gpu": "L40S", "billing": "reserved", "term_months": 12, "usd_per_instance_hour": 1},
    {"offer": "hour", "provider": "A", "gpu": "L40S", "billing": "on_demand", "usd_per_instance_hour": 2},
)
TWO = workloads({}, {"name": "Batch"})


HOURLY = (
    "Existing!A2: hour is billed on_demand: an hourly instance can be stopped at any time and need not be listed; "
    "enter an offer that is reserved or purchased, or delete the row"
)


def settings(**values: Any) -> Rows:
    return [["setting", "value"], ["offers", "workbook"], *([name, value] for name, value in values.items())]


def read(periods: Rows) -> tuple[Period, ...]:
    return scenario_from_tables(tables(Workloads=TWO, Periods=periods)).periods


LONG = (
    Period(period="ramp", months=3, workload="chat", multiplier=0.5),
    Period(period="ramp", months=3, workload="Batch", multiplier=2.0),
    Period(period="full", months=9, workload="chat", multiplier=1.5),
)


def test_both_forms_say_the_same() -> None:
    long = [
        ["Period", "Months", "Workload", "Multiplier"],
        ["ramp", 3, "chat", 0.5],
        ["ramp", 3, "batch", 2],
        ["full", 9, "chat", 1.5],
    ]
    wide = [["period", "CHAT", "months", "batch"], ["ramp", 0.5, 3, 2], ["full", 1.5, 9, None]]
    assert read(long) == read(wide) == LONG


def test_a_row_without_a_multiplier_is_a_period_with_the_load_as_it_is() -> None:
    wide = [["period", "months", "chat"], ["ramp", 3, 0.5], ["Full", 9, None], ["full", 9, 2]]
    assert read(wide) == (
        Period(period="ramp", months=3, workload="chat", multiplier=0.5),
        Period(period="Full", months=9),
        Period(period="Full", months=9, workload="chat", multiplier=2.0),
    )


@pytest.mark.parametrize(
    ("periods", "said"),
    [
        (
            [["period", "months", "chat"], ["ramp", 3, "much"]],
            "Periods!C2: Multiplier 'much' is not a number; enter a number from 0 to 10,000 (ratio)",
        ),
        (
            [["period", "months", "chatt"], ["ramp", 3, 2]],
            "Periods!C1: 'chatt' is neither a column of Periods nor a workload; name it chat or delete the column",
        ),
        ([["period", "months", "zzzz"], ["ramp", 3, 2]], "Periods!C1: 'zzzz' is not a column of Periods; use one of the template's or delete the column"),
        (
            [["period", "months", "batch"], ["ramp", 3, None], ["Ramp", 4, 2]],
            "Periods!B3: the period 'Ramp' has 4 months here and 3 in Periods!B2; enter 3 in all its rows",
        ),
        (
            [["period", "months", "workload", "multiplier"], ["ramp", 3, "chat", 1], ["ramp", 3, "Chat", 2]],
            "Periods!D3: the period 'ramp' stands twice for the workload 'chat' (first in Periods!D2); keep one of the rows",
        ),
        (
            [["period", "months", "chat"], ["ramp", 3, 1], ["ramp", 3, 2]],
            "Periods!C3: the period 'ramp' stands twice for the workload 'chat' (first in Periods!C2); keep one of the rows",
        ),
        ([["period", "months", "workload"], ["ramp", 3, "nobody"]], "Periods!C2: no workload is called 'nobody'; enter chat or Batch"),
    ],
)
def test_a_wrong_cell_of_periods_is_named(periods: Rows, said: str) -> None:
    assert problems_of(Workloads=TWO, Periods=periods) == [said]


@pytest.mark.parametrize(
    ("row", "more", "said"),
    [
        (
            {"offer": "hour"},
            {},
            HOURLY,
        ),
        (
            {"until": date(2027, 5, 1)},
            {},
            "Existing!C2: Until is filled and Settings has no Start date (start_date); enter the first day of the horizon there",
        ),
        (
            {"until": date(2026, 5, 1)},
            {"start_date": date(2027, 1, 1)},
            "Existing!C2: 2026-05-01 is before the Start date 2027-01-01 (Settings!B3); enter a later day, or delete the row: what has ended is not there",
        ),
    ],
)
def test_a_wrong_row_of_existing_is_named(row: dict[str, Any], more: dict[str, Any], said: str) -> None:
    given = {"Workloads": workloads(), "Offers": OFFERS, "Settings": settings(**more), "Existing": sheet_of({"offer": "year", "instances": 2, **row})}
    assert problems_of(**given) == [said]


def test_an_offer_knows_what_is_held_of_it() -> None:
    rows = sheet_of({"offer": "Year", "instances": 2, "until": date(2027, 5, 1)}, {"offer": "year", "instances": 3, "until": None})
    scenario = scenario_from_tables(tables(Workloads=workloads(), Offers=OFFERS, Settings=settings(start_date=date(2027, 1, 1)), Existing=rows))
    assert [(row.offer, row.instances, row.until) for row in scenario.existing] == [("year", 2, date(2027, 5, 1)), ("year", 3, None)]
    assert {offer.offer: offer.held_instances for offer in scenario.offers} == {"year": 5, "hour": 0}


def test_periods_follow_one_another_in_the_order_of_their_blocks() -> None:
    made = [Block(name=f"{p} {b}", hours_per_month=365, demand={}, period=p, months=m) for p, m in (("a", 3), ("b", 9)) for b in ("day", "night")]
    found = periods_of(made)
    assert [(p.name, p.months, p.first_month, p.last_month, p.share, p.blocks) for p in found] == [
        ("a", 3, 1, 3, 0.25, ("a day", "a night")),
        ("b", 9, 4, 12, 0.75, ("b day", "b night")),
    ]
