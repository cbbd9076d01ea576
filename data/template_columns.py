"""How a column looks and helps in the template: its prompt, drop-down, accepted values, number format and width, all from its :class:`Column`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from data.fields import Column
from data.languages import figure, number_format, say
from data.parse import expected

PROMPT_TITLE, PROMPT_TEXT = 32, 255  # most characters of a cell prompt, and of an error message (Excel specifications and limits)
_NUMBER_FORMATS = {"tokens": "#,##0", "users": "#,##0", "tokens/day": "#,##0", "bytes": "#,##0"}
_WIDE = ("text", "texts", "choices")


@dataclass(frozen=True)
class Lists:
    """Where the drop-downs of names take their rows from: kind of name → range."""

    ranges: Mapping[str, str]


def prompt(column: Column) -> str:
    """What the cell says when it is selected: meaning, bounds, what a blank means, an example."""
    parts = [column.meaning]
    if bounds := column.bounds():
        parts.append(_sentence(say("{bounds} {unit}", bounds=bounds, unit=column.unit_said) if column.unit else bounds))
    if column.required:
        parts.append(say("Required."))
    elif column.default not in (None, "", ()):
        parts.append(say("Blank: {value}.", value=shown(column.default)))
    if column.example is not None and not column.choices:
        parts.append(say("Example: {value}.", value=shown(column.example_said)))
    return " ".join(parts)


def _sentence(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}."


def shown(value: object) -> str:
    """A default or an example as it would be typed."""
    if isinstance(value, bool):
        return say("yes") if value else say("no")
    if isinstance(value, tuple):
        return ", ".join(shown(item) for item in value)
    if isinstance(value, float):
        return figure(value, ".15g")
    return value.isoformat() if isinstance(value, date) else str(value)


def validation(column: Column, lists: Lists) -> dict[str, Any]:
    """The options of XlsxWriter's ``data_validation`` for the cells of a column."""
    title = column.title if len(column.title) <= PROMPT_TITLE else f"{column.title[: PROMPT_TITLE - 1]}…"
    options: dict[str, Any] = {
        "input_title": title,
        "input_message": prompt(column),
        "error_title": title,
        "error_message": _sentence(expected(column)),
    }
    return {**options, **_accepted(column, lists)}


def _accepted(column: Column, lists: Lists) -> dict[str, Any]:
    """What the cell takes: drop-downs are closed only where the vocabulary is (a name may be an alias, a list names several)."""
    if column.choices:
        return {"validate": "list", "source": list(column.choices), "show_error": not column.is_list}
    if column.kind == "flag":
        return {"validate": "list", "source": [say("yes"), say("no")]}
    if column.refers and column.refers in lists.ranges:
        return {"validate": "list", "source": f"={lists.ranges[column.refers]}", "show_error": False}
    if column.kind in ("number", "integer"):
        return {"validate": "integer" if column.kind == "integer" else "decimal", **_bounds(column)}
    if column.kind == "date":
        return {"validate": "date", "criteria": ">=", "value": date(1990, 1, 1)}
    return {"validate": "any"}


def _bounds(column: Column) -> dict[str, Any]:
    if column.low is not None and column.high is not None:
        return {"criteria": "between", "minimum": column.low, "maximum": column.high}
    if column.low is not None:
        return {"criteria": ">" if column.open_low else ">=", "value": column.low}
    return {"criteria": "<=", "value": column.high if column.high is not None else 1e15}


def cell_format(column: Column) -> str:
    """How its numbers are shown: money with cents, counts with separators, shares and times as they are typed."""
    if column.kind == "date":
        return number_format("yyyy-mm-dd")
    if column.unit.startswith("USD"):
        return number_format("#,##0.00##")
    if column.kind == "integer":
        return number_format("#,##0")
    return number_format(_NUMBER_FORMATS.get(column.unit, "General")) if column.kind == "number" else "General"


def width(column: Column) -> float:
    """Width in characters: the longest word of the header, its words on three lines, and room for what is typed."""
    words = column.header.split()
    header = max(max(len(word) for word in words) + 2, len(column.header) / 3 + 3)
    return max(header, 20 if column.kind in _WIDE or column.refers else 14 if column.choices else 11)
