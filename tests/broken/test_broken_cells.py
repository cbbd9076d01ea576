"""Each column × each way in which its cell may be wrong: one workbook, one exact line, exit code 2, nothing written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from openpyxl.utils import get_column_letter

from tests.broken.answers import refused
from tests.broken.cell_faults import CellFault, cell_faults, sheets_with
from tests.data.cells import Rows, sheet_of, workbook


@pytest.mark.parametrize("fault", list(cell_faults()), ids=str)
def test_a_broken_cell(fault: CellFault, tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    sheets = sheets_with(fault)
    address = ""
    rows: dict[str, Rows] = {}
    for sheet, entries in sheets.items():
        if sheet == "Settings":
            rows[sheet] = [["setting", "value"], *([name, value] for name, value in entries[0].items())]
            place = f"B{list(entries[0]).index(fault.field) + 2}" if fault.sheet == sheet else ""
        else:
            rows[sheet] = sheet_of(*entries)
            place = f"{get_column_letter(list(entries[0]).index(fault.field) + 1)}2" if fault.sheet == sheet else ""
        address = f"{sheet}!{place}" if place else address
    path = tmp_path / "plan.xlsx"
    workbook(**rows).save(path)
    assert refused(path) == [f"{address}: {fault.said}"]
    record_property("broken workbooks answered", 1)
