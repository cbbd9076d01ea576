"""Options that serve a workload within memory and targets, each at the smallest batch that carries its full capacity; the others with their reason."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.records.plan import PROVENANCE, Candidate, MemoryUse, RuledOut, StepTime, WorkloadDemand
from data.records.scenario import Scenario
from data.records.supply import Model
from data.records.workload import Workload
from data.units import MS, PRECISIONS
from model.options import Option, options_of, ruled_out
from model.performance.parameters import Parameters
from model.performance.points import ENGINE_NAMES, KV_PRECISIONS, Points, make_points
from model.performance.predict import Prediction, StepTimes, predict, step_times
from model.queueing.capacity import Curves, capacity_curves
from model.queueing.lengths import LengthMix, lengths_of
from model.queueing.records import Steps, Targets
from model.queueing.tangent import tangent, touching_nodes

_LONGEST_PERCENTILE = 99.0  # a maximum context left blank: the longest request but one in a hundred
_LEAST_CAPACITY = 1e-9  # of the demand's unit: below it a node serves nobody


@dataclass(frozen=True)
class Considered:
    """What became of a workload's options."""

    candidates: tuple[Candidate, ...]
    ruled_out: tuple[RuledOut, ...]


@dataclass(frozen=True)
class _Grid:
    """A workload's options (rows) at every batch size (columns)."""

    workload: Workload
    demand: WorkloadDemand
    lengths: LengthMix
    options: tuple[Option, ...]
    batches: NDArray[np.float64]
    points: Points  # option-major
    predicted: Prediction
    kv_tokens: NDArray[np.float64]  # of each option's node

    def table(self, values: NDArray[Any]) -> NDArray[Any]:
        """Values of all points as (options, batches)."""
        return values.reshape(len(self.options), len(self.batches))


@dataclass(frozen=True)
class _Served:
    """Step times and capacity of the options that are left; arrays of one entry each."""

    steps: StepTimes
    curves: Curves
    slope: NDArray[np.float64]
    loss: NDArray[np.float64]


def candidates_of(workload: Workload, demand: WorkloadDemand, scenario: Scenario, parameters: Parameters | None = None) -> Considered:
    """Every candidate of a workload and every option that cannot be one, with the reason in words.

    A candidate's batch size is the smallest power of two that holds the requests in flight at its capacity; a larger cap never carries more.
    """
    struck: list[RuledOut] = []
    options = options_of(workload, scenario, struck)
    if not options:
        return Considered((), tuple(struck))
    grid = _grid(workload, demand, scenario, options, parameters)
    largest = _largest_batches(grid, scenario)
    rows = np.flatnonzero(largest.batch >= 0)
    if not len(rows):
        return Considered((), (*struck, *_struck_whatever_the_engine(grid, largest.reasons)))
    steps = step_times(grid.points.take(rows * len(grid.batches) + largest.batch[rows]), parameters)
    curves = capacity_curves(_steps(steps, grid.batches[largest.batch[rows]]), grid.lengths, targets_of(workload, demand))
    served = _Served(steps, curves, *tangent(curves, touching_nodes(curves, demand.peak)))
    able = curves.limit > _LEAST_CAPACITY
    reasons = list(largest.reasons)
    for index in np.flatnonzero(~able):
        reasons[rows[index]] = _no_capacity(grid, int(rows[index]), str(curves.binding[index]))
    struck += _struck_whatever_the_engine(grid, reasons)
    chosen = _best_engines(grid, served, rows, np.flatnonzero(able))
    return Considered(tuple(_candidate(grid, served, int(rows[i]), int(i)) for i in chosen), tuple(struck))


def _best_engines(grid: _Grid, served: _Served, rows: NDArray[np.intp], able: NDArray[np.intp]) -> list[int]:
    """Of the engines that serve one choice of GPU, precision and node size, the one whose pool carries most at the size the demand asks for.

    Engines cost nothing, so no plan needs another; of equals the first of the engines' table.
    """
    nodes = touching_nodes(served.curves, grid.demand.peak)
    carried = served.slope * nodes - served.loss
    best: dict[tuple[str, str, int], int] = {}
    for index in able:
        option = grid.options[rows[index]]
        choice = (option.gpu.gpu, option.precision, option.node_size)
        held = best.setdefault(choice, int(index))
        if carried[index] / nodes[index] > carried[held] / nodes[held] * (1 + 1e-9):
            best[choice] = int(index)
    return list(best.values())


def targets_of(workload: Workload, demand: WorkloadDemand) -> Targets:
    """The latency promise of a workload in seconds."""
    tpot_ms = workload.tpot_target_ms or (1 / MS / workload.tokens_per_s_per_user if workload.tokens_per_s_per_user else math.inf)
    return Targets(
        ttft_s=(workload.ttft_target_ms or math.inf) * MS,
        tpot_s=tpot_ms * MS,
        e2e_s=(workload.e2e_target_ms or math.inf) * MS,
        percentile=float(workload.slo_percentile),
        arrival_cv=workload.arrival_cv,
        mode=workload.serving_mode,  # type: ignore[arg-type]  # one of SERVING_MODES, checked when read
        closed_loop=demand.unit != "req/s",
    )


