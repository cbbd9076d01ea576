"""The Charts sheet of the comparison: cost, its split by billing kind, and GPUs of every scenario."""

from __future__ import annotations

from typing import Any

from data.languages import noted, say, say_count
from export.figures import billing_words
from export.workbook.charts import Range, Series, add_columns, bars, dress
from export.workbook.compare.comparison import Comparison
from export.workbook.compare.overview import FIRST_BILLING, GPUS, SHEET, TOP, USD
from export.workbook.sheet import Sheet
from export.workbook.style import Styles

WIDTH_PX = 1000
MOST_BARS = 40  # scenarios whose names have room beside bars; more stand as columns
BAR_PX, LEAST_PX = 26, 260


def write(book: Any, styles: Styles, comparison: Comparison) -> None:
    """Write the sheet Charts."""
    sheet = Sheet(book, noted("Charts"), styles)
    sheet.heading(say("Charts"), say("The scenarios of the sheet Comparison in its order; those without a plan have no bar."), 14)
    sheet.page(tall=0)
    count = len(comparison.outcomes)
    split = [(billing_words(kind), col) for col, kind in enumerate(comparison.billings, start=FIRST_BILLING)]
    height = max(LEAST_PX, BAR_PX * count + 130) if count <= MOST_BARS else 420
    row = 3
    for title, unit, columns in (
        (say("Cost by scenario"), say("USD a month"), [(say("cost"), USD)]),
        (say("Cost by billing kind"), say("USD a month"), split),
        (say("GPUs paid by scenario"), say("GPUs"), [(say("GPUs"), GPUS)]),
    ):
        if columns:
            says = say_count("{title}, {count} scenario", "{title}, {count} scenarios", count, title=title)
            sheet.chart(row, 0, _chart(book, (title, unit), columns, count, (WIDTH_PX, height)), says=says)
            row += -(-height // 20) + 2  # rows of 20 pixels


def _chart(book: Any, titles: tuple[str, str], columns: list[tuple[str, int]], count: int, size: tuple[int, int]) -> Any:
    """Bars (or columns, where there are many) of some columns of the comparison, stacked where there are several."""
    (title, unit), kind = titles, "bar" if count <= MOST_BARS else "column"
    chart = book.add_chart({"type": kind, "subtype": "stacked"} if len(columns) > 1 else {"type": kind})
    last = TOP + count - 1
    names: Range = [SHEET, TOP, 0, last, 0]
    for look, (name, col) in enumerate(columns):
        add_columns(chart, Series(name, names, [SHEET, TOP, col, last, col], look), gap=40, overlap=100 if len(columns) > 1 else 0)
    if kind == "bar":
        bars(chart, title, unit, say("scenario"), size=size)
        if len(columns) > 1:
            chart.set_legend({"position": "bottom"})
    else:
        dress(chart, title, say("scenario"), unit, legend=len(columns) > 1, size=size)
    return chart
