"""The Inputs sheet: what was asked for, field by field, defaults marked.

One row a field: sheet, row (from 1), name, field, value, unit, origin. Rows of origin "given" are the input workbook's cells; put back into the sheet, row
and field they name, they make the same scenario. The shipped catalogue's rows are not repeated: Sources names the version that holds them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from data.fields import Column, columns_of
from data.library import shipped_gpus, shipped_models
from data.records.scenario import SETTINGS_SHEET, SHEETS, Scenario
from data.records.settings import Settings
from export.workbook.result import Result
from export.workbook.sheet import Sheet
from export.workbook.style import Kind, Role, Styles

COLUMNS = ("sheet", "row", "name", "field", "title", "value", "unit", "origin")
WIDTHS = (14, 6, 26, 28, 28, 44, 14, 10)
SENTENCE = (
    "Everything the plan was made from, field by field, as read: rows of origin given were filled in the input workbook, the others are defaults "
    "(in italics). Of offers, GPUs and models only the workbook's own rows are shown; the rest is the shipped catalogue."
)
WHOLE = ("Workloads",)  # sheets of which defaults are shown too, as is Settings


@dataclass(frozen=True)
class Entry:
    """One field of one input row."""

    sheet: str
    row: int
    name: str
    field: str
    column: Column
    value: object
    given: bool


def write(book: Any, styles: Styles, result: Result) -> None:
    """Write the sheet Inputs."""
    sheet = Sheet(book, "Inputs", styles)
    sheet.widths(WIDTHS)
    sheet.heading("Inputs", SENTENCE, len(COLUMNS) - 1)
    sheet.page(repeat=3)
    entries = list(entries_of(result.scenario))
    sheet.header(3, COLUMNS, filtered=True)
    for offset, entry in enumerate(entries, start=4):
        _row(sheet, offset, entry)
    sheet.excel_table(3, len(entries), COLUMNS, (), "Inputs")
    sheet.work.freeze_panes(4, 0)


def _row(sheet: Sheet, row: int, entry: Entry) -> None:
    role: Role = "plain" if entry.given else "default"
    value, kind = shown(entry.value)
    cells = (entry.sheet, entry.row, entry.name, entry.field, entry.column.title, value, entry.column.unit, "given" if entry.given else "default")
    kinds: dict[int, Kind] = {1: "figure", 5: kind}
    for col, cell in enumerate(cells):
        sheet.put(row, col, cell, kinds.get(col, "text"), role)


def shown(value: object) -> tuple[object, Kind]:
    """A field's value as a cell that reads back as the same, and its kind."""
    if isinstance(value, tuple):
        return ", ".join(str(item) for item in value), "text"
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value, "text"
    if isinstance(value, date):
        return value, "date"
    return value, "figure"


def entries_of(scenario: Scenario) -> Iterator[Entry]:
    """All fields to show: Settings and Workloads whole, of the other sheets what was given."""
    yield from _entries(scenario, SETTINGS_SHEET, Settings, [scenario.settings], whole=True)
    for sheet, (record, _) in SHEETS.items():
        yield from _entries(scenario, sheet, record, _own_rows(scenario, sheet), whole=sheet in WHOLE)


def _entries(scenario: Scenario, sheet: str, record: type, rows: list[Any], *, whole: bool) -> Iterator[Entry]:
    columns = columns_of(record)
    key = next(iter(columns))
    for number, row in enumerate(rows):
        name = "" if sheet == SETTINGS_SHEET else str(getattr(row, key))
        for field, column in columns.items():
            value = getattr(row, field)
            given = (sheet, number, field) in scenario.given or column.required or value != column.default
            if whole or given:
                yield Entry(sheet, number + 1, name, field, column, value, given)


def _own_rows(scenario: Scenario, sheet: str) -> list[Any]:
    """The rows of a sheet that are the workbook's own: all, or those that stand before or differ from the shipped ones."""
    rows = getattr(scenario, SHEETS[sheet][1])
    if isinstance(rows, Mapping):
        shipped: Mapping[str, Any] = shipped_gpus() if sheet == "GPUs" else shipped_models()
        return [row for name, row in rows.items() if shipped.get(name) != row]
    if sheet in ("Offers", "Profiles"):
        own = 1 + max((number for name, number, _ in scenario.given if name == sheet), default=-1)
        return list(rows[:own]) if sheet == "Profiles" or scenario.settings.offers != "catalogue" else []
    return list(rows)
