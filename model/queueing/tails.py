"""The share of requests that miss a latency target at a request rate: mean field plus the noise that the pool leaves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import gammainc, gammaincc, gammaln, ndtr

from model.queueing.mean_field import Costs, State
from model.queueing.records import Array, Flags, Targets

# Nodes and weights of the Gauss–Hermite rule for a standard normal with three points.
_NORMAL_NODES = np.array([-np.sqrt(3.0), 0.0, np.sqrt(3.0)])
_NORMAL_WEIGHTS = np.array([1.0, 4.0, 1.0]) / 6.0

# Wait for prefill against M/G/1, of a node in a pool with least-outstanding routing: 0.45 remains in a large pool (routing looks at all requests in
# flight, most of which decode), 0.70 more is what a lone node sees (0.15 of it because prompts wait for whole iterations). Fitted to simulations.
_POOLED_WAIT = 0.45
_LONE_WAIT = 0.70

_BUSY_STEPS = 40  # fixed-point steps from below for the share of arrivals that wait


_STILL = 1e-6  # variance over mean of the number in a node, below which it counts as fixed: users who never think
_NEVER = 1e-300  # keeps a division finite where the numerator is 0 as well


@dataclass(frozen=True)
class Noise:
    """What random arrivals add to the mean state of a node; arrays (n,)."""

    alone: Array  # share of the arrivals' noise a node sees: 1/N, times thinking users' share of the time in a closed loop
    in_flight: Array  # mean requests in the node: decoding and before
    residence_s: Array  # mean time a request spends in the node
    step_sd_s: Array  # standard deviation of the iteration time without prefill
    prefill_s: Array  # (points, n) time to prefill a prompt, alone
    wait_s: Array  # mean wait for the prompts ahead
    wait_share: Array  # probability of finding prefill work: ρ for Poisson arrivals
    blocked_share: Array  # probability of finding the batch full
    unblock_per_s: Array  # rate at which such a wait ends
    overloaded: Flags


def noise_of(costs: Costs, state: State, targets: Targets, nodes: Array) -> Noise:
    """Noise of a node in a pool of ``nodes`` with least-outstanding routing.

    S(P) = ⌈P/(K − n)⌉·t0 + c·P; ρ = λE[P](t0/(K − n) + c); W = λE[S²]/(2(1 − ρ))·(0.45 + 0.70/N), for bursts times what they add
    to GI/M/1's wait over M/M/1's;
    φ = (a/t0)(1 − cλE[P]), sd of n = √(n·z/(φN)), z = (1 + CV²)/2; the wait before a full batch: :func:`_blocked`.
    In a closed loop 1/N is multiplied by the share of the time that users think: with none, the number in flight does not fluctuate.
    """
    steps, lengths = costs.steps, costs.lengths
    alone = _open_share(state, targets) / nodes
    cv2 = targets.arrival_cv**2
    budget = steps.token_budget - state.decoding
    chunk_s = state.iteration_s - state.hidden_s
    prefill = np.maximum(
        np.ceil(lengths.prefill_tokens[:, None] / budget - 1e-9) * chunk_s + steps.per_prefill_token_s * lengths.prefill_tokens[:, None], state.iteration_s
    )
    mean, square = lengths.prefill_weights @ prefill, lengths.prefill_weights @ prefill**2
    load = state.rate * lengths.prefill_mean * (chunk_s / budget + steps.per_prefill_token_s)
    overloaded = state.overloaded | (load >= 1)
    stable = np.clip(load, 1e-9, 1 - 1e-6)
    busy = _found_busy(stable, 1 + (cv2 - 1) * alone)
    bursts = busy / np.maximum(1 - busy, 1e-6) / (stable / (1 - stable)) - 1
    packed = (stable / state.rate / mean) ** 2  # prompts that burst in together share iterations
    wait = state.rate * square * (1 + bursts * packed) / (2 * (1 - stable)) * (_POOLED_WAIT + _LONE_WAIT * alone)
    in_flight = state.decoding + state.rate * (mean + wait)
    relaxation = costs.base_s / state.iteration_s * np.maximum(1 - state.prefill_load, 1e-6)
    variance_ratio = (1 + cv2) / 2 * alone / relaxation  # of the number in a node over its mean
    free = costs.batch_limit - in_flight
    overloaded = overloaded | (free <= 0)
    free = np.maximum(free, 1e-9)
    room_varies = np.where(costs.batch_limit < steps.max_batch, lengths.context_cv**2 * alone, 0.0)  # of a KV cache, with the contexts in it
    number = _Number(in_flight, variance_ratio + room_varies, relaxation, cv2 * alone * nodes)
    blocked_share, unblock = _blocked(costs, state.rate, number, nodes)
    return Noise(
        alone=alone,
        in_flight=in_flight,
        residence_s=in_flight / state.rate,
        step_sd_s=np.sqrt(state.decoding * (costs.sequence_s**2 * variance_ratio + costs.context_spread_s**2)),
        prefill_s=prefill,
        wait_s=wait,
        wait_share=busy,
        blocked_share=blocked_share,
        unblock_per_s=unblock,
        overloaded=overloaded,
    )


def _found_busy(load: Array, cv2: Array) -> Array:
    """Share of the arrivals that find work before them: root σ = A*((1 − σ)·μ) of GI/M/1, Gamma times between arrivals; ρ where they are Poisson.

    A*(s) = (1 + CV²·s/λ)^(−1/CV²). Bursts queue behind themselves at any load, which a heavy-traffic formula misses.
    """
    if bool((cv2 == 1).all()):
        return load
    busy = load
    for _ in range(_BUSY_STEPS):
        busy = (1 + cv2 * (1 - busy) / np.maximum(load, 1e-9)) ** (-1 / cv2)
    return busy


@dataclass(frozen=True)
class _Number:
    """Requests in a node; arrays (n,)."""

    mean: Array
    ratio: Array  # variance over mean
    relaxation: Array  # φ: by how much of its excess the number falls in the time of a request
    bursts: Array  # CV² of the arrivals as the pool sees them


def _blocked(costs: Costs, rate: Array, number: _Number, nodes: Array) -> tuple[Array, Array]:
    """(share of the arrivals that find the batch full, rate at which such a wait ends [1/s]), in a pool of ``nodes`` at ``rate`` a node.

    A node with all B places taken finishes μ(B)/λ = 1 + φ_B·(B/n − 1) times what comes, φ_B = φn/(φn + B(1 − φ)), so that the number that waits is
    geometric, the longer by (CV² + CV_O²)/2 the more arrivals and outputs O vary.
    """
    mean, limit = number.mean, costs.batch_limit
    room = np.maximum(limit / mean - 1, 1e-9)
    drain = room * mean * number.relaxation / (mean * number.relaxation + limit * (1 - number.relaxation))
    outputs = max(costs.lengths.output_square / costs.lengths.output_mean**2 - 1, 1.0)
    slowed = np.maximum((number.bursts + outputs) / 2, 1.0)
    share = delay_probability(mean, number.ratio, limit, nodes, drain / ((number.bursts + 1) / 2))
    return share, rate * np.minimum(drain * nodes / slowed, room)


def delay_probability(mean: Array, ratio: Array, limit: Array, nodes: Array, drain: Array) -> Array:
    """Erlang-C for N nodes of B places whose number n in a node is Gamma with ``mean`` and variance ``ratio``·mean, and geometric beyond B.

    P = w/(F(B) + w), w = f(B)/N·(1 + 1/drain): ``drain`` is what a full pool finishes beyond what comes, over what comes. 0 where the number is fixed.
    """
    scale = np.maximum(ratio, _STILL)
    shape, at = np.maximum(np.minimum(mean, limit), _STILL) / scale, np.maximum(limit, _STILL) / scale
    density = np.exp((shape - 1) * np.log(at) - at - gammaln(shape)) / scale
    beyond = density / nodes * (1 + 1 / np.maximum(drain, _NEVER))
    step = np.minimum(1 / nodes, scale)  # of what can be in a node; nothing where the number does not vary
    probability = beyond / np.maximum(gammainc(shape, np.maximum(at - step / scale / 2, 0.0)) + beyond, _NEVER)
    share: Array = np.where(ratio > _STILL, probability, 0.0)
    return share


def late_first_token(costs: Costs, state: State, noise: Noise, ttft_s: Array | float) -> Array:
    """P(TTFT > T1) = E_P[ρ·e^(−ρ(T1 − S(P) − t0/2)/W) + P(full)·e^(−slack·rate)]: half an iteration to start, then the prompts ahead, then one's own."""
    slack = ttft_s - noise.prefill_s - state.iteration_s / 2
    late = slack < 0
    slack = np.maximum(slack, 0.0)
    waits = noise.wait_share * np.exp(-noise.wait_share * slack / np.maximum(noise.wait_s, _NEVER))
    blocked = noise.blocked_share * np.exp(-slack * noise.unblock_per_s)
    share: Array = costs.lengths.prefill_weights @ np.where(late, 1.0, np.minimum(waits + blocked, 1.0))
    return np.where(noise.overloaded, 1.0, share)


