"""A capacity that the user measured is taken as it is, in place of the performance model's own."""

from __future__ import annotations

from dataclasses import replace

import pytest

from data.library import shipped_gpus, shipped_models, shipped_profiles
from data.records.plan import Plan
from data.records.scenario import Scenario
from data.records.settings import Settings
from data.records.supply import Measurement, Offer
from data.records.workload import Workload
from model.candidates import candidates_of, physics_of
from model.demand import demand_of
from model.performance.parameters import shipped_parameters
from model.planner import plan_scenario

# NVIDIA's course: 3,500 words in and 500 out at 0.75 words a token, first token within 3 s, 31 req/s at the peak, 2.4 req/s a DGX H100.
SUMMARIES = Workload(
    name="summaries", model="Llama-3.3-70B", precision=("fp8",), requests_per_s=31.0, input_tokens=4667, output_tokens=667, ttft_target_ms=3000
)
DGX = Measurement(
    model="Llama-3.3-70B", gpu="H100-SXM5-80GB", node_size=8, precision="fp8", mode="capacity", input_tokens=4667, output_tokens=667, req_per_s=2.4,
)  # fmt: skip
SERVERS = Offer(offer="DGX", provider="A", gpu="H100-SXM5-80GB", gpus_per_instance=8, billing="on_demand", usd_per_instance_hour=20.0, source="test")


def scenario(workload: Workload = SUMMARIES, *measurements: Measurement, node_sizes: tuple[int, ...] = (8,)) -> Scenario:
    return Scenario(
        name="test", workloads=(workload,), measurements=measurements, offers=(SERVERS,), gpus=shipped_gpus(), models=shipped_models(),
        profiles=shipped_profiles(), settings=Settings(node_sizes=node_sizes, alternatives=False),
    )  # fmt: skip


def planned(*measurements: Measurement, workload: Workload = SUMMARIES) -> Plan:
    return plan_scenario(scenario(workload, *measurements))


def test_31_requests_a_second_at_2_4_a_system_are_13_systems() -> None:
    """31/2.4 = 12.9, so 13 servers of 8 GPUs, in either formulation; the model alone would take fewer, and the plan says so."""
    plan = planned(DGX)
    (row,) = plan.deployments
    assert (row.node_count, row.gpus, plan.gpus, row.provenance) == (13, 104, 104, "measured")
    assert row.capacity == pytest.approx(13 * 2.4)
    assert row.load_ratio == pytest.approx(31 / 31.2)
    assert any(
        said.startswith(
            "summaries: 2.4 req/s a node of 8 × H100-SXM5-80GB is measured, taken as it is and not simulated; the performance model would have said "
        )
        for said in plan.warnings
    )
    piecewise = scenario(SUMMARIES, DGX)
    piecewise = replace(piecewise, settings=replace(piecewise.settings, formulation="piecewise"))
    assert plan_scenario(piecewise).usd_per_month == pytest.approx(plan.usd_per_month)


def test_a_measured_capacity_calibrates_nothing_and_replaces_only_its_own_choice() -> None:
    assert physics_of(scenario(SUMMARIES, DGX)).parameters is shipped_parameters()
    demand = demand_of(SUMMARIES, shipped_profiles(), Settings())
    without = candidates_of(SUMMARIES, demand, scenario(node_sizes=(4, 8))).candidates
    found = candidates_of(SUMMARIES, demand, scenario(SUMMARIES, DGX, node_sizes=(4, 8))).candidates
    assert [c for c in found if c.node_size == 4] == [c for c in without if c.node_size == 4]
    (own,), (model,) = ([c for c in some if c.node_size == 8] for some in (found, without))
    assert (own.capacity_per_node, own.pooling_loss, own.batch_size, own.ttft_ms) == (2.4, 0.0, model.batch_size, model.ttft_ms)
    assert own.measured is not None
    assert (own.measured.model_capacity_per_node, own.measured.model_pooling_loss) == (model.capacity_per_node, model.pooling_loss)


def test_where_the_model_says_it_cannot_be_the_measurement_wins_with_a_warning() -> None:
    """One millisecond to the first token is beyond the model; a measured 2.4 req/s within it still makes 13 systems."""
    plan = planned(DGX, workload=replace(SUMMARIES, ttft_target_ms=1.0))
    assert plan.gpus == 104
    assert not [row for row in plan.ruled_out if row.node_size == 8 and row.limit]
    (said,) = [text for text in plan.warnings if "measured" in text]
    assert "the performance model would have ruled it out (TTFT: " in said
    assert said.endswith("check that the measurement kept the targets")


def test_of_two_engines_measured_the_one_that_carries_more_is_taken() -> None:
    plan = planned(replace(DGX, engine="vllm", req_per_s=2.0), replace(DGX, engine="sglang"))
    assert [(row.engine, row.node_count) for row in plan.deployments] == [("sglang", 13)]


@pytest.mark.parametrize(
    ("measured", "workload", "why"),
    [
        ({"model": "Phi-4"}, {}, "no workload serves it"),
        ({"input_tokens": 4800.0}, {}, "summaries has 4,667 input and 667 output tokens"),
        ({"precision": "bf16"}, {}, "summaries allows fp8"),
        ({"kv_precision": "fp8"}, {}, "the KV cache of summaries is bf16"),
        ({"engine": "sglang"}, {"engine": "vllm"}, "summaries runs on vllm"),
        ({"node_size": 4}, {}, "nodes of 4 are none of the node sizes in Settings"),
        ({"gpu": "L40S"}, {}, "no offer has L40S"),
        (
            {},
            {"requests_per_s": None, "concurrent_requests": 100.0},
            "the demand of summaries counts requests in flight, and a capacity is in requests a second",
        ),
    ],
)
def test_a_capacity_that_no_workload_can_use_is_told_with_its_reason(measured: dict[str, object], workload: dict[str, object], why: str) -> None:
    plan = planned(replace(DGX, **measured), workload=replace(SUMMARIES, **workload))
    assert [said for said in plan.warnings if said.endswith(f"is not used: {why}")]
    assert all(row.provenance != "measured" for row in plan.deployments)


def test_lengths_within_one_percent_are_the_same() -> None:
    assert planned(replace(DGX, input_tokens=4700.0, output_tokens=661.0)).gpus == 104
