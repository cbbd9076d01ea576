"""What Excel repairs or cuts without a word: the result and the template keep to its limits, and every chart says what it shows."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.utils import range_boundaries
from sample_plan import TODAY, in_french, infeasible, sample

from data.scenario_text import tables_from_toml
from data.template import write_template
from export.workbook import write_result

SCENARIO = Path(__file__).resolve().parents[2] / "scenarios" / "organisation.toml"

BOOKS: dict[str, Callable[[Path], None]] = {
    "plan": lambda path: write_result(path, *sample(), TODAY),
    "plan in French": lambda path: write_result(path, *in_french(*sample()), TODAY),
    "infeasible": lambda path: write_result(path, *infeasible(), TODAY),
    "template": lambda path: write_template(path, tables_from_toml(SCENARIO)),
    "blank template": write_template,
}
CHART = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
Box = tuple[int, int, int, int]


@pytest.fixture(scope="module", params=BOOKS)
def path(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    written = tmp_path_factory.mktemp("valid") / f"{request.param}.xlsx"
    BOOKS[request.param](written)
    return written


@pytest.fixture(scope="module")
def book(path: Path) -> Workbook:
    return load_workbook(path)


def apart(one: Box, other: Box) -> bool:
    return one[2] < other[0] or other[2] < one[0] or one[3] < other[1] or other[3] < one[1]


def test_every_part_is_well_formed(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if name.endswith((".xml", ".rels", ".vml")):
                ElementTree.fromstring(archive.read(name))  # noqa: S314 - written here


def test_merged_cells_and_tables_lie_apart_and_tables_have_their_headers(book: Workbook) -> None:
    names = [table.name.casefold() for sheet in book for table in sheet.tables.values()]
    assert len(names) == len(set(names))
    for sheet in book:
        tables = [table.ref for table in sheet.tables.values()]
        boxes = [*(merged.bounds for merged in sheet.merged_cells.ranges), *map(range_boundaries, tables)]
        assert all(apart(one, other) for one, other in combinations(boxes, 2)), sheet.title
        for table in sheet.tables.values():
            header = [str(cell.value) for cell in sheet[table.ref][0]]
            assert header == [column.name for column in table.tableColumns]
            assert len({name.casefold() for name in header}) == len(header)


def test_sizes_prompts_and_formulas_are_within_the_limits(book: Workbook) -> None:
    """Excel specifications and limits: 31 for a sheet, 409 points, 255 of width, prompts and literals, 32 of a prompt's title, 8,192 of a formula."""
    for sheet in book:
        assert re.fullmatch(r"[^\[\]:*?/\\]{1,31}", sheet.title)
        assert all((row.height or 0) <= 409 for row in sheet.row_dimensions.values())
        assert all((column.width or 0) <= 255 for column in sheet.column_dimensions.values())
        for found in sheet.data_validations.dataValidation:
            for text, most in ((found.prompt, 255), (found.promptTitle, 32), (found.error, 255), (found.errorTitle, 32), (found.formula1, 255)):
                assert len(text or "") <= most
        for formula in (str(cell.value) for row in sheet.iter_rows() for cell in row if cell.data_type == "f"):
            assert len(formula) < 8192
            assert all(len(literal) <= 255 for literal in re.findall('"([^"]*)"', formula))


def test_every_page_is_a4_landscape_with_its_header_repeated(book: Workbook) -> None:
    for sheet in book:
        if sheet.sheet_state == "visible":
            assert (sheet.page_setup.paperSize, sheet.page_setup.orientation, sheet.sheet_properties.pageSetUpPr.fitToPage) == (9, "landscape", True)


def test_every_chart_and_every_axis_shown_has_a_title(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        charts = [ElementTree.fromstring(archive.read(name)) for name in archive.namelist() if re.fullmatch(r"xl/charts/chart\d+\.xml", name)]  # noqa: S314
    assert len(charts) >= 10 or path.stem != "plan"
    for chart in charts:
        assert chart.find(f"{CHART}chart/{CHART}title") is not None
        for axis in (axis for kind in ("catAx", "valAx", "dateAx") for axis in chart.iter(CHART + kind)):
            deleted = axis.find(f"{CHART}delete")
            assert axis.find(f"{CHART}title") is not None or (deleted is not None and deleted.get("val") == "1")