def slow_tokens(costs: Costs, state: State, noise: Noise, targets: Targets) -> Array:
    """P(TPOT > T2): the prefill work of others in the D steps of a request exceeds D·(T2 − t0(n′)).

    The work in the window w = D·T2 is Gamma with mean λ′cE[P]w and variance λ′c²w·(Var P + (CV²/N)·E[P]²): sizes vary in every pool, but
    least-outstanding routing of many nodes makes arrivals at each follow its departures, so that their number hardly varies. λ′ = λ·seen and
    n·seen leave the request itself out, seen = 1 − (1 − 1/N)/n_total. No step carries more than its token budget: where even full steps meet the
    target, none is slow. n′ = n·seen + 1 plus normal noise of the decoding sequences' number and contexts (three Gauss–Hermite points).
    """
    lengths, step_target = costs.lengths, targets.tpot_s
    seen = np.maximum(1 - (1 - noise.alone) / noise.in_flight, 0.0)
    step = costs.base_s + costs.sequence_s * (state.decoding * seen + 1)
    step_noise = noise.step_sd_s * _NORMAL_NODES[:, None]
    allowed = step_target - np.maximum(step + step_noise, costs.base_s)
    fullest = costs.steps.per_prefill_token_s * (costs.steps.token_budget - state.decoding) - state.hidden_s
    mean = state.rate * seen * state.prefill_token_s * lengths.prefill_mean * step_target
    variance = state.rate * seen * state.prefill_token_s**2 * step_target * arrivals_square(costs, noise, targets)
    shape, scale = mean**2 / np.maximum(variance, _NEVER), variance / np.maximum(mean, _NEVER)
    tokens = lengths.output_tokens.round()[:, None, None]
    steps_of = np.maximum(tokens - 1, 1.0)
    tail = gammaincc(np.maximum(shape * steps_of, 1e-9), np.maximum(steps_of * allowed, 0.0) / np.maximum(scale, _NEVER))
    tail = np.where(allowed <= 0, 1.0, np.where(allowed >= fullest, 0.0, tail))
    weights = np.where(tokens[:, 0, 0] > 1, lengths.output_weights, 0.0)  # an answer of one token has no time between tokens
    share: Array = np.einsum("i,j,ijn->n", weights / max(weights.sum(), _NEVER), _NORMAL_WEIGHTS, tail)
    return np.where(noise.overloaded, 1.0, share)


