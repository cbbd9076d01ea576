"""The workbook of commitments under uncertainty: what to hold, what each case then costs, and what that is worth."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from xlsxwriter.utility import xl_rowcol_to_cell

from data.languages import noted, say
from data.records.outcome import Outcome
from data.records.study import Hedge
from export.figures import status_word
from export.workbook.book import new_book
from export.workbook.charts import Series, add_columns, dress
from export.workbook.sheet import Sheet, fitted
from export.workbook.study import OUTCOME_FIELDS
from export.workbook.style import Styles

TOP = 4
COMMITMENTS, KNOWN = noted("Commitments"), noted("if it were known")
SENTENCE = noted(
    "Reserved and bought instances are held whichever case comes, all else follows the case. Each column is another choice of what to hold; "
    "the probabilities may be overtyped: the means move, what to hold does not (plan again for that)."
)


def write_hedge(path: Path, title: str, found: Hedge) -> None:
    """Write the workbook, whole or not at all. Raises OSError."""
    with new_book(path, say("Commitments of {title}", title=title)) as (book, styles):
        _costs(book, styles, title, found)
        _held(book, styles, found)
        _plans(book, styles, found)


def _costs(book: Any, styles: Styles, title: str, found: Hedge) -> None:
    """The sheet Commitments: a row a case, a column a choice, the mean and the dearest below."""
    sheet = Sheet(book, COMMITMENTS, styles)
    columns: list[tuple[str, tuple[Outcome, ...]]] = [(say(KNOWN), found.own), *((say(choice.name), choice.cases) for choice in found.choices)]
    sheet.widths([fitted(24, (outcome.name for outcome in found.own)), 12.0, *([20.0] * len(columns))])
    sheet.heading(say("{title}: what to commit to", title=title[:80]), say(SENTENCE), 5)
    sheet.page(tall=1)
    names = [say("case"), say("probability"), *(say("{choice} [USD a month]", choice=name) for name, _ in columns)]
    sheet.header(TOP - 1, names, range(1, 2 + len(columns)))
    for row, (case, probability) in enumerate(zip(found.own, found.probabilities, strict=True), start=TOP):
        sheet.put(row, 0, case.name)
        sheet.put(row, 1, probability, "percent", "input")
        for col, (_, outcomes) in enumerate(columns, start=2):
            outcome = outcomes[row - TOP]
            sheet.put(row, col, status_word(outcome.status) if outcome.usd_per_month is None else outcome.usd_per_month, "money")
    last = TOP + len(found.own) - 1
    for offset, words in enumerate((say("mean"), say("dearest case"), say("mean above knowing the case")), start=1):
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
        add_columns(chart, Series(name, [COMMITMENTS, TOP, 0, last, 0], [COMMITMENTS, TOP, 2 + look, last, 2 + look], look))
    dress(chart, say("Cost of each case"), say("case"), say("USD a month"), size=(900, 340))
    sheet.chart(last + 5, 0, chart, says=say("Cost of each case under each choice of commitments"))


def _held(book: Any, styles: Styles, found: Hedge) -> None:
    """The sheet Held: instances of each offer that a choice commits to."""
    sheet = Sheet(book, noted("Held"), styles)
    offers = sorted({name for choice in found.choices for name, _ in choice.held})
    sheet.widths([fitted(44, offers), *([24.0] * len(found.choices))])
    sheet.heading(say("What is held"), say("Instances reserved or bought before it is known which case comes."), len(found.choices))
    sheet.page(tall=1)
    sheet.header(3, [say("offer"), *(say(choice.name) for choice in found.choices)], range(1, 1 + len(found.choices)))
    for row, offer in enumerate(offers, start=4):
        sheet.put(row, 0, offer)
        for col, choice in enumerate(found.choices, start=1):
            sheet.put(row, col, dict(choice.held).get(offer, 0), "int")
    last = 4 + len(offers)
    sheet.put(last, 0, say("proven bound of its measure [USD a month]"), role="total")
    for col, choice in enumerate(found.choices, start=1):
        sheet.put(last, col, "" if choice.bound_usd_per_month is None else choice.bound_usd_per_month, "money", "total")


def _plans(book: Any, styles: Styles, found: Hedge) -> None:
    """The sheet Plans: the plan of every case under every choice."""
    sheet = Sheet(book, noted("Plans"), styles)
    rows = [(say(KNOWN), outcome) for outcome in found.own] + [(say(choice.name), outcome) for choice in found.choices for outcome in choice.cases]
    names = [say("commitments"), say("case"), *(say(field.header) for field in OUTCOME_FIELDS)]
    sheet.widths([26.0, fitted(20, (outcome.name for outcome in found.own)), *(field.width for field in OUTCOME_FIELDS)])
    sheet.heading(say("Plans"), say("The plan of every case under every choice, each audited on its own."))
    sheet.page(repeat=3)
    sheet.header(3, names)
    for row, (choice_name, outcome) in enumerate(rows, start=4):
        sheet.put(row, 0, choice_name)
        sheet.put(row, 1, outcome.name)
        for col, field in enumerate(OUTCOME_FIELDS, start=2):
            sheet.put(row, col, field.value(outcome), field.kind)
        sheet.lines(row, [(field.value(outcome), field.width) for field in OUTCOME_FIELDS if field.kind == "wrap"])
