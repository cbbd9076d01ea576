"""The commands sensitivity, pareto and robust as a user meets them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from batch_scenario import CASES, CHAT_ALONE, workbook
from openpyxl import load_workbook

from tests.command_line import run

RESERVED = """
[[Offers]]
offer = "reserved"
provider = "B"
gpu = "L40S"
billing = "reserved"
usd_per_instance_hour = 0.6
term_months = 12
"""
SHEETS = {
    "sensitivity": ["Tornado", "Less throughput"],
    "pareto": ["TTFT target", "Energy", "Number of providers"],
    "robust": ["Commitments", "Held", "Plans"],
}


@pytest.mark.parametrize("command", SHEETS)
def test_a_study_writes_its_workbook_and_its_json(command: str, tmp_path: Path) -> None:
    path = workbook(tmp_path, text=CHAT_ALONE + RESERVED + CASES)
    workers = () if command == "robust" else ("--workers", 1)
    result = run(command, path, *workers, "--json", tmp_path / "study.json")
    assert result.exit_code == 0, result.output
    assert load_workbook(tmp_path / f"bid.{command}.xlsx").sheetnames == SHEETS[command]
    assert json.loads((tmp_path / "study.json").read_text(encoding="utf-8"))["schema"] == 1
    assert f"Workbook: {tmp_path / f'bid.{command}.xlsx'}" in result.stdout


@pytest.mark.parametrize("command", SHEETS)
def test_a_study_does_not_write_over_its_scenario(command: str, tmp_path: Path) -> None:
    path = workbook(tmp_path, text=CHAT_ALONE + RESERVED + CASES)
    before = path.read_bytes()
    result = run(command, path, "--json", path)
    assert (result.exit_code, result.stderr) == (2, f"--json {path}: would overwrite the scenario; give another path\n")
    assert path.read_bytes() == before


def test_the_robust_plan_holds_what_pays_in_three_quarters_of_the_cases(tmp_path: Path) -> None:
    """At 0.6 of the price by the hour an instance pays if it is on in 60 % of the hours: what the quiet case needs (75 %) is held, the busy rest is not."""
    result = run("robust", workbook(tmp_path, text=CHAT_ALONE + RESERVED + CASES), "--json", "-")
    found = json.loads(result.stdout)
    quiet, busy = (case["gpus"] for case in found["cases"])
    average, worst, _ = found["choices"]
    assert average["held"] == {"reserved": quiet}
    assert average["expected_usd_per_month"] == pytest.approx(730 * (0.6 * quiet + 0.25 * (busy - quiet)))
    assert worst["held"] == {"reserved": busy}
    assert worst["worst_usd_per_month"] == pytest.approx(730 * 0.6 * busy)


def test_a_study_says_that_it_cuts_no_demand(tmp_path: Path) -> None:
    result = run("robust", workbook(tmp_path, text=CHAT_ALONE + 'when_short = "by_priority"\n'))
    first = "warning: When short = by_priority is for a single plan: a study counts only plans that serve the whole demand"
    assert result.stderr.splitlines()[0] == first


def test_without_variants_there_is_nothing_to_be_robust_against(tmp_path: Path) -> None:
    result = run("robust", workbook(tmp_path))
    assert result.exit_code == 2
    assert result.stderr.startswith("Variants: has fewer than two cases to prepare for")
    assert [path.name for path in tmp_path.iterdir()] == ["bid.xlsx"]
