"""A plan over a horizon as it is shown: what to order when, what each period costs, and live totals; a plan of one month stays as it was."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from sample_plan import TODAY, sample

from data.reader import scenario_from_tables
from data.records.plan import Plan
from data.records.scenario import Scenario
from data.scenario_text import tables_from_toml
from export.figures import commitment_words
from export.json_result import result_json
from export.terminal import summary
from export.workbook import write_result
from model.planner import plan_scenario

SCENARIOS = Path(__file__).resolve().parents[2] / "scenarios"


@pytest.fixture(scope="module")
def planned() -> tuple[Scenario, Plan]:
    scenario = scenario_from_tables(tables_from_toml(SCENARIOS / "commitment_in_month_4.toml"))
    scenario = replace(scenario, settings=replace(scenario.settings, alternatives=False))
    return scenario, plan_scenario(scenario)


def cells(path: Path, sheet: str) -> list[tuple[Any, ...]]:
    return [tuple(value for value in row if value is not None) for row in load_workbook(path, data_only=True)[sheet].iter_rows(values_only=True)]


def test_the_sheet_says_what_to_order_when_and_what_the_periods_cost(planned: tuple[Scenario, Plan], tmp_path: Path) -> None:
    write_result(tmp_path / "plan.xlsx", *planned, TODAY)
    rows = cells(tmp_path / "plan.xlsx", "Commitments")
    orders = [row for row in rows if row and row[0] in ("order now", "order later")]
    assert [(row[0], row[1], row[2], row[3].date(), row[4].date(), row[9], row[-2], row[-1]) for row in orders] == [
        ("order now", 1, 12, date(2027, 1, 1), date(2027, 12, 31), 1, 8760, 0),
        ("order later", 4, 12, date(2027, 4, 1), date(2027, 12, 31), 1, 6570, 2190),
    ]
    periods = [(row[0], row[4], row[-2], row[-1]) for row in rows if row and str(row[0]).startswith("months")]
    assert periods == [("months 1–3", 1, 730, 2190), *((name, 2, 1460, 4380) for name in ("months 4–6", "months 7–9", "months 10–12"))]
    assert ("the horizon", 1, 12, 12, 1277.5, 15330) in rows
    said = [row[0] for row in cells(tmp_path / "plan.xlsx", "Summary") if row]
    assert "what to commit to: 15,330 USD in 12 months, of which a month costs the mean" in said
    assert any(str(text).startswith("• order for month 4: 1 instance of one year") for text in said)


def test_the_json_lists_commitments_and_periods(planned: tuple[Scenario, Plan]) -> None:
    result = result_json(*planned)
    names = ("offer", "instances", "first_month", "last_month", "existing", "usd_in_horizon", "usd_beyond_horizon")
    assert [[row[name] for name in names] for row in result["commitments"]] == [
        ["one year", 1, 1, 12, False, 8760, 0],
        ["one year", 1, 4, 12, False, 6570, 2190],
    ]
    assert [(row["period"], row["months"], row["usd_per_month"], row["usd"]) for row in result["periods"]][:2] == [
        ("months 1–3", 3, 730, 2190),
        ("months 4–6", 3, 1460, 4380),
    ]
    assert {row["period"] for row in result["costs"]} == {row["period"] for row in result["periods"]}


def test_the_terminal_says_what_to_order_later(planned: tuple[Scenario, Plan], capsys: pytest.CaptureFixture[str]) -> None:
    summary(*planned)
    said = " ".join(capsys.readouterr().out.split())
    assert "1,277.50 USD a month · 15,330.00 USD in 12 months" in said
    assert "- order for month 4: 1 instance of one year (Example Cloud, reserved) until month 12: 730 USD a month, 6,570 USD in all, 2,190 USD" in said


def test_what_is_held_is_told_as_held(planned: tuple[Scenario, Plan]) -> None:
    line = replace(planned[1].commitments[0], existing=True, last_month=6, instances=8, usd_in_horizon=35040.0, usd_per_month=5840.0)
    assert commitment_words(line) == "held already: 8 instances of one year (Example Cloud, reserved) until month 6: 5,840 USD a month, 35,040 USD in all"


def test_a_plan_of_one_month_has_no_orders_on_its_summary(tmp_path: Path) -> None:
    write_result(tmp_path / "plan.xlsx", *sample(), TODAY)
    assert not any(str(row[0]).startswith("what to commit to") for row in cells(tmp_path / "plan.xlsx", "Summary") if row)


@pytest.mark.libreoffice
def test_every_live_figure_of_a_horizon_recalculates_to_what_was_written(planned: tuple[Scenario, Plan], tmp_path: Path) -> None:
    write_result(tmp_path / "plan.xlsx", *planned, TODAY)
    load_workbook(tmp_path / "plan.xlsx").save(tmp_path / "bare.xlsx")  # openpyxl drops the cached values
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    command = ["soffice", profile, "--headless", "--convert-to", "xlsx", "--outdir", tmp_path / "again", tmp_path / "bare.xlsx"]
    subprocess.run(command, check=True, capture_output=True, timeout=240)
    for sheet in ("Summary", "Plan", "Costs", "Commitments", "Blocks"):
        assert _numbers(tmp_path / "again" / "bare.xlsx", sheet) == pytest.approx(_numbers(tmp_path / "plan.xlsx", sheet)), sheet


def _numbers(path: Path, sheet: str) -> list[float]:
    return [value for row in load_workbook(path, data_only=True)[sheet].iter_rows(values_only=True) for value in row if isinstance(value, (int, float))]
