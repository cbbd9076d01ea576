"""What a node carries if requests came evenly and nobody's luck mattered: the mean-field limit, which planners of means take for the capacity."""

from __future__ import annotations

import numpy as np

from model.queueing.lengths import LengthMix
from model.queueing.mean_field import Costs, costs_of, highest_rate, state_at
from model.queueing.records import Array, Flags, Steps, Targets

_HALVINGS = 40  # of the request rate: far below any other error


def fluid_capacity(steps: Steps, lengths: LengthMix, targets: Targets) -> Array:
    """The most that a node carries while the mean request keeps the targets without waiting; shape (n,), req/s or, for a closed loop, requests in flight.

    The largest λ with TPOT t̄ = t0(n)/(1 − cλE[P]) ≤ T2, TTFT E[max(⌈P/(K − n)⌉·t0 + cP, t0)] + t0/2 ≤ T1 and TTFT + D·t̄ ≤ T3, n of the mean field;
    0 where even a lone request misses. In flight: λ·(TTFT + D·t̄). ``targets.percentile`` and bursts play no part.
    """
    costs = costs_of(steps, lengths)
    low, high = np.zeros(len(steps)), highest_rate(costs)
    for _ in range(_HALVINGS):
        rate = (low + high) / 2
        kept = _kept(costs, targets, rate)
        low, high = np.where(kept, rate, low), np.where(kept, high, rate)
    if not targets.closed_loop:
        return low
    _, ttft, tpot = _means(costs, np.maximum(low, 1e-12))
    in_flight: Array = low * (ttft + costs.decode_steps * tpot + targets.think_time_s)
    return in_flight


def _kept(costs: Costs, targets: Targets, rate: Array) -> Flags:
    """Whether the mean request keeps the targets at a rate."""
    overloaded, ttft, tpot = _means(costs, np.maximum(rate, 1e-12))
    kept: Flags = ~overloaded
    if targets.mode == "streaming":
        kept = kept & (ttft <= targets.ttft_s) & (tpot <= targets.tpot_s)
    if targets.mode != "offline":
        kept = kept & (ttft + costs.decode_steps * tpot <= targets.e2e_s)
    return kept


def _means(costs: Costs, rate: Array) -> tuple[Flags, Array, Array]:
    """(overloaded, mean TTFT without waiting, mean TPOT) at a rate [s]."""
    lengths, state = costs.lengths, state_at(costs, rate)
    tpot = state.iteration_s / np.maximum(1 - state.prefill_load, 1e-9)
    chunks = np.ceil(lengths.prefill_tokens[:, None] / (costs.steps.token_budget - state.decoding) - 1e-9)
    prefill = chunks * (state.iteration_s - state.hidden_s) + costs.steps.per_prefill_token_s * lengths.prefill_tokens[:, None]
    ttft = lengths.prefill_weights @ np.maximum(prefill, state.iteration_s) + state.iteration_s / 2
    return state.overloaded | (state.prefill_load >= 1), ttft, tpot
