"""One run of one pool: a seed's requests served from empty to the end, and the latencies of the settled middle."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.languages import say
from data.problems import BadInput, Problem
from model.simulate.draws import arrival_times, request_lengths
from model.simulate.spec import Beside, PoolSpec
from model.simulate.state import Engine, Floats, Pool, new_pool, new_requests

PERCENTILES = (50, 95, 99)  # shown; the target's own is added

_WARM_UP = 0.25  # of the requests: until the number in flight has settled
_COOL_DOWN = 0.03  # the last ones see an emptying pool


@dataclass(frozen=True)
class Latencies:
    """What one seed saw: (percentiles, 3) of TTFT, TPOT and end to end [s], and the means of the pool."""

    percentiles_s: Floats
    e2e_mean_s: float
    req_per_s: float
    busy_share: float  # of the nodes' time up to the last arrival
    batch: float  # sequences decoding in a node, by Little's law
    preemptions_per_request: float


class SimulatorMissing(BadInput):
    """Numba, the optional extra, is not installed; the message says how to."""

    def __init__(self) -> None:
        install = say("install it with: {command}", command="pip install 'inferplan[simulate]'")
        super().__init__([Problem("simulate", say("the simulator needs numba, which is not installed"), install)])


def shown_percentiles(spec: PoolSpec) -> tuple[int, ...]:
    """50, 95, 99 and the percentile of the targets, rising."""
    return tuple(sorted({*PERCENTILES, spec.percentile}))


def serve(spec: PoolSpec, nodes: int, requests: int, seed: int) -> Latencies:
    """Serve ``requests`` requests on ``nodes`` nodes; raises :class:`SimulatorMissing` without numba."""
    try:
        from model.simulate.event_loop import serve_closed, serve_open  # noqa: PLC0415 - optional extra
    except ImportError as error:
        raise SimulatorMissing from error
    if spec.closed_loop:
        inputs, prefill, outputs = request_lengths(np.random.default_rng([seed, 0]), requests, spec, spec.step_time.kv_tokens)
        pool = new_pool(nodes, spec.batch_size, new_requests(np.zeros(requests), inputs, prefill, outputs))
        think = np.random.default_rng([seed, 2]).standard_exponential(requests) * spec.think_time_s
        return _latencies(spec, pool, outputs, serve_closed(_engine(spec), pool, _first_arrivals(spec, seed), think))
    arrived = _arrivals(spec, requests, seed)
    pool = new_pool(nodes, spec.batch_size, new_requests(arrived.times, arrived.inputs, arrived.prefill, arrived.outputs))
    busy_s = serve_open(_engine(spec), pool)
    return _latencies(spec, pool, arrived.outputs, busy_s, arrived.own)


@dataclass(frozen=True)
class _Arrivals:
    """Requests in the order in which they come; ``own`` says which are those looked at."""

    times: Floats
    inputs: Floats
    prefill: Floats
    outputs: Floats
    own: NDArray[np.bool_]


def _arrivals(spec: PoolSpec, requests: int, seed: int) -> _Arrivals:
    """``requests`` of the spec's own requests, and what comes beside them in the same time."""
    streams: tuple[PoolSpec | Beside, ...] = (spec, *spec.beside)
    kinds = []
    for number, kind in enumerate(streams):
        count = requests if number == 0 else max(round(requests * kind.load / spec.load), 1)
        lengths = request_lengths(np.random.default_rng([seed, 0, *([number] if number else [])]), count, kind, spec.step_time.kv_tokens)
        times = arrival_times(np.random.default_rng([seed, 1, *([number] if number else [])]), count, kind.load, kind.arrival_cv)
        kinds.append((times, *lengths, np.full(count, number == 0)))
    times, inputs, prefill, outputs, own = (np.concatenate(columns) for columns in zip(*kinds, strict=True))
    order = np.argsort(times, kind="stable")
    return _Arrivals(times[order], inputs[order], prefill[order], outputs[order], own[order])


def _engine(spec: PoolSpec) -> Engine:
    step = spec.step_time
    return Engine(
        iteration_s=float(step.iteration_s),
        per_sequence_s=float(step.per_sequence_s),
        per_kv_token_s=float(step.per_kv_token_s),
        per_prefill_token_s=float(step.per_prefill_token_s),
        kv_tokens=float(step.kv_tokens),
        token_budget=float(step.token_budget),
        max_batch=int(spec.batch_size),
    )


def _first_arrivals(spec: PoolSpec, seed: int) -> Floats:
    """Users come one by one over the time that a request and a thought take, not all at once."""
    users = max(round(spec.load), 1)
    spread_s = spec.think_time_s + spec.output_tokens * spec.step_time.iteration_s
    return np.sort(np.random.default_rng([seed, 1]).random(users)) * spread_s


def _latencies(spec: PoolSpec, pool: Pool, outputs: Floats, busy_s: float, own: NDArray[np.bool_] | None = None) -> Latencies:
    """What the settled requests saw, of those that are looked at (None: all)."""
    requests, nodes = pool.requests, pool.nodes
    settled = slice(int(len(requests) * _WARM_UP), max(int(len(requests) * (1 - _COOL_DOWN)), int(len(requests) * _WARM_UP) + 2))
    every, rows, tokens = requests[settled], requests[settled], outputs[settled]
    if own is not None and not own.all():
        rows, tokens = rows[own[settled]], tokens[own[settled]]
    decoded = tokens > 1
    values = (
        rows["first"] - rows["arrival"],
        ((rows["finish"] - rows["first"]) / np.maximum(tokens - 1, 1))[decoded],
        rows["finish"] - rows["arrival"],
    )
    shown = shown_percentiles(spec)
    req_per_s = (len(every) - 1) / max(every["arrival"][-1] - every["arrival"][0], 1e-9)
    return Latencies(
        percentiles_s=np.array([np.percentile(v, shown) if len(v) else np.zeros(len(shown)) for v in values]).T,
        e2e_mean_s=float((every["finish"] - every["arrival"]).mean()),
        req_per_s=req_per_s,
        busy_share=float(busy_s / len(nodes) / max(requests["arrival"].max(), 1e-9)),
        batch=float(req_per_s * (every["finish"] - every["first"]).mean() / len(nodes)),
        preemptions_per_request=float(nodes["preempted"].sum() / len(requests)),
    )
