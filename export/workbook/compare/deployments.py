"""The Deployments sheet of the comparison: every plan's rows below each other, for filters and pivot tables."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from data.languages import noted, say
from data.records.plan import PlanRow
from export.workbook.compare.comparison import Comparison
from export.workbook.sheet import Field, Sheet
from export.workbook.style import Kind, Styles

KINDS: dict[str, Kind] = {
    "node_size": "int", "node_count": "int", "batch_size": "int", "gpus": "int", "instances": "count", "load_ratio": "number",
    "share_of_demand": "percent", "usd_per_month": "money",
}  # fmt: skip

_Row = tuple[str, PlanRow]


def write(book: Any, styles: Styles, comparison: Comparison) -> None:
    """Write the sheet Deployments."""
    sheet = Sheet(book, noted("Deployments"), styles)
    rows = [(outcome.name, row) for outcome in comparison.outcomes for row in outcome.plan]
    columns = [Field[_Row](noted("scenario"), 30, "text", lambda found: found[0]), *(_column(column.name) for column in fields(PlanRow))]
    sheet.heading(say("Deployments"), say("The rows of every scenario's plan, with the columns of the sheet Plan of its result."))
    sheet.page(repeat=3)
    if not rows:
        sheet.nothing(3, say("No scenario has a plan: the sheet No plan says why."))
        return
    sheet.table(3, "Deployments", columns, rows)
    sheet.work.freeze_panes(4, 1)


def _column(name: str) -> Field[_Row]:
    return Field(name, 13, KINDS.get(name, "text"), lambda found: getattr(found[1], name))
