"""Scenarios as readable text: TOML with one array of tables a sheet and one table for the settings, the same fields as the workbook."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from data.languages import say
from data.problems import BadInput, Problem
from data.records.scenario import SETTINGS_SHEET
from data.tables import INPUT_SHEETS, Cell, Table, Tables
from data.words import suggested

ABOUT = ("title", "shows")  # what a scenario says of itself, not part of the input


def tables_from_toml(path: Path) -> Tables:
    """The raw cells of a scenario written as text; a cell's address is ``Sheet[row].field``, rows from 1. Raises BadInput."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadInput([Problem(str(path), say("is not TOML ({error})", error=error), say("correct its syntax"))]) from None
    sheets, problems = {}, []
    for name, rows in content.items():
        if name in ABOUT:
            continue
        if name not in INPUT_SHEETS:
            enter = suggested(name, INPUT_SHEETS, say("the name of an input sheet"))
            problems.append(Problem(str(path), say("there is no input sheet '{sheet}'", sheet=name), enter))
        elif name == SETTINGS_SHEET and isinstance(rows, dict):
            sheets[name] = _settings(rows)
        elif name != SETTINGS_SHEET and isinstance(rows, list) and all(isinstance(row, dict) for row in rows):
            sheets[name] = _table(name, rows)
        else:
            enter = say("write [Settings]") if name == SETTINGS_SHEET else say("write [[{sheet}]] for each row", sheet=name)
            problems.append(Problem(str(path), say("{sheet} is no table", sheet=name), enter))
    if problems:
        raise BadInput(problems)
    return Tables(path=str(path), sheets=sheets)


def _settings(values: Mapping[str, Any]) -> Table:
    header = (Cell("setting", SETTINGS_SHEET), Cell("value", SETTINGS_SHEET))
    rows = tuple((Cell(name, f"{SETTINGS_SHEET}.{name}"), Cell(_raw(value), f"{SETTINGS_SHEET}.{name}")) for name, value in values.items())
    return Table(SETTINGS_SHEET, header, rows)


def _table(sheet: str, rows: list[Mapping[str, Any]]) -> Table:
    names = list(dict.fromkeys(name for row in rows for name in row))
    header = tuple(Cell(name, f"{sheet}.{name}") for name in names)
    return Table(
        sheet, header, tuple(tuple(Cell(_raw(row.get(name)), f"{sheet}[{number}].{name}") for name in names) for number, row in enumerate(rows, start=1))
    )


def _raw(value: object) -> object:
    """A cell's content: a list is written as one text, as in the workbook."""
    return ", ".join(str(item) for item in value) if isinstance(value, list) else value
