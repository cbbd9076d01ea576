"""Studies as JSON."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from data.atomic import replacing
from data.records.outcome import Outcome
from data.records.study import Sweep
from export.json_result import SCHEMA, one_a_line, plain

_LEFT_OUT = ("inputs", "digest", "path", "variant", "result", "warnings", "seconds", "exit_code")  # what a study's plan has not


def write_study_json(path: Path | str, study: Mapping[str, Any]) -> None:
    """Write a study to ``path`` ("-": standard output), whole or not at all; raises OSError."""
    text = one_a_line({"schema": SCHEMA, **study})
    if str(path) == "-":
        sys.stdout.write(text + "\n")
        return
    with replacing(Path(path)) as part:
        part.write_text(text + "\n", encoding="utf-8")


def plan_json(outcome: Outcome) -> dict[str, Any]:
    """The plan of one point."""
    return {name: value for name, value in plain(asdict(outcome)).items() if name not in _LEFT_OUT}


def sweep_json(name: str, found: Sweep) -> dict[str, Any]:
    """A sweep: its fields, its points in their order, its break-evens."""
    return {
        "scenario": name,
        "swept": [{"sheet": field.sheet, "row": field.row, "field": field.field} for field in found.swept],
        "points": [{"values": list(point.values), **plan_json(point.outcome)} for point in found.points],
        "break_evens": [
            {"up_to": change.low, "from": change.high, "leaves": plain(change.left), "takes_up": plain(change.taken_up),
             "usd_per_month": plain(change.after.usd_per_month)}
            for change in found.break_evens
        ],
    }  # fmt: skip
