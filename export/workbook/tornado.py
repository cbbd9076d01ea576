"""The workbook of a sensitivity study: the tornado, and the plan where nodes do less than predicted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from data.records.outcome import Outcome
from data.records.study import Swing, Tornado
from export.workbook.book import new_book
from export.workbook.charts import Series, add_columns, bars
from export.workbook.sheet import Field, Sheet
from export.workbook.study import OUTCOME_FIELDS
from export.workbook.style import Styles

SENTENCE = "One input at a time lower and higher than said, everything planned anew; the widest first. Differences are against the plan as said."


def write_tornado(path: Path, title: str, found: Tornado) -> None:
    """Write the workbook, whole or not at all. Raises OSError."""
    with new_book(path, f"Sensitivity of {title}") as (book, styles):
        _tornado(book, styles, title, found)
        _less(book, styles, found)


def _tornado(book: Any, styles: Styles, title: str, found: Tornado) -> None:
    sheet = Sheet(book, "Tornado", styles)
    base = found.base.usd_per_month or 0.0

    def difference(outcome: Outcome | None) -> float | str:
        return "" if outcome is None or outcome.usd_per_month is None else outcome.usd_per_month - base

    def cost(outcome: Outcome | None) -> float | str:
        return "" if outcome is None else outcome.status if outcome.usd_per_month is None else outcome.usd_per_month

    fields: list[Field[Swing]] = [
        Field("input", 28, "text", lambda swing: swing.name),
        Field(f"{found.swings[0].low_words} [USD a month]" if found.swings else "lower", 20, "money", lambda swing: cost(swing.low)),
        Field(f"{found.swings[0].high_words} [USD a month]" if found.swings else "higher", 20, "money", lambda swing: cost(swing.high)),
        Field("difference if lower [USD a month]", 20, "money", lambda swing: difference(swing.low)),
        Field("difference if higher [USD a month]", 20, "money", lambda swing: difference(swing.high)),
    ]
    sheet.widths([field.width for field in fields])
    sheet.heading(f"{title[:80]}: sensitivity", f"{SENTENCE} As said: {base:,.2f} USD a month.", len(fields) - 1)
    sheet.page(tall=1)
    end = sheet.table(3, "Tornado", fields, found.swings)
    chart = book.add_chart({"type": "bar"})
    last = 3 + len(found.swings)
    for look, (words, col) in enumerate((("lower", 3), ("higher", 4))):
        add_columns(chart, Series(words, ["Tornado", 4, 0, last, 0], ["Tornado", 4, col, last, col], look), gap=40, overlap=100)
    bars(chart, "What each input moves", "USD a month against the plan as said", "input", size=(900, 360), from_zero=False)
    chart.set_legend({"position": "bottom"})
    sheet.chart(end + 1, 0, chart, says="Difference in cost where each input is lower and higher")


def _less(book: Any, styles: Styles, found: Tornado) -> None:
    sheet = Sheet(book, "Less throughput", styles)
    fields: list[Field[tuple[str, Outcome]]] = [Field("plan", 44, "wrap", lambda row: row[0]), *(_of(field) for field in OUTCOME_FIELDS)]
    sheet.widths([field.width for field in fields])
    share = f"{found.shortfall_share:.0%}"
    sheet.heading(
        f"If every node does {share} less than predicted", "What was committed to is paid and used as far as it goes; the rest follows what is then needed.", 5
    )
    sheet.page()
    kept = [(f"{share} less, the plan's commitments kept", found.kept)] if found.kept else []
    rows = [("as said", found.base), *kept, (f"{share} less, planned anew", found.replanned)]
    sheet.table(3, "LessThroughput", fields, rows)


def _of(field: Field[Outcome]) -> Field[tuple[str, Outcome]]:
    header = "what it runs on" if field.header == "plan" else field.header
    return Field(header, field.width, field.kind, lambda row: field.value(row[1]))
