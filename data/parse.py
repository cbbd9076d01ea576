"""From the content of a cell to the value of a record's field, by the field's :class:`~data.fields.Column` alone.

Workbook cells (text, numbers, dates) and CSV cells (text) go the same way, so that a column means the same in both.
"""

from __future__ import annotations

import contextlib
import difflib
import functools
import math
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from typing import Any, NoReturn, TypeVar

from data.fields import Column, Kind, columns_of
from data.languages import ENGLISH, date_text, figure, meant, noted, number_text, rate_text, say, spoken
from data.words import clauses

Record = TypeVar("Record")

FLAGS = {noted("yes"): True, noted("true"): True, "1": True, noted("no"): False, noted("false"): False, "0": False}
_NO_NUMBER = noted("'{content}' is not a number")
_NO_CHOICE = noted("'{content}' is not one of the choices")
_EXPECTED: Mapping[Kind, str] = {
    "text": noted("enter a text"),
    "texts": noted("enter names separated by commas"),
    "number": noted("enter a number"),
    "numbers": noted("enter numbers separated by commas"),
    "integer": noted("enter a whole number"),
    "integers": noted("enter whole numbers separated by commas"),
    "flag": noted("enter yes or no"),
    "date": noted("enter a date such as 2026-11-01"),
}
_EXPECTED_WITHIN: Mapping[Kind, str] = {
    "number": noted("enter a number {within}"),
    "numbers": noted("enter numbers {within} separated by commas"),
    "integer": noted("enter a whole number {within}"),
    "integers": noted("enter whole numbers {within} separated by commas"),
}
_SEPARATORS = re.compile(r"[,;]")
_SEMICOLON = re.compile(";")
_columns = functools.cache(columns_of)


class CellError(ValueError):
    """A cell that cannot be read: ``what`` is wrong, and what to ``enter`` instead."""

    def __init__(self, what: str, enter: str) -> None:
        super().__init__(say("{what}; {enter}", what=what, enter=enter))
        self.what = what
        self.enter = enter


def is_blank(raw: object) -> bool:
    """Whether a cell holds nothing: None or only white space."""
    return raw is None or (isinstance(raw, str) and not raw.strip())


def parse_cell(column: Column, raw: object) -> Any:
    """The value of a cell, of the type its column's kind says; a blank cell is the column's default.

    ``raw`` is what a workbook or a CSV holds: None, text, number, flag or date. Raises CellError.
    """
    if is_blank(raw):
        if column.required:
            raise CellError(say("is blank"), expected(column))
        return column.default
    if column.is_list:
        items = [part.strip() for part in _separator(column, raw).split(rate_text(raw))] if isinstance(raw, str) else [raw]
        return tuple(_parse_one(column, item) for item in items if not is_blank(item))
    return _parse_one(column, raw.strip() if isinstance(raw, str) else raw)


def _separator(column: Column, raw: str) -> re.Pattern[str]:
    """What stands between the values of a list: a comma or a semicolon; the latter alone where a comma may be a decimal one."""
    return _SEMICOLON if column.kind == "numbers" and spoken() != ENGLISH and ";" in raw else _SEPARATORS


def parse_row(record: type, row: Mapping[str, object]) -> tuple[dict[str, Any], dict[str, CellError]]:
    """The values of a row by field name, and the errors of the fields that could not be read.

    ``row`` maps field names to raw cells; a field it lacks counts as blank. Raises KeyError for a name that is no column of ``record``.
    """
    columns = _columns(record)
    if unknown := row.keys() - columns.keys():
        raise KeyError(f"{record.__name__} has no column {', '.join(sorted(unknown))}")
    values: dict[str, Any] = {}
    errors: dict[str, CellError] = {}
    for name, column in columns.items():
        try:
            values[name] = parse_cell(column, row.get(name))
        except CellError as error:
            errors[name] = error
    return values, errors


def record_from_strings(record: type[Record], row: Mapping[str, object]) -> Record:
    """One record from a row of raw cells by field name; raises CellError that names every bad field."""
    values, errors = parse_row(record, row)
    if errors:
        wrong = clauses(say("{column} {what}", column=name, what=error.what) for name, error in errors.items())
        raise CellError(wrong, next(iter(errors.values())).enter)
    return record(**values)


