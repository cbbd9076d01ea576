"""What a pool of N nodes carries within percentile targets: cap(N) = N·[r∞ − (r∞ − r1)·N^(−κ)]."""

from __future__ import annotations

import functools
import hashlib
from dataclasses import dataclass, field, fields, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from model.queueing.lengths import LengthMix
from model.queueing.mean_field import Costs, State, costs_of, highest_rate, state_at
from model.queueing.records import Array, Flags, Steps, Targets
from model.queueing.tails import Noise, late_answer, late_first_token, noise_of, slow_tokens

# Safety margin on capacity: the rule over-promises by more than this in about one case of a hundred.
MARGIN = 0.05

# Pool sizes the curve goes through; 4³ = 64 gives κ in closed form.
_SIZES = (1.0, 4.0, 64.0)
_KAPPA_LOW = 0.2
_KAPPA_HIGH = 1.0  # above, cap(N) would no longer be convex and a tangent no longer safe
_ANSWERS_KEPT = 32  # workloads with targets and lengths of their own; an answer is some 100 kB
_ROWS_AT_ONCE = 1024  # candidates: their arrays stay in the processor's cache
_ROOT_STEPS = 14  # halving and secant steps in turn: 0.1 % of the rate
_DESCENT = 0.125  # where no rate has been kept yet, the next one tried over the lowest that was not
_WAIT_STEPS = 14
_BATCH_STEPS = 16  # doublings: from 1 to the largest batch that may be asked for
_GATE = 1.5  # below 1.5 times the unloaded latency no rule is reliable (simulation study)
_BATCH_NOISE = 1.645  # standard deviations of the number in flight that a batch must hold (95 %)


@dataclass(frozen=True)
class Curves:
    """Capacity of n candidates against the pool's size; arrays (n,), in req/s or, for a closed loop, in users (without think time: in flight).

    ``one_node`` is r1 = cap(1), ``limit`` r∞ = cap(N)/N for N → ∞, ``kappa`` κ ≤ 1. ``well_posed`` is False where a target is below 1.5 times the
    unloaded latency (the figure is then unreliable) or unreachable (capacity 0). ``in_flight`` are the requests in a node at its limit, ``req_per_s``
    the request rate there, ``batch_needed`` the smallest power of two that holds them with their fluctuation, at most the first that is no less than what the
    KV cache holds.
    ``binding`` names the target that limits: "TTFT", "TPOT", "end to end" or "batch".
    """

    one_node: Array
    limit: Array
    kappa: Array
    well_posed: Flags
    in_flight: Array
    req_per_s: Array
    batch_needed: Array
    binding: NDArray[np.str_]
    short_outputs: bool  # mean output below 50 tokens: dearer margin for small pools


@dataclass(frozen=True)
class _Limit:
    """The most that nodes carry in pools of one size; arrays (n,)."""

    capacity: Array  # per node, in the demand's unit
    rate: Array  # req/s of a node
    in_flight: Array
    batch_held: Array  # requests a node's batch must hold
    binding: NDArray[np.str_]


def capacity_curves(steps: Steps, lengths: LengthMix, targets: Targets) -> Curves:
    """Capacity curves of all candidates of one workload; raises nothing, a node that cannot keep the targets has capacity 0.

    Asked the same again, as variants of a scenario do, it answers from memory; the arrays may not be written to.
    """
    return _answered(_Question(_fingerprint(steps, lengths, targets), steps, lengths, targets))


@dataclass(frozen=True)
class _Question:
    """What is asked, known by its fingerprint."""

    fingerprint: bytes
    steps: Steps = field(compare=False)
    lengths: LengthMix = field(compare=False)
    targets: Targets = field(compare=False)


@functools.lru_cache(maxsize=_ANSWERS_KEPT)
def _answered(question: _Question) -> Curves:
    steps, lengths = question.steps, question.lengths
    parts = [_curves(steps.take(rows), lengths, question.targets) for rows in _chunks(len(steps))]
    columns = {name: np.concatenate([getattr(part, name) for part in parts]) for name in Curves.__dataclass_fields__ if name != "short_outputs"}
    for column in columns.values():
        column.setflags(write=False)
    return Curves(**columns, short_outputs=lengths.output_mean < 50)


