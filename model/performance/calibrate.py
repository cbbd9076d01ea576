"""Correction factors from a user's own benchmark runs: which change, by how much, and the error before and after."""

from __future__ import annotations

import csv
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from data.languages import say
from data.measured import Run
from data.problems import BadInput, Problem
from data.records.supply import Gpu, Measurement, Model
from model.performance.engines import engine_named
from model.performance.family import Priors, fit_factors
from model.performance.observations import METRICS, Observations, log_errors, observe
from model.performance.parameters import Correction, MeasuredPoint, Parameters
from model.performance.points import ENGINE_NAMES
from model.performance.validate import ErrorRow, error_row

# A user's own runs say most: one run may move a factor by half. Prefill and decode stay near each other until TTFTs tell them apart.
OWN_RUNS = Priors(decode=0.5, coupling=0.15)
FACTOR_COLUMNS = ("model", "gpu", "engine", "precision", "decode_factor", "prefill_factor", "runs")


@dataclass(frozen=True)
class Calibration:
    """``parameters`` with the factors on top; ``factors`` alone; the errors of every factor's runs before and after (by "factor", group its scope)."""

    parameters: Parameters
    factors: tuple[Correction, ...]
    before: tuple[ErrorRow, ...]
    after: tuple[ErrorRow, ...]


def calibrate(base: Parameters, measurements: Sequence[Measurement], models: Mapping[str, Model], gpus: Mapping[str, Gpu]) -> Calibration:
    """One factor pair for each model, GPU, engine and precision that was measured (names are catalogue names); stated capacities take no part."""
    observations = observe([run_of(measurement, gpus) for measurement in measurements if not measurement.is_capacity], models, gpus)
    groups: dict[tuple[str, str, str, str], list[int]] = defaultdict(list)
    for i, run in enumerate(observations.runs):
        groups[run.model, run.gpu, ENGINE_NAMES[observations.points.engine[i]], run.precision].append(i)
    factors = []
    for (model, gpu, engine, precision), rows in groups.items():
        scope = Correction(model=model, gpu=gpu, engine=engine, precision=precision, decode_factor=1.0, prefill_factor=1.0, runs=len(rows))
        factors.append(fit_factors(observations.take(rows), base, scope, OWN_RUNS))
    after = replace(base, corrections=(*base.corrections, *factors), measured=(*base.measured, *_measured(observations)))
    return Calibration(after, tuple(factors), _errors(observations, base, groups), _errors(observations, after, groups))


def calibrated_parameters(base: Parameters, measurements: Sequence[Measurement], models: Mapping[str, Model], gpus: Mapping[str, Gpu]) -> Parameters:
    """The parameters a scenario with these measurements is planned with."""
    return calibrate(base, measurements, models, gpus).parameters if measurements else base


def run_of(measurement: Measurement, gpus: Mapping[str, Gpu]) -> Run:
    """A measurement as a run; a rate in requests becomes one in tokens, a blank engine the first that the GPU runs."""
    rate = measurement.output_tok_per_s
    if rate is None and measurement.req_per_s is not None:
        rate = measurement.req_per_s * measurement.output_tokens
    gpu = gpus.get(measurement.gpu)
    return Run(
        model=measurement.model,
        gpu=measurement.gpu,
        node_size=measurement.node_size,
        precision=measurement.precision,
        kv_precision=measurement.kv_precision,
        engine=(engine_named(measurement.engine, "", gpu) if gpu else None) or measurement.engine,
        engine_version="",
        mode=measurement.mode,
        input_tokens=measurement.input_tokens,
        output_tokens=measurement.output_tokens,
        concurrency=measurement.concurrency or 0.0,
        attention_dp=False,
        burst=False,
        ttft_ms=measurement.ttft_ms,
        tpot_ms=measurement.tpot_ms,
        e2e_ms=None,
        output_tok_per_s=rate,
        source_key="own",
        source="own measurement",
        suspect="",
    )


def write_factors(factors: Sequence[Correction], path: Path) -> None:
    """The factors as a table that :func:`read_factors` reads."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(FACTOR_COLUMNS)
        for factor in factors:
            writer.writerow([f"{value:.4f}" if isinstance(value, float) else value for value in (getattr(factor, name) for name in FACTOR_COLUMNS)])


def read_factors(path: Path) -> tuple[Correction, ...]:
    """Factors from the table that :func:`write_factors` writes; raises OSError, and BadInput for another file or a factor that is not above 0."""
    try:
        found = _factors_in(path)
    except (UnicodeDecodeError, csv.Error, KeyError, TypeError, ValueError):
        found = ()
    if not found or not all(0 < factor < math.inf for made in found for factor in (made.decode_factor, made.prefill_factor)):
        raise BadInput([Problem(path.name, say("is no table of correction factors"), say("give what calibrate writes"))])
    return found


def _factors_in(path: Path) -> tuple[Correction, ...]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return tuple(
            Correction(
                model=row["model"],
                gpu=row["gpu"],
                engine=row["engine"],
                precision=row["precision"],
                decode_factor=float(row["decode_factor"]),
                prefill_factor=float(row["prefill_factor"]),
                runs=int(row["runs"]),
            )
            for row in csv.DictReader(file)
        )


def _measured(observations: Observations) -> tuple[MeasuredPoint, ...]:
    return tuple(
        MeasuredPoint(
            model=run.model,
            gpu=run.gpu,
            engine=ENGINE_NAMES[engine],
            precision=run.precision,
            node_size=run.node_size,
            input_tokens=run.input_tokens,
            output_tokens=run.output_tokens,
            batch=0.0 if run.mode == "max_throughput" else run.concurrency,
        )
        for run, engine in zip(observations.runs, observations.points.engine, strict=True)
    )


def _errors(observations: Observations, parameters: Parameters, groups: Mapping[tuple[str, str, str, str], list[int]]) -> tuple[ErrorRow, ...]:
    errors = log_errors(observations, parameters)
    rows = [
        error_row("factor", " ".join(scope), metric, errors[METRICS.index(metric), np.array(found)]) for scope, found in groups.items() for metric in METRICS
    ]
    return tuple(row for row in rows if row)
