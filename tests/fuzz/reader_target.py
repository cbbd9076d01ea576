"""What the fuzzer and the tests of its findings share: how bytes become an input of the reader, and what any answer must be.

The first byte says how: a file as it is; the parts of a workbook's archive, one after another; or the cells of its sheets. So a mutation reaches the XML
and the cells, and is not lost in the archive's checksums.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

from data.problems import BadInput
from data.reader import read_scenario, scenario_from_tables
from data.records.scenario import Scenario
from data.tables import INPUT_SHEETS, columns_of_sheet
from tests.data.cells import Rows, sheet_of, tables, workbook, workloads

AS_FILE, AS_PARTS, AS_CELLS = b"F", b"P", b"C"
BETWEEN = b"\n=====\n"  # parts of an archive
PARTS = (
    "[Content_Types].xml",
    "_rels/.rels",
    "xl/workbook.xml",
    "xl/_rels/workbook.xml.rels",
    "xl/worksheets/sheet1.xml",
    "xl/worksheets/sheet2.xml",
    "xl/sharedStrings.xml",
    "xl/styles.xml",
)
ROW, CELL = "\x1e", "\x1f"  # between rows and between cells of AS_CELLS; a sheet begins with its name


def answer(data: bytes, folder: Path) -> Scenario | tuple[str, ...]:
    """What the reader makes of the bytes: a scenario, or its problems; anything else is a finding and is raised."""
    try:
        found = _read(data[:1], data[1:], folder)
    except BadInput as bad:
        if not bad.problems or not all(problem.where and problem.what and problem.enter for problem in bad.problems):
            raise AssertionError("a problem without where, what or what to enter") from bad
        return tuple(str(problem) for problem in bad.problems)
    if not found.workloads:
        raise AssertionError("a scenario without workloads")
    return found


def _read(how: bytes, data: bytes, folder: Path) -> Scenario:
    if how == AS_CELLS:
        return scenario_from_tables(tables(**_cells(data.decode("utf-8", "replace"))))
    path = folder / "plan.xlsx"
    path.write_bytes(_archive(data) if how == AS_PARTS else data)
    return read_scenario(path)


def _archive(data: bytes) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, part in zip(PARTS, data.split(BETWEEN), strict=False):
            if part:
                archive.writestr(name, part)
    return content.getvalue()


def _cells(text: str) -> dict[str, Rows]:
    """The sheets of a text: their rows as long as their header; a cell that reads as a number is one."""
    sheets: dict[str, Rows] = {}
    for part in text.split(BETWEEN.decode()):
        name, *lines = part.split(ROW)
        rows = [[_value(cell) for cell in line.split(CELL)] for line in lines]
        if name in INPUT_SHEETS and rows:
            length = 2 if name == "Settings" else max(1, len(rows[0]))
            sheets[name] = [(row + [None] * length)[:length] for row in rows]
    return sheets


def _value(text: str) -> object:
    try:
        return float(text)
    except ValueError:
        return text or None


def _parts(book: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        names = archive.namelist()
        return AS_PARTS + BETWEEN.join(archive.read(name) if name in names else b"" for name in PARTS)


def seeds() -> Iterator[bytes]:
    """Inputs to begin from: right workbooks as file, as parts and as cells, with every column of every sheet named somewhere."""
    length = sheet_of({"workload": "chat", "input_tokens": 900, "output_tokens": 200, "share": 1})
    for other, rows in (("Settings", [["setting", "value"], ["seed", 3], ["node_sizes", "1, 2"]]), ("Lengths", length)):
        content = io.BytesIO()
        workbook(Workloads=workloads({"ttft_target_ms": 900, "serving_mode": "streaming"}), **{other: rows}).save(content)
        yield AS_FILE + content.getvalue()
        yield _parts(content.getvalue())
    right = "Workloads" + ROW + ROW.join(CELL.join(map(str, row)) for row in workloads())
    for sheet in INPUT_SHEETS:
        columns = columns_of_sheet(sheet)
        filled = {name: column.example if column.example is not None else column.low for name, column in columns.items()}
        if sheet == "Settings":
            lines = [CELL.join((name, str(value))) for name, value in filled.items() if value is not None]
            yield AS_CELLS + (right + BETWEEN.decode() + sheet + ROW + ROW.join(("setting" + CELL + "value", *lines))).encode()
        else:
            rows = ROW.join((CELL.join(filled), CELL.join("" if value is None else str(value) for value in filled.values())))
            yield AS_CELLS + (right + BETWEEN.decode() + sheet + ROW + rows).encode()
