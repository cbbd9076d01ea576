"""Pools simulated with several seeds on all cores: percentiles of latency with their confidence, and what one node more or fewer would do."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context

import numpy as np

from data.languages import noted
from data.units import MS
from model.simulate.run import Latencies, serve, shown_percentiles
from model.simulate.spec import PoolSpec

Progress = Callable[[int, int], None]  # runs done, runs in all

LATENCIES = (noted("TTFT"), noted("TPOT"), noted("end to end"))
SEEDS = 4
FEWEST_REQUESTS, MOST_REQUESTS = 20_000, 400_000
SETTLED_RESIDENCES = 30.0  # lifetimes of a request that a run lasts at least: what the first leave behind has then gone

# Two-sided 95 % quantile of Student's t by degrees of freedom (seeds − 1): the percentiles of few seeds are averaged.
_STUDENT_T = (12.71, 4.30, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26)
_NORMAL_Z = 1.96


@dataclass(frozen=True, kw_only=True)
class Percentile:
    """One percentile of a latency over the seeds [ms]: mean, and half the width of its 95 % confidence interval (0 with one seed)."""

    percentile: int
    ms: float
    plus_minus_ms: float


@dataclass(frozen=True, kw_only=True)
class PoolResult:
    """What a pool of ``nodes`` nodes did. ``kept`` says whether the promised percentile of each latency is within its target (None: no target)."""

    spec: PoolSpec
    nodes: int
    ttft: tuple[Percentile, ...]
    tpot: tuple[Percentile, ...]
    e2e: tuple[Percentile, ...]
    req_per_s: float
    busy_share: float
    batch: float
    load_ratio: float  # Q: mean requests in the pool (Little's law) over the places of its batches
    preemptions_per_request: float
    seeds: int
    requests: int  # of a seed
    kept: dict[str, bool | None]

    @property
    def keeps_its_targets(self) -> bool:
        """Whether no target is missed."""
        return all(kept is not False for kept in self.kept.values())


@dataclass(frozen=True, kw_only=True)
class WhatIf:
    """A pool as planned, and with one node more and one fewer (None where there is but one)."""

    planned: PoolResult
    one_more: PoolResult | None = None
    one_fewer: PoolResult | None = None


def simulate_pool(spec: PoolSpec, *, nodes: int | None = None, seeds: int = SEEDS, requests: int | None = None, first_seed: int = 1) -> PoolResult:
    """Simulate one pool in this process; ``nodes`` and ``requests`` (of a seed) replace the plan's and the default."""
    count, size = nodes or spec.nodes, requests or requests_needed(spec)
    return _result(spec, count, size, [serve(spec, count, size, first_seed + k) for k in range(seeds)])


def simulate_pools(
    specs: Sequence[PoolSpec],
    *,
    seeds: int = SEEDS,
    requests: int | None = None,
    neighbours: bool = True,
    workers: int | None = None,
    first_seed: int = 1,
    progress: Progress | None = None,
) -> tuple[WhatIf, ...]:
    """Simulate every pool, with ``neighbours`` also with one node more and one fewer, each seed a job of its own on ``workers`` processes (all cores).

    ``progress`` is told of every run that ends. Offline pools are simulated as they stand: they have no latency to lose.
    """
    sizes = [_sizes(spec, neighbours=neighbours) for spec in specs]
    jobs = [
        (spec, nodes, requests or requests_needed(spec), first_seed + k)
        for spec, counts in zip(specs, sizes, strict=True)
        for nodes in counts
        for k in range(seeds)
    ]
    runs = iter(_in_parallel(jobs, workers or os.cpu_count() or 1, progress))
    found = []
    for spec, counts in zip(specs, sizes, strict=True):
        own = {nodes: _result(spec, nodes, requests or requests_needed(spec), [next(runs) for _ in range(seeds)]) for nodes in counts}
        found.append(WhatIf(planned=own[spec.nodes], one_more=own.get(spec.nodes + 1), one_fewer=own.get(spec.nodes - 1)))
    return tuple(found)


