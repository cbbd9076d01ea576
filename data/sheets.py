"""From a workbook to its raw cells: the cached values of formulas, and in words what a cell or a sheet is that cannot be read."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from data.echo import ECHO_SHEET, echoed_tables, is_echo
from data.languages import meant, say, speaking
from data.problems import BadInput, Problem
from data.records.scenario import SETTINGS_SHEET
from data.tables import SETTINGS_NOTES, SETTINGS_PAIR, Cell, Table, Tables, known_sheets, language_of, sheet_name, sheet_title
from data.words import listed, near
from data.workbook_file import MAX_CELLS, MAX_CHARACTERS, MAX_COLUMNS, MAX_ROWS, SheetFacts, read_workbook_file, refuse

MAX_MERGED_TOLD = 20  # merged ranges named one by one; more are counted
_CARRIAGE_RETURN = re.compile("_x000D_\n?")  # as the format writes one (ECMA-376, ST_Xstring): a line's end, pasted from Windows


@dataclass(frozen=True)
class _Sheet:
    """A table as read, and what was found on the way."""

    table: Table
    problems: tuple[Problem, ...] = ()
    warnings: tuple[str, ...] = ()


def read_tables(path: Path) -> Tables:
    """All input sheets of a workbook as raw cells, or the input that a result workbook shows on its sheet Inputs.

    Raises BadInput for a file that cannot be read; other problems stand in the tables.
    """
    file = read_workbook_file(path)
    from openpyxl import load_workbook  # noqa: PLC0415

    try:
        with warnings.catch_warnings():  # of things in the file that do not matter here: unknown extensions, styles
            warnings.simplefilter("ignore")
            book = load_workbook(io.BytesIO(file.content), read_only=True, data_only=True, keep_links=False)
            sheets: list[Any] = [*book.worksheets]
            known = [(sheet_name(sheet.title), sheet) for sheet in sheets]
            _check_size(path, [file.parts[sheet._worksheet_path] for name, sheet in known if name])
            language = _language(known, file.parts)
            with speaking(language):
                read = [_read_sheet(name, sheet, file.parts[sheet._worksheet_path]) for name, sheet in known if name]
            echo = _echo(sheets, file.parts) if not read else {}
    except BadInput:
        raise
    except Exception as error:  # noqa: BLE001 - the library raises whatever its parsing runs into
        what = say("cannot be read as a workbook ({error})", error=f"{type(error).__name__}: {str(error)[:100]}")
        refuse(path, what, say("open it in Excel or LibreOffice and save it again"))
    if is_echo(echo):
        return echoed_tables(path, echo)
    with speaking(language):
        return _tables(path, read, tuple(sheet.title for name, sheet in known if not name and not sheet.title.startswith("_")))


def _tables(path: Path, read: Sequence[_Sheet], ignored: tuple[str, ...]) -> Tables:
    """The sheets of a workbook together."""
    names = [sheet.table.sheet for sheet in read]
    twice = tuple(
        Problem(sheet_title(name), say("the sheet stands twice (spaces and case do not count)"), say("keep one of them"))
        for name in dict.fromkeys(names)
        if names.count(name) > 1
    )
    return Tables(
        path=str(path),
        sheets={sheet.table.sheet: sheet.table for sheet in reversed(read)},
        problems=(*twice, *(problem for sheet in read for problem in sheet.problems)),
        warnings=(*_unknown_sheets(ignored), *(text for sheet in read for text in sheet.warnings)),
        ignored=ignored,
    )


def _language(known: Iterable[tuple[str | None, Any]], parts: Mapping[str, SheetFacts]) -> str:
    """The language that a workbook's Settings ask for, which its problems are told in; "" if they ask for none."""
    for name, sheet in known:
        if name == SETTINGS_SHEET and not (facts := parts[sheet._worksheet_path]).too_large:
            return language_of(Tables("", {name: _read_sheet(name, sheet, facts).table}))
    return ""


