"""The charts of load and capacity over the demand blocks."""

from __future__ import annotations

from typing import Any

from data.languages import noted, say
from data.periods import hours_title
from export.figures import unit_words
from export.workbook.charts import Range, Series, add_columns, add_line, dress, title_text
from export.workbook.places import CHART_ROWS, CHARTS_IN_ROW, LABELS, OVERVIEW_LINES, Places
from export.workbook.result import Result
from export.workbook.sheet import Sheet, fitted
from export.workbook.verdicts import VERDICTS

SHEET = "Blocks"
FEWEST_COLUMNS = 5  # of blocks: the charts need the width
GPUS = ((noted("GPUs paid"), 1, 2), (noted("GPUs with nodes on"), 2, 4))  # name, line of the overview, place in the palette


def _across(places: Places, section: str, line: int) -> Range:
    row, col = places.at(section, line)
    return [SHEET, row, col, row, col + places.blocks - 1]


def _names(places: Places, section: str) -> Range:
    head = places.heads[section] + 1
    return [SHEET, head, LABELS, head, LABELS + places.blocks - 1]


def gpu_chart(book: Any, places: Places, size: tuple[int, int]) -> Any:
    """GPUs paid and on as columns, and those the load needs as a line, over the blocks."""
    columns = book.add_chart({"type": "column"})
    for name, line, look in GPUS:
        add_columns(columns, Series(say(name), _names(places, "overview"), _across(places, "overview", line), look))
    need = book.add_chart({"type": "line"})
    add_line(need, Series(say("GPUs the load needs"), _names(places, "overview"), _across(places, "overview", 3), 5), size=7)
    columns.combine(need)
    dress(columns, say("Capacity against load over the blocks"), say("demand block"), say("GPUs"), size=size)
    return columns


def _workload_chart(book: Any, result: Result, workload: int, size: tuple[int, int]) -> Any:
    """Load of one workload as a line over its capacity as columns."""
    places, name = result.places, result.fleet.workloads[workload]
    unit = next((unit_words(demand.unit) for demand in result.plan.demands if demand.workload == name), say("load"))
    columns = book.add_chart({"type": "column"})
    lines = {figure: places.workload(workload, figure) for figure in ("load", "capacity")}
    add_columns(columns, Series(say("capacity"), _names(places, "overview"), _across(places, "workloads", lines["capacity"]), 2))
    load = book.add_chart({"type": "line"})
    add_line(load, Series(say("load"), _names(places, "overview"), _across(places, "workloads", lines["load"]), 3), size=7)
    columns.combine(load)
    dress(columns, say("Workload {workload}", workload=title_text(name)), say("demand block"), unit, y_format="#,##0.##", size=size)
    return columns


def block_widths(result: Result) -> list[float]:
    """Column widths of the sheet Blocks: labels, then blocks, wider where their names are long."""
    names = [hours_title(block.name) for block in result.fleet.blocks]
    blocks = [min(20.0, max(11.0, len(name) / 2 + 3)) for name in names] + [11.0] * (FEWEST_COLUMNS - len(names))
    offers = [use.offer.offer for use in result.fleet.offers]
    figures, verdicts = [say(name) for name in OVERVIEW_LINES], [say(word) for word in VERDICTS]
    return [fitted(22, [*result.fleet.workloads, *offers, *figures], 44), fitted(38, offers, 44), fitted(15, verdicts), 18, *blocks]


def add_charts(book: Any, sheet: Sheet, result: Result) -> None:
    """GPUs over all, then one chart a workload, as many as the band on top of the sheet holds."""
    places = result.places
    width_px = sum(7 * width + 5 for width in block_widths(result))  # of Arial 10: 7 pixels a character, 5 between columns
    size = (min(460, int(width_px / CHARTS_IN_ROW) - 10), 300)
    charts = [gpu_chart(book, places, size)]
    charts += [_workload_chart(book, result, w, size) for w in range(places.block_charts - 1)]
    for number, chart in enumerate(charts):
        row, offset = divmod(number, CHARTS_IN_ROW)
        what = say("GPUs paid, on and needed over the blocks")
        if number:
            what = say("Load and capacity of {workload} over the blocks", workload=result.fleet.workloads[number - 1])
        sheet.chart(places.charts_top + CHART_ROWS * row, 0, chart, says=what, x_px=4 + offset * (size[0] + 8))
