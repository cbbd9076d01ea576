"""The ``predict`` command's rows: text in, text out, a problem in words where a row has no figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from data.languages import noted, say
from data.library import shipped_gpu_names, shipped_gpus, shipped_model_names, shipped_models
from data.names import resolve
from data.parse import CellError
from data.records.candidate import PROVENANCE
from data.records.supply import Gpu, Model
from data.units import MS, PRECISIONS
from data.words import either
from model.performance.columns import native_precision
from model.performance.engines import attention_parallel, default_kv_precision, engine_index, engine_named, engines_for
from model.performance.parameters import Parameters
from model.performance.points import KV_PRECISIONS, MODES, Points, make_points
from model.performance.predict import Prediction, predict
from model.performance.support import cannot_run

INPUTS = ("model", "gpu", "node_size", "precision", "engine", "engine_version", "kv_precision", "mode", "input_tokens", "output_tokens", "concurrency")
OUTPUTS = ("fits", "ttft_ms", "tpot_ms", "output_tok_per_s", "req_per_s", "memory_gb_per_gpu", "max_batch", "provenance", "problem")

# Other names of a precision: half precision is half precision; formats of 4 bit floats; quantisers of 4 bit integers.
PRECISION_NAMES = {"fp16": "bf16", "float16": "bf16", "bfloat16": "bf16", "nvfp4": "fp4", "mxfp4": "fp4", "awq": "int4", "gptq": "int4"}


@dataclass(frozen=True)
class Question:
    """One row read: ``engines`` are the profiles to try, the best of which answers; a blank ``kv_precision`` is each engine's own default."""

    model: Model
    gpu: Gpu
    node_size: int
    precision: str
    kv_precision: str
    engines: tuple[str, ...]
    mode: str
    input_tokens: float
    output_tokens: float
    batch: float


class BadRow(ValueError):
    """A row that cannot be predicted, with the reason in words."""


def predict_rows(rows: Sequence[Mapping[str, str]], parameters: Parameters | None = None) -> list[dict[str, str]]:
    """Every row with the columns of :data:`OUTPUTS` added, in the order given; other columns pass through untouched.

    Figures are those of a node that had the memory where ``fits`` is false only because the batch is too large; there are none where the weights do not fit.
    """
    answers: list[dict[str, str]] = [dict(row) | dict.fromkeys(OUTPUTS, "") for row in rows]
    asked: list[tuple[int, Question, str]] = []
    for number, row in enumerate(rows):
        try:
            question = read_question(row)
        except BadRow as bad:
            answers[number]["problem"] = str(bad)
            continue
        asked += [(number, question, engine) for engine in question.engines]
    if asked:
        points = _points(asked)
        predicted = predict(points, parameters)
        for number, best in _best(asked, predicted).items():
            answers[number] |= _figures(predicted, points, best)
    return answers


def read_question(row: Mapping[str, str]) -> Question:
    """A row of text as a question; raises BadRow with the first thing that is wrong and what to enter."""
    model, gpu = _named(row, "model"), _named(row, "gpu")
    chosen_model, chosen_gpu = shipped_models()[model], shipped_gpus()[gpu]
    precision = _precision(row, chosen_model)
    mode = _text(row, "mode") or "serving"
    if mode not in MODES:
        raise BadRow(say("mode '{mode}' is unknown; enter {known}", mode=mode, known=", ".join(MODES)))
    node_size = int(_number(row, "node_size", default=1.0))
    engines = _engines(row, chosen_gpu)
    if reason := cannot_run(chosen_gpu, chosen_model, precision, engines[0], node_size):
        raise BadRow(reason)
    kv = PRECISION_NAMES.get(_text(row, "kv_precision"), _text(row, "kv_precision"))
    kv = "" if kv == "auto" else kv
    if kv and kv not in KV_PRECISIONS:
        raise BadRow(say("kv_precision '{precision}' is unknown; enter {known}", precision=kv, known=either(KV_PRECISIONS)))
    return Question(
        model=chosen_model,
        gpu=chosen_gpu,
        node_size=node_size,
        precision=precision,
        kv_precision=kv,
        engines=engines,
        mode=mode,
        input_tokens=_number(row, "input_tokens"),
        output_tokens=_number(row, "output_tokens"),
        batch=_number(row, "concurrency", default=None if mode != "max_throughput" else 1.0),
    )


def _named(row: Mapping[str, str], column: str) -> str:
    name = (row.get(column) or "").strip()
    if not name:
        raise BadRow(say("{column} is blank; enter a name of the catalogue", column=column))
    try:
        return resolve(name, shipped_model_names() if column == "model" else shipped_gpu_names())
    except CellError as error:
        raise BadRow(str(error)) from error