def _fingerprint(*records: Steps | LengthMix | Targets) -> bytes:
    found = hashlib.sha256()
    for record in records:
        for column in fields(record):
            value = getattr(record, column.name)
            if column.name == "parts":
                found.update(_fingerprint(*value))
                continue
            found.update(f"{column.name} {value.shape}".encode() if isinstance(value, np.ndarray) else f"{column.name} {value!r}".encode())
            if isinstance(value, np.ndarray):
                found.update(np.ascontiguousarray(value).tobytes())
    return found.digest()


def capacity_of(steps: Steps, lengths: LengthMix, targets: Targets, nodes: Array) -> Array:
    """Capacity of a pool of ``nodes`` nodes (n,), by the rule itself and not by the curve through three pool sizes."""
    costs = costs_of(steps, lengths)
    capacity: Array = nodes * _limit(costs, targets, nodes).capacity
    return capacity


def _chunks(rows: int) -> list[NDArray[np.intp]]:
    return np.array_split(np.arange(rows), max(1, -(-rows // _ROWS_AT_ONCE)))


def _curves(steps: Steps, lengths: LengthMix, targets: Targets) -> Curves:
    costs = costs_of(steps, lengths)
    many = _limit(costs, targets, np.full(len(steps), _SIZES[-1]))
    pooling = not targets.closed_loop or targets.think_time_s > 0  # without noise of arrivals there is nothing to pool
    one, four = (_limit(costs, targets, np.full(len(steps), size)) if pooling else many for size in _SIZES[:-1])
    r1, r4 = one.capacity, np.maximum(one.capacity, four.capacity)
    r64 = np.maximum(r4, many.capacity)
    kappa = _kappa(r1, r4, r64)
    limit = r1 + (r64 - r1) / (1 - 64.0**-kappa)
    held = np.exp2(np.ceil(np.log2(np.maximum(many.batch_held, 1.0))))
    if targets.mode != "offline" and not targets.closed_loop:
        for size, found in zip(_SIZES, (one, four, many), strict=True):
            held = _batch_that_keeps(costs, targets, held, size, found.rate)
    largest = np.exp2(np.ceil(np.log2(np.maximum(costs.batch_limit, 1.0)) - 1e-9))  # a cap below what the KV cache holds would cost capacity
    return Curves(
        one_node=r1,
        limit=limit,
        kappa=kappa,
        well_posed=_well_posed(costs, targets) & (r64 > 0),
        in_flight=many.in_flight,
        req_per_s=many.rate,
        batch_needed=np.minimum(held, largest),
        binding=many.binding,
        short_outputs=lengths.output_mean < 50,
    )


def _batch_that_keeps(costs: Costs, targets: Targets, held: Array, size: float, limit: Array) -> Array:
    """The smallest power of two from ``held`` on with which a pool of ``size`` nodes keeps the targets at the rate planned for: its limit less the margin.

    What a node of a large pool holds may be too little in a small one: there its number in flight swings more, and where the batch is full, requests wait.
    """
    rate, nodes = limit * (1 - MARGIN), np.full_like(held, size)
    for _ in range(_BATCH_STEPS):
        capped = replace(costs, batch_limit=np.minimum(costs.batch_limit, held))
        waits = (held < costs.batch_limit) & (limit > 0) & (_excess(capped, targets, nodes, rate).max(axis=0) > 0)
        if not waits.any():
            break
        held = np.where(waits, 2 * held, held)
    return held


def _kappa(r1: Array, r4: Array, r64: Array) -> Array:
    """κ of the curve through N = 1, 4, 64: with x = 4^(−κ), (r64 − r1)/(r4 − r1) = (1 − x³)/(1 − x) = 1 + x + x², solved for x."""
    ratio = (r64 - r1) / np.maximum(r4 - r1, 1e-12 * np.maximum(r64, 1e-12))
    x = (np.sqrt(np.maximum(4 * ratio - 3, 0.0)) - 1) / 2
    kappa: Array = np.clip(-np.log(np.maximum(x, 1e-9)) / np.log(4.0), _KAPPA_LOW, _KAPPA_HIGH)
    return kappa


def _limit(costs: Costs, targets: Targets, nodes: Array) -> _Limit:
    """The most that nodes carry with a batch of at most the cap.

    In a closed loop a small batch that answers fast, with users waiting before it, may carry more than a large one: every power of two is tried.
    """
    best = _limit_at_cap(costs, targets, nodes)
    if not targets.closed_loop:
        return best
    batch = 1.0
    while batch < float(costs.batch_limit.max()):
        other = _limit_at_cap(replace(costs, batch_limit=np.minimum(costs.batch_limit, batch)), targets, nodes)
        better = other.capacity > best.capacity
        best = _Limit(*(np.where(better, getattr(other, f.name), getattr(best, f.name)) for f in fields(_Limit)))
        batch *= 2
    return best


def _limit_at_cap(costs: Costs, targets: Targets, nodes: Array) -> _Limit:
    """The largest rate at which no target is missed by more than the share that may miss it."""
    low, high = np.zeros_like(nodes), highest_rate(costs) * 1.001
    excess_low, excess_high = np.full_like(nodes, -1.0), np.full_like(nodes, 1.0)
    for step in range(_ROOT_STEPS):
        secant = np.clip(excess_low / (excess_low - excess_high), 0.05, 0.95)
        share = np.where(low > 0, secant if step % 2 else 0.5, 0.5 if step == 0 else _DESCENT)
        rate = low + share * (high - low)
        excess = _excess(costs, targets, nodes, rate).max(axis=0)
        kept = excess <= 0
        low, excess_low = np.where(kept, rate, low), np.where(kept, excess, excess_low)
        high, excess_high = np.where(kept, high, rate), np.where(kept, excess_high, excess)
    return _at_limit(costs, targets, nodes, low, high)


def _excess(costs: Costs, targets: Targets, nodes: Array, rate: Array) -> Array:
    """(4, n): for TTFT, TPOT, end to end and batch, ln(share that misses / share that may), at most 1; ≤ 0 where kept.

    Of requests of several kinds that share nodes the kind that misses most counts.
    """
    rate = np.maximum(rate, 1e-12)
    state = state_at(costs, rate)
    noise = noise_of(costs, state, targets, nodes)
    rows = np.full((4, len(rate)), -1.0)
    rows[3] = np.where(noise.overloaded, 1.0, -1.0)
    for part in costs.lengths.parts or (costs.lengths,):
        seen = replace(costs, lengths=part)
        if targets.mode == "streaming" and np.isfinite(targets.ttft_s):
            rows[0] = np.maximum(rows[0], _log_ratio(late_first_token(seen, state, noise, targets.ttft_s), targets))
        if targets.mode == "streaming" and np.isfinite(targets.tpot_s):
            rows[1] = np.maximum(rows[1], _log_ratio(slow_tokens(seen, state, noise, targets), targets))
        if targets.mode != "offline" and np.isfinite(targets.e2e_s):
            rows[2] = np.maximum(rows[2], _log_ratio(late_answer(seen, state, noise, targets, targets.e2e_s), targets))
    return rows


def _log_ratio(share: Array, targets: Targets) -> Array:
    ratio: Array = np.clip(np.log(np.maximum(share, 1e-12) / targets.late_share), -3.0, 1.0)
    return np.where(share > targets.late_share, np.maximum(ratio, 1e-6), np.minimum(ratio, 0.0))


def _at_limit(costs: Costs, targets: Targets, nodes: Array, rate: Array, above: Array) -> _Limit:
    """State at the limit, and which target is missed just above it (the batch only if no latency is)."""
    missed = _excess(costs, targets, nodes, above)
    overloaded = missed[3] > 0
    names = np.array(["TTFT", "TPOT", "end to end", "batch"])
    binding = names[np.where(overloaded, 3, np.argmax(missed[:3], axis=0))]
    reachable = rate > 1e-9
    state = state_at(costs, np.maximum(rate, 1e-12))
    noise = noise_of(costs, state, targets, nodes)
    relaxation = costs.base_s / state.iteration_s * np.maximum(1 - state.prefill_load, 1e-6)
    held = noise.in_flight + _BATCH_NOISE * np.sqrt(noise.in_flight / relaxation) + 1
    held = np.where(binding == "batch", np.minimum(held, costs.batch_limit), held)
    capacity = rate if not targets.closed_loop else _users(costs, targets, state, noise, binding)
    return _Limit(
        capacity=np.where(reachable, capacity, 0.0),
        rate=np.where(reachable, rate, 0.0),
        in_flight=np.where(reachable, noise.in_flight, 0.0),
        batch_held=np.where(reachable, held, 1.0),
        binding=binding,
    )


def _users(costs: Costs, targets: Targets, state: State, noise: Noise, binding: NDArray[np.str_]) -> Array:
    """Users a node serves in a closed loop: λ·(T + Z), and, where the batch binds, those whose wait for a place still keeps the targets.

    With x users waiting before a full batch of n, the wait is (Q − 1)·T with Q = 1 + x/n: T/n for each, and their percentile x + z·√x of them.
    """
    users = state.rate * (noise.residence_s + targets.think_time_s)
    place_s = noise.residence_s / np.maximum(noise.in_flight, 1e-9)
    z = max(float(ndtri(targets.percentile / 100.0)), 0.0)
    waiting = _spare_wait(costs, targets, state, noise) / place_s
    queue = ((np.sqrt(z**2 + 4 * waiting) - z) / 2) ** 2
    total: Array = users + np.where(binding == "batch", queue, 0.0)
    return total


def _spare_wait(costs: Costs, targets: Targets, state: State, noise: Noise) -> Array:
    """The longest wait before the batch with which TTFT and end to end keep their targets [s]; 0 where no target is finite."""
    finite = [t for t in ((targets.ttft_s if targets.mode == "streaming" else np.inf), targets.e2e_s) if np.isfinite(t)]
    if targets.mode == "offline" or not finite:
        return np.zeros_like(state.rate)
    low, high = np.zeros_like(state.rate), np.full_like(state.rate, min(finite))
    for _ in range(_WAIT_STEPS):
        wait = (low + high) / 2
        missed = np.zeros_like(wait)
        if targets.mode == "streaming" and np.isfinite(targets.ttft_s):
            missed = np.maximum(missed, late_first_token(costs, state, noise, targets.ttft_s - wait))
        if np.isfinite(targets.e2e_s):
            missed = np.maximum(missed, late_answer(costs, state, noise, targets, targets.e2e_s - wait))
        kept = missed <= targets.late_share
        low, high = np.where(kept, wait, low), np.where(kept, high, wait)
    return low


def _well_posed(costs: Costs, targets: Targets) -> Flags:
    """T1 ≥ 1.5·TTFT0, T2 ≥ 1.5·TPOT0, T3 ≥ 1.5·(TTFT0 of a mean prompt + O_q·TPOT0), unloaded, at the percentile q of the lengths.

    TTFT0 = ⌈P_q/K⌉·a + c·P_q + a/2, TPOT0 = a + b + k·E[C].
    """
    steps, lengths = costs.steps, costs.lengths
    if targets.mode == "offline":
        return np.ones(len(steps), dtype=np.bool_)
    tpot = costs.base_s + costs.sequence_s
    kept = np.ones(len(steps), dtype=np.bool_)
    if targets.mode == "streaming":
        prompt = lengths.prefill_quantile(targets.percentile)
        ttft = (np.ceil(prompt / steps.token_budget) + 0.5) * costs.base_s + steps.per_prefill_token_s * prompt
        kept = (targets.ttft_s >= _GATE * ttft) & (targets.tpot_s >= _GATE * tpot)
    answer = 1.5 * costs.base_s + steps.per_prefill_token_s * lengths.prefill_mean + (lengths.output_quantile(targets.percentile) - 1) * tpot
    both: Flags = kept & (targets.e2e_s >= _GATE * answer)
    return both
