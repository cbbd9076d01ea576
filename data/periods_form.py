"""The sheet Periods with one column a workload, as the rows it stands for: one a period and workload, each cell under its own address."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from data.languages import say
from data.problems import Problem
from data.tables import Cell, Table, Tables, find_field, match_headers
from data.words import near

PERIODS = "Periods"
_ADDED = ("workload", "multiplier")


def with_long_periods(tables: Tables) -> Tables:
    """The tables with the columns of Periods that are named after workloads turned into rows; the same where there are none."""
    table = tables.sheets.get(PERIODS)
    if table is None or not table.header:
        return tables
    workloads = {name.casefold(): name for name in _workloads(tables)}
    header = tuple(_told(cell, workloads) for cell in table.header)
    wide = {position: workloads[text] for position, cell in enumerate(header) if (text := _text(cell).casefold()) in workloads and _is_own(cell)}
    changed = replace(table, header=header)
    return replace(tables, sheets={**tables.sheets, PERIODS: _long(changed, wide) if wide else changed})


def _workloads(tables: Tables) -> Iterator[str]:
    """The names of the workloads as typed."""
    table = tables.sheets.get("Workloads", Table("Workloads"))
    position = match_headers(table).positions.get("name")
    if position is not None:
        yield from (_text(row[position]) for row in table.rows if row[position].filled)


def _text(cell: Cell) -> str:
    return "" if cell.problem or cell.raw is None else str(cell.raw).strip()


def _is_own(cell: Cell) -> bool:
    """Whether a header is none of the sheet's own columns."""
    return not cell.problem and find_field(PERIODS, str(cell.raw)) is None


def _told(cell: Cell, workloads: Mapping[str, str]) -> Cell:
    """The header cell; one that seems to mean a workload with its problem."""
    text = _text(cell)
    if not _is_own(cell) or text.casefold() in workloads:
        return cell
    meant = near(text, workloads.values(), most=1)
    if not meant:
        return cell
    what = say("'{text}' is neither a column of Periods nor a workload", text=text[:60])
    return replace(cell, problem=Problem(cell.where, what, say("name it {title} or delete the column", title=meant[0])))


def _long(table: Table, wide: Mapping[int, str]) -> Table:
    """One row for each filled multiplier of a workload; a row with its own workload or multiplier, or with no multiplier at all, stands too."""
    kept = [position for position in range(len(table.header)) if position not in wide]
    fields = {find_field(PERIODS, _text(table.header[position])): position for position in kept}
    added = [name for name in _ADDED if name not in fields]
    header = (*(table.header[position] for position in kept), *(Cell(name, table.header[0].where) for name in added))
    rows: list[tuple[Cell, ...]] = []
    for cells in table.rows:
        own = [cells[position] for position in kept]
        filled = [position for position in wide if cells[position].filled]
        if not filled or any(cells[fields[name]].filled for name in _ADDED if name in fields):
            rows.append((*own, *(Cell(None, cells[0].where) for _ in added)))
        for position in filled:
            said = {"workload": Cell(wide[position], table.header[position].where), "multiplier": cells[position]}
            named = [said.get(str(find_field(PERIODS, _text(table.header[kept[n]]))), cell) for n, cell in enumerate(own)]
            rows.append((*named, *(said[name] for name in added)))
    return replace(table, header=header, rows=tuple(rows))
