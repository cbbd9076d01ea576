"""Capacities that the user measured: a node carries so many requests a second within the targets, whatever the performance model says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

import numpy as np

from data.languages import noted, say
from data.records.candidate import Candidate, MeasuredCapacity
from data.records.plan import WorkloadDemand
from data.records.scenario import Scenario
from data.records.supply import Measurement
from data.records.workload import Workload
from data.tables import sheet_title
from data.words import clauses
from model.considered import Considered, candidate_at, step_time_of
from model.demand import REQUEST_RATE
from model.grid import Grid, Physics
from model.options import Choice, Option, kv_precision_of, precisions_of

LENGTHS_WITHIN = 0.01  # relative: a capacity holds for requests of the lengths it was measured with


def capacities_for(workload: Workload, demand: WorkloadDemand, measurements: Iterable[Measurement]) -> dict[Choice, Measurement]:
    """The measured capacity of each hardware choice that holds for a workload's requests; the highest where several do (of two engines, say).

    ``workload`` may stand for one class of requests: what counts are its own mean lengths, model, precisions and engine.
    """
    found: dict[Choice, Measurement] = {}
    for row in measurements:
        if row.is_capacity and not why_not_for(workload, demand, row):
            choice = Choice(row.gpu, row.precision, row.node_size)
            if choice not in found or (row.req_per_s or 0.0) > (found[choice].req_per_s or 0.0):
                found[choice] = row
    return found


def why_not_for(workload: Workload, demand: WorkloadDemand, row: Measurement) -> str:
    """Why a measured capacity says nothing about a workload, in words; "" where it does."""
    lengths = _near(row.input_tokens, workload.input_tokens) and _near(row.output_tokens, workload.output_tokens)
    name = workload.name
    if row.model != workload.model:
        return say("{workload} serves {model}", workload=name, model=workload.model)
    if demand.unit != REQUEST_RATE:
        return say("the demand of {workload} counts {unit}, and a capacity is in requests a second", workload=name, unit=say(demand.unit))
    if not lengths:
        inputs, outputs = workload.input_tokens, workload.output_tokens
        return say("{workload} has {inputs:,.6g} input and {outputs:,.6g} output tokens", workload=name, inputs=inputs, outputs=outputs)
    return _why_not_set_up(workload, row)


def _why_not_set_up(workload: Workload, row: Measurement) -> str:
    name = workload.name
    if row.precision not in precisions_of(workload):
        return say("{workload} allows {precisions}", workload=name, precisions=", ".join(workload.precision))
    if row.kv_precision != kv_precision_of(workload):
        return say("the KV cache of {workload} is {precision}", workload=name, precision=kv_precision_of(workload))
    if "auto" not in (row.engine, workload.engine) and row.engine != workload.engine:
        return say("{workload} runs on {engine}", workload=name, engine=workload.engine)
    return ""


def unused_capacities(scenario: Scenario, demands: Iterable[WorkloadDemand]) -> Iterator[str]:
    """The measured capacities that no workload of a scenario can use, with the reason for each workload of the model (mean lengths filled in)."""
    demand_of = {demand.workload: demand for demand in demands}
    sold = {offer.gpu for offer in scenario.offers}
    for row in scenario.measurements:
        if not row.is_capacity:
            continue
        serving = [workload for workload in scenario.workloads if workload.model == row.model]
        reasons = [why_not_for(workload, demand_of[workload.name], row) for workload in serving]
        if not serving:
            why = say("no workload serves it")
        elif all(reasons):
            why = clauses(reasons)
        elif row.node_size not in scenario.settings.node_sizes:
            why = say("nodes of {size} are none of the node sizes in {sheet}", size=row.node_size, sheet=sheet_title("Settings"))
        elif row.gpu not in sold:
            why = say("no offer has {gpu}", gpu=row.gpu)
        else:
            continue
        words = noted("the measured capacity of {model} on {node} ({inputs:,.6g} / {outputs:,.6g} tokens) is not used: {why}")
        node = f"{row.node_size} × {row.gpu}"
        yield say(words, model=row.model, node=node, inputs=row.input_tokens, outputs=row.output_tokens, why=why)


def _near(measured: float, asked: float) -> bool:
    return abs(measured - asked) <= LENGTHS_WITHIN * asked


def of_measured_engines(options: Iterable[Option], measured: Mapping[Choice, Measurement]) -> tuple[Option, ...]:
    """The options without other engines than the one measured, where a measured capacity names it."""

    def stays(option: Option) -> bool:
        row = measured.get(option.choice)
        return row is None or row.engine == "auto" or option.engine.startswith(row.engine)

    return tuple(option for option in options if stays(option))


def with_capacities(considered: Considered, grid: Grid, physics: Physics, measured: Mapping[Choice, Measurement]) -> Considered:
    """The candidates with the measured capacities in place of the model's own; a choice the model rules out becomes a candidate too."""
    candidates, ruled_out = list(considered.candidates), list(considered.ruled_out)
    rows = {option.choice: row for row, option in reversed(list(enumerate(grid.options)))}
    for choice, row in measured.items():
        if choice not in rows:
            continue
        own = [candidate for candidate in candidates if _choice_of(candidate) == choice]
        reasons = [struck for struck in ruled_out if (struck.gpu, struck.precision, struck.node_size) == choice]
        candidates = [candidate for candidate in candidates if candidate not in own]
        ruled_out = [struck for struck in ruled_out if struck not in reasons]
        base = max(own, key=lambda candidate: candidate.batch_size) if own else _largest_in_memory(grid, rows[choice], physics)
        candidates.append(_measured(base, row, reasons[0].reason if reasons else ""))
    return Considered(tuple(candidates), tuple(ruled_out))


def _choice_of(candidate: Candidate) -> Choice:
    return Choice(candidate.gpu, candidate.precision, candidate.node_size)


def _largest_in_memory(grid: Grid, row: int, physics: Physics) -> Candidate:
    """The node that the model rules out, at the largest batch size whose KV cache fits (1 where none does), carrying nothing by the model."""
    at, width = grid.predicted, len(grid.batches)
    fits = grid.table(at.fits & (at.max_batch >= grid.points.batch))[row]
    column = max(int(np.cumprod(fits).sum()) - 1, 0)
    steps = physics.step_times(grid.points.take(np.array([row * width + column])))
    return candidate_at(grid, row, column, step_time_of(steps, 0))


def _measured(base: Candidate, row: Measurement, reason: str) -> Candidate:
    rate = row.req_per_s or 0.0
    said = MeasuredCapacity(req_per_s=rate, model_capacity_per_node=base.capacity_per_node, model_pooling_loss=base.pooling_loss, model_reason=reason)
    return replace(base, capacity_per_node=rate, pooling_loss=0.0, req_per_s_per_node=rate, provenance="measured", measured=said)
