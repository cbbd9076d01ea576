"""Sensitivity and Pareto fronts on a scenario whose plans can be counted by hand."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from data.records.study import Tornado
from data.scenario_text import tables_from_toml
from data.variants import Change
from model.parallel.spread import Where
from model.study.brief import Point
from model.study.pareto import front_of_energy, front_of_providers, front_of_ttft
from model.study.tornado import tornado

HERE = Where(workers=1)
SCENARIO = """
[[Workloads]]
name = "chat"
model = "Llama-3.1-8B"
precision = "fp8"
requests_per_s = 200
input_tokens = 1000
output_tokens = 200
ttft_target_ms = 400
tpot_target_ms = 50

[[Offers]]
offer = "cheap"
provider = "A"
gpu = "L40S"
billing = "reserved"
usd_per_instance_hour = 1
term_months = 12

[[Offers]]
offer = "by the hour"
provider = "B"
gpu = "L40S"
billing = "on_demand"
usd_per_instance_hour = 1.5

[[Offers]]
offer = "frugal"
provider = "C"
gpu = "H100"
billing = "on_demand"
usd_per_instance_hour = 9

[Settings]
offers = "workbook"
node_sizes = "1"
alternatives = false
"""


@pytest.fixture(scope="module")
def point(tmp_path_factory: pytest.TempPathFactory) -> Point:
    path = tmp_path_factory.mktemp("study") / "study.toml"
    path.write_text(SCENARIO, encoding="utf-8")
    return Point(name="study", tables=tables_from_toml(path))


@pytest.fixture(scope="module")
def swings(point: Point) -> Tornado:
    return tornado(point, HERE)


def test_prices_move_the_cost_by_their_share_and_demand_by_whole_instances(swings: Tornado) -> None:
    base = swings.base.usd_per_month or 0.0
    by_name = {swing.name: swing for swing in swings.swings}
    prices = by_name["prices of instances"]
    assert [outcome.usd_per_month for outcome in (prices.low, prices.high) if outcome] == pytest.approx([0.8 * base, 1.2 * base], rel=1e-5)
    demand = by_name["demand"]
    assert demand.low is not None
    assert demand.low.gpus < swings.base.gpus
    assert (demand.low.usd_per_month or 0.0) % 730 == pytest.approx(0, abs=0.01)
    assert "prices of tokens" not in by_name  # there are none
    assert by_name["utilisation allowed"].high is None  # it is 1 already


def test_the_widest_swing_stands_first(swings: Tornado) -> None:
    spans = [swing.span_usd() for swing in swings.swings]
    assert spans == sorted(spans, reverse=True)


def test_with_commitments_kept_less_throughput_costs_no_less_than_planned_anew(swings: Tornado) -> None:
    """What is reserved stays paid; the missing quarter is rented at 1.5 USD an hour instead of reserved at 1."""
    assert {row.offer for row in swings.kept.plan} == {"cheap", "by the hour"}
    assert swings.kept.usd_by_billing["reserved"] == pytest.approx(swings.base.usd_per_month)
    assert {row.offer for row in swings.replanned.plan} == {"cheap"}
    extra = (swings.replanned.gpus - swings.base.gpus) * 730
    assert swings.kept.usd_per_month == pytest.approx((swings.base.usd_per_month or 0.0) + 1.5 * extra)
    assert swings.replanned.usd_per_month == pytest.approx((swings.base.usd_per_month or 0.0) + extra)


def test_no_point_of_a_front_is_dearer_and_worse_than_another(point: Point) -> None:
    tighter = replace(point, changes=(Change("Workloads", "chat", "ttft_target_ms", 150),))
    for front in (front_of_ttft(tighter, HERE), front_of_energy(point), front_of_providers(point, HERE)):
        assert len(front.points) > 1, front.name
        for low, high in pairwise(front.points):
            assert low.value < high.value
            better = (high, low) if front.more_is_better else (low, high)
            assert (better[0].outcome.usd_per_month or 0.0) > (better[1].outcome.usd_per_month or 0.0), front.name


def test_each_number_of_providers_is_kept_and_the_cheapest_end_is_the_plan_itself(point: Point, swings: Tornado) -> None:
    front = front_of_providers(point, HERE)
    assert [found.value for found in front.points] == [len(found.outcome.providers) for found in front.points] == [1, 2, 3]
    assert front.points[0].outcome.usd_per_month == pytest.approx(swings.base.usd_per_month, rel=1e-5)


def test_the_ends_of_the_energy_front_are_the_cheapest_plan_and_the_most_frugal_one(point: Point, swings: Tornado) -> None:
    """An L40S takes 350 W by its datasheet; the energy of the cheapest plan is that of its instances over 730 hours."""
    front = front_of_energy(point)
    cheapest = front.points[-1]
    assert cheapest.outcome.usd_per_month == pytest.approx(swings.base.usd_per_month, rel=1e-5)
    assert cheapest.value == pytest.approx(swings.base.gpus * 0.35 * 730 / 1000)
    assert {row.gpu for row in front.points[0].outcome.plan} == {"H100-SXM5-80GB"}
