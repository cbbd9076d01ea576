"""The Alternatives sheet: the best plan under each further restriction, against this plan's live cost."""

from __future__ import annotations

from typing import Any

from xlsxwriter.utility import xl_rowcol_to_cell

from data.languages import noted, say
from data.records.plan import Alternative
from export.figures import status_word
from export.workbook.charts import Series, add_columns, bars
from export.workbook.result import Result
from export.workbook.sheet import Sheet
from export.workbook.style import Styles

COLUMNS = (
    noted("alternative"), noted("status"), noted("USD a month"), noted("difference [USD a month]"), noted("difference [share]"), noted("GPUs"),
    noted("difference [GPUs]"), noted("plan"),
)  # fmt: skip
WIDTHS = (38, 13, 16, 16, 14, 10, 14, 90)
TOP = 4  # first row: this plan
MOST_BARS = 14
SENTENCE = noted("The cheapest plan under each further restriction, solved anew; the differences are against this plan's live total (Costs).")


def ranked(result: Result) -> list[Alternative]:
    """The alternatives that have a plan, the cheapest first, then the others."""
    return sorted(result.plan.alternatives, key=lambda found: (found.usd_per_month is None, found.usd_per_month or 0.0))


def write(book: Any, styles: Styles, result: Result) -> None:
    """Write the sheet Alternatives."""
    sheet = Sheet(book, "Alternatives", styles)
    sheet.widths(WIDTHS)
    sheet.heading(say("Alternatives"), say(SENTENCE), len(COLUMNS) - 1)
    sheet.page()
    if not result.fleet.lines:
        sheet.nothing(3, say("There is no plan to compare alternatives with: the sheet Summary says why."))
        return
    names, right = [say(name) for name in COLUMNS], range(2, 7)
    sheet.header(TOP - 1, names, right, filtered=True)
    _this_plan(sheet, result)
    found = ranked(result)
    for number, alternative in enumerate(found, start=1):
        _row(sheet, TOP + number, alternative, result.plan.usd_per_month or 0.0)
    sheet.excel_table(TOP - 1, len(found) + 1, names, right, "Alternatives")
    end = TOP + len(found) + 1
    if not found:
        sheet.nothing(end, say("No alternatives were solved: the setting alternatives is off, or there is nothing to restrict."))
    sheet.chart(end + 1, 0, alternatives_chart(book, result, (900, 340)), says=say("Cost a month of this plan and of the cheapest alternatives"))
    sheet.work.freeze_panes(TOP, 1)


def _this_plan(sheet: Sheet, result: Result) -> None:
    plan = result.plan
    sheet.put(TOP, 0, say("This plan"), role="strong")
    sheet.put(TOP, 1, status_word(plan.status), role="strong")
    sheet.formula(TOP, 2, f"={result.places.total_cost()}", plan.usd_per_month, "money", role="strong")
    for col in (3, 4, 6):
        sheet.put(TOP, col, 0, "percent" if col == 4 else "int", "strong")
    sheet.put(TOP, 5, plan.gpus, "int", "strong")
    sheet.put(TOP, 7, say("the plan chosen"), role="strong")


def _row(sheet: Sheet, row: int, found: Alternative, plan_usd: float) -> None:
    """One alternative, its differences against this plan's live cost."""
    cost, base = xl_rowcol_to_cell(row, 2), xl_rowcol_to_cell(TOP, 2, row_abs=True, col_abs=True)
    sheet.put(row, 0, found.called, "wrap")
    sheet.put(row, 1, status_word(found.status))
    sheet.put(row, 2, found.usd_per_month, "money")
    if found.usd_per_month is not None:
        sheet.formula(row, 3, f"={cost}-{base}", found.usd_per_month - plan_usd, "money")
        sheet.formula(row, 4, f"=IF({base}=0,0,{cost}/{base}-1)", found.usd_per_month / plan_usd - 1 if plan_usd else 0.0, "percent")
    sheet.put(row, 5, found.gpus, "int")
    sheet.put(row, 6, found.difference_gpus, "int")
    sheet.put(row, 7, found.plan, "wrap")
    sheet.lines(row, [(found.called, WIDTHS[0]), (found.plan, WIDTHS[7])])


def alternatives_chart(book: Any, result: Result, size: tuple[int, int], most: int = MOST_BARS) -> Any:
    """Cost a month of this plan and of the ``most`` cheapest alternatives."""
    priced = sum(found.usd_per_month is not None for found in result.plan.alternatives)
    last = TOP + min(priced, most)
    chart = book.add_chart({"type": "bar"})
    add_columns(chart, Series(say("cost a month"), ["Alternatives", TOP, 0, last, 0], ["Alternatives", TOP, 2, last, 2], 2), gap=40)
    bars(chart, say("Cost against alternatives"), say("USD a month"), say("plan"), size=size)
    return chart
