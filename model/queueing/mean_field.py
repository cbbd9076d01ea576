"""The mean of a node's state at a request rate: sequences decoding, iteration time, and what limits the sequences in flight."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from model.queueing.lengths import LengthMix
from model.queueing.records import Array, Flags, Steps

# Where memory and compute overlap, the time that prefill hides depends on itself: this many damped fixed-point steps settle it to 0.1 %.
_OVERLAP_STEPS = 8


@dataclass(frozen=True)
class Costs:
    """Step-time coefficients for one workload's lengths; arrays (n,), the rest scalars.

    Iteration with n sequences decoding and no prefill: base_s + sequence_s·n, where sequence_s = per_sequence_s + per_kv_token_s·E[C].
    """

    steps: Steps
    lengths: LengthMix
    decode_steps: float  # of a mean request: E[O] − 1
    base_s: Array
    sequence_s: Array
    context_spread_s: Array  # standard deviation of what a decoding sequence adds, from its KV tokens
    overlaps: Flags
    batch_limit: Array  # min(2^B, sequences whose KV cache fits)


@dataclass(frozen=True)
class State:
    """Mean state of a node at ``rate`` requests a second; arrays (n,). Where ``overloaded`` the other figures mean nothing."""

    rate: Array
    decoding: Array  # n
    iteration_s: Array  # without prefill: t0(n)
    prefill_token_s: Array  # what a prefill token adds on average: c, less what overlap hides
    hidden_s: Array  # prefill compute an iteration hides behind its memory traffic
    prefill_load: Array  # share of the time that prefill takes: c·λ·E[P]
    overloaded: Flags


def costs_of(steps: Steps, lengths: LengthMix) -> Costs:
    """Bind step times to a workload's lengths."""
    kv_s, own_s = steps.per_kv_token_s, steps.per_sequence_s
    overhead = np.full(len(steps), np.nan) if steps.overhead_s is None else steps.overhead_s
    overlaps = ~np.isnan(overhead)
    own_s = np.where(overlaps, 0.0, own_s)
    context = lengths.context_mean
    return Costs(
        steps=steps,
        lengths=lengths,
        decode_steps=max(lengths.output_mean - 1.0, 0.0),
        base_s=steps.iteration_s + np.where(overlaps, overhead, 0.0),
        sequence_s=own_s + kv_s * context,
        context_spread_s=kv_s * context * lengths.context_cv,
        overlaps=overlaps,
        batch_limit=np.minimum(steps.max_batch, sequences_that_fit(steps.kv_tokens, lengths)),
    )


def sequences_that_fit(kv_tokens: Array, lengths: LengthMix) -> Array:
    """Sequences a KV cache carries without thrashing: n from n + v·√n = KV/E[C] − ½E[I²]/(E[I]·E[C]), v the CV of C.

    The mean contexts of n sequences plus one standard deviation fit, and half a prompt is in the middle of its prefill.
    (Simulated: KV for 108 mean sequences carries 97, for 10 long ones 6.)
    """
    room = kv_tokens / lengths.context_mean - 0.5 * lengths.input_square / (lengths.input_mean * lengths.context_mean)
    spread = lengths.context_cv
    root: Array = (np.sqrt(spread**2 + 4 * np.maximum(room, 0.0)) - spread) / 2
    return root**2


def highest_rate(costs: Costs) -> Array:
    """A request rate that no node can exceed [req/s]: λ·(prefill + decode work) < 1 and n ≤ the batch limit."""
    steps, prefill = costs.steps, costs.lengths.prefill_mean
    decode_s = costs.decode_steps * costs.sequence_s
    compute_s = steps.per_prefill_token_s * prefill + costs.decode_steps * np.where(costs.overlaps, steps.per_sequence_s, 0.0)
    work_s = np.where(costs.overlaps, np.maximum(decode_s, compute_s), decode_s + compute_s)
    shared_s = costs.decode_steps * costs.base_s / np.maximum(costs.batch_limit, 1e-9)
    highest: Array = 1.0 / np.where(costs.overlaps, np.maximum(work_s, shared_s), work_s + shared_s)
    return highest


def state_at(costs: Costs, rate: Array) -> State:
    """Mean field: n = λDa / (1 − cλE[P] − λDb′), D decode steps of a request, a, b′, c of :class:`Costs`."""
    steps, prefill = costs.steps, costs.lengths.prefill_mean
    token_s = steps.per_prefill_token_s
    hidden = np.zeros_like(rate)
    for _ in range(_OVERLAP_STEPS if costs.overlaps.any() else 1):
        idle = 1 - token_s * rate * prefill - rate * costs.decode_steps * costs.sequence_s
        overloaded = idle <= 1e-9
        decoding = np.where(overloaded, np.inf, rate * costs.decode_steps * costs.base_s / np.where(overloaded, 1.0, idle))
        overloaded |= decoding >= np.minimum(costs.batch_limit, steps.token_budget - 1)
        decoding = np.minimum(decoding, steps.token_budget - 1)
        if costs.overlaps.any():
            hidden = _hidden(costs, decoding)
            token_s = (token_s + _overlapped_token_s(costs, rate, decoding, token_s * rate * prefill, hidden)) / 2
    iteration = costs.base_s + costs.sequence_s * decoding
    return State(rate, decoding, iteration, token_s, hidden, token_s * rate * prefill, overloaded)


def _hidden(costs: Costs, decoding: Array) -> Array:
    """Memory time of an iteration in which prefill computes for nothing: a + k·E[C]·n − b·n where memory and compute overlap, else 0."""
    steps = costs.steps
    hidden: Array = np.where(costs.overlaps, np.maximum(steps.iteration_s + (costs.sequence_s - steps.per_sequence_s) * decoding, 0.0), 0.0)
    return hidden


def _overlapped_token_s(costs: Costs, rate: Array, decoding: Array, load: Array, hidden: Array) -> Array:
    """c less what the iterations with prefill hide: each hides ``hidden``; their share is 1 − e^(−arrivals an iteration), or full chunks if more.

    ``load`` is the share of the time that prefill takes.
    """
    lengths, budget = costs.lengths, costs.steps.token_budget - decoding
    iteration = (costs.base_s + costs.sequence_s * decoding) / np.maximum(1 - load, 1e-3)
    chunks = lengths.prefill_weights @ np.ceil(lengths.prefill_tokens[:, None] / budget - 1e-9)
    filled = np.maximum(rate * iteration * lengths.prefill_mean / budget, -np.expm1(-rate * iteration * chunks))
    per_request = np.minimum(filled, 1.0) / (iteration * rate)
    reduced: Array = np.maximum(costs.steps.per_prefill_token_s - per_request * hidden / lengths.prefill_mean, 0.0)
    return np.where(costs.overlaps, reduced, costs.steps.per_prefill_token_s)
