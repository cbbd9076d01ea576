"""What runs where, in words where it does not; how far a figure can be trusted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from data.library import shipped_gpus, shipped_models
from data.records.candidate import PROVENANCE
from model.performance.engines import engine_named, engines_for
from model.performance.parameters import MeasuredPoint, shipped_parameters
from model.performance.points import make_points
from model.performance.predict import predict
from model.performance.provenance import range_notes, safety_factors
from model.performance.support import supported, supported_precisions, why_not


@pytest.mark.parametrize(
    ("option", "reason"),
    [
        (("H100-SXM5-80GB", "Llama-3.1-8B", "fp8", "vllm", 1), ""),
        (("A100-SXM4-80GB", "Llama-3.1-8B", "fp8", "vllm", 1), ""),
        (("T4", "Llama-3.1-8B", "fp8", "vllm", 1), "T4 has no FP8"),
        (("A100-SXM4-80GB", "Llama-3.1-8B", "fp4", "vllm", 1), "A100-SXM4-80GB has no FP4 units"),
        (("H100-SXM5-80GB", "gpt-oss-120b", "fp4", "vllm", 1), ""),
        (("MI300X", "Llama-3.1-8B", "bf16", "tensorrt-llm", 1), "tensorrt-llm does not run on MI300X (vllm-rocm does)"),
        (("H100-SXM5-80GB", "Llama-3.1-8B", "bf16", "vllm", 64), "nodes of 64 GPUs are beyond the 16 the model knows"),
        (("H100-SXM5-80GB", "Qwen2.5-7B", "bf16", "vllm", 8), "28 attention heads do not split over 8 GPUs"),
        (("L40S", "Llama-3.1-70B", "fp8", "vllm", 16), "a server holds 8 L40S, and PCIe cards are not joined over servers"),
    ],
)
def test_the_reason_an_option_is_ruled_out_stands_in_words(option: tuple[str, str, str, str, int], reason: str) -> None:
    gpu, model, precision, engine, node_size = option
    assert why_not(shipped_gpus()[gpu], shipped_models()[model], precision, engine, node_size) == reason
    if node_size == 1:
        assert supported(shipped_gpus()[gpu], shipped_models()[model], precision, engine) == (not reason)


def test_a_precision_wider_than_the_published_weights_is_never_of_use() -> None:
    assert "bf16" not in supported_precisions(shipped_gpus()["H200-SXM-141GB"], shipped_models()["MiniMax-M2.5"], ("bf16", "fp8"))


def test_engine_names_and_versions_mean_profiles() -> None:
    h100, mi300x, v100 = (shipped_gpus()[name] for name in ("H100-SXM5-80GB", "MI300X", "V100-SXM2-32GB"))
    assert engines_for(h100) == ("vllm", "sglang", "tensorrt-llm")
    assert engine_named("TensorRT-LLM", "0.12.0", h100) == "tensorrt-llm-cpp"
    assert engine_named("tensorrt-llm", "1.2", h100) == "tensorrt-llm"
    assert engine_named("", "", h100) == "vllm"
    assert engine_named("vllm", "0.10", mi300x) == "vllm-rocm"
    assert engine_named("sglang", "", mi300x) == "sglang"
    assert engine_named("tensorrt-llm", "", v100) is None


def test_the_weakest_part_labels_the_figure() -> None:
    gpus = [shipped_gpus()[name] for name in ("H100-SXM5-80GB", "GH200-96GB", "TPU-v6e")]
    models = [shipped_models()[name] for name in ("Llama-3.1-8B", "Phi-3.5-MoE")]
    points = make_points(models, gpus, model=[0, 1, 0, 0], gpu=[0, 0, 1, 2], precision="fp8", input_tokens=1000, output_tokens=200)
    assert [PROVENANCE[i] for i in predict(points).provenance] == ["calibrated", "derived", "derived", "estimated"]


def test_a_point_near_a_users_own_run_is_measured_and_wants_the_least_safety() -> None:
    run = MeasuredPoint(model="Llama-3.1-8B", gpu="H100-SXM5-80GB", engine="vllm", precision="fp8", node_size=1, input_tokens=1000, output_tokens=200, batch=32)
    parameters = replace(shipped_parameters(), measured=(run,))
    points = make_points(
        [shipped_models()["Llama-3.1-8B"]], [shipped_gpus()["H100-SXM5-80GB"]], precision="fp8", batch=[32, 256], input_tokens=1000, output_tokens=200
    )
    labels = predict(points, parameters).provenance
    assert [PROVENANCE[i] for i in labels] == ["measured", "calibrated"]
    ttft, tpot, throughput = safety_factors(points, labels, parameters)
    assert np.all([factor[0] < factor[1] for factor in (ttft, tpot, throughput)])


def test_every_label_has_factors_that_grow_as_trust_falls() -> None:
    safety = shipped_parameters().safety
    for kind in ("dense", "moe"):
        rows = [safety[f"{label} {kind}"] for label in PROVENANCE]
        for name in ("ttft", "tpot", "throughput"):
            factors = [getattr(row, name) for row in rows]
            assert factors == sorted(factors)
            assert factors[0] >= 1


def test_a_workload_beyond_the_fitted_range_is_told_in_words() -> None:
    assert range_notes(1000, 200, 64, shipped_parameters()) == ()
    assert range_notes(100_000, 200, 64, shipped_parameters()) == ("100,000 input tokens are beyond the 8,192 the model was fitted to",)
