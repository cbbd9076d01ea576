"""How far predictions are from measured runs, by GPU, model, node size, engine, source and metric."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from data.languages import noted
from data.library import shipped_gpus, shipped_models
from data.measured import SHIPPED, Run, read_runs
from model.performance.observations import METRICS, Observations, log_errors, observe, trusted
from model.performance.parameters import Parameters, shipped_parameters
from model.performance.points import Floats

METRIC_TITLES = {"tpot": noted("TPOT"), "rate": noted("output tokens/s"), "ttft": noted("TTFT")}

# What the table is broken down by.
GROUPINGS: dict[str, Callable[[Run], str]] = {
    noted("all"): lambda run: "all",  # noqa: ARG005 - every run is in it
    noted("GPU"): lambda run: run.gpu,
    noted("model"): lambda run: run.model,
    noted("node size"): lambda run: str(run.node_size),
    noted("engine"): lambda run: run.engine,
    noted("source"): lambda run: run.source_key,
}


@dataclass(frozen=True)
class ErrorRow:
    """Errors of one metric over the runs of one group, as shares: ``median`` and ``p90`` of |prediction / measurement − 1|, ``bias`` its signed median."""

    by: str
    group: str
    metric: str
    runs: int
    median: float
    p90: float
    bias: float


def validate(parameters: Parameters | None = None) -> tuple[ErrorRow, ...]:
    """The error table over the shipped measurements, suspects left out."""
    observations = observe(read_runs(SHIPPED), shipped_models(), shipped_gpus())
    return error_table(observations.take(np.flatnonzero(trusted(observations))), parameters or shipped_parameters())


def error_table(observations: Observations, parameters: Parameters) -> tuple[ErrorRow, ...]:
    """The error table over these observations, every grouping of :data:`GROUPINGS` by group and metric."""
    errors = log_errors(observations, parameters)
    rows: list[ErrorRow] = []
    for by, group_of in GROUPINGS.items():
        groups: dict[str, list[int]] = defaultdict(list)
        for i, run in enumerate(observations.runs):
            groups[group_of(run)].append(i)
        for group in sorted(groups, key=_order):
            rows += [row for metric in METRICS if (row := error_row(by, group, metric, errors[METRICS.index(metric), groups[group]]))]
    return tuple(rows)


def error_row(by: str, group: str, metric: str, logs: Floats) -> ErrorRow | None:
    """The row of these log errors (NaN: not measured), None without any."""
    found = np.expm1(logs[np.isfinite(logs)])
    if not len(found):
        return None
    size = np.abs(found)
    return ErrorRow(by, group, METRIC_TITLES[metric], len(found), float(np.median(size)), float(np.quantile(size, 0.9)), float(np.median(found)))


def _order(group: str) -> tuple[float, str]:
    return (float(group), "") if group.isdigit() else (0.0, group)
