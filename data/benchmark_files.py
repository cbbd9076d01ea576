"""Benchmark results as Measurement records: the project's own CSV, and the JSON that vLLM bench serve, GuideLLM, genai-perf and AIPerf write."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from data.fields import columns_of
from data.languages import say
from data.names import Names, resolve
from data.parse import CellError, record_from_strings
from data.problems import BadInput, Problem
from data.records.supply import Measurement

Json = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """What a benchmark's result file does not say of the server it measured; ``model`` "" takes the file's."""

    gpu: str
    node_size: int = 1
    precision: str = "bf16"
    kv_precision: str = "bf16"
    engine: str = "auto"
    model: str = ""


def read_measurements(path: Path, deployment: Deployment | None = None) -> tuple[Measurement, ...]:
    """The measurements of a file: by its suffix a CSV with the columns of the sheet Measurements, or a tool's JSON, which needs the deployment.

    Names are left as written. Raises OSError, and BadInput that names everything that cannot be read.
    """
    if path.suffix.lower() == ".csv":
        return _read_csv(path)
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError):
        enter = say("give a CSV with the columns of the sheet Measurements or a result file of a benchmark tool")
        raise _bad(path, say("is neither CSV nor JSON"), enter) from None
    if deployment is None:
        raise _bad(path, say("does not say on which GPUs it was measured"), say("give the GPU, node size, precision and engine as options"))
    for recognises, reads in _TOOLS:
        if isinstance(content, dict) and recognises(content):
            try:
                found = reads(content)
            except (AttributeError, LookupError, TypeError, ValueError, ZeroDivisionError):
                found = []
            if not found:
                raise _bad(path, say("lacks figures that this tool writes"), say("give the result file of a whole run"))
            return tuple(_completed(path, run, deployment) for run in found)
    raise _bad(path, say("is no result file of vLLM bench serve, GuideLLM, genai-perf or AIPerf"), say("give one of these, or a CSV"))


def _read_csv(path: Path) -> tuple[Measurement, ...]:
    found, problems = [], []
    try:
        for where, row in _rows(path):
            try:
                found.append(_fit_to_calibrate(record_from_strings(Measurement, row)))
            except CellError as error:
                problems.append(Problem(where, error.what, error.enter))
    except (UnicodeDecodeError, csv.Error):
        raise _bad(path, say("is no text"), say("save it as CSV (UTF-8)")) from None
    if problems:
        raise BadInput(problems)
    if not found:
        raise _bad(path, say("has no row under its header"), say("enter a measured run a row"))
    return tuple(found)


def _rows(path: Path) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Each row with the words for where it stands; raises BadInput for columns that are none, and for cells beyond them."""
    known = columns_of(Measurement)
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        unknown = [name for name in reader.fieldnames or () if name not in known]
        if unknown:
            what = say("has columns that are none of a measurement's: {columns}", columns=", ".join(unknown))
            raise _bad(path, what, say("use {columns}", columns=", ".join(known)))
        for number, row in enumerate(reader, start=2):  # row 1 is the header
            where = say("{file} row {number}", file=path.name, number=number)
            if None in row:
                raise BadInput([Problem(where, say("has more cells than the header"), say("put a text with a comma between quotation marks"))])
            yield where, row


def _fit_to_calibrate(measured: Measurement) -> Measurement:
    """The measurement, if there is something in it to calibrate with; raises CellError."""
    if measured.is_capacity:
        enter = say("leave it out, and put it into the sheet Measurements of a scenario")
        raise CellError(say("a capacity is taken as it is and calibrates nothing"), enter)
    if measured.ttft_ms is None and measured.tpot_ms is None and measured.output_tok_per_s is None:
        raise CellError(say("says nothing that was measured"), say("enter ttft_ms, tpot_ms or output_tok_per_s"))
    return measured


def _bad(path: Path, what: str, enter: str) -> BadInput:
    return BadInput([Problem(path.name, what, enter)])


@dataclass(frozen=True, kw_only=True)
class _Found:
    """What one run of a tool says; times in ms."""

    model: str
    concurrency: float
    input_tokens: float
    output_tokens: float
    ttft_ms: float | None
    tpot_ms: float | None
    output_tok_per_s: float | None


def _completed(path: Path, found: _Found, deployment: Deployment) -> Measurement:
    model = deployment.model or found.model
    if not model:
        raise _bad(path, say("does not say which model was measured"), say("give the model as an option"))
    figures = {name: value for name, value in asdict(replace(found, model=model)).items() if value is not None}
    try:
        return record_from_strings(Measurement, {**asdict(deployment), **figures, "mode": "serving"})
    except CellError as error:
        raise _bad(path, error.what, error.enter) from None


