"""The Commitments sheet: what to order when and how long it runs, and what each period of the horizon costs and needs."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from data.cost_lines import usd_of_periods
from data.languages import noted, say
from data.months import after_months
from data.periods import hours_title
from data.records.plan import CommitmentLine
from export.figures import billing_words
from export.workbook.charts import Series, add_columns, add_line, dress
from export.workbook.places import absolute, span
from export.workbook.result import Result
from export.workbook.sheet import Field, Sheet
from export.workbook.style import Styles

NAME = noted("Commitments")
TOP = 3
SENTENCE = noted(
    "Instances that are reserved or bought, by the month in which they are ordered; those held already come first. A term is paid in whole periods, to the "
    "horizon at most; what it binds to after the horizon is owed and not in the plan's cost. Hourly offers and tokens bind to nothing: see Costs."
)
PERIODS = noted("The periods: GPUs at their fullest, live from Blocks, and cost, live from Costs")
PERIOD_COLUMNS = (
    noted("period"),
    noted("from month"),
    noted("to month"),
    noted("months"),
    noted("GPUs paid"),
    noted("GPUs with nodes on"),
    noted("GPUs the load needs"),
    noted("USD a month"),
    noted("USD in all its months"),
)
GPU_LINES = (1, 2, 3)  # of the overview on Blocks: GPUs paid, with nodes on, needed by the load
FIRST_GPUS, USD = 4, 7


def write(book: Any, styles: Styles, result: Result) -> None:
    """Write the sheet Commitments."""
    sheet = Sheet(book, NAME, styles)
    fields = _fields(result)
    sheet.widths([field.width for field in fields])
    sheet.heading(say(NAME), say(SENTENCE), len(fields) - 1)
    sheet.page()
    if not result.fleet.blocks or not result.fleet.lines:
        sheet.nothing(TOP, say("There is no plan, so nothing is committed to: the sheet Summary says why."))
        return
    if result.plan.commitments:
        row = sheet.table(TOP, NAME, fields, result.plan.commitments) + 1
    else:
        sheet.nothing(TOP, say("Nothing is committed to: all is paid by the hour or by the token."))
        row = TOP + 2
    end = _periods(sheet, result, row)
    sheet.chart(end + 1, 0, _chart(book, result, row + 2), says=say("GPUs paid and needed by period, at their fullest"))
    sheet.work.freeze_panes(TOP + 1, 0)


def _fields(result: Result) -> list[Field[CommitmentLine]]:
    start = result.scenario.settings.start_date
    dates: list[Field[CommitmentLine]] = [
        Field(noted("from"), 12, "date", lambda line: after_months(start, line.first_month - 1) if start else None),
        Field(noted("until"), 12, "date", lambda line: _last_day(start, line.last_month) if start else None),
    ]
    return [
        Field(noted("what"), 15, "text", _what),
        Field(noted("from month"), 12, "int", lambda line: line.first_month),
        Field(noted("until month"), 12, "int", lambda line: line.last_month),
        *(dates if start else ()),
        Field(noted("offer"), 26, "text", lambda line: line.offer),
        Field(noted("provider"), 16, "text", lambda line: line.provider),
        Field(noted("billing"), 12, "text", lambda line: billing_words(line.billing)),
        Field(noted("GPU"), 20, "text", lambda line: line.gpu),
        Field(noted("instances"), 12, "int", lambda line: line.instances),
        Field(noted("number of GPUs"), 10, "int", lambda line: line.gpus),
        Field(noted("term [months]"), 12, "int", lambda line: line.term_months),
        Field(noted("USD a month"), 14, "money", lambda line: line.usd_per_month),
        Field(noted("USD in the horizon"), 16, "money", lambda line: line.usd_in_horizon),
        Field(noted("USD owed beyond"), 16, "money", lambda line: line.usd_beyond_horizon if line.usd_beyond_horizon is not None else float("inf")),
    ]


def _what(line: CommitmentLine) -> str:
    if line.existing:
        return say("held already")
    return say("order now") if line.first_month == 1 else say("order later")


def _last_day(start: date, months: int) -> date:
    return after_months(start, months) - timedelta(days=1)


def _periods(sheet: Sheet, result: Result, row: int) -> int:
    """One row a period; returns the first free row."""
    fleet, places = result.fleet, result.places
    usd = usd_of_periods(fleet.lines, fleet.blocks)
    horizon = sum(period.months for period in fleet.periods)
    sheet.section(row, say(PERIODS), len(PERIOD_COLUMNS) - 1)
    sheet.header(row + 1, [say(name) for name in PERIOD_COLUMNS], right=range(1, len(PERIOD_COLUMNS)))
    for number, period in enumerate(fleet.periods):
        at = row + 2 + number
        sheet.put(at, 0, hours_title(period.name) or say("the month"))
        for col, value in enumerate((period.first_month, period.last_month, period.months), start=1):
            sheet.put(at, col, value, "int")
        blocks = [b for b, block in enumerate(fleet.blocks) if block.period == period.name]
        for col, line in enumerate(GPU_LINES, start=FIRST_GPUS):
            formula = f"=MAX({places.along('overview', line, blocks[0], blocks[-1])})"
            sheet.formula(at, col, formula, max(fleet.overview(line, b) for b in blocks), "ms" if line == GPU_LINES[-1] else "int")
        sheet.formula(at, USD, f"={absolute(at, USD + 1)}/{period.months}", usd[period.name] / period.months, "money")
        sheet.formula(at, USD + 1, f"={_usd_in_all(result, at, period.months, horizon)}", usd[period.name], "money")
    end = row + 2 + len(fleet.periods)
    sheet.put(end, 0, say("the horizon"), role="total")
    for col in range(1, USD):
        sheet.put(end, col, {1: 1, 2: horizon, 3: horizon}.get(col), "int", "total")
    sheet.formula(end, USD, f"={places.total_cost()}", sum(usd.values()) / horizon, "money", role="total")
    sheet.formula(end, USD + 1, f"=SUM({span((row + 2, USD + 1), (end - 1, USD + 1))})", sum(usd.values()), "money", role="total")
    return end + 1


def _usd_in_all(result: Result, row: int, months: int, horizon: int) -> str:
    """USD of a period in all its months: its own lines on Costs, and its months of those of no period."""
    if len(result.fleet.periods) == 1:
        return f"{result.places.total_cost()}*{horizon}"
    periods, amounts = result.places.cost_periods(), result.places.cost_amounts()
    own, shared = f"SUMPRODUCT(({periods}={absolute(row, 0)})*{amounts})", f'SUMPRODUCT(({periods}="")*{amounts})'
    return f"{own}*{horizon}+{shared}*{months}"


def _chart(book: Any, result: Result, first: int) -> Any:
    """GPUs paid as columns and those that the load needs as a line, over the periods."""
    last = first + len(result.fleet.periods) - 1
    names: list[str | int] = [NAME, first, 0, last, 0]
    chart, need = book.add_chart({"type": "column"}), book.add_chart({"type": "line"})
    add_columns(chart, Series(say("GPUs paid"), names, [NAME, first, FIRST_GPUS, last, FIRST_GPUS], 2))
    add_columns(chart, Series(say("GPUs with nodes on"), names, [NAME, first, FIRST_GPUS + 1, last, FIRST_GPUS + 1], 4))
    add_line(need, Series(say("GPUs the load needs"), names, [NAME, first, FIRST_GPUS + 2, last, FIRST_GPUS + 2], 5), size=7)
    chart.combine(need)
    dress(chart, say("Capacity against load over the periods, at their fullest"), say("period"), say("GPUs"), size=(760, 320))
    return chart
