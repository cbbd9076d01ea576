"""Files that are no good workbooks and cells that cannot be read: each answered in exact words, quickly, and without unpacking what is too large."""

import re
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from openpyxl import Workbook

from data.problems import BadInput
from data.reader import read_scenario
from tests.data.cells import workbook, workloads

SAVE = "open it in Excel or LibreOffice and save it as an Excel workbook (.xlsx)"
FETCH = "fetch the file again, or open it in Excel or LibreOffice and save it"
SHEET = "xl/worksheets/sheet1.xml"
TOO_LARGE = "delete what is not input (at most 100,000 rows and 256 columns of a sheet are read)"
Edit = Callable[[bytes], bytes]


def refused(path: Path) -> list[str]:
    with pytest.raises(BadInput) as caught:
        read_scenario(path)
    return [str(problem).replace(str(path), "FILE") for problem in caught.value.problems]


@pytest.fixture
def good(tmp_path: Path) -> Path:
    path = tmp_path / "good.xlsx"
    workbook(Workloads=workloads()).save(path)
    return path


def edited(good: Path, part: str, edit: Edit) -> Path:
    """A copy of a workbook with one part of its archive changed (or added)."""
    path = good.with_name("edited.xlsx")
    with zipfile.ZipFile(good) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            target.writestr(name, edit(source.read(name)) if name == part else source.read(name))
        if part not in source.namelist():
            target.writestr(part, edit(b""))
    return path


def with_rows(rows: str) -> Edit:
    return lambda xml: re.sub(rb"<sheetData>.*</sheetData>", f"<sheetData>{rows}</sheetData>".encode(), xml, flags=re.DOTALL)