def requests_needed(spec: PoolSpec) -> int:
    """Requests of a run: enough for the percentile (2,000 beyond it at the least) and for thirty lifetimes of a request."""
    tail = 2000 / max(1 - spec.percentile / 100, 0.01)
    lifetime_s = spec.output_tokens * spec.step_time.iteration_s * 2
    in_flight = spec.load if spec.closed_loop else spec.load * lifetime_s
    own_share = spec.load / (spec.load + sum(other.load for other in spec.beside))
    return round(min(max(tail, FEWEST_REQUESTS, SETTLED_RESIDENCES * in_flight), MOST_REQUESTS * own_share))


def _sizes(spec: PoolSpec, *, neighbours: bool) -> list[int]:
    if not neighbours or spec.serving_mode == "offline":
        return [spec.nodes]
    return [spec.nodes, spec.nodes + 1, *([spec.nodes - 1] if spec.nodes > 1 else [])]


def _in_parallel(jobs: Sequence[tuple[PoolSpec, int, int, int]], workers: int, progress: Progress | None) -> list[Latencies]:
    """Latencies of the jobs in their order; the first runs here, so that the compiled code is there for the other processes."""
    found: list[Latencies | None] = [None] * len(jobs)

    def note(index: int, latencies: Latencies) -> None:
        found[index] = latencies
        if progress is not None:
            progress(sum(run is not None for run in found), len(jobs))

    if jobs:
        note(0, serve(*jobs[0]))
    if workers > 1 and len(jobs) > 2:
        with ProcessPoolExecutor(min(workers, len(jobs) - 1), mp_context=get_context("spawn")) as executor:
            _collect(executor, jobs, note)
    else:
        for index, job in enumerate(jobs[1:], start=1):
            note(index, serve(*job))
    return [run for run in found if run is not None]


def _collect(executor: Executor, jobs: Sequence[tuple[PoolSpec, int, int, int]], note: Callable[[int, Latencies], None]) -> None:
    """Hand out all jobs but the first and note them as they end."""
    waiting: dict[Future[Latencies], int] = {executor.submit(serve, *job): index for index, job in enumerate(jobs) if index > 0}
    for future in as_completed(waiting):
        note(waiting[future], future.result())


def _result(spec: PoolSpec, nodes: int, requests: int, runs: Sequence[Latencies]) -> PoolResult:
    shown = shown_percentiles(spec)
    seen = np.array([run.percentiles_s for run in runs]) / MS
    half = _half_width(len(runs)) * seen.std(axis=0, ddof=1) if len(runs) > 1 else np.zeros(seen.shape[1:])
    mean = seen.mean(axis=0)
    columns = [tuple(Percentile(percentile=q, ms=float(mean[row, at]), plus_minus_ms=float(half[row, at])) for row, q in enumerate(shown)) for at in range(3)]
    promised = mean[shown.index(spec.percentile)]
    rate = float(np.mean([run.req_per_s for run in runs]))
    in_flight = spec.load if spec.closed_loop and spec.think_time_s == 0 else rate * float(np.mean([run.e2e_mean_s for run in runs]))
    return PoolResult(
        spec=spec,
        nodes=nodes,
        ttft=columns[0],
        tpot=columns[1],
        e2e=columns[2],
        req_per_s=rate,
        busy_share=float(np.mean([run.busy_share for run in runs])),
        batch=float(np.mean([run.batch for run in runs])),
        load_ratio=in_flight / (nodes * spec.batch_size),
        preemptions_per_request=float(np.mean([run.preemptions_per_request for run in runs])),
        seeds=len(runs),
        requests=requests,
        kept={name: None if target is None else bool(value <= target) for name, target, value in zip(LATENCIES, spec.targets_ms, promised, strict=True)},
    )


def _half_width(seeds: int) -> float:
    """Half the 95 % confidence interval of a mean over the standard deviation of its seeds: t / √seeds."""
    t = _STUDENT_T[seeds - 2] if seeds - 2 < len(_STUDENT_T) else _NORMAL_Z
    return t / float(np.sqrt(seeds))
