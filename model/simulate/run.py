"""One run of one pool: a seed's requests served from empty to the end, and the latencies of the settled middle."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.problems import BadInput, Problem
from model.simulate.draws import arrival_times, request_lengths
from model.simulate.spec import PoolSpec
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
        super().__init__([Problem("simulate", "the simulator needs numba, which is not installed", "install it with: pip install 'inferplan[simulate]'")])


def shown_percentiles(spec: PoolSpec) -> tuple[int, ...]:
    """50, 95, 99 and the percentile of the targets, rising."""
    return tuple(sorted({*PERCENTILES, spec.percentile}))


def serve(spec: PoolSpec, nodes: int, requests: int, seed: int) -> Latencies:
    """Serve ``requests`` requests on ``nodes`` nodes; raises :class:`SimulatorMissing` without numba."""
    try:
        from model.simulate.event_loop import serve_closed, serve_open  # noqa: PLC0415 - optional extra
    except ImportError as error:
        raise SimulatorMissing from error
    rng = np.random.default_rng([seed, 0])
    inputs, prefill, outputs = request_lengths(rng, requests, spec)
    arrivals = np.zeros(requests) if spec.closed_loop else arrival_times(np.random.default_rng([seed, 1]), requests, spec.load, spec.arrival_cv)
    pool = new_pool(nodes, spec.batch_size, new_requests(arrivals, inputs, prefill, outputs))
    if spec.closed_loop:
        think = np.random.default_rng([seed, 2]).standard_exponential(requests) * spec.think_time_s
        busy_s = serve_closed(_engine(spec), pool, _first_arrivals(spec, seed), think)
    else:
        busy_s = serve_open(_engine(spec), pool)
    return _latencies(spec, pool, outputs, busy_s)


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


def _latencies(spec: PoolSpec, pool: Pool, outputs: Floats, busy_s: float) -> Latencies:
    requests, nodes = pool.requests, pool.nodes
    settled = slice(int(len(requests) * _WARM_UP), max(int(len(requests) * (1 - _COOL_DOWN)), int(len(requests) * _WARM_UP) + 2))
    rows, tokens = requests[settled], outputs[settled]
    decoded = tokens > 1
    values = (
        rows["first"] - rows["arrival"],
        ((rows["finish"] - rows["first"]) / np.maximum(tokens - 1, 1))[decoded],
        rows["finish"] - rows["arrival"],
    )
    shown = shown_percentiles(spec)
    req_per_s = (len(rows) - 1) / max(rows["arrival"][-1] - rows["arrival"][0], 1e-9)
    return Latencies(
        percentiles_s=np.array([np.percentile(v, shown) if len(v) else np.zeros(len(shown)) for v in values]).T,
        e2e_mean_s=float(values[2].mean()),
        req_per_s=req_per_s,
        busy_share=float(busy_s / len(nodes) / max(requests["arrival"].max(), 1e-9)),
        batch=float(req_per_s * (rows["finish"] - rows["first"]).mean() / len(nodes)),
        preemptions_per_request=float(nodes["preempted"].sum() / len(requests)),
    )
