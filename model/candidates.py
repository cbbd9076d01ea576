"""Options that serve a workload within memory and targets, each at the smallest batch that carries its full capacity; the others with their reason."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from data.records.candidate import Candidate, RuledOut
from data.records.plan import WorkloadDemand
from data.records.scenario import Scenario
from data.records.workload import Workload
from data.units import MS
from model.considered import Considered, candidate_at, step_time_of
from model.demand import REQUEST_RATE
from model.fitting import largest_batches, no_capacity, struck_whatever_the_engine
from model.grid import Grid, Physics, make_grid, targets_of
from model.measured_capacity import capacities_for, of_measured_engines, with_capacities
from model.options import options_of
from model.performance.parameters import shipped_parameters
from model.performance.predict import StepTimes
from model.queueing.capacity import Curves, capacity_curves, capacity_of
from model.queueing.records import Steps
from model.queueing.tangent import tangent, touching_nodes
from model.request_sizes import candidates_by_size, sizes_of

_LEAST_SHARE = 1e-6  # of the full capacity: a batch size that keeps less, or loses less, is no choice of its own
_LEAST_CAPACITY = 1e-9  # of the demand's unit: below it a node serves nobody


@dataclass(frozen=True)
class _Served:
    """Step times and capacity of the options that are left; arrays of one entry each."""

    steps: StepTimes
    curves: Curves
    slope: NDArray[np.float64]
    loss: NDArray[np.float64]


def candidates_of(workload: Workload, demand: WorkloadDemand, scenario: Scenario, physics: Physics | None = None) -> Considered:
    """Every candidate of a workload and every option that cannot be one, with the reason in words.

    A candidate's batch size is the smallest power of two that holds the requests in flight at its capacity; a larger cap never carries more.
    """
    physics = physics or physics_of(scenario)
    if sizes_of(workload, scenario):
        return candidates_by_size(workload, demand, scenario, physics)
    struck: list[RuledOut] = []
    measured = capacities_for(workload, demand, scenario.measurements)
    options = of_measured_engines(options_of(workload, scenario, struck), measured)
    if not options:
        return Considered((), tuple(struck))
    grid = make_grid(workload, demand, scenario, options, physics)
    predicted = _by_the_model(grid, scenario, physics)
    return with_capacities(replace(predicted, ruled_out=(*struck, *predicted.ruled_out)), grid, physics, measured)


def _by_the_model(grid: Grid, scenario: Scenario, physics: Physics) -> Considered:
    """What becomes of the options by the performance model and the queueing rule."""
    largest = largest_batches(grid, scenario)
    rows = np.flatnonzero(largest.batch >= 0)
    if not len(rows):
        return Considered((), tuple(struck_whatever_the_engine(grid, largest.reasons)))
    steps = physics.step_times(grid.points.take(rows * len(grid.batches) + largest.batch[rows]))
    curves = capacity_curves(_steps(steps, grid.batches[largest.batch[rows]]), grid.lengths, targets_of(grid.workload, grid.demand))
    served = _Served(steps, curves, *tangent(curves, touching_nodes(curves, grid.demand.peak)))
    able = curves.limit > _LEAST_CAPACITY
    reasons = list(largest.reasons)
    for index in np.flatnonzero(~able):
        reasons[rows[index]] = no_capacity(grid, int(rows[index]), str(curves.binding[index]))
    chosen = _best_engines(grid, served, rows, np.flatnonzero(able))
    found = tuple(_candidate(grid, served, int(rows[i]), int(i)) for i in chosen)
    if scenario.settings.formulation == "piecewise":
        found += tuple(smaller for i, made in zip(chosen, found, strict=True) for smaller in _smaller_batches(grid, served, (int(rows[i]), i), made))
    return Considered(found, tuple(struck_whatever_the_engine(grid, reasons)))


def weighed(demand: WorkloadDemand, candidates: Sequence[Candidate]) -> WorkloadDemand:
    """The demand with the GPUs that a unit of its load takes on the best of its candidates: min_c S_c/capacity_c; as it was where there is none."""
    best = min((made.node_size / made.capacity_per_node for made in candidates), default=demand.gpus_per_load)
    return replace(demand, gpus_per_load=best)


def _smaller_batches(grid: Grid, served: _Served, at: tuple[int, int], full: Candidate) -> Iterator[Candidate]:
    """The same node at every smaller batch size: the share of the full line that the pool keeps at the size the demand asks for.

    The line at 2^B is (cap_B(N0)/cap(N0))·(s·N − d), so a larger batch never carries less; only the piecewise formulation, in which the batch size is a
    choice of the model, needs them.
    """
    row, index = at
    columns = np.arange(int(math.log2(full.batch_size)))
    if not len(columns):
        return
    rows = np.full(len(columns) + 1, index)
    batches = np.append(grid.batches[columns], float(full.batch_size))
    steps = replace(_steps(served.steps, np.ones(len(served.slope))).take(rows), max_batch=batches)
    nodes = np.full(len(rows), touching_nodes(served.curves, grid.demand.peak)[index])
    carried = capacity_of(steps, grid.lengths, targets_of(grid.workload, grid.demand), nodes)
    for column, share in zip(columns, carried[:-1] / carried[-1], strict=True):
        if _LEAST_SHARE < share < 1 - _LEAST_SHARE:
            yield _at_batch(grid, full, row, int(column), float(share))


def _at_batch(grid: Grid, full: Candidate, row: int, column: int, share: float) -> Candidate:
    point, batch = row * len(grid.batches) + column, int(grid.batches[column])
    memory = replace(full.memory, kv_cache_gb=float(grid.predicted.kv_gb[point]), free_gb=float(grid.predicted.free_gb[point]))
    return replace(
        full,
        key=f"{full.key.rpartition('|')[0]}|{batch}",
        batch_size=batch,
        capacity_per_node=full.capacity_per_node * share,
        pooling_loss=full.pooling_loss * share,
        req_per_s_per_node=full.req_per_s_per_node * share,
        tpot_ms=float(grid.predicted.tpot_s[point]) / MS,
        e2e_ms=float(grid.predicted.e2e_s[point]) / MS,
        output_tok_per_s_per_node=float(grid.predicted.output_tok_per_s[point]),
        memory=memory,
    )


def physics_of(scenario: Scenario) -> Physics:
    """The performance model of a scenario: the shipped parameters, calibrated by its own runs, on the safe side if its settings say so."""
    parameters = shipped_parameters()
    if any(not measurement.is_capacity for measurement in scenario.measurements):
        from model.performance.calibrate import calibrated_parameters  # noqa: PLC0415 - SciPy's optimiser is heavy

        parameters = calibrated_parameters(parameters, scenario.measurements, scenario.models, scenario.gpus)
    return Physics(parameters, safe=scenario.settings.safety == "label")


def _best_engines(grid: Grid, served: _Served, rows: NDArray[np.intp], able: NDArray[np.intp]) -> list[int]:
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


def _candidate(grid: Grid, served: _Served, row: int, index: int) -> Candidate:
    """The candidate of option ``row``, which is entry ``index`` of those left."""
    curves, slope = served.curves, float(served.slope[index])
    column = min(int(math.log2(max(curves.batch_needed[index], 1.0))), len(grid.batches) - 1)
    return replace(
        candidate_at(grid, row, column, step_time_of(served.steps, index)),
        capacity_per_node=slope,
        pooling_loss=float(served.loss[index]),
        req_per_s_per_node=slope if grid.demand.unit == REQUEST_RATE else float(curves.req_per_s[index]),
        well_posed=bool(curves.well_posed[index]),
    )
