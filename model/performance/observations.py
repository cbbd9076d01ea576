"""Measured runs as points to predict and figures to compare with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from data.measured import Run
from data.records.supply import Gpu, Model
from data.units import MS, PRECISIONS
from model.performance.engines import attention_parallel, default_kv_precision, engine_index, engine_named
from model.performance.parameters import Parameters
from model.performance.points import KV_PRECISIONS, MODES, Flags, Floats, Points, make_points
from model.performance.predict import Prediction, predict

METRICS = ("tpot", "rate", "ttft")  # time per output token, output tokens a second, time to first token

OLD_ENGINES = ("vllm-2023", "synapse")  # explained, not fitted to

# Above this many in flight a closed loop's TTFT is mostly waiting behind the other clients' prompts.
TTFT_CONCURRENCY = 1.0


@dataclass(frozen=True)
class Observations:
    """``measured`` has a row a metric of :data:`METRICS`, a column a run: s, output tokens/s, s; NaN where not measured or not comparable."""

    runs: tuple[Run, ...]
    points: Points
    measured: Floats

    def __len__(self) -> int:
        return len(self.runs)

    def take(self, rows: Sequence[int] | np.ndarray) -> Observations:
        """The observations of ``rows`` (indices)."""
        chosen = np.asarray(rows, dtype=np.int64)
        return Observations(tuple(self.runs[i] for i in chosen), self.points.take(chosen), self.measured[:, chosen])


def observe(runs: Sequence[Run], models: Mapping[str, Model], gpus: Mapping[str, Gpu]) -> Observations:
    """Observations of the runs whose model and GPU are known and whose engine runs there."""
    known = [run for run in runs if run.model in models and run.gpu in gpus and _profile(run, gpus) and run.precision in PRECISIONS]
    model_names, gpu_names = sorted({run.model for run in known}), sorted({run.gpu for run in known})
    engines = [_profile(run, gpus) or "" for run in known]
    kv = [run.kv_precision or default_kv_precision(engine, run.precision) for run, engine in zip(known, engines, strict=True)]
    points = make_points(
        [models[name] for name in model_names],
        [gpus[name] for name in gpu_names],
        model=[model_names.index(run.model) for run in known],
        gpu=[gpu_names.index(run.gpu) for run in known],
        node_size=[run.node_size for run in known],
        precision=[PRECISIONS.index(run.precision) for run in known],
        kv_precision=[KV_PRECISIONS.index(name) for name in kv],
        engine=[engine_index(name) for name in engines],
        mode=[MODES.index(run.mode) for run in known],
        batch=[max(run.concurrency, 1.0) for run in known],
        input_tokens=[run.input_tokens for run in known],
        output_tokens=[run.output_tokens for run in known],
        attention_dp=[
            run.attention_dp or attention_parallel(models[run.model], engine, run.mode, run.node_size) for run, engine in zip(known, engines, strict=True)
        ],
    )
    return Observations(tuple(known), points, np.array([_figures(run) for run in known]).reshape(-1, len(METRICS)).T)


def predicted(prediction: Prediction) -> Floats:
    """The prediction's figures in the order of :data:`METRICS`, shape (metrics, n)."""
    return np.array([prediction.tpot_s, prediction.output_tok_per_s, prediction.ttft_s])


def trusted(observations: Observations) -> Flags:
    """Runs a fit may use: no suspects, no bursts, no engines of the past."""
    return np.array([not run.suspect and not run.burst and run.engine not in OLD_ENGINES for run in observations.runs], dtype=np.bool_)


def log_errors(observations: Observations, parameters: Parameters) -> Floats:
    """log(prediction / measurement), shape (metrics, runs), NaN where not measured."""
    return np.asarray(np.log(predicted(predict(observations.points, parameters))) - np.log(observations.measured))


def _profile(run: Run, gpus: Mapping[str, Gpu]) -> str | None:
    if run.engine in OLD_ENGINES:
        return run.engine
    return engine_named(run.engine, run.engine_version, gpus[run.gpu])


def _figures(run: Run) -> tuple[float, float, float]:
    """(TPOT, output tokens/s, TTFT) of a run, NaN where there is none; from end-to-end time where only that was measured."""
    none = float("nan")
    tpot, rate, ttft = run.tpot_ms, run.output_tok_per_s, run.ttft_ms
    if run.e2e_ms is not None and rate is None and run.mode == "static" and not run.burst:
        rate = run.concurrency * run.output_tokens / (run.e2e_ms * MS)
    if run.e2e_ms is not None and tpot is None and ttft is not None and run.output_tokens > 1:
        tpot = (run.e2e_ms - ttft) / (run.output_tokens - 1)
    alone = not run.burst and (run.mode == "static" or (run.mode == "serving" and run.concurrency <= TTFT_CONCURRENCY))
    return (
        none if tpot is None else tpot * MS,
        none if rate is None else rate,
        none if ttft is None or not alone else ttft * MS,
    )
