"""The rows of a sheet as records, each field with the address it came from; a row with a broken cell keeps its other values."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar

from data.languages import say
from data.parse import CellError, parse_row
from data.problems import Problem
from data.records.scenario import SETTINGS_SHEET, SHEETS
from data.records.settings import Settings
from data.tables import Cell, Table, columns_of_sheet, key_field, match_headers

Record = TypeVar("Record")


@dataclass(frozen=True, kw_only=True)
class Entry(Generic[Record]):
    """One row of a sheet.

    ``values`` holds the fields that could be read, ``record`` all of them or None; ``where`` the address of every field that has a column;
    ``raw`` what the filled ones hold.
    """

    sheet: str
    values: Mapping[str, Any]
    record: Record | None
    where: Mapping[str, str] = field(default_factory=dict)
    raw: Mapping[str, object] = field(default_factory=dict)

    @property
    def given(self) -> frozenset[str]:
        """The fields that are filled."""
        return frozenset(self.raw)

    def at(self, name: str) -> str:
        """The address of a field; where it has no column, that of the row's first cell (of the sheet, if it has none)."""
        return self.where.get(name) or next(iter(self.where.values()), say(self.sheet))

    def problem(self, name: str, what: str, enter: str) -> Problem:
        """A problem of this row, told at the cell of the field ``name``."""
        return Problem(self.at(name), what, enter)

    def with_values(self, values: Mapping[str, Any]) -> Entry[Record]:
        """The same row with some of its values replaced."""
        record = None if self.record is None else replace(self.record, **values)  # type: ignore[type-var]
        return replace(self, values={**self.values, **values}, record=record)

    def without_record(self) -> Entry[Record]:
        """The same row, known to be broken."""
        return replace(self, record=None)


@dataclass(frozen=True)
class Entries(Generic[Record]):
    """All rows of one sheet and what was wrong with its cells; ``guessed`` are columns that a header not understood may have meant."""

    rows: tuple[Entry[Record], ...]
    problems: tuple[Problem, ...] = ()
    guessed: frozenset[str] = frozenset()


def record_of(sheet: str) -> type:
    """The record a row of ``sheet`` makes."""
    return Settings if sheet == SETTINGS_SHEET else SHEETS[sheet][0]


def read_entries(table: Table, catalogue: Mapping[str, object] | None = None) -> Entries[Any]:
    """The rows of a sheet as records.

    ``catalogue``: shipped records by name; a row that bears one of these names takes what it leaves blank from there.
    """
    if not table.header:
        return Entries(())
    columns = columns_of_sheet(table.sheet)
    headers = match_headers(table)
    if not headers.positions and not any(cell.problem for cell in table.header):
        what = say("the first filled row of {sheet} names none of its columns", sheet=table.called)
        return Entries((), (Problem(table.header[0].where, what, say("put the template's column titles there")),))
    known = {name.casefold(): record for name, record in (catalogue or {}).items()}
    told = {name for name, column in columns.items() if column.required and name not in headers.positions and (not known or name == key_field(table.sheet))}
    missing = [
        Problem(table.called, say("the column {title} is missing", title=columns[name].title), say("add it"))
        for name in columns
        if name in told - headers.guessed
    ]
    rows, problems = [], [*headers.problems, *missing]
    for cells in table.rows:
        found = {name: cells[position] for name, position in headers.positions.items()}
        base = known.get(str(found[key].raw).strip().casefold()) if (key := key_field(table.sheet)) in found else None
        entry, wrong = _read_row(table.sheet, found, base, told | headers.guessed)
        rows.append(entry.without_record() if headers.guessed else entry)
        problems += wrong
    return Entries(tuple(rows), tuple(problems), headers.guessed)


def read_settings(table: Table) -> Entries[Settings]:
    """The Settings sheet as one row; without a sheet, all defaults."""
    filled = [(setting, value) for setting, value in table.rows if setting.filled]
    problems = [
        Problem(value.where, say("has no setting beside it"), say("enter the setting's name or clear the value"))
        for setting, value in table.rows
        if not setting.filled
    ]
    headers = match_headers(Table(SETTINGS_SHEET, tuple(setting for setting, _ in filled)))
    entry, wrong = _read_row(SETTINGS_SHEET, {name: filled[position][1] for name, position in headers.positions.items()})
    return Entries((entry,), (*problems, *headers.problems, *wrong), headers.guessed)


def _read_row(sheet: str, cells: Mapping[str, Cell], base: object | None = None, told: Set[str] = frozenset()) -> tuple[Entry[Any], list[Problem]]:
    """One row and its problems; ``told`` are missing columns that the sheet's problems already name."""
    columns = columns_of_sheet(sheet)
    given = {name: cell.raw for name, cell in cells.items() if cell.filled}
    values, errors = parse_row(record_of(sheet), {name: cell.raw for name, cell in cells.items()})
    if base is not None:
        inherited = {name: getattr(base, name) for name in columns if name not in given or name == key_field(sheet)}
        values.update(inherited)
        errors = {name: error for name, error in errors.items() if name not in inherited}
    values = {name: value for name, value in values.items() if name not in cells or not cells[name].problem}
    entry: Entry[Any] = Entry(sheet=sheet, values=values, record=None, where={name: cell.where for name, cell in cells.items()}, raw=given)
    problems = [
        *(cell.problem for cell in cells.values() if cell.problem),
        *(_error(entry, name, error) for name, error in errors.items() if name not in told and not _broken(cells, name)),
    ]
    return (entry if problems or errors else replace(entry, record=record_of(sheet)(**values))), problems


def _error(entry: Entry[Any], name: str, error: CellError) -> Problem:
    return entry.problem(name, say("{column} {what}", column=columns_of_sheet(entry.sheet)[name].title, what=error.what), error.enter)


def _broken(cells: Mapping[str, Cell], name: str) -> bool:
    return name in cells and cells[name].problem is not None
