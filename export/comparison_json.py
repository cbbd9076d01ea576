"""The comparison as JSON: every scenario with its figures and its plan's rows."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from data.atomic import replacing
from data.languages import spoken
from export.json_result import SCHEMA, one_a_line, plain
from export.version import program_version
from export.workbook.compare.comparison import Comparison


def write_comparison_json(path: Path | str, comparison: Comparison) -> None:
    """Write the comparison to ``path`` ("-": standard output), whole or not at all; raises OSError."""
    text = one_a_line(comparison_json(comparison))
    if str(path) == "-":
        sys.stdout.write(text + "\n")
        return
    with replacing(Path(path)) as part:
        part.write_text(text + "\n", encoding="utf-8")


def comparison_json(comparison: Comparison) -> dict[str, Any]:
    """The comparison as what JSON can hold; without the inputs, which stand in the workbooks."""
    return {
        "schema": SCHEMA,
        "program": f"inferplan {program_version()}",
        "language": spoken(),
        "base": comparison.base.name,
        "scenarios": [plain({**asdict(outcome), "providers": outcome.providers, "inputs": len(outcome.inputs)}) for outcome in comparison.outcomes],
    }
