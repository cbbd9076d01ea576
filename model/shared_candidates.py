"""Candidates whose nodes several streams share: what a node carries of each, so that together they are never promised more than their mix may have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from data.records.candidate import Candidate, Member, SharedPool, Stream
from data.records.plan import WorkloadDemand
from data.records.scenario import Scenario
from model.considered import candidate_at, step_time_of
from model.demand import REQUEST_RATE
from model.fitting import largest_batches
from model.grid import Grid, Physics, make_grid, targets_of
from model.options import Choice, options_of
from model.performance.predict import StepTimes
from model.queueing.capacity import Curves, capacity_curves
from model.queueing.lengths import LengthMix, lengths_of, mixture
from model.queueing.records import Array, Steps, Targets
from model.queueing.tangent import tangent, touching_nodes
from model.together import mix_of, together

_LEAST_CAPACITY = 1e-9  # req/s: below it a node serves nobody
# Shares that each member has in the mixes looked at, the others as they come: a plan may route any part of a load.
_SHARES = (0.05, 0.2, 0.5, 0.8, 0.95)


@dataclass(frozen=True)
class Kind:
    """A stream with its lengths and its load at the peak [req/s]."""

    stream: str
    lengths: LengthMix
    peak: float


@dataclass(frozen=True)
class Fitting:
    """The options that may serve, each at a batch size; arrays of one entry each."""

    rows: NDArray[np.intp]
    column: NDArray[np.intp]
    times: StepTimes
    steps: Steps


@dataclass(frozen=True)
class Sharing:
    """What a problem has for nodes that workloads share: the pools, what is routed to them, and their candidates."""

    pools: tuple[SharedPool, ...]
    streams: tuple[Stream, ...]
    candidates: tuple[Candidate, ...]


def sharing_of(scenario: Scenario, demands: Iterable[WorkloadDemand], physics: Physics) -> Sharing:
    """The shared pools of a scenario (mean lengths filled in) with their candidates."""
    by_workload = {demand.workload: demand for demand in demands}
    found = together(scenario, by_workload.values())
    made = tuple(candidate for pool in found.pools for candidate in candidates_together(pool, by_workload, scenario, physics))
    return Sharing(found.pools, found.streams, made)


def candidates_together(pool: SharedPool, demands: Mapping[str, WorkloadDemand], scenario: Scenario, physics: Physics) -> list[Candidate]:
    """The candidates of a shared pool, at its targets; an option that serves fewer than two of its members is none."""
    members = [next(w for w in scenario.workloads if w.name == name) for name in pool.members]
    kinds = [Kind(w.name, lengths_of(w, scenario.lengths), demands[w.name].peak) for w in members]
    demand = joint_demand(pool, demands)
    options = options_of(pool.workload, scenario, [])
    if not options:
        return []
    grid = make_grid(pool.workload, demand, scenario, options, physics, lengths=mix_of(members, scenario, demands))
    fitting = fitting_options(grid, scenario, physics)
    targets = targets_of(pool.workload, demand)
    alone = [capacity_curves(fitting.steps, kind.lengths, targets) for kind in kinds]
    served = np.array([curves.limit > _LEAST_CAPACITY for curves in alone])
    found: list[Candidate] = []
    for which in np.unique(served[:, served.sum(axis=0) > 1], axis=1).T:
        at = np.flatnonzero((served == which[:, None]).all(axis=0))
        own = [(kind, curves) for kind, curves, serves in zip(kinds, alone, which, strict=True) if serves]
        found += _sharing(grid, fitting, at, own, targets)
    return best_engines(found)


def joint_demand(pool: SharedPool, demands: Mapping[str, WorkloadDemand]) -> WorkloadDemand:
    """The demand of the members of a shared pool together."""
    own = [demands[name] for name in pool.members]
    total = {name: sum(getattr(demand, name) for demand in own) for name in ("peak", "mean", "requests_per_month", "tokens_per_month")}
    per_hour = own[0].requests_per_unit_hour
    return WorkloadDemand(workload=pool.workload.name, unit=REQUEST_RATE, requests_per_unit_hour=per_hour, formula=" + ".join(pool.members), **total)


def fitting_options(grid: Grid, scenario: Scenario, physics: Physics, *, every: bool = False) -> Fitting:
    """The options of a grid that fit, each at the largest batch at which the mean request keeps the targets when nobody waits; ``every``: the others at 1."""
    largest = largest_batches(grid, scenario)
    rows = np.arange(len(grid.options)) if every else np.flatnonzero(largest.batch >= 0)
    column = np.maximum(largest.batch[rows], 0)
    times = physics.step_times(grid.points.take(rows * len(grid.batches) + column))
    return Fitting(rows, column, times, steps_of(times, grid.batches[column]))


def steps_of(times: StepTimes, batch: Array) -> Steps:
    """Step times with the batch cap of each."""
    return Steps(**{name: getattr(times, name) for name in StepTimes.__dataclass_fields__}, max_batch=batch)


def _sharing(grid: Grid, fitting: Fitting, at: NDArray[np.intp], own: Sequence[tuple[Kind, Curves]], targets: Targets) -> Iterator[Candidate]:
    """The candidates of options that serve the same streams.

    Of every mix looked at, the first as the streams come, the rule gives a line s_j·N − d_j. The streams' capacities 1/c_m are the largest, for the first mix,
    with Σ x_mj·c_m ≥ 1/s_j for each mix j of shares x_mj and c_m ≥ 1/s_m of each stream alone; the pool loses the most nodes' worth d_j/s_j of any.
    Loads with Σ load_m·c_m ≤ N − loss then lie below the line of their mix, if it is one of those.
    """
    steps, peak = fitting.steps.take(at), sum(kind.peak for kind, _ in own)
    mixes = list(_mixes([kind.peak for kind, _ in own]))
    curves = [capacity_curves(steps, mixture([kind.lengths for kind, _ in own], shares.tolist()), targets) for shares in mixes]
    nodes = touching_nodes(curves[0], peak)
    lines = [tangent(line, nodes) for line in (*curves, *(replace_rows(alone, at) for _, alone in own))]
    slopes, losses = np.array([slope for slope, _ in lines]), np.array([loss for _, loss in lines])
    shares = np.array([*mixes, *np.eye(len(own))])
    for k, index in enumerate(at):
        if slopes[:, k].min() > _LEAST_CAPACITY:
            work = _least_work(shares, 1.0 / slopes[:, k])
            lost = float((losses[:, k] / slopes[:, k]).max())
            batch = max(curve.batch_needed[k] for curve in (curves[0], *(replace_rows(alone, at) for _, alone in own)))
            members = tuple(Member(stream=kind.stream, capacity_per_node=float(1.0 / c)) for (kind, _), c in zip(own, work, strict=True))
            posed = all(bool(alone.well_posed[index]) for _, alone in own)
            yield candidate_of(grid, fitting, int(index), float(batch), members, shares=shares[0], lost=lost, well_posed=posed)


def replace_rows(curves: Curves, at: NDArray[np.intp]) -> Curves:
    """The curves of some rows."""
    names = [name for name in Curves.__dataclass_fields__ if name != "short_outputs"]
    return replace(curves, **{name: getattr(curves, name)[at] for name in names})


def _mixes(peaks: Sequence[float]) -> Iterator[Array]:
    """Shares of the requests: as they come, then with each stream at little to nearly all of them."""
    loads = np.maximum(peaks, _LEAST_CAPACITY)
    come = loads / loads.sum()
    yield come
    for m in range(len(come)):
        for share in _SHARES if len(come) > 2 or m == 0 else ():
            rest = np.where(np.arange(len(come)) == m, 0.0, come)
            yield rest / rest.sum() * (1 - share) + share * (np.arange(len(come)) == m)


def _least_work(shares: Array, work: Array) -> Array:
    """c ≥ 0 with shares·c ≥ work, the least in the first mix."""
    from scipy.optimize import linprog  # noqa: PLC0415 - heavy

    found = linprog(shares[0] / work[0], A_ub=-shares / work[:, None], b_ub=-np.ones(len(work)), bounds=(0, None))
    c: Array = found.x
    return c


def candidate_of(
    grid: Grid, fitting: Fitting, at: int, batch: float, members: tuple[Member, ...], *, shares: Array, lost: float, well_posed: bool
) -> Candidate:  # fmt: skip
    """The candidate of option ``at`` of those that fit with its members, which come in ``shares`` of the requests."""
    column = min(int(np.log2(max(batch, 1.0))), int(fitting.column[at]))
    made = candidate_at(grid, int(fitting.rows[at]), column, step_time_of(fitting.times, at))
    rate = 1.0 / float(sum(share / member.capacity_per_node for share, member in zip(shares, members, strict=True)))
    return replace(made, capacity_per_node=rate, pooling_loss=rate * lost, req_per_s_per_node=rate, well_posed=well_posed, members=members)


def best_engines(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Of the engines that serve one choice of GPU, precision and node size for as many streams, the one that carries most of the mix; they cost nothing."""
    best: dict[tuple[Choice, int], Candidate] = {}
    for made in candidates:
        key = (Choice(made.gpu, made.precision, made.node_size), len(made.members))
        if key not in best or made.capacity_per_node > best[key].capacity_per_node * (1 + 1e-9):
            best[key] = made
    return list(best.values())
