"""Every shipped scenario's plan keeps its targets when random arrivals are played on it, and says what its percentiles cost."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from data.reader import scenario_from_tables
from data.records.plan import Plan
from data.records.scenario import Scenario
from data.scenario_text import tables_from_toml
from model.planner import plan_scenario
from model.simulate.pool import simulate_pools
from model.simulate.spec import pools_of

SCENARIOS = Path(__file__).resolve().parents[2] / "scenarios"


@cache
def planned(name: str) -> tuple[Scenario, Plan]:
    scenario = scenario_from_tables(tables_from_toml(SCENARIOS / f"{name}.toml"))
    scenario = replace(scenario, settings=replace(scenario.settings, alternatives=False))
    return scenario, plan_scenario(scenario)


@pytest.mark.parametrize("name", sorted(path.stem for path in SCENARIOS.glob("*.toml")))
def test_the_plan_keeps_its_targets_in_the_simulator(name: str) -> None:
    scenario, plan = planned(name)
    pools = pools_of(plan, scenario.workloads, scenario.lengths)
    measured = {candidate.key for candidate in plan.candidates if candidate.measured}
    assert pools or not any(row.node_count and row.candidate not in measured for row in plan.deployments)
    found = simulate_pools(pools, seeds=2, requests=20_000, neighbours=False, workers=1)
    assert {what_if.planned.spec.name: what_if.planned.kept for what_if in found if not what_if.planned.keeps_its_targets} == {}


def test_qwen3_on_h200_is_not_planned_at_the_mean() -> None:
    """50 req/s at p95: the load stays under the fluid limit, which fewer nodes would reach, and the plan says how many GPUs that costs."""
    _, plan = planned("qwen3_32b_h200")
    (cost,) = plan.percentile_costs
    assert (cost.workload, cost.load, cost.percentile) == ("assistant", pytest.approx(50.0), 95)
    assert cost.nodes_for_mean < cost.nodes_for_percentile <= cost.nodes_in_plan
    assert cost.extra_gpus == (cost.nodes_for_percentile - cost.nodes_for_mean) * cost.node_size
    assert sum(row.node_count for row in plan.deployments) == cost.nodes_in_plan


def test_a_scenario_in_french_has_the_plan_of_the_english_one() -> None:
    """``administration`` is ``organisation`` with other names: the same nodes on the same offers for the same money."""
    (_, english), (_, french) = planned("organisation"), planned("administration")
    assert french.usd_per_month == pytest.approx(english.usd_per_month)
    assert [(row.gpu, row.offer, row.node_size, row.node_count) for row in french.deployments] == [
        (row.gpu, row.offer, row.node_size, row.node_count) for row in english.deployments
    ]


def test_a_commitment_starts_in_month_4() -> None:
    """3 req/s growing by 5 % a month are 3.3 in month 3, which one server's 3.5 carry, 3.8 in month 6 and 5.1 in month 12, which take two.

    One for the year at 730 USD a month and one from month 4: 730·(12 + 9)/12 = 1,277.50 a month. Both from month 1 would be 1,460, the second hourly 1,606.
    """
    _, plan = planned("commitment_in_month_4")
    (made,) = plan.candidates
    loads = [block.demand["assistant"] for block in plan.blocks]
    assert loads[0] < made.capacity(1) < loads[1] < loads[3] < made.capacity(2)
    assert plan.usd_per_month == pytest.approx(730 * (12 + 9) / 12)
    orders = [(line.offer, line.instances, line.first_month, line.last_month, line.usd_beyond_horizon) for line in plan.commitments]
    assert orders == [("one year", 1, 1, 12, 0), ("one year", 1, 4, 12, 3 * 730)]
