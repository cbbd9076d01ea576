"""Variants of a scenario: cells of its tables with other values, named by the sheet Variants or by a sweep."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date

from data.entries import Entry, read_entries
from data.library import shipped_offers
from data.parse import CellError, parse_cell
from data.problems import BadInput, Problem
from data.records.scenario import SETTINGS_SHEET
from data.records.settings import Variant
from data.tables import Cell, Table, Tables, columns_of_sheet, find_field, match_headers, sheet_name, tables_with

VARIANTS = "Variants"


@dataclass(frozen=True)
class Change:
    """One cell with another value, named as a row of the sheet Variants names it; ``where`` is the address its problems are told with."""

    sheet: str
    row: str
    field: str
    value: object
    where: str = ""


@dataclass(frozen=True)
class NamedChanges:
    """A variant: its changes, and what is wrong with them (then it cannot be planned)."""

    name: str
    changes: tuple[Change, ...]
    problems: tuple[Problem, ...] = ()
    weight: float = 1.0


def variants_of(tables: Tables) -> tuple[NamedChanges, ...]:
    """The variants of the sheet Variants in the order of their first rows; raises BadInput where its rows themselves cannot be read."""
    entries = read_entries(tables.sheets.get(VARIANTS, Table(VARIANTS)))
    if entries.problems:
        raise BadInput(entries.problems)
    groups: dict[str, list[tuple[Entry[Variant], Variant]]] = {}
    for entry in entries.rows:
        if entry.record is not None:
            groups.setdefault(entry.record.variant, []).append((entry, entry.record))
    return tuple(
        NamedChanges(
            name,
            tuple(Change(row.sheet, row.row, row.field, row.value, entry.at("value")) for entry, row in rows),
            tuple(problem for entry, row in rows for problem in variant_problems(tables, entry, row)),
            rows[0][1].weight,
        )
        for name, rows in groups.items()
    )


def variant_problems(tables: Tables, entry: Entry[Variant], variant: Variant) -> Iterator[Problem]:
    """A variant overrides a cell there is, with a value its column takes."""
    sheet = sheet_name(variant.sheet)
    name = find_field(sheet, variant.field) if sheet else None
    try:
        changed(tables, [Change(variant.sheet, variant.row, variant.field, variant.value, entry.at("row" if name else "field" if sheet else "sheet"))])
        if sheet and name:
            parse_cell(columns_of_sheet(sheet)[name], variant.value)
    except BadInput as bad:
        yield from bad.problems
    except CellError as error:
        yield entry.problem("value", error.what, error.enter)


def changed(tables: Tables, changes: Iterable[Change]) -> Tables:
    """The tables with some cells changed, of shipped offers too; raises BadInput where there is no such sheet, row or field."""
    for change in changes:
        if sheet_name(change.sheet) == "Offers":
            tables = _with_shipped_offer(tables, change)
        tables = tables_with(tables, change.sheet, change.row, change.field, change.value, where=change.where)
    return tables


def without_variants(tables: Tables) -> Tables:
    """The tables of the scenario itself, without the sheet Variants."""
    return replace(tables, sheets={name: table for name, table in tables.sheets.items() if name != VARIANTS})


def _with_shipped_offer(tables: Tables, change: Change) -> Tables:
    """The tables with the shipped offer that a change names as a row of their own, where the scenario uses it and has no such row."""
    used = setting_of(tables, "offers").casefold() or "both"
    table = tables.sheets.get("Offers") if used != "catalogue" else None
    table = table if table and table.header else Table("Offers", (Cell("offer", change.where),))
    place = match_headers(table).positions.get("offer")
    name = change.row.strip().casefold()
    shipped = next((offer for offer in shipped_offers() if offer.offer.casefold() == name), None)
    if used == "workbook" or shipped is None or place is None or any(str(cells[place].raw).strip().casefold() == name for cells in table.rows):
        return tables
    row = tuple(Cell(shipped.offer if position == place else None, change.where) for position in range(len(table.header)))
    tables = replace(tables, sheets={**tables.sheets, "Offers": replace(table, rows=(*table.rows, row))})
    for field in columns_of_sheet("Offers"):
        tables = tables_with(tables, "Offers", shipped.offer, field, _raw(getattr(shipped, field)), where=change.where)
    return tables_with(tables, SETTINGS_SHEET, "", "offers", "both") if used == "catalogue" else tables


def setting_of(tables: Tables, name: str) -> str:
    """What a setting's cell says, as text; "" where it is blank."""
    settings = tables.sheets.get(SETTINGS_SHEET, Table(SETTINGS_SHEET))
    stated = (str(value.raw).strip() for setting, value in settings.rows if value.filled and find_field(SETTINGS_SHEET, str(setting.raw)) == name)
    return next(stated, "")


def _raw(value: object) -> object:
    """A record's value as a cell holds it."""
    if isinstance(value, tuple):
        return ", ".join(str(item) for item in value)
    return value if value is None or isinstance(value, (int, float, str, date)) else str(value)