def _check_size(path: Path, sheets: Iterable[SheetFacts]) -> None:
    if sum(facts.cells for facts in sheets if not facts.too_large) > MAX_CELLS:
        what = say("has more than {most:,} cells in its input sheets", most=MAX_CELLS)
        refuse(path, what, say("delete what is not input: offers not open to you, formatted blank rows"))


def _echo(sheets: Iterable[Any], parts: Mapping[str, SheetFacts]) -> _Grid:
    """The filled cells of the sheet Inputs of a workbook without input sheets; empty if it has none that can be read."""
    for sheet in sheets:
        facts = parts[sheet._worksheet_path]
        if meant(sheet.title, (ECHO_SHEET,)) and not facts.too_large:
            return dict(_filled_rows(sheet.title, sheet, facts))
    return {}


def _unknown_sheets(titles: Iterable[str]) -> Iterator[str]:
    for title in titles:
        if guess := near(title, known_sheets(), most=1):
            yield say("the sheet '{title}' is not an input sheet and is ignored (did you mean {guess}?)", title=title, guess=guess[0])
        else:
            yield say("the sheet '{title}' is not an input sheet and is ignored", title=title)


def _read_sheet(name: str, sheet: Any, facts: SheetFacts) -> _Sheet:
    title = sheet_title(name, sheet.title)
    if facts.too_large:
        enter = say("delete what is not input (at most {rows:,} rows and {columns} columns of a sheet are read)", rows=MAX_ROWS, columns=MAX_COLUMNS)
        return _Sheet(Table(name, readable=False, stands=title), (Problem(title, str(facts.too_large), enter),))
    grid = dict(_filled_rows(title, sheet, facts))
    if not grid:
        return _Sheet(Table(name, stands=title))
    merged = _mark_merged(title, facts, grid)
    (_, top_row), *body = grid.items()
    header = dict(sorted(top_row.items()))
    stray = {column: cell.where for _, row in reversed(body) for column, cell in row.items() if column not in header and cell.problem not in merged}
    problems = [*merged, *(Problem(where, say("has no header above it"), say("name its column or clear its cells")) for where in stray.values())]
    table = Table(
        sheet=name,
        stands=title,
        header=tuple(header.values()),
        rows=tuple(
            tuple(row.get(column) or Cell(None, _address(title, column, number)) for column in header) for number, row in body if row.keys() & header.keys()
        ),
    )
    if name == SETTINGS_SHEET:
        table, wrong = _two_columns(table)
        problems += wrong
    return _Sheet(table, tuple(problems), tuple(_hidden(title, sheet, facts, grid)))


_Grid = dict[int, dict[int, Cell]]  # row number → column number → filled cell


def _filled_rows(title: str, sheet: Any, facts: SheetFacts) -> Iterator[tuple[int, dict[int, Cell]]]:
    from openpyxl.cell.read_only import EMPTY_CELL  # noqa: PLC0415

    sheet.reset_dimensions()  # what a file says of its own size may be wrong
    previous = None
    for number, row in enumerate(sheet.iter_rows(max_col=max(facts.last_column, 1)), start=1):
        if row is previous:  # the library's one object for all rows of a gap, which may be a million
            continue
        previous = row
        cells = {column: _cell(title, cell, facts) for column, cell in enumerate(row, start=1) if cell is not EMPTY_CELL}
        if filled := {column: cell for column, cell in cells.items() if cell.filled}:
            yield number, filled


def _cell(title: str, cell: Any, facts: SheetFacts) -> Cell:
    where = f"{title}!{cell.coordinate}"
    if cell.data_type == "e":
        return Cell(None, where, Problem(where, say("holds the error {error}", error=cell.value), say("correct its formula or enter a value")))
    if cell.coordinate in facts.uncalculated:
        enter = say("open the workbook in Excel or LibreOffice and save it, or enter a value")
        return Cell(None, where, Problem(where, say("holds a formula that was never calculated"), enter))
    if isinstance(cell.value, str) and len(cell.value) > MAX_CHARACTERS:
        return Cell(None, where, Problem(where, say("has more than {most:,} characters", most=MAX_CHARACTERS), say("shorten it")))
    return Cell(_CARRIAGE_RETURN.sub("\n", cell.value) if isinstance(cell.value, str) else cell.value, where)


