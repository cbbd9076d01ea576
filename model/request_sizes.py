"""Requests of one workload routed by size: each row of Lengths a stream of its own, every hardware choice a pool that all of them may share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from data.languages import say
from data.records.candidate import Candidate, MeasuredCapacity, Member, RuledOut, Stream
from data.records.plan import WorkloadDemand
from data.records.scenario import Scenario
from data.records.workload import LengthBin, Workload
from data.tables import sheet_title
from model.considered import Considered
from model.fitting import largest_batches
from model.grid import Grid, Physics, make_grid, targets_of
from model.measured_capacity import capacities_for
from model.options import Choice, Option, options_of, ruled_out
from model.queueing.capacity import capacity_curves
from model.queueing.lengths import histogram_mix
from model.queueing.records import Array, Flags
from model.queueing.tangent import tangent, touching_nodes
from model.routing_rules import why_not_routed
from model.shared_candidates import Fitting, candidate_of, fitting_options, steps_of

_LEAST_CAPACITY = 1e-9  # req/s: below it a node serves nobody


def sizes_of(workload: Workload, scenario: Scenario) -> tuple[Stream, ...]:
    """The streams of a workload whose requests are routed by size, one a row of Lengths with requests; none of any other."""
    if not workload.route_by_size or why_not_routed(scenario.settings):
        return ()
    bars = _bars(workload, scenario)
    total = sum(bar.share for bar in bars)
    return tuple(
        Stream(name=f"{workload.name} [{n}]", workload=workload.name, input_tokens=b.input_tokens, output_tokens=b.output_tokens, share=b.share / total)
        for n, b in enumerate(bars, start=1)
    )


def by_size(scenario: Scenario) -> Scenario:
    """The scenario with a workload for each request size in the place of those routed by size."""
    found: list[Workload] = []
    for w in scenario.workloads:
        sizes = sizes_of(w, scenario)
        found += [replace(w, input_tokens=size.input_tokens, output_tokens=size.output_tokens) for size in sizes] or [w]
    return replace(scenario, workloads=tuple(found))


def _bars(workload: Workload, scenario: Scenario) -> list[LengthBin]:
    return [bar for bar in scenario.lengths if bar.workload == workload.name and bar.share > 0]


@dataclass(frozen=True)
class _Asked:
    """A workload, its demand, and what it is planned with."""

    workload: Workload
    demand: WorkloadDemand
    scenario: Scenario
    physics: Physics


@dataclass(frozen=True)
class _Sized:
    """What a node of each option does with each size alone; arrays (sizes, options), capacity 0 where it does not keep the targets.

    N nodes carry ``slope``·N − ``loss`` [req/s]; ``batch`` is the batch size that takes, ``measured`` says which slopes are the user's own, and not the
    ``modelled`` one.
    """

    slope: Array
    modelled: Array
    loss: Array
    batch: Array
    well_posed: Flags
    measured: Flags

    def take(self, options: NDArray[np.intp]) -> _Sized:
        """The same of some options."""
        return _Sized(*(getattr(self, field.name)[:, options] for field in fields(self)))


def candidates_by_size(workload: Workload, demand: WorkloadDemand, scenario: Scenario, physics: Physics) -> Considered:
    """The candidates of a workload whose requests are routed by size: every option that keeps the targets for some size, with those sizes as members."""
    struck: list[RuledOut] = []
    options = options_of(workload, scenario, struck)
    if not options:
        return Considered((), tuple(struck))
    streams, asked = sizes_of(workload, scenario), _Asked(workload, demand, scenario, physics)
    each = _each_size(asked, options)
    best = _best_engines(options, each, np.array([stream.share for stream in streams]))
    kept = [options[at] for at in best]
    found = tuple(_candidates(asked, kept, each.take(np.array(best, dtype=np.intp)))) if kept else ()
    serving = {Choice(made.gpu, made.precision, made.node_size) for made in found}
    reason = say("it keeps the targets for none of the request sizes in {sheet}", sheet=sheet_title("Lengths"))
    struck += [
        ruled_out(workload, reason, gpu=choice.gpu, precision=choice.precision, node_size=choice.node_size)
        for choice in dict.fromkeys(option.choice for option in options)
        if choice not in serving
    ]
    return Considered(found, tuple(struck))


def _each_size(asked: _Asked, options: tuple[Option, ...]) -> _Sized:
    """Every option with every size alone, by the queueing rule at the pool size that the whole demand asks for, or as measured."""
    workload, demand, scenario, physics = asked.workload, asked.demand, asked.scenario, asked.physics
    bars = _bars(workload, scenario)
    total = sum(bar.share for bar in bars)
    curves, batches, own = [], [], []
    for bar in bars:
        alone = replace(workload, input_tokens=bar.input_tokens, output_tokens=bar.output_tokens, max_context_tokens=None)
        grid = make_grid(
            alone, demand, scenario, options, physics, lengths=histogram_mix([bar], cached_prefix_tokens=min(workload.cached_prefix_tokens, bar.input_tokens))
        )
        largest = largest_batches(grid, scenario).batch
        column = np.maximum(largest, 0)
        times = physics.step_times(grid.points.take(np.arange(len(options)) * len(grid.batches) + column))
        found = capacity_curves(steps_of(times, grid.batches[column]), grid.lengths, targets_of(alone, demand))
        curves.append(replace(found, limit=np.where(largest >= 0, found.limit, 0.0), one_node=np.where(largest >= 0, found.one_node, 0.0)))
        batches.append(found.batch_needed)
        measured = capacities_for(alone, demand, scenario.measurements)
        own.append([measured[option.choice].req_per_s if option.choice in measured else None for option in options])
    limits = np.array([curve.limit for curve in curves])
    loads = np.array([[demand.peak * bar.share / total] for bar in bars])
    nodes = np.maximum(np.divide(loads, limits, out=np.zeros_like(limits), where=limits > _LEAST_CAPACITY).sum(axis=0), 1.0)
    lines = [tangent(curve, nodes) for curve in curves]
    stated = np.array([[rate is not None for rate in rates] for rates in own])
    rates = np.array([[rate or 0.0 for rate in row] for row in own])
    slope = np.where(limits > _LEAST_CAPACITY, np.array([line[0] for line in lines]), 0.0)
    return _Sized(
        slope=np.where(stated, rates, slope),
        modelled=slope,
        loss=np.where(stated | (slope <= 0), 0.0, np.array([line[1] for line in lines])),
        batch=np.array(batches),
        well_posed=stated | np.array([curve.well_posed for curve in curves]),
        measured=stated,
    )


def _best_engines(options: Sequence[Option], each: _Sized, shares: Array) -> list[int]:
    """Of the engines for one hardware choice the one that serves the most requests, then the one that takes the fewest nodes for them; they cost nothing."""
    best: dict[Choice, tuple[float, float, int]] = {}
    for at, option in enumerate(options):
        serves = each.slope[:, at] > _LEAST_CAPACITY
        if serves.any():
            nodes = float((shares[serves] / each.slope[serves, at]).sum())
            rank = (-round(float(shares[serves].sum()), 9), nodes, at)
            best[option.choice] = min(best.get(option.choice, rank), rank)
    return sorted(at for _, _, at in best.values())


def _candidates(asked: _Asked, options: Sequence[Option], each: _Sized) -> Iterator[Candidate]:
    """The candidates of some options: those that serve the same sizes together, with the figures of the mean of their requests."""
    own, scenario = asked.workload, asked.scenario
    streams = sizes_of(own, scenario)
    kinds = np.vstack([each.slope > _LEAST_CAPACITY, each.measured])
    for kind in np.unique(kinds, axis=1).T:
        at = np.flatnonzero((kinds == kind[:, None]).all(axis=0))
        serves = np.flatnonzero(kind[: len(streams)])
        if len(serves):
            bars = [_bar_of(streams[k]) for k in serves]
            lengths = histogram_mix(bars, cached_prefix_tokens=own.cached_prefix_tokens)
            mean = replace(own, input_tokens=lengths.input_mean, output_tokens=lengths.output_mean)
            grid = make_grid(mean, asked.demand, scenario, tuple(options[int(k)] for k in at), asked.physics, lengths=lengths)
            yield from _alike(grid, fitting_options(grid, scenario, asked.physics, every=True), each.take(at), [streams[k] for k in serves], serves)


def _alike(grid: Grid, fitting: Fitting, each: _Sized, streams: Sequence[Stream], serves: NDArray[np.intp]) -> Iterator[Candidate]:
    """The candidates of options that serve the same sizes.

    With s and d the slope and loss of a mix of the sizes, x_k their shares and s_k their slopes alone, the sizes' capacities are φ·s_k, φ the least s·Σ x_k/s_k
    of the mixes looked at, at most 1: what they add up to is then no more than those mixes have. A pool loses the most nodes' worth that one of the mixes does.
    Capacities that the user measured are taken as they are.
    """
    shares = np.array([stream.share for stream in streams])
    modelled = serves[~each.measured[serves, 0]]
    factor, lost = _of_mixes(grid, fitting, each, [streams[int(np.searchsorted(serves, k))] for k in modelled], modelled)
    for at in range(len(grid.options)):
        if factor[at] > _LEAST_CAPACITY:
            cut = np.where(each.measured[serves, at], 1.0, factor[at]) * each.slope[serves, at]
            members = tuple(Member(stream=stream.name, capacity_per_node=float(rate)) for stream, rate in zip(streams, cut, strict=True))
            batch, posed = float(each.batch[serves, at].max()), bool(each.well_posed[serves, at].all())
            made = candidate_of(grid, fitting, at, batch, members, shares=shares / shares.sum(), lost=float(lost[at]), well_posed=posed)
            yield made if len(modelled) else replace(made, provenance="measured", measured=_measured(made, each.modelled[serves, at], shares))


def _measured(made: Candidate, modelled: Array, shares: Array) -> MeasuredCapacity:
    """What stands on measured capacities alone: the rate of the mix, and what the model would have said of it."""
    served = modelled > _LEAST_CAPACITY
    if served.all():
        return MeasuredCapacity(
            req_per_s=made.capacity_per_node, model_capacity_per_node=float(shares.sum() / (shares / modelled).sum()), model_pooling_loss=0.0
        )
    reason = say("it keeps the targets for {served} of the {count} request sizes measured", served=int(served.sum()), count=len(served))
    return MeasuredCapacity(req_per_s=made.capacity_per_node, model_capacity_per_node=0.0, model_pooling_loss=0.0, model_reason=reason)


def _bar_of(stream: Stream) -> LengthBin:
    return LengthBin(workload=stream.workload, input_tokens=stream.input_tokens, output_tokens=stream.output_tokens, share=stream.share)


def _of_mixes(grid: Grid, fitting: Fitting, each: _Sized, streams: Sequence[Stream], sizes: NDArray[np.intp]) -> tuple[Array, Array]:
    """(φ, nodes lost) of each option over mixes of some sizes: all as they come, and the shorter and the longer half of the requests."""
    factor, lost = np.ones(len(grid.options)), np.zeros(len(grid.options))
    for which in _mixes(streams) if len(sizes) else ():
        share = np.array([streams[k].share for k in which])
        lengths = histogram_mix([_bar_of(streams[k]) for k in which], cached_prefix_tokens=grid.workload.cached_prefix_tokens)
        curves = capacity_curves(fitting.steps, lengths, targets_of(grid.workload, grid.demand))
        slope, loss = tangent(curves, touching_nodes(curves, grid.demand.peak * float(share.sum())))
        work = (share[:, None] / share.sum() / each.slope[sizes[which]]).sum(axis=0)
        factor = np.minimum(factor, slope * work)
        lost = np.maximum(lost, np.divide(loss, slope, out=np.zeros_like(loss), where=slope > _LEAST_CAPACITY))
    return factor, lost


def _mixes(streams: Sequence[Stream]) -> Iterator[list[int]]:
    """All streams by length, and the shorter and the longer half of their requests where they are several."""
    order = sorted(range(len(streams)), key=lambda k: (streams[k].input_tokens + streams[k].output_tokens, k))
    yield order
    half, below = sum(stream.share for stream in streams) / 2, 0.0
    for cut, k in enumerate(order[:-1], start=1):
        below += streams[k].share
        if below >= half:
            yield order[:cut]
            yield order[cut:]
            return