def late_answer(costs: Costs, state: State, noise: Noise, targets: Targets, e2e_s: Array | float) -> Array:
    """P(end to end > T3): the prefill of one's own, the waits and the work of others exceed T3 − D·t0(n′), over the outputs' distribution.

    What is random besides the output length (own prompt, wait for prompts and for the batch, prefill work of others during T3, noise of n′ over the
    steps) enters as a normal with the sum of the means and variances.
    """
    lengths = costs.lengths
    own, own_square = lengths.prefill_weights @ noise.prefill_s, lengths.prefill_weights @ noise.prefill_s**2
    seen = np.maximum(1 - (1 - noise.alone) / noise.in_flight, 0.0)
    share, speed = noise.wait_share, noise.unblock_per_s
    wait_square = 2 * noise.wait_s**2 / np.maximum(share, _NEVER)  # an exponential of mean W/ρ with probability ρ
    blocked, blocked_square = noise.blocked_share / speed, 2 * noise.blocked_share / speed**2
    before = state.iteration_s / 2 + own + noise.wait_s + blocked
    before_variance = own_square - own**2 + wait_square - noise.wait_s**2 + blocked_square - blocked**2
    window = np.maximum(e2e_s - before, 0.0)
    work = state.rate * seen * state.prefill_token_s * lengths.prefill_mean * window
    work_variance = state.rate * seen * state.prefill_token_s**2 * window * arrivals_square(costs, noise, targets)
    decode = np.maximum(lengths.long_output_tokens - 1, 0.0)[:, None]
    step = costs.base_s + costs.sequence_s * (state.decoding * seen + 1)
    variance = before_variance + work_variance + (decode * noise.step_sd_s) ** 2
    margin = e2e_s - before - work - decode * step
    tail: Array = lengths.long_output_weights @ ndtr(-margin / np.sqrt(np.maximum(variance, _NEVER)))
    return np.where(noise.overloaded, 1.0, tail)


def arrivals_square(costs: Costs, noise: Noise, targets: Targets) -> Array:
    """Mean square of a prompt's tokens as the work of a window varies with it: Var P + (CV²/N)·E[P]²."""
    lengths = costs.lengths
    sizes = lengths.prefill_square - lengths.prefill_mean**2
    square: Array = sizes + noise.alone * targets.arrival_cv**2 * lengths.prefill_mean**2
    return square


def _open_share(state: State, targets: Targets) -> Array:
    """Z/(T + Z): 1 for an open loop, 0 for users who never think and for offline work, which waits in a queue of its own.

    A user in flight sends nothing, so that few arrivals follow many.
    """
    if targets.mode == "offline":
        return np.zeros_like(state.rate)
    if not targets.closed_loop:
        return np.ones_like(state.rate)
    residence = state.decoding / state.rate + state.iteration_s
    share: Array = targets.think_time_s / (residence + targets.think_time_s)
    return share
