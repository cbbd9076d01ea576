"""The sheet No plan of the comparison: why a scenario has none, in full."""

from __future__ import annotations

from typing import Any

from data.languages import noted, say
from data.records.outcome import Outcome
from export.figures import status_word
from export.workbook.compare.comparison import Comparison
from export.workbook.sheet import Field, Sheet
from export.workbook.style import Styles

FIELDS: list[Field[tuple[Outcome, str]]] = [
    Field(noted("scenario"), 30, "text", lambda found: found[0].name),
    Field(noted("status"), 12, "text", lambda found: status_word(found[0].status)),
    Field(noted("workbook"), 40, "text", lambda found: found[0].path),
    Field(noted("why"), 100, "wrap", lambda found: found[1]),
]


def write(book: Any, styles: Styles, comparison: Comparison) -> None:
    """Write the sheet No plan."""
    sheet = Sheet(book, noted("No plan"), styles)
    reasons = [(outcome, line) for outcome in comparison.outcomes if not outcome.planned for line in outcome.reason.split("\n")]
    sheet.widths([field.width for field in FIELDS])
    sentence = say("One line for each reason; a bad workbook is told cell by cell, an infeasible one by what rules it out.")
    sheet.heading(say("Scenarios without a plan"), sentence, 3)
    sheet.page(repeat=3)
    if not reasons:
        sheet.nothing(3, say("Every scenario has a plan."))
        return
    sheet.table(3, "NoPlan", FIELDS, reasons)
    sheet.work.freeze_panes(4, 1)
