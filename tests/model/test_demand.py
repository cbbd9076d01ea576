"""Demand in one unit, and the blocks of hours of several workloads."""

from __future__ import annotations

from typing import Any

import pytest

from data.problems import BadInput
from data.records.plan import Block
from data.records.settings import Settings
from data.records.workload import LengthBin, ProfileBlock, Workload
from model.demand import blocks_of, demand_of, growth_multiplier

HALF = 365.0
PROFILES = [
    ProfileBlock(profile="steady", block="always", hours_per_month=730, multiplier=1),
    ProfileBlock(profile="day", block="day", hours_per_month=HALF, multiplier=1),
    ProfileBlock(profile="day", block="night", hours_per_month=HALF, multiplier=0.5),
    ProfileBlock(profile="night_owls", block="day", hours_per_month=HALF, multiplier=0.2),
    ProfileBlock(profile="night_owls", block="night", hours_per_month=HALF, multiplier=2),
    ProfileBlock(profile="shop", block="rush", hours_per_month=73, multiplier=1),
    ProfileBlock(profile="shop", block="rest", hours_per_month=657, multiplier=0.25),
]


def workload(name: str = "chat", **columns: Any) -> Workload:
    return Workload(**{"name": name, "model": "Llama-3.1-8B", "input_tokens": 1000.0, "output_tokens": 200.0, **columns})


def blocks(*workloads: Workload) -> tuple[Block, ...]:
    return blocks_of(workloads, [demand_of(w, PROFILES, Settings()) for w in workloads], PROFILES, Settings())


def loads(*workloads: Workload) -> list[tuple[float, dict[str, float]]]:
    return [(pytest.approx(b.hours_per_month), {k: pytest.approx(v) for k, v in b.demand.items()}) for b in blocks(*workloads)]


@pytest.mark.parametrize(
    ("columns", "unit", "peak", "mean"),
    [
        ({"requests_per_s": 8}, "req/s", 8, 8),
        ({"requests_per_s": 8, "profile": "day"}, "req/s", 8, 6),  # half the month at 1, half at 0.5
        ({"requests_per_s": 6, "profile": "day", "demand_is": "mean"}, "req/s", 8, 6),
        ({"requests_per_s": 6, "demand_is": "mean", "peak_to_mean": 3}, "req/s", 18, 6),
        ({"concurrent_requests": 100}, "requests in flight", 100, 100),
        ({"users": 20000, "active_share": 0.02}, "requests in flight", 400, 400),
        ({"users": 7200, "requests_per_user_per_hour": 3}, "req/s", 6, 6),
        ({"tokens_per_day": 86400 * 1200 * 5, "profile": "day"}, "req/s", 20 / 3, 5),  # 1,200 tokens a request; a mean by definition
        ({"tokens_per_day": 86400 * 1200 * 5, "serving_mode": "offline", "offline_hours_per_day": 8}, "req/s", 15, 5),  # a day's work in 8 h
    ],
)
def test_every_form_of_demand_becomes_one_load(columns: dict[str, Any], unit: str, peak: float, mean: float) -> None:
    demand = demand_of(workload(**columns), PROFILES, Settings())
    assert (demand.unit, demand.peak, demand.mean) == (unit, pytest.approx(peak), pytest.approx(mean))


def test_requests_and_tokens_of_a_month() -> None:
    """1 req/s is 3,600 an hour and 2,628,000 in 730 hours, of 1,200 tokens each."""
    demand = demand_of(workload(requests_per_s=1), PROFILES, Settings())
    assert (demand.requests_per_unit_hour, demand.requests_per_month) == (3600, pytest.approx(2_628_000))
    assert demand.tokens_per_month == pytest.approx(2_628_000 * 1200)


def test_closed_loop_request_lasts_as_long_as_its_targets_allow() -> None:
    """TTFT 1.05 s and 199 tokens of 50 ms are 11 s, so one request in flight makes 3600/11 an hour; without targets, 5 s and 10 tokens a second."""
    given = demand_of(workload(concurrent_requests=1, ttft_target_ms=1050, tokens_per_s_per_user=20), PROFILES, Settings())
    assert given.requests_per_unit_hour == pytest.approx(3600 / 11)
    assert demand_of(workload(concurrent_requests=1), PROFILES, Settings()).requests_per_unit_hour == pytest.approx(3600 / 24.9)
    sequential = workload(concurrent_requests=1, serving_mode="sequential", e2e_target_ms=36000)
    assert demand_of(sequential, PROFILES, Settings()).requests_per_unit_hour == pytest.approx(100)


def test_bursts_are_planned_for_and_not_billed() -> None:
    """2 req/s with a busiest minute of 1.35 times the hour's mean: 2.7 req/s to carry, 2 × 3,600 requests an hour to pay."""
    calm, busy = (demand_of(workload(requests_per_s=2, burst_factor=factor), PROFILES, Settings()) for factor in (1, 1.35))
    assert (busy.peak, busy.mean) == (pytest.approx(2.7), pytest.approx(2.7))
    assert busy.peak * busy.requests_per_unit_hour == pytest.approx(7200)
    assert (busy.requests_per_month, busy.tokens_per_month) == (pytest.approx(calm.requests_per_month), pytest.approx(calm.tokens_per_month))
    assert busy.formula == "2 req/s at the peak; burst factor 1.35: planned for 2.7 req/s in the busy minutes of the peak hour"


