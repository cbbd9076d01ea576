"""Commitments before it is known which case comes: against every number of servers held, tried one by one."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from data.problems import BadInput
from data.records.candidate import Candidate
from data.records.study import Hedge
from data.scenario_text import tables_from_toml
from data.tables import Tables
from data.variants import Change
from model.planner import pose
from model.study.brief import Point, scenario_at
from model.study.hedge import AVERAGE, FIRST, WORST, hedge

SCENARIO = """
[[Workloads]]
name = "chat"
model = "Llama-3.1-8B"
precision = "fp8"
requests_per_s = 600
profile = "office_day"
input_tokens = 1000
output_tokens = 200
ttft_target_ms = 1000
tpot_target_ms = 50

[[Offers]]
offer = "by the hour"
provider = "A"
gpu = "L40S"
billing = "on_demand"
usd_per_instance_hour = 1

[[Offers]]
offer = "reserved"
provider = "A"
gpu = "L40S"
billing = "reserved"
usd_per_instance_hour = 0.45
term_months = 12

[Settings]
offers = "workbook"
node_sizes = "1"
max_deployments_per_workload = 1
alternatives = false
"""
LOADS, WEIGHTS = {"low": 200, "base": 600, "high": 1500}, (0.5, 0.3, 0.2)


def cases(folder: Path, text: str = SCENARIO) -> list[Point]:
    path = folder / "hedge.toml"
    path.write_text(text, encoding="utf-8")
    tables: Tables = tables_from_toml(path)
    return [Point(name=name, tables=tables, changes=(Change("Workloads", "chat", "requests_per_s", load),)) for name, load in LOADS.items()]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Hedge:
    return hedge(cases(tmp_path_factory.mktemp("hedge")), WEIGHTS)


def nodes_for(candidate: Candidate, load: float) -> int:
    return math.ceil((load + candidate.pooling_loss) / candidate.capacity_per_node - 1e-9)


@pytest.fixture(scope="module")
def tried(tmp_path_factory: pytest.TempPathFactory) -> dict[int, tuple[float, float]]:
    """Servers held → (expected, dearest) cost: in each block the missing ones are rented by the hour."""
    costs: dict[int, list[float]] = {}
    for point in cases(tmp_path_factory.mktemp("tried")):
        problem = pose(scenario_at(point)).problem
        needed = [(b.hours_per_month, min(nodes_for(c, b.demand["chat"]) for c in problem.candidates)) for b in problem.blocks]
        for held in range(80):
            costs.setdefault(held, []).append(held * 0.45 * 730 + sum(hours * max(0, nodes - held) for hours, nodes in needed))
    return {held: (sum(w * c for w, c in zip(WEIGHTS, each, strict=True)), max(each)) for held, each in costs.items()}


def test_the_cheapest_on_average_is_that_of_all_numbers_held(found: Hedge, tried: dict[int, tuple[float, float]]) -> None:
    choice = next(choice for choice in found.choices if choice.name == AVERAGE)
    assert found.expected(choice.cases) == pytest.approx(min(mean for mean, _ in tried.values()), rel=2e-5)
    assert choice.bound_usd_per_month == pytest.approx(found.expected(choice.cases), rel=2e-5)


def test_the_cheapest_in_the_worst_case_is_that_of_all_numbers_held(found: Hedge, tried: dict[int, tuple[float, float]]) -> None:
    choice = next(choice for choice in found.choices if choice.name == WORST)
    assert found.worst(choice.cases) == pytest.approx(min(worst for _, worst in tried.values()), rel=2e-4)


def test_each_choice_is_best_by_its_own_measure_and_no_better_than_knowing_the_case(found: Hedge) -> None:
    """Knowing the case ≤ cheapest on average ≤ the first case's commitments, in the mean; the robust choice has the cheapest dearest case."""
    by_name = {choice.name: choice for choice in found.choices}
    expected = {name: found.expected(choice.cases) or 0.0 for name, choice in by_name.items()}
    worst = {name: found.worst(choice.cases) or 0.0 for name, choice in by_name.items()}
    assert (found.expected(found.own) or 0.0) <= expected[AVERAGE] * (1 + 1e-6)
    assert expected[AVERAGE] <= min(expected[WORST], expected[FIRST]) * (1 + 2e-5)
    assert worst[WORST] <= min(worst[AVERAGE], worst[FIRST]) * (1 + 2e-4)
    assert dict(by_name[FIRST].held)["reserved"] < dict(by_name[WORST].held)["reserved"]
    for choice in found.choices:  # the same instances are held, and paid, in every case
        held = dict(choice.held)["reserved"] * 0.45 * 730
        assert all(outcome.usd_by_billing["reserved"] == pytest.approx(held) for outcome in choice.cases)


def test_what_is_decided_before_cannot_differ_between_cases(tmp_path: Path) -> None:
    points = cases(tmp_path)
    dearer = Point(name="dearer", tables=points[0].tables, changes=(Change("Offers", "reserved", "usd_per_instance_hour", 0.6),))
    with pytest.raises(BadInput, match="the offer reserved is held before it is known which variant comes"):
        hedge([points[0], dearer], (1.0, 1.0))
    hours = Point(name="other", tables=points[0].tables, changes=(Change("Settings", "", "max_utilization", 0.9),))
    with pytest.raises(BadInput, match="other changes Settings"):
        hedge([points[0], hours], (1.0, 1.0))


def test_a_price_by_the_hour_may_differ_between_cases(tmp_path: Path) -> None:
    """At 5 USD an hour instead of 1 in one of two like cases, more is reserved than at 1 in both."""
    points = cases(tmp_path)
    dearer = Point(name="dearer", tables=points[1].tables, changes=(*points[1].changes, Change("Offers", "by the hour", "usd_per_instance_hour", 5)))
    cheap, both = (dict(hedge([points[1], other], (1.0, 1.0)).choices[0].held)["reserved"] for other in (Point(name="twin", tables=points[1].tables), dearer))
    assert both > cheap
