"""Reading the reference tables and writing the shipped ones: plain CSV, one row a thing."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

from data.fields import columns_of

# How the reference tables name where they were read; the shipped tables keep the source and drop the reader's own notes.
_CLEANED = (
    (r"\S+ id \d+ \(table of pinned raw HF config\.json URLs\)", "table of pinned HF config.json addresses"),
    (r" \(read earlier via \w+\)", ""),
    (r"earlier look-up \(\w+ excerpt of HF config\)", "excerpt of the HF config"),
    (r"from earlier look-up", "from an excerpt of the HF config"),
    (r"general knowledge, not seen in a source[^;,()]*: verify", "general knowledge, not checked against a source"),
    (r"privum look-up \((RunPod API, [\d-]+)\)", r"\1"),
    (r" \(\w+ id \d+ for [^)]*\)", ""),
    (r"; index id \d+", ""),
    (r"\((?:\w+ )?id \d+; ", "("),
    (r" ?\((?:\w+ )?id \d+\)", ""),
    (r" \(pages corpus\)", ""),
    (r" ?\(look-up\)", ""),
    (r" look-up\b", ""),
)


def read_rows(path: Path) -> list[dict[str, str]]:
    """Every row of a CSV as stripped texts by column name."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [{name: (value or "").strip() for name, value in row.items()} for row in csv.DictReader(file)]


def write_rows(path: Path, rows: Sequence[dict[str, str]]) -> None:
    """Write rows of texts with the columns of the first; raises ValueError where there is none."""
    if not rows:
        raise ValueError(f"no rows for {path.name}")
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys(), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def write_records(path: Path, records: Sequence[Any]) -> None:
    """Write records with the columns in which at least one of them differs from the default."""
    columns = columns_of(type(records[0]))
    values = [asdict(record) for record in records]
    kept = [name for name, column in columns.items() if any(row[name] != column.default for row in values)]
    write_rows(path, [{name: _as_text(row[name]) for name in kept} for row in values])


def cleaned(text: str) -> str:
    """A source or note without the reader's own notes."""
    for pattern, replacement in _CLEANED:
        text = re.sub(pattern, replacement, text)
    return re.sub(r"\s+", " ", text).strip(" ;,")


def joined(parts: Iterable[str]) -> str:
    """The parts that are not empty, as one text."""
    return "; ".join(part for part in parts if part)


def _as_text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return "; ".join(str(item) for item in value)
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    return value.isoformat() if isinstance(value, date) else str(value)