def test_lengths_rows_replace_the_means() -> None:
    """Half of 500 + 100 and half of 1,500 + 700 tokens are 1,400 a request."""
    bins = [LengthBin(workload="chat", input_tokens=i, output_tokens=o, share=0.5) for i, o in ((500, 100), (1500, 700))]
    demand = demand_of(workload(tokens_per_day=86400 * 1400 * 2), PROFILES, Settings(), bins)
    assert demand.peak == pytest.approx(2)


def test_the_formula_says_where_the_load_comes_from() -> None:
    demand = demand_of(workload(users=20000, active_share=0.02, profile="day", ttft_target_ms=1050, tpot_target_ms=50), PROFILES, Settings())
    assert demand.formula == (
        "20000 users × 0.02 active = 400 requests in flight at the peak; peak/mean 1.333: 400 requests in flight at the peak, 300 in the mean; "
        "a request takes 11 s within its targets"
    )


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({}, "Workloads: chat: it has no demand; fill one of the demand columns"),
        ({"users": 5}, "Workloads: chat: its users say nothing about their requests; enter their active share, their requests an hour or their think time"),
        (
            {"concurrent_requests": 5, "serving_mode": "offline"},
            "Workloads: chat: requests in flight say nothing about offline work; enter requests a second or tokens a day",
        ),
        ({"requests_per_s": 1, "profile": "weekly"}, "Profiles: the profile weekly has no hours with a load; enter blocks of it with a multiplier above 0"),
    ],
)
def test_a_demand_that_says_too_little_is_named(columns: dict[str, Any], message: str) -> None:
    with pytest.raises(BadInput) as problem:
        demand_of(workload(**columns), PROFILES, Settings())
    assert str(problem.value) == message


def test_growth_compounds_each_month() -> None:
    assert growth_multiplier(workload(requests_per_s=1, growth_per_month_share=0.1), 2) == pytest.approx(1.21)


def test_profiles_with_the_same_blocks_share_their_hours() -> None:
    """By day 10 and 0.1 × 4, by night 5 and 4: the second workload's peak falls in the first one's night."""
    assert loads(workload("a", requests_per_s=10, profile="day"), workload("b", requests_per_s=4, profile="night_owls")) == [
        (HALF, {"a": 5, "b": 4}),
        (HALF, {"a": 10, "b": 0.4}),
    ]


def test_profiles_with_other_blocks_have_their_peaks_together() -> None:
    """73 hours of rush fall in the first half of the month, the day: 10 + 8, then 10 + 2 to its end, then 5 + 2."""
    assert loads(workload("a", requests_per_s=10, profile="day"), workload("b", requests_per_s=8, profile="shop")) == [
        (73, {"a": 10, "b": 8}),
        (292, {"a": 10, "b": 2}),
        (HALF, {"a": 5, "b": 2}),
    ]


def test_offline_work_goes_to_the_hours_of_least_load() -> None:
    """A day's work of 24 req·h in 6 hours is 4 req/s in a quarter of the month, all of it by night; the peak keeps none."""
    work = workload("batch", requests_per_s=1, serving_mode="offline", offline_hours_per_day=6)
    assert loads(workload("a", requests_per_s=10, profile="day"), work) == [
        (HALF, {"a": 10, "batch": 0}),
        (HALF - 730 / 4, {"a": 5, "batch": 0}),
        (730 / 4, {"a": 5, "batch": 4}),
    ]


def test_a_second_offline_workload_avoids_the_first() -> None:
    """Each needs half the month; the larger takes one half, the smaller the other."""
    works = [workload(name, requests_per_s=rate, serving_mode="offline", offline_hours_per_day=12) for name, rate in (("small", 1), ("large", 3))]
    assert loads(*works) == [(HALF, {"small": 2, "large": 0}), (HALF, {"small": 0, "large": 6})]


def test_blocks_of_equal_load_are_one() -> None:
    """Day and night at the same level are one block of the whole month."""
    flat = [ProfileBlock(profile="flat", block=name, hours_per_month=HALF, multiplier=3) for name in ("day", "night")]
    work = workload(requests_per_s=2, profile="flat")
    (block,) = blocks_of([work], [demand_of(work, flat, Settings())], flat, Settings())
    assert (block.hours_per_month, block.demand) == (pytest.approx(730), {"chat": pytest.approx(2)})


def test_hours_add_up_names_differ_and_peaks_and_means_are_kept() -> None:
    """Whatever the profiles, the blocks make a month, and each workload has its peak and its mean in them."""
    works = [
        workload("a", requests_per_s=10, profile="day"),
        workload("b", requests_per_s=8, profile="shop"),
        workload("c", concurrent_requests=3, profile="night_owls"),
        workload("d", requests_per_s=2, serving_mode="offline", offline_hours_per_day=5),
    ]
    made = blocks(*works)
    assert sum(b.hours_per_month for b in made) == pytest.approx(730)
    assert len({b.name for b in made}) == len(made)
    for work in works:
        demand = demand_of(work, PROFILES, Settings())
        assert max(b.demand[work.name] for b in made) == pytest.approx(demand.peak)
        assert sum(b.demand[work.name] * b.hours_per_month for b in made) / 730 == pytest.approx(demand.mean)


def test_users_who_think_send_a_request_in_each_residence_and_think_time() -> None:
    """360 users, 5 s for the first token and 54 × 0.1 s for the others within the targets, 50 s of thought: 60.4 s a round, 360/60.4 req/s."""
    demand = demand_of(workload(users=360, think_time_s=50, output_tokens=55), PROFILES, Settings())
    assert (demand.unit, demand.peak) == ("users", 360)
    assert demand.requests_per_month == pytest.approx(360 / 60.4 * 3600 * 730)
