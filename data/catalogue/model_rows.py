"""Models of the shipped catalogue, from the reference table: trimmed and renamed, with the names their measurements use."""

from __future__ import annotations

import re

from data.catalogue.tables import cleaned
from data.fields import columns_of
from data.names import model_key
from data.parse import record_from_strings
from data.records.supply import Model

RENAMED = {"name": "model", "weights_gb_native_est": "weights_gb_native"}
PARALLEL_BLOCK = frozenset({"Falcon-180B", "GPT-J-6B"})  # attention and MLP side by side: model cards; one all-reduce a layer
ALSO_CALLED = {"Qwen3-235B-A22B": ["Qwen/Qwen3-235B-A22B-Instruct-2507"]}  # reference table: the 2507 releases keep the shape


def model_rows(table: list[dict[str, str]], labels: list[dict[str, str]]) -> list[Model]:
    """Every model of the reference models.csv; ``labels`` (model_labels.csv) maps names used by measurements to catalogue names."""
    return [_model(row, [label["label"] for label in labels if label["catalogue_name"] == row["name"]]) for row in table]


def _model(row: dict[str, str], labels: list[str]) -> Model:
    columns = columns_of(Model)
    fields = {RENAMED.get(name, name): value for name, value in row.items()}
    fields |= {
        "n_kv_heads": re.sub(r" \(latent cache\)$", "", row["n_kv_heads"]),
        "parallel_block": "yes" if row["name"] in PARALLEL_BLOCK else "no",
        "aliases": "; ".join(_aliases(row, labels)),
        "source": cleaned(row["source"]),
        "note": cleaned(row["note"]),
    }
    return record_from_strings(Model, {name: value for name, value in fields.items() if name in columns})


def _aliases(row: dict[str, str], labels: list[str]) -> list[str]:
    """The labels that are not already understood as the model's own name or repository."""
    known = {model_key(row["name"]), model_key(row["hf_repo"])}
    aliases = []
    for label in (*labels, *ALSO_CALLED.get(row["name"], ())):
        if model_key(label) not in known:
            known.add(model_key(label))
            aliases.append(label)
    return aliases
