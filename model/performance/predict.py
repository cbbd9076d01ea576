"""Throughput, latency and memory of many points at once."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from model.performance.engines import max_sequences, token_budget
from model.performance.memory import Memory, memory
from model.performance.parameters import Parameters, shipped_parameters
from model.performance.points import MODES, Flags, Floats, Integers, Points
from model.performance.provenance import provenance_of
from model.performance.steps import decode_s, fused_s, kv_read_s, new_tokens, prefill_s, shared_prefill_s
from model.performance.terms import Terms, gather

# Points worked on at a time: the arrays of a block stay in the processor's cache.
BLOCK = 16384


@dataclass(frozen=True)
class Prediction:
    """What the model says of every point; arrays of shape (n,). Memory is per GPU [GB].

    ``fits``: the batch (one sequence, in serving and max_throughput) and the weights fit the node; where it is False the other figures are those of a
    node that had the memory. ``batch`` is requests running at a time: in serving at most ``max_batch``, the rest wait. ``ttft_s`` is prefill without
    waiting: of the whole batch when static, of one prompt else. ``req_per_s`` and ``output_tok_per_s`` are of the node. ``provenance`` indexes
    :data:`data.records.plan.PROVENANCE`.
    """

    fits: Flags
    max_batch: Floats
    batch: Floats
    ttft_s: Floats
    tpot_s: Floats
    e2e_s: Floats
    req_per_s: Floats
    output_tok_per_s: Floats
    weights_gb: Floats
    kv_gb: Floats
    overhead_gb: Floats
    usable_gb: Floats
    free_gb: Floats
    provenance: Integers


@dataclass(frozen=True)
class StepTimes:
    """Coefficients of t = iteration + per_sequence·n + per_kv_token·(KV tokens read) + per_prefill_token·(prefill tokens) [s], arrays of shape (n,).

    ``kv_tokens`` is the tokens of KV cache the node holds, ``token_budget`` the tokens an iteration may carry. With speculative decoding the first three
    are per output token, not per step.
    """

    iteration_s: Floats
    per_sequence_s: Floats
    per_kv_token_s: Floats
    per_prefill_token_s: Floats
    kv_tokens: Floats
    token_budget: Floats


def predict(points: Points, parameters: Parameters | None = None) -> Prediction:
    """Figures of every point, in its mode.

    static: TTFT = t_pre(b), TPOT = t_dec(b, isl + osl/2), rate = b/(TTFT + (osl − 1)·TPOT). serving, b in flight: where prefill comes in steps
    of its own, TPOT = t_dec + (b − 1)·t_pre/osl and the cycle of b requests is b·t_pre + (osl − 1)·t_dec; where it shares steps, TPOT is the mean mixed step
    and the cycle TTFT + (osl − 1)·TPOT; engines do either by their fused_share; rate = b/cycle (Little).
    max_throughput: serving at the largest batch that fits.
    """
    used = parameters or shipped_parameters()
    blocks = [_predict(points.take(rows), used) for rows in _blocks(len(points))]
    return blocks[0] if len(blocks) == 1 else Prediction(*(np.concatenate([getattr(b, f.name) for b in blocks]) for f in fields(Prediction)))


def step_times(points: Points, parameters: Parameters | None = None) -> StepTimes:
    """The linear step law of every point around its batch b.

    It equals the model's decode step at n = b and mean context isl + osl/2; its slope in n is the smaller of the model's tangent at b and its secant from 1
    to b, so that on 1..b it lies on or above the model (capacity is never promised that the model does not give). per_prefill_token is the mean prefill
    cost in steady state at b, fixed costs included.
    """
    used = parameters or shipped_parameters()
    blocks = [_step_times(points.take(rows), used) for rows in _blocks(len(points))]
    return blocks[0] if len(blocks) == 1 else StepTimes(*(np.concatenate([getattr(b, f.name) for b in blocks]) for f in fields(StepTimes)))


def _blocks(count: int) -> list[slice]:
    return [slice(start, start + BLOCK) for start in range(0, max(count, 1), BLOCK)]


def _predict(points: Points, parameters: Parameters) -> Prediction:
    t = gather(points, parameters)
    room = memory(t)
    batch = running_batch(points, room)
    ttft, tpot, e2e = latencies(t, batch)
    rate = batch / e2e
    kv_gb = batch * room.kv_gb_per_sequence
    needed = np.where(points.mode == MODES.index("static"), batch, 1.0)
    return Prediction(
        fits=(room.max_batch >= needed) & (room.kv_room_gb > 0),
        max_batch=room.max_batch,
        batch=batch,
        ttft_s=ttft,
        tpot_s=tpot,
        e2e_s=e2e,
        req_per_s=rate,
        output_tok_per_s=rate * points.output_tokens,
        weights_gb=room.weights_gb,
        kv_gb=kv_gb,
        overhead_gb=room.overhead_gb,
        usable_gb=room.usable_gb,
        free_gb=room.usable_gb - room.weights_gb - room.overhead_gb - kv_gb,
        provenance=provenance_of(points, parameters),
    )


def running_batch(points: Points, room: Memory) -> Floats:
    """Requests running at a time: the whole batch when static, at most what fits else, the most the engine takes for max_throughput."""
    fitting = np.maximum(room.max_batch, 1.0)
    asked = np.where(points.mode == MODES.index("max_throughput"), max_sequences(points) * np.where(points.attention_dp, points.node_size, 1.0), points.batch)
    return np.where(points.mode == MODES.index("static"), points.batch, np.minimum(asked, fitting))


def latencies(t: Terms, batch: Floats) -> tuple[Floats, Floats, Floats]:
    """(TTFT, TPOT, end-to-end) of b requests in flight [s]."""
    points = t.points
    static = points.mode == MODES.index("static")
    context = points.input_tokens + points.output_tokens / 2
    ttft = prefill_s(t, np.where(static, batch, 1.0))
    step = decode_s(t, batch, context)
    accepted = points.accepted_tokens_per_step
    shared = shared_prefill_s(t, batch)
    serial = step / accepted + t.prefill_share * np.maximum(batch - 1, 0.0) * shared / points.output_tokens
    cycle = np.maximum(batch, 1.0) * shared + (points.output_tokens - 1) * step / accepted
    fused = np.maximum(fused_s(t, batch, context), step) / accepted
    mixed = t.fused_share * fused + (1 - t.fused_share) * serial
    after = points.output_tokens - 1
    e2e = t.fused_share * (ttft + after * fused) + (1 - t.fused_share) * cycle
    tpot = np.where(static, step / accepted, mixed)
    return ttft + t.request_s, tpot, np.where(static, ttft + after * tpot, e2e) + t.request_s


def _step_times(points: Points, parameters: Parameters) -> StepTimes:
    t = gather(points, parameters)
    room = memory(t)
    batch = np.maximum(running_batch(points, room), 1.0)
    context = points.input_tokens + points.output_tokens / 2
    ones = np.ones_like(batch)
    read = kv_read_s(t, ones, context) * (1 + points.draft_cost_share) * t.decode_factor

    def step_without_kv(sequences: Floats) -> Floats:
        return decode_s(t, sequences, context) - sequences * read

    top = step_without_kv(batch)
    tangent = (top - step_without_kv(batch * 0.999)) / (batch * 0.001)
    secant = np.where(batch > 1, (top - step_without_kv(ones)) / np.maximum(batch - 1, 1e-9), tangent)
    slope = np.maximum(np.minimum(tangent, secant), 0.0)
    accepted = points.accepted_tokens_per_step
    ttft, _, e2e = latencies(t, batch)
    decoding = (points.output_tokens - 1) * decode_s(t, batch, context) / accepted
    prefill = np.clip((e2e - t.request_s - decoding) / batch, 0.0, ttft - t.request_s)
    return StepTimes(
        iteration_s=(top - slope * batch) / accepted,
        per_sequence_s=slope / accepted,
        per_kv_token_s=read / context / accepted,
        per_prefill_token_s=prefill / new_tokens(t),
        kv_tokens=room.kv_tokens,
        token_budget=token_budget(points),
    )
