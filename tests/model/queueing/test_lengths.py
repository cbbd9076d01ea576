"""Moments and points of request lengths."""

from __future__ import annotations

import numpy as np
import pytest

from data.records.workload import LengthBin, Workload
from model.queueing.lengths import LengthMix, histogram_mix, lengths_of, lognormal_mix


def bins(*rows: tuple[float, float, float]) -> list[LengthBin]:
    return [LengthBin(workload="chat", input_tokens=i, output_tokens=o, share=share) for i, o, share in rows]


def test_equal_requests_have_no_spread() -> None:
    """Every prompt 1,000 tokens, every answer 200: a decoding sequence holds 1,100 on average, from 1,000 to 1,200."""
    mix = lognormal_mix(1000, 200, 0, 0)
    assert (mix.input_mean, mix.input_square, mix.output_mean, mix.context_mean) == pytest.approx((1000, 1e6, 200, 1100))
    assert mix.context_cv == pytest.approx(200 / np.sqrt(12) / 1100)
    assert set(mix.prefill_tokens) == {1000.0}


def test_lognormal_moments_points_and_draws_agree() -> None:
    """Means 1,155 and 211 with CV 0.96 and 0.77, clipped: 400,000 draws say the same as the closed forms and the points."""
    mix = lognormal_mix(1155, 211, 0.96, 0.77, max_input_tokens=3000, max_output_tokens=600)
    rng = np.random.default_rng(1)
    sigma_in, sigma_out = np.sqrt(np.log1p(0.96**2)), np.sqrt(np.log1p(0.77**2))
    inputs = np.clip(rng.lognormal(np.log(1155) - sigma_in**2 / 2, sigma_in, 400_000), 1, 3000)
    outputs = np.clip(rng.lognormal(np.log(211) - sigma_out**2 / 2, sigma_out, 400_000), 1, 600)
    drawn = (inputs.mean(), (inputs**2).mean(), outputs.mean(), (outputs**2).mean(), (outputs * inputs + outputs**2 / 2).mean() / outputs.mean())
    assert (mix.input_mean, mix.input_square, mix.output_mean, mix.output_square, mix.context_mean) == pytest.approx(drawn, rel=0.01)
    assert mix.context_square == pytest.approx((outputs * inputs**2 + outputs**2 * inputs + outputs**3 / 3).mean() / outputs.mean(), rel=0.01)
    assert mix.prefill_weights @ mix.prefill_tokens == pytest.approx(inputs.mean(), rel=0.01)
    assert mix.prefill_quantile(90) == pytest.approx(np.quantile(inputs, 0.9), rel=0.02)
    assert mix.output_quantile(95) == pytest.approx(np.quantile(outputs, 0.95), rel=0.01)


def test_histogram_keeps_inputs_and_outputs_together() -> None:
    """Half 100 + 10, half 900 + 30 tokens: three of four decoding steps belong to the long ones, so E[C] = (10·105 + 30·915)/40."""
    mix = histogram_mix(bins((900, 30, 2), (100, 10, 2)))
    assert (mix.input_mean, mix.output_mean, mix.context_mean) == pytest.approx((500, 20, (10 * 105 + 30 * 915) / 40))
    assert list(mix.prefill_tokens) == [100, 900]


def test_cached_prefix_saves_prefill_and_not_memory() -> None:
    """300 of 1,000 tokens cached: 700 are computed, 1,000 are held; a prompt found whole still computes its last token."""
    mix = lognormal_mix(1000, 200, 0.5, 0.5, cached_prefix_tokens=300)
    assert (mix.prefill_mean, mix.prefill_square) == pytest.approx((0.7 * mix.input_mean, 0.49 * mix.input_square))
    assert mix.context_mean == lognormal_mix(1000, 200, 0.5, 0.5).context_mean
    assert lognormal_mix(1000, 200, 0, 0, cached_prefix_tokens=5000).prefill_mean == pytest.approx(1)


def test_a_workload_s_own_rows_come_before_its_means() -> None:
    work = Workload(name="chat", model="m", input_tokens=1000, output_tokens=200, max_context_tokens=1500)
    other = LengthBin(workload="code", input_tokens=9, output_tokens=9, share=1)

    def longest(mix: LengthMix) -> float:
        return float(mix.prefill_tokens.max())

    assert longest(lengths_of(work, [other, *bins((900, 30, 1))])) == 900
    assert longest(lengths_of(work, [other])) == 1500
