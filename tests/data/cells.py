"""Raw cells for the reader's tests: rows as a planner sees them, each cell with its address."""

from typing import Any

from openpyxl import Workbook
from openpyxl.utils import get_column_letter

from data.problems import BadInput
from data.reader import scenario_from_tables
from data.tables import Cell, Table, Tables

Rows = list[list[Any]]
CHAT = {"name": "chat", "model": "Llama-3.1-8B", "requests_per_s": 2, "input_tokens": 1000, "output_tokens": 200}


def sheet_of(*rows: dict[str, Any]) -> Rows:
    """A header of all fields in the order in which they come up, and one row for each dict."""
    header = list(dict.fromkeys(name for row in rows for name in row))
    return [header, *([row.get(name) for name in header] for row in rows)]


def workloads(*changes: dict[str, Any]) -> Rows:
    """Workloads that are right (columns A to E: name, model, requests_per_s, input_tokens, output_tokens) but for the changes."""
    return sheet_of(*({**CHAT, **change} for change in changes or ({},)))


def tables(**sheets: Rows) -> Tables:
    """The sheets as the reader would take them from a workbook."""
    return Tables("plan.xlsx", {name: _table(name, rows) for name, rows in sheets.items()})


def _table(name: str, rows: Rows) -> Table:
    cells = [tuple(Cell(raw, f"{name}!{get_column_letter(column)}{number}") for column, raw in enumerate(row, 1)) for number, row in enumerate(rows, 1)]
    return Table(name, cells[0], tuple(cells[1:]))


def problems_of(**sheets: Rows) -> list[str]:
    """What the reader has to say of these sheets, a line each."""
    return said(tables(**sheets))


def said(given: Tables) -> list[str]:
    """What the reader has to say of these tables, a line each."""
    try:
        scenario_from_tables(given)
    except BadInput as bad:
        return [str(problem) for problem in bad.problems]
    return []


def workbook(**sheets: Rows) -> Any:
    """An openpyxl workbook with these sheets, to be spoilt and saved."""
    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    return book
