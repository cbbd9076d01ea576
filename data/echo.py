"""A result workbook as the input it was made from: the rows of its sheet Inputs that were given, put back into the sheet, row and field they name.

The sheet, its columns and the origins of its values are read in any language; the constants here are their English names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from data.languages import meant, noted, say, speaking
from data.parse import CellError, parse_cell
from data.problems import Problem
from data.records.scenario import SETTINGS_SHEET
from data.tables import INPUT_SHEETS, Cell, Table, Tables, columns_of_sheet, find_field, known_sheets, language_of, sheet_name, sheet_title
from data.words import either, suggested

ECHO_SHEET = noted("Inputs")
ECHO_COLUMNS = (noted("sheet"), noted("row"), noted("name"), noted("field"), noted("title"), noted("value"), noted("unit"), noted("origin"))
# Where a value comes from: the input workbook; nowhere; what the program made of other cells; a text that no cell holds as it was.
GIVEN, DEFAULT, DERIVED, HARMED = noted("given"), noted("default"), noted("derived"), noted("given, not whole")
ORIGINS = (GIVEN, DEFAULT, DERIVED, HARMED)
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
    with speaking(_language(grid, header[1]) if header else ""):
        return _tables(path, grid, header)


def _tables(path: Path, grid: Grid, header: tuple[int, Mapping[str, int]] | None) -> Tables:
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
        columns = {name: column for column, cell in cells.items() if not cell.problem and (name := meant(str(cell.raw), ECHO_COLUMNS))}
        if all(name in columns for name in _NEEDED):
            return number, columns
    return None


def _language(grid: Grid, columns: Mapping[str, int]) -> str:
    """The language that the sheet's settings ask for; "" if they ask for none."""
    rows = ((Cell(cells[columns["field"]].raw, ""), cells[columns["value"]]) for cells in grid.values() if cells.keys() >= {columns["field"], columns["value"]})
    return language_of(Tables("", {SETTINGS_SHEET: Table(SETTINGS_SHEET, rows=tuple(rows))}))


def _lines(grid: Grid, header: int, columns: Mapping[str, int], problems: list[Problem]) -> Iterator[_Line]:
    """The rows below the header; appends to ``problems`` those that name no input, or one that stands above."""
    first: dict[tuple[str, int, str], str] = {}
    stands = next(cell.where for cells in grid.values() for cell in cells.values()).rpartition("!")[0]
    for number, cells in grid.items():
        if number <= header:
            continue
        found = {name: cells.get(columns[name], Cell(None, f"{stands}!{number}")) for name in _NEEDED}
        if problem := _misnamed(found):
            problems.append(problem)
            continue
        sheet = str(sheet_name(str(found["sheet"].raw)))
        field, origin = find_field(sheet, str(found["field"].raw)), meant(str(found["origin"].raw), ORIGINS)
        line = _Line(sheet, int(str(found["row"].raw)), str(field), found["value"], str(origin))
        where = first.setdefault((line.sheet, line.row, line.field), line.value.where)
        if where == line.value.where:
            yield line
        else:
            problems.append(
                Problem(line.value.where, say("the same sheet, row and field stand twice (first in {first})", first=where), say("keep one of them"))
            )


def _misnamed(found: Mapping[str, Cell]) -> Problem | None:
    """Why a row names no field of an input row."""
    if broken := next((cell.problem for name, cell in found.items() if cell.problem and name != "value"), None):
        return broken
    texts = {name: "" if cell.raw is None else str(cell.raw).strip() for name, cell in found.items()}
    sheet = sheet_name(texts["sheet"])
    if sheet is None:
        enter = suggested(texts["sheet"], known_sheets(), say("the name of another input sheet"))
        return Problem(found["sheet"].where, say("there is no input sheet '{sheet}'", sheet=texts["sheet"][:60]), enter)
    if find_field(sheet, texts["field"]) is None:
        what = say("'{text}' is not a field of {sheet}", text=texts["field"][:60], sheet=sheet_title(sheet, texts["sheet"]))
        return Problem(found["field"].where, what, suggested(texts["field"], columns_of_sheet(sheet), say("another field of that sheet")))
    if not re.fullmatch(r"[1-9][0-9]{0,5}", texts["row"]):
        what = say("'{text}' is not the number of a row", text=texts["row"][:60])
        return Problem(found["row"].where, what, say("enter 1 for the first row of the sheet, 2 for the second"))
    if meant(texts["origin"], ORIGINS) is None:
        what = say("'{text}' is no origin", text=texts["origin"][:60])
        return Problem(found["origin"].where, what, say("enter {names}", names=either((say(GIVEN), say(DEFAULT)))))
    return None


def _told(line: _Line) -> _Line:
    """A given row; where the result could not hold its text whole, with that problem in the place of its value."""
    if line.origin == GIVEN:
        return line
    what = say("{title} is not whole: no cell of a workbook holds it as it was", title=columns_of_sheet(line.sheet)[line.field].title)
    enter = say("enter the whole text, and {origin} as its origin", origin=say(GIVEN))
    return replace(line, value=Cell(None, line.value.where, Problem(line.value.where, what, enter)))


def _changed(line: _Line) -> Problem:
    title = columns_of_sheet(line.sheet)[line.field].title
    what = say("{title} was changed, and its origin still says {origin}", title=title, origin=say(DEFAULT))
    return Problem(line.value.where, what, say("enter {origin} as its origin", origin=say(GIVEN)))


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
