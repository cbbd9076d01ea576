"""Requests routed by size: Mélange's problem through a workbook, and what the planner says of sizes."""

from __future__ import annotations

from pathlib import Path

import pytest
from melange import cheapest_by_slices, random_melange, write_workbook

from data.problems import BadInput
from data.reader import read_scenario, scenario_from_tables
from data.records.scenario import Scenario
from data.scenario_text import tables_from_toml
from model.audit import audit
from model.filters import reduce_problem
from model.milp.solve import solve
from model.planner import plan_scenario, pose
from model.report import plan_from

SIZES = """
[[Workloads]]
name = "w"
model = "Llama-3.1-8B"
precision = "fp8"
requests_per_s = 4
input_tokens = 1000
output_tokens = 200
ttft_target_ms = {ttft}
tpot_target_ms = 60
route_by_size = true
[[Lengths]]
workload = "w"
input_tokens = 200
output_tokens = 100
share = 0.6
[[Lengths]]
workload = "w"
input_tokens = 12000
output_tokens = 300
share = 0.4
[[Offers]]
offer = "l4"
provider = "P"
gpu = "L4"
billing = "on_demand"
usd_per_instance_hour = 0.7
[[Offers]]
offer = "h100"
provider = "P"
gpu = "H100-SXM5-80GB"
billing = "on_demand"
usd_per_instance_hour = 3
{more}
[Settings]
offers = "workbook"
alternatives = false
{rules}
"""


def sizes(folder: Path, *, ttft: float = 3000, more: str = "", rules: str = "") -> Scenario:
    text = folder / "sizes.toml"
    text.write_text(SIZES.format(ttft=ttft, more=more, rules=rules), encoding="utf-8")
    return scenario_from_tables(tables_from_toml(text))


@pytest.mark.parametrize("seed", range(3))
def test_the_plan_costs_no_more_than_melange(seed: int, tmp_path: Path) -> None:
    """10 × 10 sizes on six GPU types: no dearer than slices of sizes each on one type, and proven the cheapest of all splits."""
    posed = random_melange(seed)
    write_workbook(posed, tmp_path / "melange.xlsx")
    problem = pose(read_scenario(tmp_path / "melange.xlsx")).problem
    found = solve(reduce_problem(problem).problem)
    audit(problem, plan_from(problem, found))
    usd_per_hour = (found.usd_per_month or 0.0) / 730
    assert found.status == "optimal"
    assert usd_per_hour <= cheapest_by_slices(posed, seconds=1.5)[0] * 1.001  # the gap asked for
    assert usd_per_hour == pytest.approx(cheapest_by_slices(posed, slices=0)[0], rel=1e-3)


def test_a_size_that_misses_its_target_on_a_gpu_goes_to_another(tmp_path: Path) -> None:
    """12,000 tokens take an L4 longer than 3 s to read: they go to the H100."""
    plan = plan_scenario(sizes(tmp_path))
    inputs = {stream.name: stream.input_tokens for stream in plan.streams}
    assert {route.candidate.split("|")[1] for route in plan.routes if inputs[route.stream] == 12000} == {"H100-SXM5-80GB"}
    assert not plan.warnings or not any("not used yet" in warning for warning in plan.warnings)


def test_a_size_that_nothing_serves_is_named(tmp_path: Path) -> None:
    """No node reads 12,000 tokens in 30 ms."""
    plan = plan_scenario(sizes(tmp_path, ttft=30))
    assert plan.status == "infeasible"
    said = "w: nothing keeps the targets for its requests of 12,000/300 tokens; routed by size, each size keeps them by itself"
    assert plan.diagnosis[0] == said


def test_rules_on_what_providers_carry_refuse_routing(tmp_path: Path) -> None:
    """Such a rule counts nodes of whole workloads."""
    with pytest.raises(BadInput, match="Maximum provider share asks what stands at each provider, and requests routed by size are not counted there"):
        sizes(tmp_path, rules="max_provider_share = 0.5", more=SECOND)


SECOND = """
[[Offers]]
offer = "h100 of q"
provider = "Q"
gpu = "H100-SXM5-80GB"
billing = "on_demand"
usd_per_instance_hour = 3.1
"""
