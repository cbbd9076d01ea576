"""The comparison workbook: a row a scenario, differences against a base, plans side by side, what differs in the inputs, what has no plan and why."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from data.languages import say
from export.workbook.book import new_book
from export.workbook.compare import charts, deployments, inputs, overview, plans, unplanned
from export.workbook.compare.comparison import Comparison
from export.workbook.style import Styles

# The sheets in their order: a new one is a module with a function ``write(book, styles, comparison)`` and its line here.
SHEETS: tuple[Callable[[Any, Styles, Comparison], None], ...] = (
    overview.write,
    charts.write,
    plans.write,
    deployments.write,
    inputs.write,
    unplanned.write,
)


def write_comparison(path: Path, comparison: Comparison) -> None:
    """Write the comparison workbook, whole or not at all. Raises OSError."""
    with new_book(path, say("Comparison of scenarios")) as (book, styles):
        for write in SHEETS:
            write(book, styles, comparison)
