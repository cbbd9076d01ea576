"""What fits on a node: KV bytes a token, weights, the KV cliff."""

from __future__ import annotations

import numpy as np
import pytest

from data.library import shipped_gpus, shipped_models
from model.performance.memory import memory, reserved_kv_bytes
from model.performance.parameters import shipped_parameters
from model.performance.points import Points, make_points
from model.performance.predict import predict
from model.performance.steps import kv_bytes
from model.performance.terms import gather


def node(model: str, gpu: str, **more: object) -> Points:
    defaults = {"input_tokens": 1000, "output_tokens": 1000}
    return make_points([shipped_models()[model]], [shipped_gpus()[gpu]], **(defaults | more))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("model", "bytes_per_token", "window_tokens"),
    [
        ("Llama-3.1-8B", 131_072, None),
        ("Llama-3.1-405B", 516_096, None),
        ("DeepSeek-V3", 70_272, None),
        ("GLM-4.5", 376_832, None),
        ("gpt-oss-120b", 36_864, 128),
        ("Gemma-3-27B", 81_920, 1024),
    ],
)
def test_the_kv_cache_grows_by_the_configurations_bytes_a_token_once_its_windows_are_full(model: str, bytes_per_token: int, window_tokens: int | None) -> None:
    t = gather(node(model, "H100-SXM5-80GB"), shipped_parameters())
    lengths = [np.array([4000.0]), np.array([4001.0])]
    growth = [float((kv_bytes(t, lengths[1]) - kv_bytes(t, lengths[0]))[0]), float((reserved_kv_bytes(t, lengths[1]) - reserved_kv_bytes(t, lengths[0]))[0])]
    assert growth == pytest.approx([bytes_per_token, bytes_per_token])
    if window_tokens:
        assert kv_bytes(t, np.array([window_tokens * 2.0]))[0] > bytes_per_token * window_tokens * 2


def test_an_fp8_cache_takes_half_the_bytes_of_a_16_bit_one() -> None:
    both = predict(node("Llama-3.1-8B", "H100-SXM5-80GB", kv_precision=[0, 1], batch=8))
    assert both.kv_gb[1] == pytest.approx(both.kv_gb[0] / 2)


def test_seventy_billion_16_bit_weights_do_not_fit_one_80_gb_gpu_but_fit_two() -> None:
    answer = predict(node("Llama-3.1-70B", "H100-SXM5-80GB", node_size=[1, 2, 4]))
    assert answer.fits.tolist() == [False, True, True]
    assert answer.weights_gb == pytest.approx([141.1, 70.55, 35.275])


def test_the_kv_cliff_of_a_70b_model_in_fp8_on_h100_is_that_of_the_published_throughputs() -> None:
    # TensorRT-LLM's performance overview, 1000 in / 1000 out, output tokens/s of S = 1, 2, 4, 8 GPUs.
    cliff = predict(
        node("Llama-3.1-70B", "H100-SXM5-80GB", node_size=[1, 2, 4, 8], precision="fp8", kv_precision="fp8", engine="tensorrt-llm-cpp", mode="max_throughput")
    )
    assert cliff.output_tok_per_s == pytest.approx([775, 4247, 7200, 11200], rel=0.10)


def test_kv_heads_split_over_the_gpus_until_each_has_one_and_mla_latents_are_on_all() -> None:
    gqa = gather(node("Llama-3.1-8B", "H100-SXM5-80GB", node_size=[1, 8, 16]), shipped_parameters())
    mla = gather(node("DeepSeek-V3", "H200-SXM-141GB", node_size=[1, 8], attention_dp=[False, True]), shipped_parameters())
    assert gqa.kv_split.tolist() == [1, 8, 8]
    assert mla.kv_split.tolist() == [1, 8]


def test_a_reserve_for_adapters_and_a_lower_utilisation_leave_room_for_fewer_sequences() -> None:
    points = node("Llama-3.1-8B", "H100-SXM5-80GB", reserve_gb=[0, 10, 0], gpu_memory_utilization=[0.9, 0.9, 0.8])
    full, reserved, careful = predict(points).max_batch
    assert reserved < full
    assert careful < full


def test_the_memory_of_a_gpu_adds_up() -> None:
    answer = predict(node("Llama-3.1-8B", "L4", batch=4, engine=[0, 2]))
    assert answer.weights_gb + answer.kv_gb + answer.overhead_gb + answer.free_gb == pytest.approx(answer.usable_gb)
    room = memory(gather(node("Llama-3.1-8B", "L4", engine=[0, 2]), shipped_parameters()))
    assert np.all(room.max_batch * room.kv_gb_per_sequence <= room.kv_room_gb)
