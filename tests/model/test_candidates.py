"""Which options become candidates, and with what reason the others do not."""

import math
from dataclasses import replace

import pytest

from data.library import shipped_gpus, shipped_models, shipped_offers, shipped_profiles
from data.records.scenario import Scenario
from data.records.settings import Settings
from data.records.workload import Workload
from model.candidates import Considered, candidates_of
from model.demand import demand_of

CHAT = Workload(
    name="chat", model="Llama-3.3-70B", precision=("fp8",), requests_per_s=10.0, input_tokens=1000, output_tokens=200,
    ttft_target_ms=1000, tpot_target_ms=50, allowed_gpus=("H100-SXM5-80GB", "L40S"),
)  # fmt: skip


def considered(workload: Workload, settings: Settings = Settings()) -> Considered:
    scenario = Scenario(
        name="test", workloads=(workload,), settings=settings, offers=shipped_offers(), gpus=shipped_gpus(), models=shipped_models(),
        profiles=shipped_profiles(),
    )  # fmt: skip
    return candidates_of(workload, demand_of(workload, scenario.profiles, settings), scenario)


def test_every_candidate_fits_its_memory_and_meets_its_targets() -> None:
    found = considered(CHAT).candidates
    assert {c.gpu for c in found} <= {"H100-SXM5-80GB", "L40S"}
    assert any(c.gpu == "H100-SXM5-80GB" and c.node_size == 2 for c in found)
    for candidate in found:
        assert candidate.memory.used_gb <= candidate.memory.usable_gb
        assert candidate.ttft_ms <= 1000
        assert candidate.tpot_ms <= 50
        assert math.log2(candidate.batch_size).is_integer()
        assert candidate.batch_size <= candidate.max_batch


def test_405b_on_one_l4_is_ruled_out_by_memory_in_words() -> None:
    """406 GB of FP8 weights do not fit the 22 GB or so that one L4 shows; nodes of several L4 are not allowed here."""
    big = replace(CHAT, model="Llama-3.1-405B", allowed_gpus=("L4",))
    result = considered(big, Settings(node_sizes=(1,)))
    assert not result.candidates
    reasons = [row.reason for row in result.ruled_out if row.gpu == "L4" and row.node_size == 1]
    assert len(reasons) == 1
    assert reasons[0].startswith("memory: weights of 4")
    assert reasons[0].endswith("GB overhead leave no room for a KV cache in 24 GB (1 × L4)")


def test_one_millisecond_to_the_first_token_is_ruled_out_by_ttft() -> None:
    result = considered(replace(CHAT, ttft_target_ms=1.0))
    assert not result.candidates
    assert any(row.reason.startswith("TTFT: ") and row.reason.endswith("target 1 ms") for row in result.ruled_out)


def test_a_tighter_target_never_raises_a_capacity() -> None:
    loose = {(c.gpu, c.engine, c.node_size): c.capacity(8) for c in considered(CHAT).candidates}
    tight = {(c.gpu, c.engine, c.node_size): c.capacity(8) for c in considered(replace(CHAT, tpot_target_ms=30)).candidates}
    assert tight
    assert all(tight[key] <= loose[key] * (1 + 1e-6) for key in tight)


@pytest.mark.parametrize("engine", ["vllm", "sglang", "tensorrt-llm"])
def test_an_engine_asked_for_is_the_only_one_looked_at(engine: str) -> None:
    assert {c.engine for c in considered(replace(CHAT, engine=engine)).candidates} == {engine}
