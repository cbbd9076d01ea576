"""The sheet Ruled out: every candidate that could not serve, and why; for an infeasible scenario the diagnosis first."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from data.languages import noted, say
from data.records.candidate import RuledOut
from export.workbook.result import Result
from export.workbook.sheet import Field, Sheet, fitted
from export.workbook.style import Styles

FIELDS: list[Field[RuledOut]] = [
    Field(noted("workload"), 26, "text", lambda row: row.workload),
    Field(noted("GPU"), 22, "text", lambda row: row.gpu or "–"),
    Field(noted("precision"), 13, "text", lambda row: row.precision or say("any")),
    Field(noted("GPUs a node"), 11, "figure", lambda row: say("any") if row.node_size is None else row.node_size),
    Field(noted("batch size"), 11, "figure", lambda row: say("any") if row.batch_size is None else row.batch_size),
    Field(noted("offer"), 30, "text", lambda row: row.offer or say("any")),
    Field(noted("reason"), 100, "text", lambda row: row.reason),
]
LAST = len(FIELDS) - 1
MOST_OF_A_REASON = 150  # characters of its column
PRINTED = 100  # rows on paper: some pages; the screen shows all


def write(book: Any, styles: Styles, result: Result) -> None:
    """Write the sheet Ruled out."""
    sheet = Sheet(book, "Ruled out", styles)
    struck = result.plan.ruled_out
    sheet.widths([field.width for field in FIELDS])
    sentence = noted("What could not serve a workload, and why: {rows:,} rows.")
    if len(struck) > PRINTED:
        sentence = noted("What could not serve a workload, and why: {rows:,} rows. The first {printed} are printed.")
    sheet.heading(say("Ruled out"), say(sentence, rows=len(struck), printed=PRINTED), LAST)
    row = 3
    for text in result.plan.diagnosis:
        sheet.merged(row, 0, LAST, "• " + text, "status")
        row += 1
    row += bool(result.plan.diagnosis)
    sheet.page(repeat=row)
    if not struck:
        sheet.nothing(row, say("Nothing was ruled out before solving: every candidate was offered to the optimisation."))
        return
    *others, reason = FIELDS
    width = fitted(reason.width, (found.reason for found in struck), MOST_OF_A_REASON)
    sheet.table(row, "Ruled_out", [*others, replace(reason, width=width)], struck)
    sheet.work.freeze_panes(row + 1, 1)
    sheet.work.print_area(0, 0, row + min(len(struck), PRINTED), LAST)
