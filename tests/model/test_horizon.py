"""The horizon: which periods there are, the demand in each, and until when what exists is there."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from data.billing import billing_terms
from data.months import after_months
from data.records.plan import Block
from data.records.scenario import Scenario
from data.records.settings import Period, Settings
from data.records.supply import Existing, Offer
from data.records.workload import ProfileBlock, Workload
from model.demand import demand_of
from model.horizon import blocks_over, demand_over, holdings_of, horizon_of, offers_over

PROFILES = (
    ProfileBlock(profile="steady", block="always", hours_per_month=730, multiplier=1),
    ProfileBlock(profile="day", block="day", hours_per_month=365, multiplier=1),
    ProfileBlock(profile="day", block="night", hours_per_month=365, multiplier=0.5),
)


def scenario(*growth: float, **more: Any) -> Scenario:
    """Workloads a, b … of 10 requests a second each, with their growth."""
    made = tuple(
        Workload(
            name="ab"[n], model="m", requests_per_s=10, input_tokens=100, output_tokens=10, growth_per_month_share=g, profile=more.get("profile", "steady")
        )
        for n, g in enumerate(growth)
    )
    settings = Settings(**more.pop("settings", {}))
    more.pop("profile", None)
    return Scenario(name="s", workloads=made, settings=settings, profiles=PROFILES, **more)


def blocks(made: Scenario) -> tuple[Block, ...]:
    stated = [demand_of(w, made.profiles, made.settings) for w in made.workloads]
    return blocks_over(horizon_of(made), made, stated)


def test_without_growth_there_is_one_period_the_month_as_stated() -> None:
    (block,) = blocks(scenario(0.0))
    assert block == Block(name="always", hours_per_month=730.0, demand={"a": 10.0})


def test_demand_that_grows_is_planned_in_periods_of_their_largest_month() -> None:
    """10 % a month: month 3 has 1.1², month 6 1.1⁵ and month 8, the last of a shorter period, 1.1⁷ of the first."""
    found = blocks(scenario(0.1, settings={"horizon_months": 8}))
    assert [(b.name, b.period, b.months) for b in found] == [
        ("months 1–3", "months 1–3", 3),
        ("months 4–6", "months 4–6", 3),
        ("months 7–8", "months 7–8", 2),
    ]
    assert [b.demand["a"] for b in found] == pytest.approx([10 * 1.1**2, 10 * 1.1**5, 10 * 1.1**7])


def test_demand_that_shrinks_is_planned_for_the_first_month_of_each_period() -> None:
    found = blocks(scenario(-0.1, settings={"horizon_months": 4, "months_per_period": 2}))
    assert [b.demand["a"] for b in found] == pytest.approx([10, 10 * 0.9**2])


def test_growth_and_multipliers_multiply_and_a_workload_s_own_row_beats_the_one_for_all() -> None:
    rows = (
        Period(period="first", months=1, multiplier=2.0),
        Period(period="second", months=2, multiplier=3.0),
        Period(period="second", months=2, workload="b", multiplier=0.5),
    )
    found = blocks(scenario(0.1, 0.0, periods=rows))
    assert [b.demand for b in found] == [{"a": pytest.approx(20), "b": 20}, {"a": pytest.approx(10 * 3 * 1.1**2), "b": 5}]


def test_blocks_are_named_after_their_period() -> None:
    rows = (Period(period="H1", months=6), Period(period="H2", months=6, multiplier=2.0))
    found = blocks(scenario(0.0, profile="day", periods=rows))
    assert [(b.name, b.hours_per_month, b.demand["a"]) for b in found] == [
        ("H1, day", 365, 10),
        ("H1, night", 365, 5),
        ("H2, day", 365, 20),
        ("H2, night", 365, 10),
    ]


def test_the_demand_over_the_horizon_is_the_largest_peak_and_the_mean_of_what_is_planned() -> None:
    """Two months of 1 and one of 4 times the load: peak 40, mean 20."""
    made = scenario(0.0, periods=(Period(period="p", months=2), Period(period="q", months=1, multiplier=4.0)))
    stated = demand_of(made.workloads[0], made.profiles, made.settings)
    found = demand_over(horizon_of(made), stated)
    assert (found.peak, found.mean, found.tokens_per_month) == (40, 20, pytest.approx(2 * stated.tokens_per_month))
    assert found.formula == "10 req/s at the peak; × 4 in q (the largest month of each period counts), × 2 in the mean of 3 months"


@pytest.mark.parametrize(
    ("until", "held"),
    [
        (None, ("months 10–12", None)),
        (date(2027, 3, 31), ("months 1–3", 0)),
        (date(2027, 3, 30), None),
        (date(2027, 9, 29), ("months 4–6", 0)),
        (date(2027, 12, 31), ("months 10–12", 0)),
        (date(2028, 1, 1), ("months 10–12", 1)),
        (date(2029, 12, 31), ("months 10–12", 24)),
    ],
)
def test_what_exists_stands_in_whole_periods(until: date | None, held: tuple[str, int | None] | None) -> None:
    made = scenario(0.1, existing=(Existing(offer="o", instances=2, until=until),), settings={"start_date": date(2027, 1, 1)})
    found = [(h.last_period, h.months_beyond) for h in holdings_of(made, horizon_of(made))]
    assert found == ([] if held is None else [held])


def test_an_end_of_what_exists_makes_a_horizon_of_periods() -> None:
    assert len(horizon_of(scenario(0.0, existing=(Existing(offer="o", instances=1, until=date(2027, 6, 30)),)))) == 4
    assert len(horizon_of(scenario(0.0, existing=(Existing(offer="o", instances=1),)))) == 1


def test_months_later_is_the_same_day_or_the_last_of_the_month() -> None:
    assert after_months(date(2027, 1, 31), 1) == date(2027, 2, 28)
    assert after_months(date(2027, 11, 15), 14) == date(2029, 1, 15)


def test_a_setup_fee_without_a_term_is_paid_once_in_the_horizon() -> None:
    """1,200 USD over 12 months are 100 a month; in the plan of one month all of it."""
    once = Offer(offer="o", provider="p", gpu="G", billing="on_demand", usd_per_instance_hour=1.0, setup_usd=1200.0)
    settings = Settings(discount_rate_per_year=0.0)
    fees = [billing_terms(offer, settings).usd_per_month_if_used for made in (scenario(0.1), scenario(0.0)) for offer in offers_over(horizon_of(made), [once])]
    assert fees == [100, 1200]
