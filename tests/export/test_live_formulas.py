"""The money recalculated by LibreOffice: equal to the solver's as written, and right after a planner has overtyped a count, a price or hours."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from openpyxl import load_workbook
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet
from sample_plan import BATCH, CHAT, TODAY, infeasible, sample

from export.workbook import write_result
from export.workbook.places import SHEET_COLUMNS

pytestmark = pytest.mark.libreoffice
Edit = Callable[[Workbook], None]


def plan_cell(book: Workbook, workload: str, offer: str, column: str) -> str:
    """Address of a figure on Plan."""
    row = next(row for row in book["Plan"].iter_rows(min_row=2) if (row[0].value, row[4].value) == (workload, offer))
    return str(row[SHEET_COLUMNS.index(column)].coordinate)


def overtype(workload: str, offer: str, column: str, value: float) -> Edit:
    """Write a count over the one planned."""

    def edit(book: Workbook) -> None:
        book["Plan"][plan_cell(book, workload, offer, column)].value = value

    return edit


def reprice(offer: str, usd: float) -> Edit:
    """Write a price over the first of an offer's cost lines."""

    def edit(book: Workbook) -> None:
        first = next(row for row in book["Costs"].iter_rows(min_row=15) if row[0].value == offer)
        first[9].value = usd

    return edit


def longer_nights(book: Workbook) -> None:
    """Write 400 hours over the 334 of the night."""
    sheet: Worksheet = book["Blocks"]
    row = next(row for row in sheet.iter_rows() if row[0].value == "hours a month")
    row[7].value = 400


RESERVED, ON_DEMAND, SPOT = "p5.48xlarge 1y", "gpu_8x_h100", "L40S spot"
EDITS: dict[str, Edit] = {
    "as_written": lambda book: None,
    "two_more_nodes": overtype(CHAT, ON_DEMAND, "node_count", 4),
    "too_many_for_the_stock": overtype(CHAT, ON_DEMAND, "node_count", 6),
    "too_few_for_the_demand": overtype(CHAT, RESERVED, "node_count", 3),
    "two_more_instances": overtype(BATCH, SPOT, "instances", 8),
    "fewer_instances_than_nodes_need": overtype(BATCH, SPOT, "instances", 5),
    "dearer": reprice(ON_DEMAND, 30.0),
    "longer_nights": longer_nights,
}


@pytest.fixture(scope="module")
def recalculated(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Workbook]:
    """Each edit of the sample's result, recalculated: openpyxl drops the cached values, so LibreOffice computes every cell anew."""
    folder = tmp_path_factory.mktemp("live")
    write_result(folder / "plan.xlsx", *sample(), TODAY)
    write_result(folder / "infeasible.xlsx", *infeasible(), TODAY)
    for name, edit in EDITS.items():
        book = load_workbook(folder / "plan.xlsx")
        edit(book)
        book.save(folder / f"{name}.xlsx")
    saved = folder / "saved"
    files = [folder / f"{name}.xlsx" for name in (*EDITS, "infeasible")]
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    subprocess.run(["soffice", profile, "--headless", "--convert-to", "xlsx", "--outdir", saved, *files], check=True, capture_output=True, timeout=240)
    return {file.stem: load_workbook(saved / file.name, data_only=True) for file in files}


def total(book: Workbook) -> float:
    """The plan's cost a month: the last total on Costs."""
    rows = [row for row in book["Costs"].iter_rows(values_only=True) if row[0] == "Total"]
    return float(rows[-1][10])


def check(book: Workbook, workload: str, offer: str) -> str:
    return str(book["Plan"][plan_cell(book, workload, offer, "check")].value)


def test_every_total_equals_the_solvers_to_the_cent(recalculated: dict[str, Workbook]) -> None:
    book, (_, plan) = recalculated["as_written"], sample()
    assert total(book) == pytest.approx(plan.usd_per_month, abs=0.005)
    column = SHEET_COLUMNS.index("usd_per_month")
    rows = [row[column] for row in book["Plan"].iter_rows(min_row=2, max_row=7, values_only=True)]
    assert rows == pytest.approx([row.usd_per_month for row in plan.deployments], abs=0.005)
    assert book["Summary"]["A5"].value == pytest.approx(plan.usd_per_month, abs=0.005)
    assert book["Summary"]["C5"].value == plan.gpus


def test_every_recalculated_cell_equals_its_cached_value(recalculated: dict[str, Workbook], tmp_path: Path) -> None:
    write_result(tmp_path / "plan.xlsx", *sample(), TODAY)
    cached, formulas = load_workbook(tmp_path / "plan.xlsx", data_only=True), load_workbook(tmp_path / "plan.xlsx")
    compared = 0
    for sheet in formulas:
        for cell in (cell for row in sheet.iter_rows() for cell in row if cell.data_type == "f"):
            expected, found = (book[sheet.title][cell.coordinate].value for book in (cached, recalculated["as_written"]))
            assert found == (pytest.approx(expected, abs=1e-6) if isinstance(expected, (int, float)) else expected), f"{sheet.title}!{cell.coordinate}"
            compared += 1
    assert compared > 200


def test_no_cell_shows_an_error(recalculated: dict[str, Workbook]) -> None:
    for name, book in recalculated.items():
        errors = [f"{name}: {sheet.title}!{cell.coordinate}" for sheet in book for row in sheet.iter_rows() for cell in row if cell.data_type == "e"]
        assert errors == []


@pytest.mark.parametrize(
    ("edit", "more_usd", "why"),
    [
        ("two_more_nodes", 88 * 23.92, "4 nodes of 4 GPUs fill a second server in the 88 peak hours; by day the planned node stays"),
        ("too_few_for_the_demand", -0.0, "the freed GPUs are on a server that other nodes still need: 12 + 6 GPUs are 3 servers of 8"),
        ("two_more_instances", 2 * 334 * 0.43, "two more spot instances in the 334 night hours"),
        ("dearer", (30 - 23.92) * (88 + 176), "one server in the peak and day hours, the second line repeats the first's price"),
        ("longer_nights", 66 * (6 * 0.43 + 3 * 27.5 + 4.2 * 1.5 * 0.15), "66 h more of spot, of commitments and of the own server's power (4.2 kW × PUE 1.5)"),
    ],
)
def test_overtyping_moves_the_total(recalculated: dict[str, Workbook], edit: str, more_usd: float, why: str) -> None:
    assert total(recalculated[edit]) - total(recalculated["as_written"]) == pytest.approx(more_usd, abs=0.005), why


@pytest.mark.parametrize(
    ("edit", "workload", "offer", "verdict"),
    [
        ("as_written", CHAT, ON_DEMAND, "ok"),
        ("two_more_nodes", CHAT, ON_DEMAND, "ok"),
        ("too_many_for_the_stock", CHAT, ON_DEMAND, "over stock"),  # 6 × 4 GPUs are 3 servers, 2 are in stock
        ("too_few_for_the_demand", CHAT, RESERVED, "short of capacity"),  # 3.2·(3 + 2) − 0.6 = 15.4 req/s of 16.7
        ("fewer_instances_than_nodes_need", BATCH, SPOT, "too few instances"),
    ],
)
def test_a_count_that_no_longer_holds_is_told(recalculated: dict[str, Workbook], edit: str, workload: str, offer: str, verdict: str) -> None:
    assert check(recalculated[edit], workload, offer) == verdict