def _mark_merged(title: str, facts: SheetFacts, grid: _Grid) -> list[Problem]:
    """Give every cell of the grid that belongs to a merged range its problem; the problems."""
    from openpyxl.utils import range_boundaries  # noqa: PLC0415

    problems = []
    bottom, right = max(grid), max(column for row in grid.values() for column in row)
    for text in facts.merged[:MAX_MERGED_TOLD]:
        left, top, last_column, last_row = (bound or 1 for bound in range_boundaries(text))
        rows = [number for number in range(top, min(last_row, bottom) + 1) if number in grid]
        columns = range(left, min(last_column, right) + 1)
        if not any(column in grid[number] for number in rows for column in columns):
            continue
        problem = Problem(f"{title}!{text}", say("the cells are merged"), say("unmerge them and fill each cell"))
        problems.append(problem)
        for number in rows:
            grid[number].update({column: Cell(None, _address(title, column, number), problem) for column in columns})
    if len(facts.merged) > MAX_MERGED_TOLD:
        what = say("has {count} merged ranges", count=len(facts.merged))
        problems.append(Problem(title, what, say("unmerge the cells of the whole sheet and fill each one")))
    return problems


def _address(title: str, column: int, row: int) -> str:
    from openpyxl.utils import get_column_letter  # noqa: PLC0415

    return f"{title}!{get_column_letter(column)}{row}"


def _two_columns(table: Table) -> tuple[Table, list[Problem]]:
    """Settings reduced to setting and value; the template's notes beside them are left out, other columns are problems."""
    texts = {index: str(cell.raw).strip() for index, cell in enumerate(table.header) if not cell.problem}
    found = {index: meant(text, (*SETTINGS_PAIR, *SETTINGS_NOTES)) for index, text in texts.items()}
    setting, value = (say(name) for name in SETTINGS_PAIR)
    use = say("use the columns {setting} and {value}", setting=setting, value=value)
    problems = [
        Problem(table.header[index].where, say("'{text}' is not a column of {sheet}", text=text.casefold()[:60], sheet=table.called), use)
        for index, text in texts.items()
        if found[index] is None
    ]
    positions = {name: index for index, name in found.items() if name}
    missing = [
        Problem(table.called, say("the column {title} is missing", title=say(name)), say("add it: one row a setting, with its value"))
        for name in SETTINGS_PAIR
        if name not in positions
    ]
    if missing:
        return replace(table, header=(), rows=(), readable=False), problems + missing
    pair = (positions["setting"], positions["value"])
    rows = [(row[pair[0]], row[pair[1]]) for row in table.rows]
    header = (table.header[pair[0]], table.header[pair[1]])
    return replace(table, header=header, rows=tuple(row for row in rows if row[0].filled or row[1].filled)), problems


def _hidden(title: str, sheet: Any, facts: SheetFacts, grid: _Grid) -> Iterator[str]:
    if sheet.sheet_state != "visible":
        yield say("{sheet}: the sheet is hidden and is read all the same", sheet=title)
    if rows := [number for number in facts.hidden_rows if number in grid]:
        yield say("{sheet}: hidden rows are read all the same ({rows})", sheet=title, rows=listed(rows))
    used = {column for row in grid.values() for column in row}
    if columns := [column for column in sorted(used) if any(low <= column <= high for low, high in facts.hidden_columns)]:
        letters = listed(_address(title, column, 1)[len(title) + 1 : -1] for column in columns)
        yield say("{sheet}: hidden columns are read all the same ({columns})", sheet=title, columns=letters)
