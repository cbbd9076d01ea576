"""Billing kinds by hand: what an instance, a month held, a setup fee, a start and a token cost."""

import pytest

from data.billing import BILLING, annuity_share, billing_terms, token_terms
from data.cost_lines import instance_costs, mean_hours, token_costs
from data.records.plan import Block, WorkloadDemand
from data.records.settings import Settings
from data.records.supply import BILLING_KINDS, Offer
from data.records.workload import Workload

FREE_MONEY = Settings(hours_per_month=730, discount_rate_per_year=0.0, electricity_usd_per_kwh=0.2, pue=1.5)
DAY = Block(name="day", hours_per_month=240, demand={})
NIGHT = Block(name="night", hours_per_month=490, demand={})


def offer(billing: str, **more: object) -> Offer:
    return Offer(offer="o", provider="p", gpu="g", billing=billing, **more)  # type: ignore[arg-type]


def usd(offered: Offer, day: int, night: int) -> float:
    return sum(line.usd_per_month for line in instance_costs(offered, {"day": day, "night": night}, (DAY, NIGHT), FREE_MONEY))


def test_every_billing_kind_has_its_function() -> None:
    assert set(BILLING) == set(BILLING_KINDS)


def test_an_amount_spread_over_a_year_at_8_percent_costs_more_than_a_twelfth_and_pays_itself_off() -> None:
    rate = 1.08 ** (1 / 12) - 1
    debt = 1.0
    for _ in range(12):
        debt = debt * (1 + rate) - annuity_share(12, 0.08)
    assert debt == pytest.approx(0, abs=1e-12)
    assert annuity_share(12, 0.0) == pytest.approx(1 / 12)


def test_on_demand_is_paid_in_the_hours_it_is_on() -> None:
    assert usd(offer("on_demand", usd_per_instance_hour=2.0), day=3, night=1) == pytest.approx(2.0 * (3 * 240 + 490))


def test_reserved_is_paid_all_month_and_its_upfront_by_the_month_of_its_term() -> None:
    held = offer("reserved", usd_per_instance_hour=1.0, upfront_usd=1200, term_months=12, setup_usd=240)
    assert usd(held, day=2, night=2) == pytest.approx(2 * (730 + 100) + 20)


def test_spot_is_paid_like_on_demand_and_counts_for_the_hours_it_is_there() -> None:
    terms = billing_terms(offer("spot", usd_per_instance_hour=1.0, interruption_share=0.2), FREE_MONEY)
    assert (terms.usd_per_instance_hour_on, terms.capacity_share, terms.spot) == (1.0, 0.8, True)


def test_a_bought_server_costs_its_capital_its_power_all_month_and_its_hosting() -> None:
    bought = offer("purchase", usd_per_instance=48_000, life_months=48, power_kw=10, hosting_usd_per_month=300)
    assert usd(bought, day=1, night=1) == pytest.approx(1000 + 10 * 1.5 * 0.2 * 730 + 300)


def test_an_instance_that_runs_by_day_only_starts_once_a_day_and_its_start_up_is_billed() -> None:
    scaled = offer("autoscaling", usd_per_instance_hour=6.0, startup_s=600)
    assert usd(scaled, day=3, night=1) == pytest.approx(6.0 * (3 * 240 + 490) + 2 * (730 / 24) * 1.0)
    assert usd(scaled, day=2, night=2) == pytest.approx(6.0 * 2 * 730)


def test_a_setup_fee_without_a_term_is_paid_within_the_month() -> None:
    assert usd(offer("on_demand", usd_per_instance_hour=0.0, setup_usd=500), day=1, night=0) == pytest.approx(500)
    assert usd(offer("on_demand", usd_per_instance_hour=0.0, setup_usd=500), day=0, night=0) == 0


def test_one_request_a_second_of_1000_in_and_500_out_at_1_and_4_dollars_a_million_costs_10_80_an_hour() -> None:
    tokens = Offer(offer="t", provider="p", billing="per_token", model="m", usd_per_m_input_tokens=1.0, usd_per_m_output_tokens=4.0)
    workload = Workload(name="w", model="m", input_tokens=1000, output_tokens=500)
    demand = WorkloadDemand(
        workload="w", unit="req/s", peak=1, mean=1, requests_per_month=0, tokens_per_month=0, requests_per_unit_hour=3600, formula=""
    )  # fmt: skip
    assert sum(item.usd_per_load_hour for item in token_terms(tokens, workload, demand)) == pytest.approx(3.6 + 7.2)
    lines = token_costs(tokens, workload, demand, {"day": 2.0, "night": 0.0}, (DAY, NIGHT))
    assert sum(line.usd_per_month for line in lines) == pytest.approx(2 * 10.8 * 240)
    assert all(line.quantity * line.usd_per_unit * line.hours_per_month == pytest.approx(line.usd_per_month) for line in lines)


def test_the_mean_month_weighs_each_period_by_its_months() -> None:
    blocks = [Block(name="a", hours_per_month=730, demand={}, period="1", months=3), Block(name="b", hours_per_month=730, demand={}, period="2", months=9)]
    assert mean_hours(blocks) == pytest.approx({"a": 730 / 4, "b": 730 * 3 / 4})