def expected(column: Column) -> str:
    """What to enter in a cell of ``column``, in words."""
    if column.choices:
        choices = ", ".join(column.choices)
        return say("enter one or more of {choices}", choices=choices) if column.is_list else say("enter one of {choices}", choices=choices)
    example = column.example_said if column.example is not None else column.default
    if column.kind == "text" and isinstance(example, str) and example:
        return say("enter a text, for example {example}", example=example)
    bounds = column.bounds()
    if not bounds:
        return say(_EXPECTED[column.kind])
    within = say("{bounds} ({unit})", bounds=bounds, unit=column.unit_said) if column.unit else bounds
    return say(_EXPECTED_WITHIN[column.kind], within=within)


def _parse_one(column: Column, raw: object) -> Any:
    return _PARSERS[column.kind](column, raw)


def _wrong(column: Column, raw: object, what: str, **values: object) -> NoReturn:
    """Raise what is wrong in a cell: a text about its ``{content}`` and ``values``."""
    content = figure(raw, "") if isinstance(raw, (int, float)) and not isinstance(raw, bool) else _shown(raw)
    raise CellError(say(what, content=content[:60], **values), expected(column))


def _shown(raw: object) -> str:
    """A cell's content as text; a workbook holds a day as its midnight."""
    if isinstance(raw, datetime) and raw.time() == time():
        return raw.date().isoformat()
    return raw.isoformat() if isinstance(raw, date) else str(raw)


def _text(_column: Column, raw: object) -> str:
    if isinstance(raw, str):
        return raw
    if isinstance(raw, bool):
        return "yes" if raw else "no"
    if isinstance(raw, float) and raw.is_integer():
        return str(int(raw))
    return _shown(raw)


def _number(column: Column, raw: object) -> float:
    if isinstance(raw, (bool, date)) or not isinstance(raw, (int, float, str)):
        _wrong(column, raw, _NO_NUMBER)
    try:
        value = float(number_text(raw.replace("_", "x")) if isinstance(raw, str) else raw)
    except (ValueError, OverflowError):
        _wrong(column, raw, _NO_NUMBER)
    if not math.isfinite(value):
        _wrong(column, raw, _NO_NUMBER)
    if column.low is not None and (value < column.low or (column.open_low and value == column.low)):
        _wrong(column, raw, noted("'{content}' is not above {low:,.15g}") if column.open_low else noted("'{content}' is below {low:,.15g}"), low=column.low)
    if column.high is not None and value > column.high:
        _wrong(column, raw, noted("'{content}' is above {high:,.15g}"), high=column.high)
    return value


def _integer(column: Column, raw: object) -> int:
    value = _number(column, raw)
    if not value.is_integer():
        _wrong(column, raw, noted("'{content}' is not a whole number"))
    if column.choices and str(int(value)) not in column.choices:
        _wrong(column, raw, _NO_CHOICE)
    return int(value)


def _flag(column: Column, raw: object) -> bool:
    found = meant(_text(column, raw), FLAGS)
    if found is None:
        _wrong(column, raw, noted("'{content}' is neither yes nor no"))
    return FLAGS[found]


def _date(column: Column, raw: object) -> date:
    if isinstance(raw, datetime):
        return raw.date()
    if isinstance(raw, date):
        return raw
    with contextlib.suppress(ValueError):
        if isinstance(raw, str):
            return datetime.fromisoformat(date_text(raw)).date()
    _wrong(column, raw, noted("'{content}' is not a date"))


def _choice(column: Column, raw: object) -> str:
    text = _text(column, raw)
    if text in column.choices:
        return text
    folded = {_folded(choice): choice for choice in column.choices}
    if (found := folded.get(_folded(text))) is not None:
        return found
    if near := difflib.get_close_matches(_folded(text), folded, n=1):
        _wrong(column, raw, noted("'{content}' is not one of the choices (did you mean {choice}?)"), choice=folded[near[0]])
    _wrong(column, raw, _NO_CHOICE)


def _folded(text: str) -> str:
    """Case, spaces, hyphens and underscores do not tell two choices apart ("On demand" is on_demand)."""
    return re.sub(r"[\s_-]+", "", text).casefold()


_PARSERS: dict[Kind, Callable[[Column, object], Any]] = {
    "text": _text,
    "texts": _text,
    "number": _number,
    "numbers": _number,
    "integer": _integer,
    "integers": _integer,
    "flag": _flag,
    "date": _date,
    "choice": _choice,
    "choices": _choice,
}
