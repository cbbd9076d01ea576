"""The Sensitivity sheet: what a change of the input would do, each solved anew."""

from __future__ import annotations

from typing import Any

from data.languages import noted, say
from data.records.plan import WhatIf
from export.figures import status_word
from export.workbook.charts import Series, add_columns, bars
from export.workbook.result import Result
from export.workbook.sheet import Field, Sheet
from export.workbook.style import Styles

SENTENCE = noted("The scenario solved again after one change at a time; the difference is against the plan as solved.")
FIELDS: list[Field[WhatIf]] = [
    Field(
        noted("change"), 60, "wrap", lambda found: say("{workload}: {change}", workload=found.workload, change=found.change) if found.workload else found.change
    ),
    Field(noted("status"), 12, "text", lambda found: status_word(found.status)),
    Field(noted("USD a month"), 18, "money", lambda found: found.usd_per_month),
    Field(noted("difference [USD a month]"), 20, "money", lambda found: found.difference_usd_per_month),
]

MOST_ON_ONE_PAGE = 30  # changes whose table and chart still read well on one page


def write(book: Any, styles: Styles, result: Result) -> None:
    """Write the sheet Sensitivity."""
    sheet = Sheet(book, "Sensitivity", styles)
    sheet.widths([field.width for field in FIELDS])
    sheet.heading(say("Sensitivity"), say(SENTENCE), len(FIELDS) + 3)
    sheet.page(tall=1 if len(result.plan.sensitivity) <= MOST_ON_ONE_PAGE else 0, repeat=3)
    found = result.plan.sensitivity
    if not found:
        sheet.nothing(3, say("No change of the input was solved for this result."))
        return
    end = sheet.table(3, "Sensitivity", FIELDS, found)
    chart = book.add_chart({"type": "bar"})
    last = 3 + len(found)
    add_columns(chart, Series(say("difference"), ["Sensitivity", 4, 0, last, 0], ["Sensitivity", 4, 3, last, 3], 1), gap=40)
    size = (900, max(300, 40 * len(found) + 100))
    bars(chart, say("What a change does to the cost"), say("USD a month against the plan"), say("change"), size=size, from_zero=False)
    sheet.chart(end + 1, 0, chart, says=say("Difference in cost a month that each change makes"))
    sheet.work.freeze_panes(4, 1)
