"""Measured runs that may stand in the project, from the reference table of calibration runs: trimmed to what a fit needs."""

from __future__ import annotations

import re

from data.catalogue.tables import cleaned

# Column of the shipped table → column of the reference table.
COLUMNS = {
    "model": "catalogue_model",
    "gpu": "catalogue_gpu",
    **{
        name: name
        for name in (
            "tp", "n_gpus", "ep", "attn_dp", "precision_weights", "precision_kv", "engine", "engine_version", "load_kind", "input_tokens", "output_tokens",
            "len_scale", "concurrency_or_batch", "ttft_ms", "tpot_ms", "e2e_ms", "output_tok_s", "max_throughput_output_tok_s",
            "max_throughput_output_tok_s_per_gpu", "quality", "flags",
        )
    },
    "measured_model": "model",
    "src_key": "src_key",
    "source": "source",
    "date": "date",
}  # fmt: skip


def measurement_rows(table: list[dict[str, str]]) -> list[dict[str, str]]:
    """The runs whose source's licence lets the figures stand in the project and whose model and GPU are in the catalogue."""
    rows = []
    for run in table:
        if run["shippable"] != "1" or not run["catalogue_model"] or not run["catalogue_gpu"]:
            continue
        row = {name: run[column] for name, column in COLUMNS.items()}
        rows.append(row | {"source": cleaned(run["source"]), "run_id": _run_id(run["run_note"])})
    return rows


def _run_id(note: str) -> str:
    """The source's own name of the run, where the note gives one."""
    found = re.search(r"aic id (\S+)", note)
    return found.group(1) if found else ""
