"""Faults of single cells, derived from the records' columns: for each column what may stand in its cell, and the words that answer it.

The words are said here a second time, from the column's kind, unit and bounds, and not taken from the reader that they test.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from data.fields import Column
from data.tables import INPUT_SHEETS, columns_of_sheet

NONSENSE = "zzz qqq"
# A right row of each sheet; a scenario is a row of Workloads and Offers, the settings, and a row of the sheet that is spoilt.
RIGHT: dict[str, dict[str, Any]] = {
    "Workloads": {"name": "chat", "model": "Llama-3.1-8B", "requests_per_s": 2, "input_tokens": 1000, "output_tokens": 200},
    "Lengths": {"workload": "chat", "input_tokens": 900, "output_tokens": 150, "share": 1},
    "Profiles": {"profile": "mine", "block": "day", "hours_per_month": 730, "multiplier": 1},
    "Offers": {"offer": "single", "provider": "Acme", "gpu": "L40S", "billing": "on_demand", "usd_per_instance_hour": 1},
    "Existing": {"offer": "single", "instances": 2},
    "Settings": {"offers": "workbook", "alternatives": "no"},
}
NAMED = {"GPUs": {"gpu": "X1"}, "Models": {"model": "X2"}}  # not the catalogue's, whose rows need not be filled
DEMANDS = ("requests_per_s", "concurrent_requests", "users", "tokens_per_day")
KNOWN = {
    "workload": ("no workload is called '{}'", "enter chat"),
    "profile": ("no profile is called '{}'", "enter steady, business_hours, office_day, consumer_day or bursty"),
    "offer": ("no offer is called '{}'", "enter single"),
    "provider": ("no offer has the provider '{}'", "enter Acme"),
    "region": ("no offer has the region '{}'", "enter unstated"),
    "tag": ("no offer has the tag '{}'", "clear it: there is none"),
    "gpu": ("no GPU is called '{}'", "enter the name of a GPU of the catalogue"),
    "model": ("no model is called '{}'", "enter the name of a model of the catalogue"),
}


@dataclass(frozen=True)
class CellFault:
    """What stands in the cell of a column, and what must be said of it (without the cell's address)."""

    sheet: str
    field: str
    fault: str
    raw: Any
    said: str

    def __str__(self) -> str:
        return f"{self.sheet}-{self.field}-{self.fault}"


def right_row(sheet: str) -> dict[str, Any]:
    """A right row: the one above, or the examples of the required columns of a sheet that is not there."""
    columns = columns_of_sheet(sheet)
    examples = {name: column.example for name, column in columns.items() if column.required}
    return dict(RIGHT[sheet]) if sheet in RIGHT else {**examples, **NAMED.get(sheet, {})}


def sheets_with(fault: CellFault) -> dict[str, list[dict[str, Any]]]:
    """The rows of every sheet of a scenario that has this one fault."""
    sheets = {sheet: [right_row(sheet)] for sheet in ("Workloads", "Offers", "Settings", fault.sheet)}
    row = sheets[fault.sheet][0]
    if fault.sheet == "Workloads" and fault.field in DEMANDS:  # exactly one demand
        row = {name: value for name, value in row.items() if name not in DEMANDS}
    sheets[fault.sheet] = [{**row, fault.field: fault.raw}]
    return sheets


def cell_faults() -> Iterator[CellFault]:
    """Every column of every sheet × what may be wrong with its cell."""
    for sheet in INPUT_SHEETS:
        for name, column in columns_of_sheet(sheet).items():
            yield from (CellFault(sheet, name, *fault) for fault in _faults(column))


def _faults(column: Column) -> Iterator[tuple[str, Any, str]]:
    """Name of the fault, content of the cell, and what is said."""
    yield "error", "#N/A", "holds the error #N/A; correct its formula or enter a value"
    yield "uncalculated", "=1+1", "holds a formula that was never calculated; open the workbook in Excel or LibreOffice and save it, or enter a value"
    if column.required:
        yield "blank", None, f"{column.title} is blank; {_enter(column)}"
    if column.refers and column.must_exist:
        what, enter = KNOWN[column.refers]
        yield "unknown", NONSENSE, f"{what.format(NONSENSE)}; {enter}"
    kind = column.kind.rstrip("s") if column.kind != "texts" else "text"
    if kind == "integer":
        part = (column.low or 0) + 0.5
        yield "fraction", part, f"{column.title} '{part}' is not a whole number; {_enter(column)}"
    for fault, raw, why in _WRONG.get(kind, ()):
        shown = raw.isoformat() if isinstance(raw, date) else str(raw).split(",", maxsplit=1)[0] if column.is_list else raw
        if not (fault == "comma" and column.is_list):  # in a list a comma separates
            yield fault, raw, f"{column.title} '{shown}' {why}; {_enter(column)}"
    if column.choices and kind == "integer":
        yield "outside", 7, f"{column.title} '7' is not one of the choices; {_enter(column)}"
    if column.low is not None:
        below = column.low if column.open_low else column.low - 1
        yield "low", below, f"{column.title} '{below:g}' is {'not above' if column.open_low else 'below'} {column.low:,.15g}; {_enter(column)}"
    if column.high is not None:
        above = column.high * 2
        shown = int(above) if float(above).is_integer() and above < 1e15 else above
        yield "high", shown, f"{column.title} '{shown}' is above {column.high:,.15g}; {_enter(column)}"


_WRONG: dict[str, tuple[tuple[str, Any, str], ...]] = {
    "number": (
        ("text", "many", "is not a number"),
        ("comma", "1,5", "is not a number"),
        ("date", date(2026, 5, 1), "is not a number"),
        ("nan", "nan", "is not a number"),
    ),
    "integer": (
        ("text", "many", "is not a number"),
        ("date", date(2026, 5, 1), "is not a number"),
    ),
    "flag": (("text", "maybe", "is neither yes nor no"), ("number", 2, "is neither yes nor no")),
    "date": (("text", "soon", "is not a date"), ("day first", "31/12/2026", "is not a date"), ("number", 45962, "is not a date")),
    "choice": (("other", NONSENSE, "is not one of the choices"), ("number", 99, "is not one of the choices")),
}


def _enter(column: Column) -> str:
    """What the column takes, in words."""
    if column.choices:
        return f"enter {'one or more' if column.is_list else 'one'} of {', '.join(column.choices)}"
    if column.kind in ("flag", "date"):
        return "enter yes or no" if column.kind == "flag" else "enter a date such as 2026-11-01"
    if column.kind in ("text", "texts"):
        return f"enter a text, for example {column.example}" if column.kind == "text" else "enter names separated by commas"
    noun = ("whole " if column.kind.startswith("integer") else "") + "number"
    words = f"{noun}s{_range(column)} separated by commas" if column.is_list else f"a {noun}{_range(column)}"
    return f"enter {words}"


def _range(column: Column) -> str:
    low, high = (None if bound is None else f"{bound:,.15g}" for bound in (column.low, column.high))
    if low is None and high is None:
        return ""
    unit = f" ({column.unit})" if column.unit else ""
    above = "above" if column.open_low else "from" if high else "at least"
    return f" {above} {low} to {high}{unit}" if low and high else f" {above} {low}{unit}" if low else f" at most {high}{unit}"