def _engines(row: Mapping[str, str], gpu: Gpu) -> tuple[str, ...]:
    name = _text(row, "engine")
    if name in ("", "auto"):
        return engines_for(gpu)
    profile = engine_named(name, _text(row, "engine_version"), gpu)
    if profile is None:
        raise BadRow(say("engine '{engine}' does not run on {gpu}; enter {known}", engine=name, gpu=gpu.gpu, known=", ".join(engines_for(gpu))))
    return (profile,)


def _precision(row: Mapping[str, str], model: Model) -> str:
    name = _text(row, "precision")
    precision = native_precision(model) if name in ("", "auto") else PRECISION_NAMES.get(name, name)
    if precision not in PRECISIONS:
        raise BadRow(say("precision '{precision}' is unknown; enter {known}", precision=name, known=", ".join(PRECISIONS)))
    return precision


def _text(row: Mapping[str, str], column: str) -> str:
    return (row.get(column) or "").strip().lower()


def _number(row: Mapping[str, str], column: str, default: float | None = None) -> float:
    text = _text(row, column)
    if not text and default is not None:
        return default
    try:
        value = float(text)
    except ValueError:
        if not text:
            raise BadRow(say("{column} is blank; enter a number", column=column)) from None
        raise BadRow(say("{column} is {text}; enter a number", column=column, text=repr(text))) from None
    whole = column == "node_size"
    if not (np.isfinite(value) and value > 0) or (whole and value % 1):
        words = noted("{column} is {text}; enter a whole number above 0") if whole else noted("{column} is {text}; enter a number above 0")
        raise BadRow(say(words, column=column, text=text))
    return value


def _points(asked: Sequence[tuple[int, Question, str]]) -> Points:
    models = tuple({q.model.model: q.model for _, q, _ in asked}.values())
    gpus = tuple({q.gpu.gpu: q.gpu for _, q, _ in asked}.values())
    model_at = {model.model: i for i, model in enumerate(models)}
    gpu_at = {gpu.gpu: i for i, gpu in enumerate(gpus)}
    return make_points(
        models,
        gpus,
        model=[model_at[q.model.model] for _, q, _ in asked],
        gpu=[gpu_at[q.gpu.gpu] for _, q, _ in asked],
        node_size=[q.node_size for _, q, _ in asked],
        precision=[PRECISIONS.index(q.precision) for _, q, _ in asked],
        kv_precision=[KV_PRECISIONS.index(q.kv_precision or default_kv_precision(engine, q.precision)) for _, q, engine in asked],
        engine=[engine_index(engine) for *_, engine in asked],
        mode=[MODES.index(q.mode) for _, q, _ in asked],
        batch=[q.batch for _, q, _ in asked],
        input_tokens=[q.input_tokens for _, q, _ in asked],
        output_tokens=[q.output_tokens for _, q, _ in asked],
        attention_dp=[attention_parallel(q.model, engine, q.mode, q.node_size) for _, q, engine in asked],
    )


def _best(asked: Sequence[tuple[int, Question, str]], predicted: Prediction) -> dict[int, int]:
    """Row number → index of its point with the highest rate among those that fit."""
    best: dict[int, int] = {}
    worth = np.where(predicted.fits, predicted.req_per_s, 0.0)
    for index, (number, *_) in enumerate(asked):
        if number not in best or worth[index] > worth[best[number]]:
            best[number] = index
    return best


def _figures(at: Prediction, points: Points, i: int) -> dict[str, str]:
    used = at.weights_gb[i] + at.overhead_gb[i] + at.kv_gb[i]
    answer = {"fits": "true" if at.fits[i] else "false", "max_batch": f"{min(at.max_batch[i], 1e9):.0f}", "provenance": PROVENANCE[at.provenance[i]]}
    if at.max_batch[i] < 1:
        gpu, size = points.gpus[points.gpu[i]], int(points.node_size[i])
        problem = say(
            "does not fit: {weights:.1f} GB of weights and {overhead:.1f} GB overhead a GPU leave no room for one sequence on {node}",
            weights=float(at.weights_gb[i]), overhead=float(at.overhead_gb[i]), node=f"{size} × {gpu.gpu}",
        )  # fmt: skip
        return answer | {
            "memory_gb_per_gpu": f"{at.weights_gb[i] + at.overhead_gb[i]:.4g}",
            "problem": problem,
        }
    return answer | {
        "ttft_ms": f"{at.ttft_s[i] / MS:.6g}",
        "tpot_ms": f"{at.tpot_s[i] / MS:.6g}",
        "output_tok_per_s": f"{at.output_tok_per_s[i]:.6g}",
        "req_per_s": f"{at.req_per_s[i]:.6g}",
        "memory_gb_per_gpu": f"{used:.4g}",
    }
