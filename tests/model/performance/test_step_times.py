"""Times of a pass: what each input does to them."""

from __future__ import annotations

import numpy as np
import pytest

from data.library import shipped_gpus, shipped_models
from model.performance.parameters import shipped_parameters
from model.performance.points import Points, make_points
from model.performance.predict import predict
from model.performance.steps import all_reduce_s, experts_touched, gemm_s
from model.performance.terms import gather


def on(gpu: str, model: str = "Llama-3.1-8B", **more: object) -> Points:
    return make_points([shipped_models()[model]], [shipped_gpus()[gpu]], **({"input_tokens": 2000, "output_tokens": 200} | more))  # type: ignore[arg-type]


def test_one_sequence_decodes_no_faster_than_its_weights_stream() -> None:
    # 7.5·10⁹ parameters outside the input embedding, 2 bytes each, over 3,350 GB/s: 4.5 ms.
    answer = predict(on("H100-SXM5-80GB", mode="static"))
    assert 4.5e-3 < answer.tpot_s[0] < 7e-3


def test_a_cached_prefix_shortens_the_first_token_and_leaves_the_cache_as_large() -> None:
    answer = predict(on("H100-SXM5-80GB", cached_prefix_tokens=[0, 1500]))
    assert answer.ttft_s[1] < answer.ttft_s[0] / 2
    assert answer.kv_gb[0] == answer.kv_gb[1]


def test_accepting_two_tokens_a_step_without_drafting_halves_the_time_per_token() -> None:
    answer = predict(on("H100-SXM5-80GB", mode="static", accepted_tokens_per_step=[1, 2, 2], draft_tokens=[0, 0, 3], draft_cost_share=[0, 0, 0.1]))
    assert answer.tpot_s[1] == pytest.approx(answer.tpot_s[0] / 2)
    assert answer.tpot_s[1] < answer.tpot_s[2] < answer.tpot_s[0]


def test_static_serving_and_full_load_agree_on_a_single_request_and_full_load_takes_what_fits() -> None:
    one = predict(on("H100-SXM5-80GB", mode=[0, 1]))
    assert one.tpot_s[0] == pytest.approx(one.tpot_s[1])
    assert one.req_per_s[0] == pytest.approx(one.req_per_s[1], rel=1e-6)
    full = predict(on("A100-SXM4-40GB", mode="max_throughput"))
    assert full.batch[0] == full.max_batch[0]


def test_a_token_touches_its_k_experts_and_many_tokens_all() -> None:
    t = gather(on("H200-SXM-141GB", "Qwen3-30B-A3B", batch=[1, 1]), shipped_parameters())
    touched = experts_touched(t, np.array([1.0, 100_000.0]))
    assert touched == pytest.approx([8 / 128, 1.0])


def test_a_bridge_beats_the_slot_and_a_second_server_costs_the_network() -> None:
    tokens = np.array([4096.0, 4096.0])
    pair, four = all_reduce_s(gather(on("H100-PCIe-80GB", node_size=[2, 4]), shipped_parameters()), tokens)
    assert four > 3 * pair  # 300 GB/s over the bridge against 63 GB/s in the slot
    eight, sixteen = all_reduce_s(gather(on("H100-SXM5-80GB", node_size=[8, 16]), shipped_parameters()), tokens)
    assert sixteen > 1.3 * eight


def test_a_full_mesh_of_links_is_slow_for_pairs() -> None:
    # MI300X: 64 GB/s between two GPUs, 448 GB/s to all seven others.
    two, eight = all_reduce_s(gather(on("MI300X", node_size=[2, 8], engine="vllm-rocm"), shipped_parameters()), np.array([65536.0, 65536.0]))
    assert two > 2 * eight


def test_parallel_blocks_need_one_all_reduce_a_layer() -> None:
    def per_layer(name: str) -> float:
        t = gather(on("A100-SXM4-80GB", name, node_size=8), shipped_parameters())
        return float(all_reduce_s(t, np.array([64.0]))[0]) / shipped_models()[name].n_layers

    assert per_layer("Llama-2-7B") == pytest.approx(2 * per_layer("GPT-J-6B"))  # both 4,096 wide


def test_fp8_weights_compute_in_16_bit_where_there_is_no_fp8_unit() -> None:
    tokens = np.array([16384.0, 16384.0])
    bf16, fp8 = gemm_s(gather(on("A100-SXM4-80GB", precision=[0, 1]), shipped_parameters()), tokens, tokens * 0)
    assert fp8 == pytest.approx(bf16, rel=0.02)


def test_eight_b_in_fp8_on_h100_serves_what_nvidias_course_measured() -> None:
    # 2,000 in / 200 out, 25 in flight on each of 8 GPUs, NIM of 2024: 70.7 prompts/s.
    answer = predict(on("H100-SXM5-80GB", precision="fp8", engine="nim", batch=25))
    assert 8 * answer.req_per_s[0] == pytest.approx(70.7, rel=0.10)


def test_a_name_outside_its_vocabulary_is_refused() -> None:
    with pytest.raises(ValueError, match="fp3 is no precision; known: bf16, fp8, int8, int4, fp4"):
        on("H100-SXM5-80GB", precision="fp3")
