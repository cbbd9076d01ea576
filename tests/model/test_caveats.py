"""Warnings about a plan: a target that no queueing rule can promise."""

from __future__ import annotations

from data.library import shipped_gpus, shipped_models, shipped_profiles
from data.records.scenario import Scenario
from data.records.settings import Settings
from data.records.supply import Offer
from data.records.workload import Workload
from model.planner import plan_scenario

H100 = Offer(offer="one", provider="A", gpu="H100-SXM5-80GB", billing="on_demand", usd_per_instance_hour=3.0)


def scenario(tpot_target_ms: float, arrival_cv: float = 1.0) -> Scenario:
    workload = Workload(
        name="chat", model="Llama-3.1-8B", precision=("fp8",), requests_per_s=2.0, input_tokens=1000, output_tokens=200, tpot_target_ms=tpot_target_ms,
        arrival_cv=arrival_cv,
    )  # fmt: skip
    settings = Settings(alternatives=False, node_sizes=(1,))
    return Scenario(
        name="t", workloads=(workload,), settings=settings, offers=(H100,), gpus=shipped_gpus(), models=shipped_models(), profiles=shipped_profiles()
    )


def test_a_lone_node_under_uneven_arrivals_is_warned_of() -> None:
    """At a CV of 3 the one node is named with it; at 1.5 nothing is said."""
    plan = plan_scenario(scenario(100.0, arrival_cv=3.0))
    assert [row.node_count for row in plan.deployments] == [1]
    said = "chat: a node stands alone under arrivals or lengths with a coefficient of variation of 3, where the queueing rule may promise too much: "
    assert said + "run the simulate command on this result" in plan.warnings
    assert not any("stands alone" in text for text in plan_scenario(scenario(100.0, arrival_cv=1.5)).warnings)


def test_a_target_close_to_an_unloaded_node_s_latency_is_warned_of() -> None:
    """A TPOT target of 1.35 times a lone request's is within reach and below 1.5 times it; one of ten times is neither."""
    loose = plan_scenario(scenario(100.0))
    alone = min(point.tpot_ms for point in loose.curves[0].points)
    tight = plan_scenario(scenario(1.35 * alone))
    said = "chat: a target is below 1.5 times the latency of an unloaded node of 1 × H100-SXM5-80GB, where no queueing rule is reliable: "
    remedy = "run the simulate command on this result, and benchmark it before a commitment"
    assert said + remedy in tight.warnings
    assert [c.well_posed for c in tight.candidates if c.key == tight.deployments[0].candidate] == [False]
    assert not any("queueing rule" in text for text in loose.warnings)
    assert all(c.well_posed for c in loose.candidates)