def _grid(workload: Workload, demand: WorkloadDemand, scenario: Scenario, options: tuple[Option, ...], parameters: Parameters | None) -> _Grid:
    batches = np.exp2(np.arange(int(math.log2(scenario.settings.max_batch_size)) + 1, dtype=np.float64))
    lengths = lengths_of(workload, scenario.lengths)
    points = _points(workload, lengths, scenario, options, batches)
    single = step_times(points.take(np.arange(len(options)) * len(batches)), parameters)
    return _Grid(workload, demand, lengths, options, batches, points, predict(points, parameters), single.kv_tokens)


def _points(workload: Workload, lengths: LengthMix, scenario: Scenario, options: Sequence[Option], batches: NDArray[np.float64]) -> Points:
    gpus = tuple({option.gpu.gpu: option.gpu for option in options}.values())
    index = {gpu.gpu: number for number, gpu in enumerate(gpus)}

    def column(values: list[int]) -> NDArray[np.int64]:
        return np.array(values, dtype=np.int64)[:, None]

    return make_points(
        (scenario.models[workload.model],),
        gpus,
        gpu=column([index[option.gpu.gpu] for option in options]),
        node_size=column([option.node_size for option in options]),
        precision=column([PRECISIONS.index(option.precision) for option in options]),
        kv_precision=column([KV_PRECISIONS.index(option.kv_precision) for option in options]),
        engine=column([ENGINE_NAMES.index(option.engine) for option in options]),
        batch=batches[None, :],
        input_tokens=lengths.input_mean,
        output_tokens=lengths.output_mean,
        cached_prefix_tokens=workload.cached_prefix_tokens,
        gpu_memory_utilization=scenario.settings.gpu_memory_utilization,
        reserve_gb=workload.lora_reserve_gb,
        accepted_tokens_per_step=workload.accepted_tokens_per_step,
        draft_tokens=workload.draft_tokens,
        draft_cost_share=workload.draft_cost_share,
        token_budget=workload.prefill_token_budget or 0,
    )


@dataclass(frozen=True)
class _Largest:
    """Per option: index of the largest batch that fits and meets the targets when nobody waits (−1: none), and the reason where there is none."""

    batch: NDArray[np.intp]
    reasons: tuple[_Reason | None, ...]


def _largest_batches(grid: _Grid, scenario: Scenario) -> _Largest:
    """The latencies grow with the batch, so the batches that meet a target are the first ones."""
    workload, targets = grid.workload, targets_of(grid.workload, grid.demand)
    at = grid.predicted
    fits = grid.table(at.fits & (at.max_batch >= grid.points.batch))
    ttft, tpot, e2e = (grid.table(values) for values in (at.ttft_s, at.tpot_s, at.e2e_s))
    longest = workload.max_context_tokens or _longest_request(grid.lengths, scenario.models[workload.model])
    holds = grid.kv_tokens >= longest
    streams, waits = workload.serving_mode == "streaming", workload.serving_mode != "offline"
    met = fits & holds[:, None]
    if streams:
        met = met & (tpot <= targets.tpot_s) & (ttft[:, :1] <= targets.ttft_s)
    if waits:
        met = met & (e2e <= targets.e2e_s)
    count = np.cumprod(met, axis=1).sum(axis=1)
    reasons = tuple(None if count[row] else _why_none(grid, row, longest, targets) for row in range(len(grid.options)))
    return _Largest(count - 1, reasons)


def _longest_request(lengths: LengthMix, model: Model) -> float:
    whole_prompt = lengths.input_mean / lengths.prefill_mean
    longest = lengths.prefill_quantile(_LONGEST_PERCENTILE) * whole_prompt + lengths.output_quantile(_LONGEST_PERCENTILE)
    return min(longest, float(model.max_context or math.inf))


@dataclass(frozen=True)
class _Reason:
    """Why an option is no candidate: the limit, by what factor it is missed, and both in words."""

    limit: str
    excess: float
    text: str


def _why_none(grid: _Grid, row: int, longest: float, targets: Targets) -> _Reason:
    """Why not even a batch of one serves, with the figures."""
    option, first, at = grid.options[row], row * len(grid.batches), grid.predicted
    node = f"{option.node_size} × {option.gpu.gpu}"
    if grid.kv_tokens[row] <= 0:
        weights, overhead = float(at.weights_gb[first]), float(at.overhead_gb[first])
        needs = f"weights of {weights:.1f} GB a GPU in {option.precision} and {overhead:.1f} GB overhead"
        text = f"memory: {needs} leave no room for a KV cache in {option.gpu.memory_gb:g} GB ({node})"
        return _Reason("memory", (weights + overhead) / option.gpu.memory_gb, text)
    if not at.fits[first] or grid.kv_tokens[row] < longest:
        room = float(grid.kv_tokens[row])
        text = f"memory: a request of {longest:,.0f} tokens does not fit the KV cache of {room:,.0f} tokens left beside the weights on {node}"
        return _Reason("memory", longest / room, text)
    if grid.workload.serving_mode == "streaming" and at.ttft_s[first] > targets.ttft_s:
        text = f"TTFT: {at.ttft_s[first] / MS:,.1f} ms for an unloaded prefill on {node}, target {targets.ttft_s / MS:,g} ms"
        return _Reason("TTFT", float(at.ttft_s[first] / targets.ttft_s), text)
    if grid.workload.serving_mode == "streaming" and at.tpot_s[first] > targets.tpot_s:
        text = f"TPOT: {at.tpot_s[first] / MS:,.1f} ms for a single request on {node}, target {targets.tpot_s / MS:,g} ms"
        return _Reason("TPOT", float(at.tpot_s[first] / targets.tpot_s), text)
    text = f"end to end: {at.e2e_s[first]:,.2f} s for a single request on {node}, target {targets.e2e_s:,g} s"
    return _Reason("end to end", float(at.e2e_s[first] / targets.e2e_s), text)


