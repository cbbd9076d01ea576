"""The result workbook as a file: its sheets and columns, cached values, hostile text, scenarios without a plan, and writing whole or not at all."""

from __future__ import annotations

import re
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from large_plan import large
from openpyxl import load_workbook
from openpyxl.workbook import Workbook
from sample_plan import BATCH, CHAT, RAG, TODAY, infeasible, sample

from data.records.plan import Plan
from data.records.scenario import Scenario
from export.plan_columns import PLAN_COLUMNS
from export.text import MOST_UNITS, cell_text
from export.workbook import sources, write_result

SHEETS = [
    "Summary", "Plan", "Costs", "Blocks", "Commitments", "Latency", "Memory", "Constraints", "Alternatives", "Curves", "Sensitivity", "Deploy", "Ruled out",
    "Inputs", "Sources", "_pools",
]  # fmt: skip


def written(path: Path, scenario: Scenario, plan: Plan) -> tuple[Workbook, Workbook]:
    """The workbook of a plan as formulas and as cached values."""
    write_result(path, scenario, plan, TODAY)
    return load_workbook(path), load_workbook(path, data_only=True)


def texts(book: Workbook, sheet: str) -> list[str]:
    return [cell.value for row in book[sheet].iter_rows() for cell in row if isinstance(cell.value, str)]


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workbook, Workbook]:
    return written(tmp_path_factory.mktemp("result") / "plan.xlsx", *sample())


def test_sheets_stand_in_the_contracts_order(books: tuple[Workbook, Workbook]) -> None:
    assert books[0].sheetnames == SHEETS


def test_plan_has_the_contracts_columns_first_and_one_row_a_deployment(books: tuple[Workbook, Workbook]) -> None:
    _, plan = sample()
    header, *rows = books[1]["Plan"].iter_rows(values_only=True)
    assert header[: len(PLAN_COLUMNS)] == PLAN_COLUMNS
    stated = [dict(zip(PLAN_COLUMNS, row, strict=False)) for row in rows]
    assert [row["workload"] for row in stated] == [CHAT, CHAT, RAG, RAG, BATCH, BATCH]
    for row, deployment in zip(stated, plan.deployments, strict=True):
        for name in ("offer", "gpu", "node_count", "gpus", "instances", "usd_per_month"):
            assert row[name] == (pytest.approx(getattr(deployment, name)) if getattr(deployment, name) != "" else None)


def test_money_and_counts_are_formulas_with_cached_values(books: tuple[Workbook, Workbook]) -> None:
    formulas, values = books
    columns = {name: PLAN_COLUMNS.index(name) + 1 for name in ("gpus", "instances", "usd_per_month")}
    for col in columns.values():
        assert str(formulas["Plan"].cell(2, col).value).startswith("=")
        assert isinstance(values["Plan"].cell(2, col).value, (int, float))
    total = formulas.defined_names["total_usd_per_month"].attr_text.split("!")[1]
    assert str(formulas["Costs"][total].value).startswith("=SUM(")
    assert values["Costs"][total].value == pytest.approx(sample()[1].usd_per_month, abs=1e-9)


def test_every_formula_has_a_cached_value(books: tuple[Workbook, Workbook]) -> None:
    formulas, values = books
    for sheet in formulas:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.data_type == "f":
                    assert values[sheet.title][cell.coordinate].value is not None, f"{sheet.title}!{cell.coordinate}"


def test_the_total_stands_in_the_settings_currency_too(tmp_path: Path) -> None:
    scenario, plan = sample()
    euros = replace(scenario, settings=replace(scenario.settings, currency="EUR", usd_per_currency=("EUR=1.08",)))
    book, values = written(tmp_path / "plan.xlsx", euros, plan)
    assert values["Summary"]["A4"].value == "USD a month (70,623 EUR)"
    assert book["Summary"]["A4"].value.endswith('&FIXED(Costs!$K$35/1.08,0)&" EUR)"')


def test_fifty_workloads_on_a_thousand_offers_keep_every_formula_within_excels_limit(tmp_path: Path) -> None:
    write_result(tmp_path / "large.xlsx", *large(), TODAY)
    with zipfile.ZipFile(tmp_path / "large.xlsx") as parts:
        sheets = [parts.read(name).decode() for name in parts.namelist() if name.startswith("xl/worksheets/sheet")]
    lengths = [len(formula) for sheet in sheets for formula in re.findall("<f>(.*?)</f>", sheet)]
    assert len(lengths) > 10_000
    assert max(lengths) < 8192  # characters of a formula (Excel specifications and limits)


def test_charts_stand_where_the_contract_has_them(books: tuple[Workbook, Workbook], tmp_path: Path) -> None:
    write_result(tmp_path / "plan.xlsx", *sample(), TODAY)
    charts = {sheet.title: len(sheet._charts) for sheet in load_workbook(tmp_path / "plan.xlsx")}
    assert {name: charts[name] for name in ("Summary", "Blocks", "Commitments", "Costs", "Alternatives", "Curves", "Sensitivity")} == {
        "Summary": 3, "Blocks": 4, "Commitments": 1, "Costs": 1, "Alternatives": 1, "Curves": 2, "Sensitivity": 1,
    }  # fmt: skip


