"""The sheet No plan of the comparison: why a scenario has none, in full."""

from __future__ import annotations

from typing import Any

from data.records.outcome import Outcome
from export.workbook.compare.comparison import Comparison
from export.workbook.sheet import Field, Sheet
from export.workbook.style import Styles

FIELDS: list[Field[tuple[Outcome, str]]] = [
    Field("scenario", 30, "text", lambda found: found[0].name),
    Field("status", 12, "text", lambda found: found[0].status),
    Field("workbook", 40, "text", lambda found: found[0].path),
    Field("why", 100, "wrap", lambda found: found[1]),
]


def write(book: Any, styles: Styles, comparison: Comparison) -> None:
    """Write the sheet No plan."""
    sheet = Sheet(book, "No plan", styles)
    reasons = [(outcome, line) for outcome in comparison.outcomes if not outcome.planned for line in outcome.reason.split("\n")]
    sheet.widths([field.width for field in FIELDS])
    sheet.heading("Scenarios without a plan", "One line for each reason; a bad workbook is told cell by cell, an infeasible one by what rules it out.", 3)
    sheet.page(repeat=3)
    if not reasons:
        sheet.nothing(3, "Every scenario has a plan.")
        return
    sheet.table(3, "NoPlan", FIELDS, reasons)
    sheet.work.freeze_panes(4, 1)