def _no_capacity(grid: _Grid, row: int, binding: str) -> _Reason:
    option, share = grid.options[row], grid.workload.slo_percentile
    text = f"{binding}: the target is not kept at the {share}th percentile by one node of {option.node_size} × {option.gpu.gpu} under any load"
    return _Reason(binding, 1.0, text)


def _struck(grid: _Grid, row: int, reason: _Reason) -> RuledOut:
    option = grid.options[row]
    base = ruled_out(grid.workload, reason.text, gpu=option.gpu.gpu, precision=option.precision, node_size=option.node_size)
    return replace(base, limit=reason.limit, excess=reason.excess)


def _struck_whatever_the_engine(grid: _Grid, reasons: Sequence[_Reason | None]) -> list[RuledOut]:
    """The combinations that no engine serves, each with the reason of the engine that comes closest."""
    by_choice: dict[tuple[str, str, int], list[_Reason | None]] = {}
    rows: dict[tuple[str, str, int], int] = {}
    for row, option in enumerate(grid.options):
        choice = (option.gpu.gpu, option.precision, option.node_size)
        by_choice.setdefault(choice, []).append(reasons[row])
        rows.setdefault(choice, row)
    struck = []
    for choice, why in by_choice.items():
        closest = min((reason for reason in why if reason), key=lambda reason: reason.excess, default=None)
        if closest and all(why):
            struck.append(_struck(grid, rows[choice], closest))
    return struck


def _steps(steps: StepTimes, batch: NDArray[np.float64]) -> Steps:
    return Steps(
        iteration_s=steps.iteration_s,
        per_sequence_s=steps.per_sequence_s,
        per_kv_token_s=steps.per_kv_token_s,
        per_prefill_token_s=steps.per_prefill_token_s,
        kv_tokens=steps.kv_tokens,
        token_budget=steps.token_budget,
        max_batch=batch,
    )


def _candidate(grid: _Grid, served: _Served, row: int, index: int) -> Candidate:
    """The candidate of option ``row``, which is entry ``index`` of those left."""
    option, workload, steps, curves = grid.options[row], grid.workload, served.steps, served.curves
    slope = float(served.slope[index])
    column = min(int(math.log2(max(curves.batch_needed[index], 1.0))), len(grid.batches) - 1)
    at, point = grid.predicted, row * len(grid.batches) + column
    batch = int(grid.batches[column])
    key = f"{workload.name}|{option.gpu.gpu}|{option.precision}|{option.kv_precision}|{option.engine}|{option.node_size}|{batch}"
    return Candidate(
        key=key,
        workload=workload.name,
        gpu=option.gpu.gpu,
        precision=option.precision,
        kv_precision=option.kv_precision,
        engine=option.engine,
        node_size=option.node_size,
        batch_size=batch,
        capacity_per_node=slope,
        pooling_loss=float(served.loss[index]),
        req_per_s_per_node=slope if grid.demand.unit == "req/s" else float(curves.req_per_s[index]),
        ttft_ms=float(at.ttft_s[row * len(grid.batches)]) / MS,
        tpot_ms=float(at.tpot_s[point]) / MS,
        e2e_ms=float(at.e2e_s[point]) / MS,
        output_tok_per_s_per_node=float(at.output_tok_per_s[point]),
        max_batch=int(min(at.max_batch[point], 1e9)),
        memory=MemoryUse(
            weights_gb=float(at.weights_gb[point]),
            kv_cache_gb=float(at.kv_gb[point]),
            overhead_gb=float(at.overhead_gb[point]),
            free_gb=float(at.free_gb[point]),
            usable_gb=float(at.usable_gb[point]),
        ),
        step_time=StepTime(
            iteration_s=float(steps.iteration_s[index]),
            per_sequence_s=float(steps.per_sequence_s[index]),
            per_kv_token_s=float(steps.per_kv_token_s[index]),
            per_prefill_token_s=float(steps.per_prefill_token_s[index]),
            kv_tokens=float(steps.kv_tokens[index]),
            token_budget=int(steps.token_budget[index]),
        ),
        provenance=PROVENANCE[int(at.provenance[point])],
    )
