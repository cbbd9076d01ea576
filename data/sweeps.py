"""What a sweep varies: a field of the input over a range of values, as the command line writes it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from data.fields import Column
from data.languages import noted, say
from data.problems import BadInput, Problem
from data.records.scenario import SETTINGS_SHEET
from data.tables import INPUT_SHEETS, Table, Tables, columns_of_sheet, find_field, key_field, match_headers, sheet_name, sheet_title
from data.variants import Change, changed
from data.words import either, listed, suggested

MOST_STEPS = 1000
FINE_SHARE = 1e-4  # of a value: how finely a change of plan is located; whole numbers to 1
_HOW = noted("write FIELD=FROM:TO:STEPS, with :log at the end for steps of equal ratio (Workloads.chat.users=1000:1e6:40:log)")


@dataclass(frozen=True)
class Swept:
    """One field and the values it takes, rising or falling; ``name`` is what the user called it."""

    name: str
    sheet: str
    row: str
    field: str
    values: tuple[float, ...]
    log: bool

    @property
    def column(self) -> Column:
        """The field's column."""
        return columns_of_sheet(self.sheet)[self.field]

    @property
    def title(self) -> str:
        """The field in words, with its unit."""
        return say("{row}: {column}", row=self.row, column=self.column.header) if self.row else self.column.header

    def change(self, value: float) -> Change:
        """The change that gives the field a value."""
        return Change(self.sheet, self.row, self.field, int(value) if float(value).is_integer() else value, f"--set {self.name}")

    def resolution(self, value: float) -> float:
        """How finely a change of plan near ``value`` is located."""
        return 1.0 if self.column.kind == "integer" else FINE_SHARE * abs(value)

    def between(self, low: float, high: float) -> float:
        """The value halfway between two, in ratio for a sweep of equal ratios; whole for a whole field."""
        middle = (low * high) ** 0.5 if self.log else (low + high) / 2
        return float(round(middle)) if self.column.kind == "integer" else middle


def swept_of(tables: Tables, text: str) -> Swept:
    """What ``--set text`` asks for; raises BadInput where there is no such field or range, or a value the column does not take."""
    where = f"--set {text}"
    name, sign, range_text = text.partition("=")
    parts = range_text.split(":")
    if not sign or len(parts) not in (3, 4) or (len(parts) == 4 and parts[3].strip().lower() != "log"):
        raise BadInput([Problem(where, say("is no range"), say(_HOW))])
    try:
        low, high, steps = float(parts[0]), float(parts[1]), int(parts[2])
        if not (math.isfinite(low) and math.isfinite(high)):
            raise ValueError  # nan and inf are words that float() reads
    except ValueError:
        raise BadInput([Problem(where, say("has something that is no number"), say(_HOW))]) from None
    log = len(parts) == 4
    if not 2 <= steps <= MOST_STEPS or low == high or (log and min(low, high) <= 0):
        what = noted("is no range of 2 to {most:,} steps above 0") if log else noted("is no range of 2 to {most:,} steps")
        raise BadInput([Problem(where, say(what, most=MOST_STEPS), say(_HOW))])
    sheet, row, field = _named(tables, name.strip(), where)
    if columns_of_sheet(sheet)[field].kind not in ("number", "integer"):
        what = say("{title} is not a number", title=columns_of_sheet(sheet)[field].title)
        raise BadInput([Problem(where, what, say("sweep a field that holds a number"))])
    values = [low * (high / low) ** (k / (steps - 1)) if log else low + (high - low) * k / (steps - 1) for k in range(steps)]
    values[-1] = high
    whole = columns_of_sheet(sheet)[field].kind == "integer"
    swept = Swept(name.strip(), sheet, row, field, tuple(dict.fromkeys(float(round(value)) if whole else value for value in values)), log)
    changed(tables, [swept.change(low)])
    return swept


def _named(tables: Tables, name: str, where: str) -> tuple[str, str, str]:
    """Sheet, row and field of a name: Sheet.row.field, Settings.field, or a field alone where it is clear which is meant."""
    first, _, rest = name.partition(".")
    sheet = sheet_name(first)
    if sheet == SETTINGS_SHEET and (field := find_field(sheet, rest)):
        return sheet, "", field
    row, _, last = rest.rpartition(".")
    if sheet and row and (field := find_field(sheet, last)):
        return sheet, row, field
    if sheet:
        what = say("'{text}' is not a row and a field of {sheet}", text=rest, sheet=sheet_title(sheet, first))
        raise BadInput([Problem(where, what, suggested(last or rest, columns_of_sheet(sheet), say("{sheet}.NAME.FIELD", sheet=sheet_title(sheet, first))))])
    if field := find_field(SETTINGS_SHEET, name):
        return SETTINGS_SHEET, "", field
    if field := find_field("Workloads", name):
        return "Workloads", _only_row(tables, field, where), field
    known = [*columns_of_sheet(SETTINGS_SHEET), *columns_of_sheet("Workloads")]
    otherwise = say("Sheet.row.field with a sheet of {sheets}", sheets=listed(INPUT_SHEETS))
    raise BadInput([Problem(where, say("no field is called '{name}'", name=name), suggested(name, known, otherwise))])


def _only_row(tables: Tables, field: str, where: str) -> str:
    """The workload meant by a field alone: the only one, or the only one that fills it; raises BadInput."""
    table = tables.sheets.get("Workloads", Table("Workloads"))
    places = match_headers(table).positions
    names = [str(row[places[key_field("Workloads")]].raw) for row in table.rows] if key_field("Workloads") in places else []
    filled = [name for name, row in zip(names, table.rows, strict=True) if field in places and row[places[field]].filled]
    for found in (names, filled):
        if len(found) == 1:
            return found[0]
    ways = either(f"Workloads.{name}.{field}" for name in (filled or names)[:4])
    raise BadInput([Problem(where, say("several workloads have {field}", field=field), say("name one: {ways}", ways=ways))])
