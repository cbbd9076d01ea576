"""A result workbook as the input it was made from: the rows of its sheet Inputs that were given, put back into the sheet, row and field they name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from data.parse import CellError, parse_cell
from data.problems import Problem
from data.records.scenario import SETTINGS_SHEET
from data.tables import INPUT_SHEETS, Cell, Table, Tables, columns_of_sheet, find_field, sheet_name
from data.words import either, suggested

ECHO_SHEET = "Inputs"
ECHO_COLUMNS = ("sheet", "row", "name", "field", "title", "value", "unit", "origin")
# Where a value comes from: the input workbook; nowhere; what the program made of other cells; a text that no cell holds as it was.
GIVEN, DEFAULT, DERIVED, HARMED = "given", "default", "derived", "given, not whole"
_NEEDED = ("sheet", "row", "field", "value", "origin")

Grid = Mapping[int, Mapping[int, Cell]]  # row number → column number → filled cell


@dataclass(frozen=True)
class _Line:
    """One row of the sheet: a field of a row of an input sheet, with its value's cell."""

    sheet: str
    row: int
    field: str
    value: Cell
    origin: str


def is_echo(grid: Grid) -> bool:
    """Whether a sheet called Inputs is a result's: one of its rows names the columns."""
    return _header(grid) is not None


def echoed_tables(path: Path, grid: Grid) -> Tables:
    """The input tables that a result's sheet Inputs shows; a cell's address is that of the value on this sheet.

    What is not marked as given is left to its default. A text that the result could not hold whole, a changed value that is still marked as a default and a
    row that names no input are problems.
    """
    header = _header(grid)
    problems: list[Problem] = []
    lines = list(_lines(grid, *header, problems)) if header else []
    given = [_told(line) for line in lines if line.origin in (GIVEN, HARMED)]
    problems += [_changed(line) for line in lines if line.origin == DEFAULT and not _is_default(line)]
    name = next((str(line.value.raw) for line in lines if line.origin == DERIVED and line.field == "scenario_name" and line.value.filled), "")
    sheets = [sheet for sheet in INPUT_SHEETS if any(line.sheet == sheet for line in given)]
    tables = {sheet: _settings(given) if sheet == SETTINGS_SHEET else _table(sheet, [line for line in given if line.sheet == sheet]) for sheet in sheets}
    return Tables(path=str(path), sheets=tables, problems=tuple(problems), name=name)


def _header(grid: Grid) -> tuple[int, Mapping[str, int]] | None:
    """The number of the header row, and where each column stands."""
    for number, cells in grid.items():
        columns = {str(cell.raw).strip().casefold(): column for column, cell in cells.items() if not cell.problem}
        if all(name in columns for name in _NEEDED):
            return number, columns
    return None


def _lines(grid: Grid, header: int, columns: Mapping[str, int], problems: list[Problem]) -> Iterator[_Line]:
    """The rows below the header; appends to ``problems`` those that name no input, or one that stands above."""
    first: dict[tuple[str, int, str], str] = {}
    for number, cells in grid.items():
        if number <= header:
            continue
        found = {name: cells.get(columns[name], Cell(None, f"{ECHO_SHEET}!{number}")) for name in _NEEDED}
        if problem := _misnamed(found):
            problems.append(problem)
            continue
        sheet = str(sheet_name(str(found["sheet"].raw)))
        line = _Line(
            sheet, int(str(found["row"].raw)), str(find_field(sheet, str(found["field"].raw))), found["value"], str(found["origin"].raw).strip().casefold()
        )
        where = first.setdefault((line.sheet, line.row, line.field), line.value.where)
        if where == line.value.where:
            yield line
        else:
            problems.append(Problem(line.value.where, f"the same sheet, row and field stand twice (first in {where})", "keep one of them"))


def _misnamed(found: Mapping[str, Cell]) -> Problem | None:
    """Why a row names no field of an input row."""
    if broken := next((cell.problem for name, cell in found.items() if cell.problem and name != "value"), None):
        return broken
    texts = {name: "" if cell.raw is None else str(cell.raw).strip() for name, cell in found.items()}
    sheet = sheet_name(texts["sheet"])
    if sheet is None:
        what, enter = f"there is no input sheet '{texts['sheet'][:60]}'", suggested(texts["sheet"], INPUT_SHEETS, "the name of another input sheet")
        return Problem(found["sheet"].where, what, enter)
    if find_field(sheet, texts["field"]) is None:
        what, enter = f"'{texts['field'][:60]}' is not a field of {sheet}", suggested(texts["field"], columns_of_sheet(sheet), "another field of that sheet")
        return Problem(found["field"].where, what, enter)
    if not re.fullmatch(r"[1-9][0-9]{0,5}", texts["row"]):
        return Problem(found["row"].where, f"'{texts['row'][:60]}' is not the number of a row", "enter 1 for the first row of the sheet, 2 for the second")
    if texts["origin"].casefold() not in (GIVEN, DEFAULT, DERIVED, HARMED):
        return Problem(found["origin"].where, f"'{texts['origin'][:60]}' is no origin", f"enter {either((GIVEN, DEFAULT))}")
    return None


def _told(line: _Line) -> _Line:
    """A given row; where the result could not hold its text whole, with that problem in the place of its value."""
    if line.origin == GIVEN:
        return line
    what = f"{columns_of_sheet(line.sheet)[line.field].title} is not whole: no cell of a workbook holds it as it was"
    return replace(line, value=Cell(None, line.value.where, Problem(line.value.where, what, f"enter the whole text, and {GIVEN} as its origin")))


def _changed(line: _Line) -> Problem:
    title = columns_of_sheet(line.sheet)[line.field].title
    return Problem(line.value.where, f"{title} was changed, and its origin still says {DEFAULT}", f"enter {GIVEN} as its origin")


def _is_default(line: _Line) -> bool:
    column = columns_of_sheet(line.sheet)[line.field]
    try:
        return not line.value.filled or bool(parse_cell(column, line.value.raw) == column.default)
    except CellError:
        return False


def _settings(given: list[_Line]) -> Table:
    rows = tuple((Cell(line.field, line.value.where), line.value) for line in given if line.sheet == SETTINGS_SHEET)
    return Table(SETTINGS_SHEET, (Cell("setting", ECHO_SHEET), Cell("value", ECHO_SHEET)), rows)


def _table(sheet: str, given: list[_Line]) -> Table:
    """The rows of one sheet in their order, with the columns that any of them fills."""
    filled = {line.field for line in given}
    fields = [field for field in columns_of_sheet(sheet) if field in filled]
    rows: dict[int, dict[str, Cell]] = {}
    for line in given:
        rows.setdefault(line.row, {})[line.field] = line.value
    body = (rows[number] for number in sorted(rows))
    return Table(
        sheet,
        tuple(Cell(field, ECHO_SHEET) for field in fields),
        tuple(tuple(row.get(field) or Cell(None, next(iter(row.values())).where) for field in fields) for row in body),
    )