def before(mark: bytes, more: bytes) -> Edit:
    return lambda xml: xml.replace(mark, more + mark, 1)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", b"name,model", f"FILE: is a .csv file; {SAVE}"),
        ("a.xls", b"\xd0\xcf\x11\xe0", f"FILE: is a .xls file; {SAVE}"),
        ("a.ods", b"PK", f"FILE: is a .ods file; {SAVE}"),
        ("plan", b"PK", f"FILE: has no .xlsx at its end; {SAVE}"),
        ("a.xlsx", b"", f"FILE: is empty; {SAVE}"),
        ("a.xlsx", b"hello", f"FILE: is not a workbook; {SAVE}"),
        (
            "a.xlsx",
            b"\xd0\xcf\x11\xe0 and what Excel encrypts",
            "FILE: is protected with a password (or an old .xls workbook); remove the password and save it as an Excel workbook (.xlsx)",
        ),
        ("a.xlsx", b"PK\x03\x04 cut off", f"FILE: is damaged or cut off (File is not a zip file); {FETCH}"),
    ],
)
def test_a_file_that_is_no_workbook(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    assert refused(path) == [said]


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert refused(tmp_path / "none.xlsx") == ["FILE: does not exist; check the path, or write a new workbook with the template command"]
    assert refused(tmp_path) == ["FILE: is a folder; give the path of a workbook (.xlsx)"]
    other = tmp_path / "zip.xlsx"
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("letter.txt", "hello")
    assert refused(other) == [f"FILE: is not a workbook; {SAVE}"]


@pytest.mark.parametrize(
    ("part", "edit", "said"),
    [
        (
            SHEET,
            before(b"<worksheet", b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'),
            f"FILE: holds a document type declaration, which no workbook needs; {SAVE}",
        ),
        (
            SHEET,
            with_rows("".join(f'<row r="{row}"/>' for row in range(1, 1_048_577))),
            f"Workloads: has more than 100,000 rows; {TOO_LARGE}",
        ),
        (SHEET, with_rows('<row r="1">' + "<c/>" * 250_001 + "</row>"), f"Workloads: has more than 250,000 cells; {TOO_LARGE}"),
        (SHEET, before(b"</row>", b'<c r="XFD1"><v>1</v></c>'), f"Workloads: has content in XFD1, beyond the 256 columns that are read; {TOO_LARGE}"),
        (
            SHEET,
            before(b"<sheetData>", b"<a>" * 999 + b"</a>" * 999),
            f"FILE: is damaged or cut off (elements nested more than 200 deep); {FETCH}",
        ),
        (SHEET, with_rows('<row r="2"/><row r="1"/>'), f"FILE: is damaged or cut off (row 1 after row 2); {FETCH}"),
        (
            "xl/styles.xml",
            before(b"<fonts", b"<x/>" * 200_001),
            f"FILE: has more than 200,000 elements besides cells in xl/styles.xml; {SAVE}",
        ),
        (
            "xl/media/picture.bin",
            lambda _: bytes(120_000_000),
            "FILE: unpacks to 120 MB, more than 100 MB; remove what is not needed (pictures, other sheets, empty rows)",
        ),
        (
            SHEET,
            before(b"<pageMargins", b'<mergeCells count="1"><mergeCell ref="A1:XFD1048576"/></mergeCells>'),
            "Workloads!A1:XFD1048576: the cells are merged; unmerge them and fill each cell",
        ),
        (
            SHEET,
            before(b"</row></sheetData>", b'<c r="F2" t="n"><v>much</v></c>'),
            (
                "FILE: cannot be read as a workbook (ValueError: invalid literal for int() with base 10: 'much'); "
                "open it in Excel or LibreOffice and save it again"
            ),
        ),
        (
            SHEET,
            lambda xml: xml.replace(b"chat", b"x" * 32_768),
            "Workloads!A2: has more than 32,767 characters; shorten it",
        ),
    ],
)
def test_a_hostile_or_broken_workbook(good: Path, part: str, edit: Edit, said: str) -> None:
    assert refused(edited(good, part, edit)) == [said]


def test_a_workbook_cut_off_or_with_a_part_spoilt(good: Path) -> None:
    content = good.read_bytes()
    good.write_bytes(content[:-200])
    assert refused(good) == [f"FILE: is damaged or cut off (File is not a zip file); {FETCH}"]
    place = content.index(b"PK\x01\x02") - 60  # within the data of the last part
    good.write_bytes(content[:place] + bytes(10) + content[place + 10 :])
    assert refused(good)[0].startswith("FILE: is damaged or cut off (")


def test_an_ignored_sheet_may_be_of_any_size(good: Path) -> None:
    book = workbook(Workloads=workloads(), _raw=[["x"]])
    book.save(good)
    many = with_rows("".join(f'<row r="{row}"/>' for row in range(1, 100_002)))
    assert read_scenario(edited(good, "xl/worksheets/sheet2.xml", many)).warnings == ()


def test_a_macro_workbook_is_read_and_its_macros_ignored(good: Path) -> None:
    path = edited(good, "xl/vbaProject.bin", lambda _: b"\xd0\xcf\x11\xe0")
    moved = shutil.move(path, path.with_suffix(".XLSM"))
    assert [workload.name for workload in read_scenario(Path(moved)).workloads] == ["chat"]


def spoilt(book: Workbook) -> Workbook:
    """Row 2 with an error and formulas never calculated, rows 3 and 4 merged, a column without header."""
    sheet = book["Workloads"]
    sheet["C2"] = "#REF!"
    sheet["D2"] = "=500*2"
    sheet["H2"] = "#N/A"
    sheet.append(["rag", "Llama-3.1-8B", 1, 10, 10, None])
    sheet.append([None, "Llama-3.1-8B", 1, 10, 10, None])
    sheet.merge_cells("A3:A4")
    return book


def test_cells_that_cannot_be_read_are_all_told(tmp_path: Path) -> None:
    path = tmp_path / "spoilt.xlsx"
    spoilt(workbook(Workloads=workloads({"pool": None}))).save(path)
    assert refused(path) == [
        "Workloads!C2: holds the error #REF!; correct its formula or enter a value",
        "Workloads!D2: holds a formula that was never calculated; open the workbook in Excel or LibreOffice and save it, or enter a value",
        "Workloads!H2: has no header above it; name its column or clear its cells",
        "Workloads!A3:A4: the cells are merged; unmerge them and fill each cell",
    ]


def test_the_saved_value_of_a_formula_is_read(tmp_path: Path) -> None:
    """Row 2: input_tokens is the formula 500*2 saved as 1000, pool a formula saved as an empty text, which is a blank."""
    path = tmp_path / "formula.xlsx"
    workbook(Workloads=workloads({"pool": "p"})).save(path)
    formulas = {"D2": b'<c r="D2"><f>500*2</f><v>1000</v></c>', "F2": b'<c r="F2" t="str"><f>IF(1,"","")</f><v></v></c>'}

    def edit(xml: bytes) -> bytes:
        for cell, new in formulas.items():
            xml = re.sub(f'<c r="{cell}".*?</c>'.encode(), new, xml)
        return xml

    (workload,) = read_scenario(edited(path, SHEET, edit)).workloads
    assert (workload.input_tokens, workload.pool) == (1000, None)


def test_hidden_rows_columns_and_sheets_are_read_with_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "hidden.xlsx"
    book = workbook(Workloads=workloads({}, {"name": "rag"}), Settings=[["setting", "value"], ["seed", 3]])
    book["Workloads"].row_dimensions[3].hidden = True
    book["Workloads"].row_dimensions[9].hidden = True
    book["Workloads"].column_dimensions["E"].hidden = True
    book["Settings"].sheet_state = "hidden"
    book.save(path)
    scenario = read_scenario(path)
    assert [workload.name for workload in scenario.workloads] == ["chat", "rag"]
    assert scenario.warnings == (
        "Workloads: hidden rows are read all the same (3)",
        "Workloads: hidden columns are read all the same (E)",
        "Settings: the sheet is hidden and is read all the same",
    )


def test_blank_rows_are_skipped_wherever_they_are(tmp_path: Path) -> None:
    path = tmp_path / "blanks.xlsx"
    header, row = workloads()
    workbook(Workloads=[[None], header, [" "], row, [None], ["rag", *row[1:]]]).save(path)
    assert [workload.name for workload in read_scenario(path).workloads] == ["chat", "rag"]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([["setting", "value", "colour"], ["seed", 1, "red"]], "Settings!C1: 'colour' is not a column of Settings; use the columns setting and value"),
        ([["setting"], ["seed"]], "Settings: the column value is missing; add it: one row a setting, with its value"),
    ],
)
def test_a_settings_sheet_of_another_shape(tmp_path: Path, rows: list[list[object]], said: str) -> None:
    path = tmp_path / "settings.xlsx"
    workbook(Workloads=workloads(), Settings=rows).save(path)
    assert refused(path) == [said]


def test_a_misnamed_sheet_is_recognised(tmp_path: Path) -> None:
    path = tmp_path / "misnamed.xlsx"
    workbook(Workload=workloads()).save(path)
    assert refused(path) == ["Workloads: the sheet is missing; give the sheet 'Workload' that name"]
    twice = workbook(Workloads=workloads())
    twice.create_sheet("workloads ")
    twice.save(path)
    assert refused(path) == ["Workloads: the sheet stands twice (spaces and case do not count); keep one of them"]
