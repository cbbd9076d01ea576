"""The Inputs sheet: what was asked for, field by field, defaults marked.

One row a field: sheet, row (from 1), name, field, value, unit, origin. Rows of origin "given" are the input workbook's cells as they were typed; the program
reads them back (:mod:`data.echo`) and makes the same scenario of them. The shipped catalogue's rows are not repeated: Sources names its version.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from data.echo import DEFAULT, DERIVED, ECHO_COLUMNS, ECHO_SHEET, GIVEN, HARMED
from data.fields import Column
from data.languages import noted, say
from data.records.scenario import SETTINGS_SHEET, SHEETS, Scenario
from data.tables import columns_of_sheet, key_field
from export.text import holds
from export.workbook.result import Result
from export.workbook.sheet import Sheet, fitted
from export.workbook.style import Kind, Role, Styles

WIDTHS = (14, 6, 26, 28, 28, 44, 14, 10)
FITTED = (0, 4, 6, 7)  # columns of the program's words
SENTENCE = noted(
    "Everything the plan was made from, field by field, as typed: rows of origin given were filled in the input workbook, the others are defaults "
    "(in italics) or derived from them. Of offers, GPUs and models only the workbook's own rows are shown; the rest is the shipped catalogue. "
    "Planning this workbook again reads the given rows."
)
WHOLE = ("Workloads",)  # sheets of which defaults are shown too, as is Settings
FIRST_YEAR = 1901  # dates before are texts: Excel's calendar has a day too many in 1900


@dataclass(frozen=True)
class Entry:
    """One field of one input row, and where its value comes from."""

    sheet: str
    row: int
    name: str
    field: str
    column: Column
    value: object
    unit: str
    origin: str


def write(book: Any, styles: Styles, result: Result) -> None:
    """Write the sheet Inputs."""
    sheet = Sheet(book, ECHO_SHEET, styles)
    entries = list(entries_of(result.scenario))
    rows = [_cells(entry) for entry in entries]
    sheet.widths([fitted(width, (row[col] for row in rows)) if col in FITTED else width for col, width in enumerate(WIDTHS)])
    sheet.heading(say(ECHO_SHEET), say(SENTENCE), len(ECHO_COLUMNS) - 1)
    sheet.page(repeat=3)
    names = [say(name) for name in ECHO_COLUMNS]
    sheet.header(3, names, filtered=True)
    for offset, (entry, cells) in enumerate(zip(entries, rows, strict=True), start=4):
        _row(sheet, offset, entry, cells)
    sheet.excel_table(3, len(entries), names, (), ECHO_SHEET)
    sheet.work.freeze_panes(4, 0)


def _cells(entry: Entry) -> tuple[object, ...]:
    """The cells of a field, in the order of their columns."""
    value, _ = shown(entry.value, entry.column)
    return say(entry.sheet), entry.row, entry.name, entry.field, entry.column.title, value, entry.unit, say(entry.origin)


def _row(sheet: Sheet, row: int, entry: Entry, cells: tuple[object, ...]) -> None:
    role: Role = "plain" if entry.origin in (GIVEN, HARMED) else "default"
    kinds: dict[int, Kind] = {1: "figure", 5: shown(entry.value, entry.column)[1]}
    for col, cell in enumerate(cells):
        sheet.put(row, col, cell, kinds.get(col, "text"), role)


def shown(value: object, column: Column) -> tuple[object, Kind]:
    """A field's value as a cell that reads back as the same, and its kind."""
    if isinstance(value, bool):
        words = noted("yes") if value else noted("no")
        return say(words) if column.kind == "flag" else words, "text"  # a name is not said
    if isinstance(value, (int, float)):
        return _figure(value)
    if isinstance(value, date):
        day = value.date() if isinstance(value, datetime) else value
        return (day, "date") if column.kind == "date" and day.year >= FIRST_YEAR else (value.isoformat(), "text")
    if isinstance(value, tuple):
        return ", ".join(str(item) for item in value), "text"
    return value if value is None else str(value), "text"


def _figure(value: float) -> tuple[object, Kind]:
    """A number with all its digits: as text where the file's writer would drop one."""
    if float(f"{value:.16G}") != value:
        return repr(value), "text"
    return value, "figure" if value == int(value) else "text"  # a text's format shows the digits typed


def entries_of(scenario: Scenario) -> Iterator[Entry]:
    """All fields to show: Settings and Workloads whole, of the other sheets what was given."""
    for sheet in (SETTINGS_SHEET, *SHEETS):
        known = [scenario.settings] if sheet == SETTINGS_SHEET else list(getattr(scenario, SHEETS[sheet][1])) if sheet in WHOLE else []
        filled = [row for name, row, _ in scenario.cells if name == sheet]
        for row in range(max(len(known), 1 + max(filled, default=-1))):
            yield from _entries(scenario, sheet, row, known[row] if row < len(known) else None)


def _entries(scenario: Scenario, sheet: str, row: int, record: object | None) -> Iterator[Entry]:
    """The fields of one input row; of a ``record`` those not given too."""
    name = "" if sheet == SETTINGS_SHEET else str(scenario.cells.get((sheet, row, key_field(sheet)), ""))
    for field, column in columns_of_sheet(sheet).items():
        key = (sheet, row, field)
        if key in scenario.cells:
            value = scenario.cells[key]
            origin = HARMED if isinstance(value, str) and not holds(value) else GIVEN
        elif record is not None:
            value, origin = getattr(record, field), DEFAULT
            if field == "scenario_name":
                value = scenario.name
            if value != column.default:
                origin = DERIVED
        else:
            continue
        yield Entry(sheet, row + 1, name, field, column, value, _unit(scenario, sheet, row, column), origin)


def _unit(scenario: Scenario, sheet: str, row: int, column: Column) -> str:
    """The unit of a cell as said: prices of an offer are in the currency its row names."""
    code = str(scenario.cells.get((sheet, row, "currency"), "USD")).strip().upper() if sheet == "Offers" else "USD"
    return column.unit_said.replace("USD", code) if column.unit.startswith("USD") else column.unit_said