def _in_flight(rate: float, ttft_ms: float, tpot_ms: float, output_tokens: float) -> float:
    """Requests in flight by Little's law, for runs that fix the request rate instead."""
    return max(rate * (ttft_ms + (output_tokens - 1) * tpot_ms) / 1000, 1.0)


def _vllm(content: Json) -> list[_Found]:
    """``vllm bench serve --save-result``: one run a file; ``max_concurrency`` is null where only a rate was set."""
    completed = float(content["completed"])
    ttft, tpot, rate = (float(content[name]) for name in ("mean_ttft_ms", "mean_tpot_ms", "request_throughput"))
    output = content["total_output_tokens"] / completed
    return [
        _Found(
            model=str(content.get("model_id", "")),
            concurrency=float(content["max_concurrency"] or _in_flight(rate, ttft, tpot, output)),
            input_tokens=content["total_input_tokens"] / completed,
            output_tokens=output,
            ttft_ms=ttft,
            tpot_ms=tpot,
            output_tok_per_s=float(content["output_throughput"]),
        )
    ]


def _guidellm(content: Json) -> list[_Found]:
    """GuideLLM's benchmarks.json: one entry a load level, statistics of the successful requests; levels without any are left out."""
    return [_guidellm_level(content, level) for level in content["benchmarks"] if level["metrics"]["output_token_count"]["successful"]["count"]]


def _guidellm_level(content: Json, level: Json) -> _Found:
    metrics = level["metrics"]

    def mean(name: str) -> float:
        return float(metrics[name]["successful"]["mean"])

    arguments = content.get("args", {})
    return _Found(
        model=str(level.get("worker", {}).get("backend_model") or arguments.get("model") or ""),
        concurrency=max(mean("request_concurrency"), 1.0),
        input_tokens=mean("prompt_token_count"),
        output_tokens=mean("output_token_count"),
        ttft_ms=mean("time_to_first_token_ms"),
        # GuideLLM's own TPOT spreads the first token's time over all; its inter-token latency is what others call TPOT.
        tpot_ms=mean("inter_token_latency_ms"),
        output_tok_per_s=mean("output_tokens_per_second"),
    )


def _genai(content: Json) -> list[_Found]:
    """profile_export_genai_perf.json and profile_export_aiperf.json: one run a file, ``avg`` of every metric, the command under ``input_config``."""
    configured = content.get("input_config", {})

    def average(name: str) -> float:
        return float(content[name]["avg"])

    ttft, tpot, output = average("time_to_first_token"), average("inter_token_latency"), average("output_sequence_length")
    stated = (
        configured.get("loadgen", {}).get("concurrency"),  # AIPerf
        configured.get("perf_analyzer", {}).get("stimulus", {}).get("concurrency"),  # genai-perf since 0.0.12
        configured.get("concurrency"),  # genai-perf before
    )
    names = configured.get("endpoint", {}).get("model_names") or configured.get("model_names") or configured.get("model") or [""]
    return [
        _Found(
            model=str(names if isinstance(names, str) else names[0]),
            concurrency=float(next((value for value in stated if value), 0) or _in_flight(average("request_throughput"), ttft, tpot, output)),
            input_tokens=average("input_sequence_length"),
            output_tokens=output,
            ttft_ms=ttft,
            tpot_ms=tpot,
            output_tok_per_s=average("output_token_throughput"),
        )
    ]


# A tool's file is known by a key that only it writes.
_TOOLS: tuple[tuple[Callable[[Json], bool], Callable[[Json], list[_Found]]], ...] = (
    (lambda content: "mean_tpot_ms" in content, _vllm),
    (lambda content: isinstance(content.get("benchmarks"), list), _guidellm),
    (lambda content: isinstance(content.get("time_to_first_token"), dict), _genai),
)


def with_catalogue_names(measurements: Sequence[Measurement], models: Names, gpus: Names) -> tuple[Measurement, ...]:
    """The measurements under the catalogue's names; raises BadInput for names that are none."""
    named, problems = [], {}
    for row in measurements:
        try:
            named.append(replace(row, model=resolve(row.model, models), gpu=resolve(row.gpu, gpus)))
        except CellError as error:
            problems[error.what] = Problem(say("measured runs"), error.what, error.enter)
    if problems:
        raise BadInput(list(problems.values()))
    return tuple(named)