def test_a_price_older_than_the_setting_is_stale(books: tuple[Workbook, Workbook]) -> None:
    rows = {row[0]: row for row in books[1]["Sources"].iter_rows(values_only=True)}
    assert rows["L40S spot"][5:7] == (203, "stale")  # from 2 May to 21 November 2026; the setting allows 90 days
    assert rows["gpu_8x_h100"][6] == "fresh"
    assert rows["own L40S server"][6] == "undated"


def test_inputs_mark_what_was_given_and_what_is_a_default(books: tuple[Workbook, Workbook]) -> None:
    rows = {(row[0], row[1], row[3]): (row[5], row[7]) for row in books[1]["Inputs"].iter_rows(min_row=5, values_only=True)}
    assert rows["Workloads", 1, "users"] == (20000, "given")
    assert rows["Workloads", 1, "slo_percentile"] == (95, "default")
    assert rows["Settings", 1, "hours_per_month"] == (730, "default")


def test_without_a_plan_the_summary_says_what_rules_it_out_and_no_sheet_is_missing(tmp_path: Path) -> None:
    scenario, plan = infeasible()
    book, values = written(tmp_path / "none.xlsx", scenario, plan)
    assert book.sheetnames == SHEETS
    assert any("No plan exists" in text for text in texts(values, "Summary"))
    assert "• add 8 to Node sizes (Settings): the plan then costs 91,250 USD a month" in texts(values, "Summary")
    for said in plan.diagnosis:
        assert any(said in text for text in texts(values, "Summary"))
        assert any(said in text for text in texts(values, "Ruled out"))
    for sheet in SHEETS:
        assert texts(values, sheet), sheet


HOSTILE = ("=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "bell\x07 and \x00", "🚀 rocket", "مرحبا", "x" * 32_000, "{=A1}", "http://a.b", "_x0041_")


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_text_of_the_input_comes_out_as_text(tmp_path: Path, name: str) -> None:
    scenario, plan = sample()
    workload, offer = scenario.workloads[2], scenario.offers[1]
    named = replace(
        scenario, workloads=(*scenario.workloads[:2], replace(workload, name=name)), settings=replace(scenario.settings, scenario_name=name),
        offers=tuple(replace(found, offer=name, source=name) if found is offer else found for found in scenario.offers),
    )  # fmt: skip
    renamed = _renamed(plan, {workload.name: name, offer.offer: name})
    book, values = written(tmp_path / "hostile.xlsx", named, renamed)
    row = next(row for row in values["Plan"].iter_rows(min_row=2) if row[3].value == "Lambda")
    assert row[4].value == cell_text(name)
    assert row[4].data_type == "s"
    assert {cell.value for cell in values["Plan"]["A"][1:]} == {CHAT, RAG, cell_text(name)}
    hostile = [cell.value for sheet in book for cells in sheet.iter_rows() for cell in cells if cell.data_type == "f" and name in str(cell.value)]
    assert hostile == []


def _renamed(plan: Plan, names: dict[str, str]) -> Plan:
    """The plan with workloads and offers called otherwise."""

    def new(name: str) -> str:
        return names.get(name, name)

    return replace(
        plan,
        deployments=tuple(replace(row, workload=new(row.workload), offer=new(row.offer)) for row in plan.deployments),
        instances={new(offer): by_block for offer, by_block in plan.instances.items()},
        blocks=tuple(replace(block, demand={new(name): load for name, load in block.demand.items()}) for block in plan.blocks),
        costs=tuple(replace(line, offer=new(line.offer), workload=new(line.workload)) for line in plan.costs),
        demands=tuple(replace(demand, workload=new(demand.workload)) for demand in plan.demands),
        candidates=tuple(replace(candidate, workload=new(candidate.workload)) for candidate in plan.candidates),
    )


def test_text_beyond_a_cells_limit_ends_in_an_ellipsis() -> None:
    assert cell_text("x" * MOST_UNITS) == "x" * MOST_UNITS
    assert cell_text("x" * (MOST_UNITS + 1)) == "x" * (MOST_UNITS - 1) + "…"
    rockets = cell_text("🚀" * MOST_UNITS)  # two UTF-16 units each
    assert rockets == "🚀" * ((MOST_UNITS - 1) // 2) + "…"


def test_a_failed_write_keeps_the_old_result_and_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "plan.xlsx"
    path.write_bytes(b"old")

    def fails(*_: object) -> None:
        raise RuntimeError("half way")

    monkeypatch.setattr("export.workbook.SHEETS", (sources.write, fails))
    with pytest.raises(RuntimeError, match="half way"):
        write_result(path, *sample(), TODAY)
    assert [(file.name, file.read_bytes()) for file in tmp_path.iterdir()] == [("plan.xlsx", b"old")]


def test_a_folder_that_does_not_exist_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="missing"):
        write_result(tmp_path / "missing" / "plan.xlsx", *sample(), TODAY)


def test_infinite_and_missing_figures_are_dashes_not_errors(tmp_path: Path) -> None:
    scenario, plan = sample()
    first, *rest = plan.deployments
    wild = replace(plan, deployments=(replace(first, e2e_ms=float("inf"), ttft_ms=float("nan"), memory=None), *rest), gap=None, bound_usd_per_month=None)
    _, values = written(tmp_path / "wild.xlsx", scenario, wild)
    assert values["Latency"]["G5"].value == "–"
