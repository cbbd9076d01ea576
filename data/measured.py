"""Measured runs of serving engines: one row a run, read from the tables that ship or that a user names."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

SHIPPED = Path(__file__).parent / "measurements" / "calibration.csv"

# How the load was made → the mode that predicts it. Clients that all start at once and send one request each make one batch.
MODES = {"static_batch": "static", "closed_loop": "serving", "closed_loop_burst": "static", "offline_max": "max_throughput"}
ENGINES = {"nim(trt-llm)": "nim", "vllm (2023)": "vllm-2023", "optimum-habana/synapse": "synapse"}
SAME_BYTES = {"fp16": "bf16"}  # half precision by another name


@dataclass(frozen=True, kw_only=True)
class Run:
    """One measured run: what was run, and what came out (None where not measured).

    ``node_size`` is the GPUs of the model replica; ``concurrency`` requests in flight on it (0 for max_throughput); tokens are means. ``burst``: every
    client started at once, so that the TTFT is mostly waiting. ``suspect`` says why a run should not be fitted to ("" for none).
    """

    model: str
    gpu: str
    node_size: int
    precision: str
    kv_precision: str  # "" where not stated
    engine: str
    engine_version: str
    mode: str
    input_tokens: float
    output_tokens: float
    concurrency: float
    attention_dp: bool
    burst: bool
    ttft_ms: float | None
    tpot_ms: float | None
    e2e_ms: float | None
    output_tok_per_s: float | None
    source_key: str
    source: str
    suspect: str


def read_runs(path: Path) -> tuple[Run, ...]:
    """The runs of a measurement table; rows without a catalogue model or GPU are left out. Raises OSError or ValueError on a file of another form."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return tuple(_run(row) for row in rows if _names(row)[0] and _names(row)[1])


def _names(row: dict[str, str]) -> tuple[str, str]:
    """Catalogue names of model and GPU: the reference table has columns of their own for them, the shipped one only those."""
    return row.get("catalogue_model", row["model"]), row.get("catalogue_gpu", row["gpu"])


def _run(row: dict[str, str]) -> Run:
    model, gpu = _names(row)
    scale = float(row["len_scale"] or 1)
    node_size = int(float(row["n_gpus"] or row["tp"]))
    per_gpu = _number(row["max_throughput_output_tok_s_per_gpu"])
    rates = (_number(row["output_tok_s"]), _number(row["max_throughput_output_tok_s"]), None if per_gpu is None else per_gpu * node_size)
    return Run(
        model=model,
        gpu=gpu,
        node_size=node_size,
        precision=SAME_BYTES.get(row["precision_weights"], row["precision_weights"]),
        kv_precision=SAME_BYTES.get(row["precision_kv"], row["precision_kv"]),
        engine=ENGINES.get(row["engine"], row["engine"]),
        engine_version=row["engine_version"],
        mode=MODES[row["load_kind"]],
        input_tokens=float(row["input_tokens"]) * scale,
        output_tokens=max(float(row["output_tokens"] or 0) * scale, 1.0),
        concurrency=float(row["concurrency_or_batch"] or 0),
        attention_dp=float(row["attn_dp"] or 1) > 1,
        burst=row["load_kind"] == "closed_loop_burst",
        ttft_ms=_number(row["ttft_ms"]),
        tpot_ms=_number(row["tpot_ms"]),
        e2e_ms=_number(row["e2e_ms"]),
        output_tok_per_s=next((rate for rate in rates if rate is not None), None),
        source_key=row["src_key"],
        source=row["source"],
        suspect=_suspicion(row, model, gpu),
    )


def _suspicion(row: dict[str, str], model: str, gpu: str) -> str:
    """Why a run tells of something else than steady serving; from comparing the runs with each other."""
    source, engine = row["src_key"], row["engine"]
    if source == "aic_gap" and engine == "vllm" and model == "Llama-3.1-8B":
        return "prefix cache hits: faster than the prompts can be computed"
    if source == "aic_gap" and model == "DeepSeek-R1":
        return "far off the same model's other runs"
    if model == "gpt-oss-120b" and gpu.startswith("H100") and row["concurrency_or_batch"] not in ("", None) and float(row["concurrency_or_batch"]) >= 512:
        return "more users than the KV cache holds: thrashing"
    return "an engine of 2023" if source == "splitwise" else ""


def _number(cell: str | None) -> float | None:
    return float(cell) if cell else None
