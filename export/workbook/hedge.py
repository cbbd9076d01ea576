"""The workbook of commitments under uncertainty: what to hold, what each case then costs, and what that is worth."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from xlsxwriter.utility import xl_rowcol_to_cell

from data.records.outcome import Outcome
from data.records.study import Hedge
from export.workbook.book import new_book
from export.workbook.charts import Series, add_columns, dress
from export.workbook.sheet import Sheet, fitted
from export.workbook.study import OUTCOME_FIELDS
from export.workbook.style import Styles

TOP = 4
SENTENCE = (
    "Reserved and bought instances are held whichever case comes, all else follows the case. Each column is another choice of what to hold; "
    "the probabilities may be overtyped: the means move, what to hold does not (plan again for that)."
)


def write_hedge(path: Path, title: str, found: Hedge) -> None:
    """Write the workbook, whole or not at all. Raises OSError."""
    with new_book(path, f"Commitments of {title}") as (book, styles):
        _costs(book, styles, title, found)
        _held(book, styles, found)
        _plans(book, styles, found)


def _costs(book: Any, styles: Styles, title: str, found: Hedge) -> None:
    """The sheet Commitments: a row a case, a column a choice, the mean and the dearest below."""
    sheet = Sheet(book, "Commitments", styles)
    columns: list[tuple[str, tuple[Outcome, ...]]] = [("if it were known", found.own), *((choice.name, choice.cases) for choice in found.choices)]
    sheet.widths([fitted(24, (outcome.name for outcome in found.own)), 12.0, *([20.0] * len(columns))])
    sheet.heading(f"{title[:80]}: what to commit to", SENTENCE, 5)
    sheet.page(tall=1)
    sheet.header(TOP - 1, ["case", "probability", *(f"{name} [USD a month]" for name, _ in columns)], range(1, 2 + len(columns)))
    for row, (case, probability) in enumerate(zip(found.own, found.probabilities, strict=True), start=TOP):
        sheet.put(row, 0, case.name)
        sheet.put(row, 1, probability, "percent", "input")
        for col, (_, outcomes) in enumerate(columns, start=2):
            outcome = outcomes[row - TOP]
            sheet.put(row, col, outcome.status if outcome.usd_per_month is None else outcome.usd_per_month, "money")
    last = TOP + len(found.own) - 1
    for offset, words in enumerate(("mean", "dearest case", "mean above knowing the case"), start=1):
        sheet.put(last + offset, 0, words, role="total" if offset == 1 else "strong")
    span = f"{xl_rowcol_to_cell(TOP, 1)}:{xl_rowcol_to_cell(last, 1)}".replace("B", "$B")
    for col, (_, outcomes) in enumerate(columns, start=2):
        costs = f"{xl_rowcol_to_cell(TOP, col)}:{xl_rowcol_to_cell(last, col)}"
        expected, worst, known = found.expected(outcomes), found.worst(outcomes), found.expected(found.own)
        if expected is None or worst is None or known is None:
            continue
        sheet.formula(last + 1, col, f"=SUMPRODUCT({span},{costs})/SUM({span})", expected, "money", role="total")
        sheet.formula(last + 2, col, f"=MAX({costs})", worst, "money", role="strong")
        sheet.formula(last + 3, col, f"={xl_rowcol_to_cell(last + 1, col)}-$C${last + 2}", expected - known, "money", role="strong")
    chart = book.add_chart({"type": "column"})
    for look, (name, _) in enumerate(columns):
        add_columns(chart, Series(name, ["Commitments", TOP, 0, last, 0], ["Commitments", TOP, 2 + look, last, 2 + look], look))
    dress(chart, "Cost of each case", "case", "USD a month", size=(900, 340))
    sheet.chart(last + 5, 0, chart, says="Cost of each case under each choice of commitments")


def _held(book: Any, styles: Styles, found: Hedge) -> None:
    """The sheet Held: instances of each offer that a choice commits to."""
    sheet = Sheet(book, "Held", styles)
    offers = sorted({name for choice in found.choices for name, _ in choice.held})
    sheet.widths([fitted(44, offers), *([24.0] * len(found.choices))])
    sheet.heading("What is held", "Instances reserved or bought before it is known which case comes.", len(found.choices))
    sheet.page(tall=1)
    sheet.header(3, ["offer", *(choice.name for choice in found.choices)], range(1, 1 + len(found.choices)))
    for row, offer in enumerate(offers, start=4):
        sheet.put(row, 0, offer)
        for col, choice in enumerate(found.choices, start=1):
            sheet.put(row, col, dict(choice.held).get(offer, 0), "int")
    last = 4 + len(offers)
    sheet.put(last, 0, "proven bound of its measure [USD a month]", role="total")
    for col, choice in enumerate(found.choices, start=1):
        sheet.put(last, col, "" if choice.bound_usd_per_month is None else choice.bound_usd_per_month, "money", "total")


def _plans(book: Any, styles: Styles, found: Hedge) -> None:
    """The sheet Plans: the plan of every case under every choice."""
    sheet = Sheet(book, "Plans", styles)
    rows = [("if it were known", outcome) for outcome in found.own] + [(choice.name, outcome) for choice in found.choices for outcome in choice.cases]
    names = ["commitments", "case", *(field.header for field in OUTCOME_FIELDS)]
    sheet.widths([26.0, fitted(20, (outcome.name for outcome in found.own)), *(field.width for field in OUTCOME_FIELDS)])
    sheet.heading("Plans", "The plan of every case under every choice, each audited on its own.")
    sheet.page(repeat=3)
    sheet.header(3, names)
    for row, (choice_name, outcome) in enumerate(rows, start=4):
        sheet.put(row, 0, choice_name)
        sheet.put(row, 1, outcome.name)
        for col, field in enumerate(OUTCOME_FIELDS, start=2):
            sheet.put(row, col, field.value(outcome), field.kind)
        sheet.lines(row, [(field.value(outcome), field.width) for field in OUTCOME_FIELDS if field.kind == "wrap"])
