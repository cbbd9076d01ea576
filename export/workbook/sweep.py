"""The workbook of a sweep: cost and plan over one field as a curve, over two as a heat map, and the values at which the plan changes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from data.languages import noted, number_format, say
from data.records.outcome import Outcome
from data.records.study import BreakEven, Sweep, SweepPoint, steps_with_other_plans
from data.sweeps import Swept
from export.figures import BILLING_WORDS, billing_words, readable, status_word
from export.text import cell_text
from export.workbook.book import new_book
from export.workbook.charts import Range, Series, add_columns, add_line, dress, title_text
from export.workbook.sheet import RIGHT, Field, Sheet, fitted
from export.workbook.study import OUTCOME_FIELDS
from export.workbook.style import Styles

TOP = 4  # the first point's row
FEW = 100  # values below it are shown with decimals along an axis
WIDE_PX, HIGH_PX = 1000, 340
POINTS, HEAT_MAP = noted("Sweep"), noted("Heat map")  # sheets that charts refer to
SENTENCE = noted("Each value planned on its own, to its own optimum. A row in bold has other offers than the row above.")
EVEN_SENTENCE = noted(
    "Where the plan takes up or leaves an offer between two steps of the sweep: solved on both sides, next to each other. "
    "A plan that changes and changes back between two steps is not seen: take more steps."
)
CHEAPEST, USD = noted("Cost of the cheapest plan"), noted("USD a month")


def write_sweep(path: Path, title: str, found: Sweep) -> None:
    """Write the workbook, whole or not at all. Raises OSError."""
    with new_book(path, say("Sweep of {title}", title=title)) as (book, styles):
        if len(found.swept) > 1:
            _heat_map(book, styles, title, found)
        _points(book, styles, title, found)
        if len(found.swept) == 1:
            _break_evens(book, styles, found)


def _points(book: Any, styles: Styles, title: str, found: Sweep) -> None:
    """The sheet Sweep: a row a point, and of one field the charts."""
    sheet = Sheet(book, POINTS, styles)
    billings = [kind for kind in BILLING_WORDS if any(kind in point.outcome.usd_by_billing for point in found.points)]
    fields = [
        *(_value(index, field) for index, field in enumerate(found.swept)),
        *(_of(field) for field in OUTCOME_FIELDS),
        *(_billed(kind) for kind in billings),
    ]
    sheet.widths([fitted(field.width, [field.header], 24) if index < len(found.swept) else field.width for index, field in enumerate(fields)])
    sheet.heading(say("{title}: sweep", title=title[:80]), say(SENTENCE), 6)
    sheet.page(repeat=TOP - 1)
    names, right = [field.header for field in fields], [col for col, field in enumerate(fields) if field.kind in RIGHT]
    sheet.header(TOP - 1, names, right, filtered=True)
    others = set(steps_with_other_plans(found.points)) if len(found.swept) == 1 else set()
    for offset, point in enumerate(found.points):
        for col, field in enumerate(fields):
            sheet.put(TOP + offset, col, field.value(point), field.kind, "strong" if offset in others and col < len(fields) - len(billings) else "plain")
        sheet.lines(TOP + offset, [(field.value(point), field.width) for field in fields if field.kind == "wrap"])
    sheet.excel_table(TOP - 1, len(found.points), names, right, "Sweep")
    sheet.work.freeze_panes(TOP, len(found.swept))
    if len(found.swept) == 1:
        _charts(book, styles, found, billings)


def _charts(book: Any, styles: Styles, found: Sweep, billings: list[str]) -> None:
    """The sheet Charts: cost over the field, and whose share of it is bought how."""
    sheet = Sheet(book, noted("Charts"), styles)
    sheet.heading(say("Charts"), say("The points of the sheet Sweep over {field}.", field=cell_text(found.swept[0].title)[:100]), 14)
    sheet.page(tall=1)
    sheet.chart(3, 0, _curve(book, found), says=say("Cost a month over the field"))
    sheet.chart(21, 0, _split(book, found, billings, len(found.swept) + len(OUTCOME_FIELDS)), says=say("Cost a month by billing kind"))


def _value(index: int, swept: Swept) -> Field[SweepPoint]:
    return Field(cell_text(swept.title)[:80], 14, "number", lambda point: point.values[index])


def _of(field: Field[Outcome]) -> Field[SweepPoint]:
    return Field(say(field.header), field.width, field.kind, lambda point: field.value(point.outcome))


def _billed(kind: str) -> Field[SweepPoint]:
    header = say("{billing} [USD a month]", billing=billing_words(kind))
    return Field(header, 14, "money", lambda point: point.outcome.usd_by_billing.get(kind, 0.0) if point.outcome.planned else "")


def _curve(book: Any, found: Sweep) -> Any:
    """Cost over the field."""
    chart = book.add_chart({"type": "scatter", "subtype": "straight_with_markers"})
    last = TOP + len(found.points) - 1
    add_line(chart, Series(say(USD), [POINTS, TOP, 0, last, 0], [POINTS, TOP, 2, last, 2]), size=4)
    dress(chart, say(CHEAPEST), title_text(found.swept[0].title), say(USD), legend=False, size=(WIDE_PX, HIGH_PX))
    if found.swept[0].log:
        chart.x_axis.update({"log_base": 10, "min": min(found.swept[0].values), "max": max(found.swept[0].values)})
        chart.y_axis.update({"log_base": 10, "min": None})
    return chart


def _split(book: Any, found: Sweep, billings: list[str], first: int) -> Any:
    """Share of each billing kind in the cost, over the field."""
    chart = book.add_chart({"type": "column", "subtype": "percent_stacked"})
    last = TOP + len(found.points) - 1
    names: Range = [POINTS, TOP, 0, last, 0]
    for look, kind in enumerate(billings):
        add_columns(chart, Series(billing_words(kind), names, [POINTS, TOP, first + look, last, first + look], look), gap=10, overlap=100)
    title = say("Share of each billing kind in the cost")
    dress(chart, title, title_text(found.swept[0].title), say("share"), y_format="0%", size=(WIDE_PX, HIGH_PX))
    few = max(abs(value) for value in found.swept[0].values) < FEW
    chart.x_axis.update({"num_format": number_format("0.00" if few else "#,##0"), "num_format_linked": False})
    return chart


def _break_evens(book: Any, styles: Styles, found: Sweep) -> None:
    """The sheet Break-even: where the plan takes up or leaves an offer."""
    sheet = Sheet(book, noted("Break-even"), styles)
    field = found.swept[0]
    fields: list[Field[BreakEven]] = [
        Field(say("up to: {field}", field=cell_text(field.title)[:60]), 18, "number", lambda change: change.low),
        Field(noted("and from"), 18, "number", lambda change: change.high),
        Field(noted("the plan leaves"), 40, "wrap", lambda change: mix_words(change.left)),
        Field(noted("the plan takes up"), 40, "wrap", lambda change: mix_words(change.taken_up)),
        Field(USD, 15, "money", lambda change: "" if change.after.usd_per_month is None else change.after.usd_per_month),
        Field(noted("plan before"), 50, "wrap", lambda change: _plan(change.before)),
        Field(noted("plan after"), 50, "wrap", lambda change: _plan(change.after)),
    ]
    sheet.widths([each.width for each in fields])
    sheet.heading(say("Where the plan changes"), say(EVEN_SENTENCE), len(fields) - 1)
    sheet.page(repeat=3)
    if found.break_evens:
        sheet.table(3, "BreakEven", fields, found.break_evens)
    else:
        sheet.nothing(3, say("The plan is made of the same offers at all values."))


def _plan(outcome: Outcome) -> Any:
    return OUTCOME_FIELDS[-1].value(outcome)


def mix_words(mix: tuple[tuple[str, str], ...]) -> str:
    """Offers with their billing in words; a status where there is no plan."""
    words = (f"{offer} ({billing_words(billing)})" if offer else say("no plan: {status}", status=status_word(billing)) for offer, billing in mix)
    return ", ".join(words) or say("nothing")


def _heat_map(book: Any, styles: Styles, title: str, found: Sweep) -> None:
    """The sheet Heat map: cost over two fields, coloured from the cheapest to the dearest, and below the GPUs."""
    sheet = Sheet(book, HEAT_MAP, styles)
    across, down = found.swept[0], found.swept[1]
    sheet.widths([18.0, *([12.0] * len(across.values))])
    sentence = say("{across} across, {down} down; USD a month of the cheapest plan.", across=across.title, down=down.title)
    sheet.heading(say("{title}: cost over two inputs", title=title[:80]), sentence, 8)
    sheet.page(tall=1)
    at = {point.values: point.outcome for point in found.points}
    row = _matrix(sheet, 3, say(USD), found, lambda values: at[values].usd_per_month if at[values].planned else status_word(at[values].status))
    colours = {"type": "3_color_scale", "min_color": "#FFFFFF", "mid_color": "#A9D0EE", "max_color": "#5B87AD"}
    sheet.work.conditional_format(5, 1, 4 + len(down.values), len(across.values), colours)
    _matrix(sheet, row + 1, say("GPUs"), found, lambda values: at[values].gpus if at[values].planned else status_word(at[values].status))
    chart = book.add_chart({"type": "scatter", "subtype": "straight_with_markers"})
    for look in range(min(len(down.values), 6)):
        line = 5 + look * max(1, (len(down.values) - 1) // 5)
        if line < 5 + len(down.values):
            name = f"{down.field} {readable(down.values[line - 5])}"
            add_line(chart, Series(name, [HEAT_MAP, 4, 1, 4, len(across.values)], [HEAT_MAP, line, 1, line, len(across.values)], look), size=4)
    dress(chart, say(CHEAPEST), title_text(across.title), say(USD), size=(WIDE_PX, HIGH_PX))
    if across.log:
        chart.x_axis.update({"log_base": 10, "min": min(across.values), "max": max(across.values)})
    sheet.chart(row + len(down.values) + 5, 0, chart, says=say("Cost a month over the first field, a line for each value of the second"))


def _matrix(sheet: Sheet, row: int, what: str, found: Sweep, value: Callable[[tuple[float, ...]], float | str | None]) -> int:
    """One figure over both fields: a header row of the first field's values, a row for each of the second's; returns the first free row."""
    across, down = found.swept[0], found.swept[1]
    sheet.section(row, what, len(across.values))
    sheet.put(row + 1, 0, "", role="strong")
    for col, first in enumerate(across.values, start=1):
        sheet.put(row + 1, col, first, "number", "strong")
    for line, second in enumerate(down.values, start=row + 2):
        sheet.put(line, 0, second, "number", "strong")
        for col, first in enumerate(across.values, start=1):
            shown = value((first, second))
            sheet.put(line, col, shown, "int" if isinstance(shown, (int, float)) else "text")
    return row + 2 + len(down.values)
