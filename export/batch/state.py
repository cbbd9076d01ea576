"""What a batch remembers between runs: each case's outcome, beside the comparison, with the fingerprints of what it was made from and of its result."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from data.atomic import replacing
from data.digest import bytes_digest
from data.records.outcome import SETTLED, GivenCell, Outcome
from data.records.plan import PlanRow

FOLDER = ".comparison"
SCHEMA = 1


def remember(folder: Path, outcome: Outcome, workbook: bytes) -> None:
    """Keep a case's outcome, whole or not at all. Raises OSError."""
    target = _path(folder, outcome.result)
    target.parent.mkdir(exist_ok=True)
    text = json.dumps({"schema": SCHEMA, "result": bytes_digest(workbook), "outcome": asdict(outcome)}, ensure_ascii=False)
    with replacing(target) as part:
        part.write_text(text, encoding="utf-8")


def recalled(folder: Path, result: str) -> Outcome | None:
    """The outcome kept of a result that is still there as it was written; None if there is none, it was changed, or its case may fare better now."""
    try:
        kept = json.loads(_path(folder, result).read_text(encoding="utf-8"))
        if kept["schema"] != SCHEMA or kept["result"] != bytes_digest(Path(result).read_bytes()):
            return None
        outcome = outcome_from(kept["outcome"])
    except (OSError, ValueError, LookupError, TypeError):  # not there, or not what this program writes
        return None
    return outcome if outcome.status in SETTLED and outcome.digest else None


def outcome_from(values: Mapping[str, Any]) -> Outcome:
    """An outcome from its fields as JSON holds them."""
    rows = tuple(PlanRow(**row) for row in values["plan"])
    return Outcome(**{**values, "plan": rows, "inputs": tuple(GivenCell(**cell) for cell in values["inputs"])})


def _path(folder: Path, result: str) -> Path:
    """Where the outcome of a result is kept: results may lie in several folders, so its path is part of the name."""
    return folder / FOLDER / f"{bytes_digest(str(Path(result).resolve()).encode())[:16]}.json"
