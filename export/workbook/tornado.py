"""The workbook of a sensitivity study: the tornado, and the plan where nodes do less than predicted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from data.languages import noted, say
from data.records.outcome import Outcome
from data.records.study import Swing, Tornado
from export.figures import status_word
from export.workbook.book import new_book
from export.workbook.charts import Series, add_columns, bars
from export.workbook.sheet import Field, Sheet
from export.workbook.study import OUTCOME_FIELDS, PLAN
from export.workbook.style import Styles

TORNADO = noted("Tornado")


def write_tornado(path: Path, title: str, found: Tornado) -> None:
    """Write the workbook, whole or not at all. Raises OSError."""
    with new_book(path, say("Sensitivity of {title}", title=title)) as (book, styles):
        _tornado(book, styles, title, found)
        _less(book, styles, found)


def _tornado(book: Any, styles: Styles, title: str, found: Tornado) -> None:
    sheet = Sheet(book, TORNADO, styles)
    base = found.base.usd_per_month or 0.0

    def difference(outcome: Outcome | None) -> float | str:
        return "" if outcome is None or outcome.usd_per_month is None else outcome.usd_per_month - base

    def cost(outcome: Outcome | None) -> float | str:
        return "" if outcome is None else status_word(outcome.status) if outcome.usd_per_month is None else outcome.usd_per_month

    lower, higher = _sides(found)
    fields: list[Field[Swing]] = [
        Field(noted("input"), 28, "text", lambda swing: say(swing.name)),
        Field(lower, 20, "money", lambda swing: cost(swing.low)),
        Field(higher, 20, "money", lambda swing: cost(swing.high)),
        Field(noted("difference if lower [USD a month]"), 20, "money", lambda swing: difference(swing.low)),
        Field(noted("difference if higher [USD a month]"), 20, "money", lambda swing: difference(swing.high)),
    ]
    sheet.widths([field.width for field in fields])
    sentence = say(
        "One input at a time lower and higher than said, everything planned anew; the widest first. Differences are against the plan as said. "
        "As said: {base:,.2f} USD a month.", base=base,
    )  # fmt: skip
    sheet.heading(say("{title}: sensitivity", title=title[:80]), sentence, len(fields) - 1)
    sheet.page(tall=1)
    end = sheet.table(3, "Tornado", fields, found.swings)
    chart = book.add_chart({"type": "bar"})
    last = 3 + len(found.swings)
    for look, (words, col) in enumerate(((say("lower"), 3), (say("higher"), 4))):
        add_columns(chart, Series(words, [TORNADO, 4, 0, last, 0], [TORNADO, 4, col, last, col], look), gap=40, overlap=100)
    bars(chart, say("What each input moves"), say("USD a month against the plan as said"), say("input"), size=(900, 360), from_zero=False)
    chart.set_legend({"position": "bottom"})
    sheet.chart(end + 1, 0, chart, says=say("Difference in cost where each input is lower and higher"))


def _sides(found: Tornado) -> tuple[str, str]:
    """The headers of what an input costs lower and higher."""
    if not found.swings:
        return say("lower"), say("higher")
    percent = 100 * found.swings[0].share
    return say("{percent:.0f}% lower [USD a month]", percent=percent), say("{percent:.0f}% higher [USD a month]", percent=percent)


def _less(book: Any, styles: Styles, found: Tornado) -> None:
    sheet = Sheet(book, noted("Less throughput"), styles)
    fields: list[Field[tuple[str, Outcome]]] = [Field(noted("plan"), 44, "wrap", lambda row: row[0]), *(_of(field) for field in OUTCOME_FIELDS)]
    sheet.widths([field.width for field in fields])
    percent = 100 * found.shortfall_share
    title = say("If every node does {percent:.0f}% less than predicted", percent=percent)
    sheet.heading(title, say("What was committed to is paid and used as far as it goes; the rest follows what is then needed."), 5)
    sheet.page()
    kept = [(say("{percent:.0f}% less, the plan's commitments kept", percent=percent), found.kept)] if found.kept else []
    rows = [(say("as said"), found.base), *kept, (say("{percent:.0f}% less, planned anew", percent=percent), found.replanned)]
    sheet.table(3, "LessThroughput", fields, rows)


def _of(field: Field[Outcome]) -> Field[tuple[str, Outcome]]:
    header = noted("what it runs on") if field.header == PLAN else field.header
    return Field(header, field.width, field.kind, lambda row: field.value(row[1]))
