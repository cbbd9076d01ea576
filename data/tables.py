"""A workbook's input as raw cells, each with its address, before anything is made of them."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from data.fields import Column, columns_of
from data.languages import LANGUAGES, language_named, noted, said_in, say, speaking
from data.parse import is_blank
from data.problems import BadInput, Problem
from data.records.scenario import SETTINGS_SHEET, SHEETS
from data.records.settings import Settings
from data.words import near, suggested

INPUT_SHEETS = (*SHEETS, SETTINGS_SHEET)
SETTINGS_PAIR = (noted("setting"), noted("value"))
SETTINGS_NOTES = (noted("unit"), noted("default"), noted("meaning"))  # columns of the template's Settings sheet that say nothing new
# Sheets whose rows are laid over the shipped catalogue's: a row there may fill a known name and the changed fields only.
OVER_CATALOGUE = ("GPUs", "Models")


@dataclass(frozen=True, slots=True)
class Cell:
    """What one cell holds (None, text, number, flag, date) and its address; ``problem`` says why it cannot be read at all."""

    raw: object
    where: str
    problem: Problem | None = None

    @property
    def filled(self) -> bool:
        """Whether it holds anything (white space is nothing)."""
        return self.problem is not None or not is_blank(self.raw)


@dataclass(frozen=True)
class Table:
    """One sheet: its header and its rows that are not blank, each row as long as the header.

    The table of Settings has exactly two columns: setting and value. ``readable`` is False where the sheet could not be read at all.
    ``stands`` is its name as it stands in a workbook ("" outside one).
    """

    sheet: str
    header: tuple[Cell, ...] = ()
    rows: tuple[tuple[Cell, ...], ...] = ()
    readable: bool = True
    stands: str = ""

    @property
    def called(self) -> str:
        """What messages call the sheet."""
        return self.stands or say(self.sheet)


@dataclass(frozen=True)
class Tables:
    """All known sheets of one workbook by their proper names, with what was wrong or worth a warning in reading them.

    ``ignored`` are the names of the sheets that are none of the input's; ``name`` is the scenario's where its settings give it none ("": the file's name).
    """

    path: str
    sheets: Mapping[str, Table] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    warnings: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    name: str = ""


@dataclass(frozen=True)
class Headers:
    """Which column of a sheet stands where: field → position in the header; ``guessed`` are those a misspelt header may have meant."""

    positions: Mapping[str, int]
    guessed: frozenset[str]
    problems: tuple[Problem, ...]


def sheet_name(text: str) -> str | None:
    """The proper name of an input sheet written in any case and any language, or None."""
    return _sheets_by_name().get(text.strip().casefold())


@functools.cache
def _sheets_by_name() -> Mapping[str, str]:
    return {said_in(language, name).casefold(): name for language in LANGUAGES for name in INPUT_SHEETS}


def sheet_title(name: str, stands: str = "") -> str:
    """An input sheet as messages call it: in the language in which it ``stands`` in the workbook, else in the language spoken."""
    bare = stands.strip().casefold()
    return next((said for language in LANGUAGES if (said := said_in(language, name)).casefold() == bare), say(name))


def known_sheets() -> tuple[str, ...]:
    """The names that an input sheet may have here: in English and in the language spoken."""
    return tuple(dict.fromkeys((*INPUT_SHEETS, *(say(name) for name in INPUT_SHEETS))))


def language_of(tables: Tables) -> str:
    """The language that the tables' Settings ask for; "" where they ask for none there is."""
    table = tables.sheets.get(SETTINGS_SHEET) or Table(SETTINGS_SHEET)
    asked = (language_named(str(value.raw)) for setting, value in table.rows if find_field(SETTINGS_SHEET, str(setting.raw)) == "language")
    return next(filter(None, asked), "")


@functools.cache
def columns_of_sheet(sheet: str) -> Mapping[str, Column]:
    """Field → column of an input sheet (for Settings: of each setting)."""
    return columns_of(Settings if sheet == SETTINGS_SHEET else SHEETS[sheet][0])


def column_title(sheet: str, field_name: str) -> str:
    """What a column of an input sheet (for Settings: a setting) is called in the language spoken."""
    return columns_of_sheet(sheet)[field_name].title


def key_field(sheet: str) -> str:
    """The field that names a row of ``sheet``: its first column."""
    return next(iter(columns_of_sheet(sheet)))


def find_field(sheet: str, text: str) -> str | None:
    """The field of ``sheet`` whose name, title or title with [unit] ``text`` is, in any case; None if there is none."""
    return _fields_by_header(sheet).get(_normal(text))


@functools.cache
def _fields_by_header(sheet: str) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for language in LANGUAGES:
        with speaking(language):
            found |= {_normal(text): name for name, column in columns_of_sheet(sheet).items() for text in (name, column.title, column.header)}
    return found


def _normal(text: str) -> str:
    """Case, spaces and underscores do not tell two headers apart."""
    return re.sub(r"[\s_]+", "", text).casefold()


def match_headers(table: Table) -> Headers:
    """Assign a sheet's header cells to the fields of its record."""
    positions: dict[str, int] = {}
    problems: list[Problem] = []
    guessed: set[str] = set()
    settings = table.sheet == SETTINGS_SHEET
    for position, cell in enumerate(table.header):
        if cell.problem:
            problems.append(cell.problem)
            guessed.update(columns_of_sheet(table.sheet))
            continue
        name = find_field(table.sheet, str(cell.raw))
        if name is None:
            problem, guess = _unknown_column(table, cell)
            problems.append(problem)
            guessed.update(guess)
        elif name in positions:
            title, first = columns_of_sheet(table.sheet)[name].title, table.header[positions[name]].where
            what = noted("the setting {title} stands twice (first in {first})") if settings else noted("the column {title} stands twice (first in {first})")
            problems.append(Problem(cell.where, say(what, title=title, first=first), say("keep one of them")))
        else:
            positions[name] = position
    return Headers(positions, frozenset(guessed), tuple(problems))


def _unknown_column(table: Table, cell: Cell) -> tuple[Problem, tuple[str, ...]]:
    """The problem, and the fields that were perhaps meant."""
    columns, settings = columns_of_sheet(table.sheet), table.sheet == SETTINGS_SHEET
    text = str(cell.raw).strip()
    bare = text.partition("[")[0]
    if "[" in text and (name := find_field(table.sheet, bare)):
        column = columns[name]
        enter = noted("give it in {unit} and name it '{header}'") if column.unit else noted("give it without a unit and name it '{header}'")
        return Problem(cell.where, say("'{text}' has another unit", text=text[:60]), say(enter, unit=column.unit_said, header=column.header)), (name,)
    names = {title: name for name, column in columns.items() for title in (column.title, column.english_title, name)}
    found = [names[title] for title in near(bare, names, most=1)]
    if settings:
        what = say("'{text}' is not a setting", text=text[:60])
        enter = noted("name it {title} or delete the row") if found else noted("use one of the template's or delete the row")
    else:
        what = say("'{text}' is not a column of {sheet}", text=text[:60], sheet=table.called)
        enter = noted("name it {title} or delete the column") if found else noted("use one of the template's or delete the column")
    return Problem(cell.where, what, say(enter, title=columns[found[0]].title) if found else say(enter)), tuple(found)


def tables_with(tables: Tables, sheet: str, row: str, field_name: str, value: object, *, where: str = "") -> Tables:
    """The tables with one cell overridden: the field of the row that ``row`` names (no name for Settings).

    ``where`` is the address that problems of the new value are told with. Raises BadInput where there is no such sheet, row or field.
    """
    name = sheet_name(sheet)
    where = where or " ".join(part for part in (sheet, row, field_name) if part)
    if name is None:
        enter = suggested(sheet, known_sheets(), say("the name of another input sheet"))
        raise BadInput([Problem(where, say("there is no input sheet '{sheet}'", sheet=sheet), enter)])
    table = tables.sheets.get(name) or Table(name)
    found = find_field(name, field_name)
    if found is None:
        known = [*columns_of_sheet(name), *(column.title for column in columns_of_sheet(name).values())]
        what = say("'{text}' is not a field of {sheet}", text=field_name, sheet=table.called)
        raise BadInput([Problem(where, what, suggested(field_name, known, say("another field of that sheet")))])
    cell = Cell(value, where)
    changed = _with_setting(table, found, cell) if name == SETTINGS_SHEET else _with_cell(table, row, found, cell)
    return replace(tables, sheets={**tables.sheets, name: changed})


def _with_setting(table: Table, field_name: str, cell: Cell) -> Table:
    for index, (setting, _) in enumerate(table.rows):
        if find_field(SETTINGS_SHEET, str(setting.raw)) == field_name:
            return _replaced(table, index, 1, cell)
    header = table.header or (Cell("setting", cell.where), Cell("value", cell.where))
    return replace(table, header=header, rows=(*table.rows, (Cell(field_name, cell.where), cell)))


def _with_cell(table: Table, row: str, field_name: str, cell: Cell) -> Table:
    key = key_field(table.sheet)
    table = _with_column(_with_column(table, key, cell.where), field_name, cell.where)
    positions = match_headers(table).positions
    names = [str(cells[positions[key]].raw).strip() for cells in table.rows]
    rows = [index for index, name in enumerate(names) if name.casefold() == row.strip().casefold()]
    if len(rows) > 1:
        what = say("{sheet} has {count} rows named '{name}'", sheet=table.called, count=len(rows), name=row)
        raise BadInput([Problem(cell.where, what, say("override a sheet whose rows have names of their own"))])
    if not rows and table.sheet not in OVER_CATALOGUE:
        what = say("{sheet} has no row named '{name}'", sheet=table.called, name=row)
        raise BadInput([Problem(cell.where, what, suggested(row, names, say("another name of its first column")))])
    if not rows:
        blank = tuple(Cell(row if position == positions[key] else None, cell.where) for position in range(len(table.header)))
        table = replace(table, rows=(*table.rows, blank))
    return _replaced(table, rows[0] if rows else len(names), positions[field_name], cell)


def _with_column(table: Table, field_name: str, where: str) -> Table:
    if field_name in match_headers(table).positions:
        return table
    return replace(table, header=(*table.header, Cell(field_name, where)), rows=tuple((*cells, Cell(None, where)) for cells in table.rows))


def _replaced(table: Table, row: int, position: int, cell: Cell) -> Table:
    cells = tuple(cell if index == position else old for index, old in enumerate(table.rows[row]))
    return replace(table, rows=(*table.rows[:row], cells, *table.rows[row + 1 :]))
