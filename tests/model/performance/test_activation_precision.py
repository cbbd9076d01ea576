"""Weights, activations and KV cache have precisions of their own."""

import numpy as np

from data.library import shipped_gpus, shipped_models
from model.performance.points import make_points
from model.performance.predict import predict

MODEL, H100 = (shipped_models()["Llama-3.1-70B"],), (shipped_gpus()["H100-SXM5-80GB"],)
WIDE = {"node_size": 4, "input_tokens": 4000, "output_tokens": 200, "batch": np.array([1.0, 64.0])}


def test_weight_only_fp8_reads_fp8_weights_but_computes_in_16_bit() -> None:
    """W8A16: the memory of fp8, about the prefill of bf16 (measured factors of fp8 and bf16 differ) and a decode step no faster than fp8's."""
    fp8, w8a16, bf16 = (predict(make_points(MODEL, H100, **WIDE, **how)) for how in ({"precision": "fp8"}, {"precision": "fp8", "activation": "bf16"}, {}))
    assert np.array_equal(w8a16.weights_gb, fp8.weights_gb)
    assert np.all(w8a16.ttft_s > 1.3 * fp8.ttft_s)
    assert np.allclose(w8a16.ttft_s, bf16.ttft_s, rtol=0.15)
    assert np.all(w8a16.tpot_s >= fp8.tpot_s)


def test_activations_narrower_than_the_weights_change_nothing() -> None:
    assert np.array_equal(predict(make_points(MODEL, H100, **WIDE, activation="fp8")).tpot_s, predict(make_points(MODEL, H100, **WIDE)).tpot_s)


def test_w4a8_computes_on_the_8_bit_units() -> None:
    w4a16, w4a8 = (predict(make_points(MODEL, H100, **WIDE, precision="int4", **how)) for how in ({}, {"activation": "fp8"}))
    assert np.all(w4a8.ttft_s < w4a16.ttft_s)
