"""Warnings about commitments: rounded terms, what leaves inside a period, what exists and hosts nothing."""

from __future__ import annotations

from datetime import date

from data.records.plan import Block, CommitmentLine, Plan
from data.records.scenario import Scenario
from data.records.settings import Settings
from data.records.supply import Existing
from data.records.workload import Workload
from model.caveats_of_commitments import commitment_warnings

GROWING = Workload(name="w", model="m", requests_per_s=1, input_tokens=1, output_tokens=1, growth_per_month_share=0.1)
LINE = CommitmentLine(
    offer="o", provider="p", billing="reserved", gpu="G", instances=2, gpus=2, existing=False, first_period="a", last_period="b", first_month=1, last_month=6,
    term_months=6, usd_per_month=1, usd_in_horizon=6, usd_beyond_horizon=0,
)  # fmt: skip


def warned(*existing: Existing, line: CommitmentLine = LINE) -> list[str]:
    scenario = Scenario(name="s", workloads=(GROWING,), settings=Settings(start_date=date(2027, 1, 1)), existing=existing)
    block = Block(name="a", hours_per_month=730, demand={"w": 1.0})
    return commitment_warnings(scenario, Plan(status="optimal", commitments=(line,), blocks=(block,)))


def test_a_term_that_ends_with_a_period_is_nothing_to_tell() -> None:
    assert warned() == []


def test_a_term_that_is_rounded_up_is_told() -> None:
    (said,) = warned(line=CommitmentLine(**{**vars(LINE), "term_months": 4}))
    assert said == (
        "o: its term of 4 months from month 1 ends inside a period and is paid to month 6: "
        "choose periods that end with it (Periods, or Settings: Months per period)"
    )


def test_what_leaves_inside_a_period_is_told() -> None:
    assert warned(Existing(offer="o", instances=2, until=date(2027, 3, 31)), Existing(offer="o", instances=2)) == []
    assert warned(Existing(offer="o", instances=2, until=date(2027, 4, 1))) == [
        "the 2 existing instances of o leave on 2027-04-01, inside a period: they are counted and paid to month 3"
    ]
    assert warned(Existing(offer="o", instances=2, until=date(2027, 2, 1))) == [
        "the 2 existing instances of o leave on 2027-02-01, inside the first period: they are not counted"
    ]


def test_what_exists_and_hosts_nothing_is_told() -> None:
    (said,) = warned(line=CommitmentLine(**{**vars(LINE), "existing": True}))
    assert said == "the existing instances of o host nothing in this plan: they are paid all the same"
