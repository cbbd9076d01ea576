"""The mean-field limit against its formula, and below it every percentile."""

from __future__ import annotations

import numpy as np
import pytest

from data.records.candidate import StepTime
from model.queueing.capacity import capacity_curves
from model.queueing.fluid import fluid_capacity
from model.queueing.lengths import lognormal_mix
from model.queueing.records import Steps, Targets

H100 = StepTime(iteration_s=7e-3, per_sequence_s=2.7e-5, per_kv_token_s=4.9e-8, per_prefill_token_s=2.9e-5, kv_tokens=397e3, token_budget=2048)
LENGTHS = lognormal_mix(1155, 211, 0.9, 0.9)


def test_without_targets_the_batch_limits_as_little_s_law_says() -> None:
    """Iterations of 10 ms, answers of 101 tokens of one token's prompt: 16 places make 16 answers a second; in flight they and the half iteration before."""
    flat = StepTime(iteration_s=0.01, per_sequence_s=0.0, per_kv_token_s=0.0, per_prefill_token_s=0.0, kv_tokens=1e9, token_budget=2048)
    lengths, steps = lognormal_mix(1, 101, 0.0, 0.0), Steps.of([flat], [16])
    assert fluid_capacity(steps, lengths, Targets())[0] == pytest.approx(16.0, rel=1e-6)
    assert fluid_capacity(steps, lengths, Targets(closed_loop=True))[0] == pytest.approx(16 * (0.015 + 1.0), rel=1e-6)


def test_the_tpot_of_the_mean_request_is_the_target_at_the_limit() -> None:
    """TPOT t̄ = t0(n)/(1 − cλE[P]) with n = λDa/(1 − cλE[P] − λDb′): solved for λ by hand of a target of 20 ms."""
    rate = float(fluid_capacity(Steps.of([H100], [1024]), LENGTHS, Targets(tpot_s=0.02))[0])
    own = H100.per_sequence_s + H100.per_kv_token_s * LENGTHS.context_mean
    prefill, steps = H100.per_prefill_token_s * LENGTHS.prefill_mean, LENGTHS.output_mean - 1
    decoding = rate * steps * H100.iteration_s / (1 - rate * (prefill + steps * own))
    assert (H100.iteration_s + own * decoding) / (1 - rate * prefill) == pytest.approx(0.02, rel=1e-4)


@pytest.mark.parametrize("percentile", [90.0, 95.0, 99.0])
def test_a_percentile_never_carries_more_than_the_mean(percentile: float) -> None:
    targets = Targets(ttft_s=1.0, tpot_s=0.03, percentile=percentile)
    steps = Steps.of([H100], [512])
    curves, mean = capacity_curves(steps, LENGTHS, targets), fluid_capacity(steps, LENGTHS, targets)
    assert np.all(curves.one_node < mean)
    assert np.all(curves.limit < mean)


def test_a_target_below_a_lone_request_carries_nothing() -> None:
    assert fluid_capacity(Steps.of([H100], [512]), LENGTHS, Targets(tpot_s=0.005))[0] == 0
