"""A scenario small enough to plan dozens of times, as text and as a workbook with variants."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from openpyxl import load_workbook

from tests.command_line import CHAT, run
from tests.command_line import workbook as _workbook

CHAT_ALONE = CHAT + "alternatives = false\n"
CASES = """
[[Variants]]
variant = "quiet"
sheet = "Workloads"
row = "chat"
field = "requests_per_s"
value = "5"
weight = 3

[[Variants]]
variant = "busy"
sheet = "Workloads"
row = "chat"
field = "requests_per_s"
value = "40"
"""
VARIANTS = """
[[Variants]]
variant = "half the load"
sheet = "Workloads"
row = "chat"
field = "requests_per_s"
value = "10"

[[Variants]]
variant = "no singles"
sheet = "Offers"
row = "single"
field = "max_instances"
value = "0"

[[Variants]]
variant = "too tight"
sheet = "Workloads"
row = "chat"
field = "ttft_target_ms"
value = "1"

[[Variants]]
variant = "wrong"
sheet = "Workloads"
row = "chat"
field = "requests_per_s"
value = "many"
"""


def workbook(folder: Path, name: str = "bid", text: str = CHAT_ALONE) -> Path:
    return _workbook(folder, name, text)


def without_seconds(path: Path) -> dict[str, Any]:
    """A comparison without what no two runs share: seconds, and the folder of the results."""
    found = json.loads(path.read_text(encoding="utf-8"))
    for row in found["scenarios"]:
        row["seconds"], row["result"] = 0, Path(row["result"]).name
    return dict(found)


def cells(path: Path) -> list[tuple[Any, ...]]:
    """Every cell of a comparison but the seconds."""
    book = load_workbook(path, data_only=True)
    rows = [(sheet.title, *(cell.value for cell in row)) for sheet in book for row in sheet.iter_rows()]
    seconds = next(row.index("seconds") for row in rows if "seconds" in row)
    return [tuple(value for place, value in enumerate(row) if row[0] != "Comparison" or place != seconds) for row in rows]


def undisturbed(folder: Path) -> tuple[Path, dict[str, Any], list[tuple[Any, ...]]]:
    """A workbook with variants, and its comparison as JSON and as cells where nothing goes wrong."""
    path = workbook(folder, text=CHAT_ALONE + VARIANTS)
    run(path, "--variants", "--workers", 1, "-o", folder / "out", "--json", folder / "all.json")
    return path, without_seconds(folder / "all.json"), cells(folder / "out" / "comparison.xlsx")


PATIENCE_S = 120.0


def until(happened: Callable[[], object]) -> None:
    """Wait for something that comes within seconds."""
    end = time.monotonic() + PATIENCE_S
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.01)
