"""Several scenarios in one command: a result each, a comparison, failures as rows, what is done and unchanged kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from batch_scenario import CHAT_ALONE, VARIANTS, workbook
from openpyxl import load_workbook

from tests.command_line import run


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A workbook planned with its four variants, and the comparison's scenarios by name."""
    folder = tmp_path_factory.mktemp("batch")
    result = run(workbook(folder, text=CHAT_ALONE + VARIANTS), "--variants", "--workers", 1, "--json", folder / "all.json")
    assert result.exit_code == 3, result.output  # the highest of 0, 0, 0, 3 and 2
    found = json.loads((folder / "all.json").read_text(encoding="utf-8"))
    assert found["base"] == "bid"
    return folder, {row["name"]: row for row in found["scenarios"]}


def test_each_variant_is_a_scenario_and_what_fails_is_a_row_with_its_reason(planned: tuple[Path, dict[str, Any]]) -> None:
    """3 singles carry 20 requests a second and 2 carry 10; without singles it takes a server; 1 ms is below any prefill; 'many' is no number."""
    folder, rows = planned
    status = {name: (row["status"], row["gpus"]) for name, row in rows.items()}
    assert status == {
        "bid": ("optimal", 3), "half the load": ("optimal", 2), "no singles": ("optimal", 8), "too tight": ("infeasible", 0), "wrong": ("bad input", 0),
    }  # fmt: skip
    assert rows["too tight"]["reason"].startswith("chat: nothing can serve it: TTFT")
    assert rows["wrong"]["reason"] == "Variants!E5: 'many' is not a number; enter a number above 0 to 1,000,000,000 (req/s)"
    results = sorted(path.name for path in folder.glob("*.result.xlsx"))
    assert results == ["bid.half the load.result.xlsx", "bid.no singles.result.xlsx", "bid.result.xlsx", "bid.too tight.result.xlsx"]


def test_a_variants_plan_is_that_of_the_workbook_changed_by_hand(planned: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    text = CHAT_ALONE.replace("requests_per_s = 20", "requests_per_s = 10")
    alone = json.loads(run(workbook(tmp_path, text=text), "--json", "-").stdout)
    row = planned[1]["half the load"]
    assert row["usd_per_month"] == alone["usd_per_month"]
    assert row["bound_usd_per_month"] == alone["bound_usd_per_month"]
    assert row["plan"] == [{name: deployment[name] for name in row["plan"][0]} for deployment in alone["plan"]]
    # The result of a variant names it, and is an input again.
    again = json.loads(run(planned[0] / "bid.half the load.result.xlsx", "-o", tmp_path / "again.xlsx", "--json", "-").stdout)
    assert again["usd_per_month"] == alone["usd_per_month"]
    assert again["scenario"] == "bid · half the load"


def test_the_comparison_shows_figures_differences_plans_and_inputs_side_by_side(planned: tuple[Path, dict[str, Any]]) -> None:
    book = load_workbook(planned[0] / "comparison.xlsx", data_only=True)
    assert book.sheetnames == ["Comparison", "Charts", "Plans", "Deployments", "Inputs", "No plan"]
    header, *rows = [row for row in book["Comparison"].iter_rows(min_row=6, values_only=True) if row[1]]
    table = {row[0]: dict(zip(header, row, strict=True)) for row in rows}
    assert table["half the load"]["difference [USD a month]"] == pytest.approx(-730)
    assert table["no singles"]["difference [share]"] == pytest.approx(7)
    assert table["no singles"]["difference [GPUs]"] == 5
    assert table["too tight"]["USD a month"] is None
    inputs = {row[:3]: row[3:] for row in book["Inputs"].iter_rows(min_row=5, values_only=True)}
    assert inputs["Workloads", "chat", "requests_per_s"] == ("20", "10", "20", "20")
    assert inputs["Offers", "single", "max_instances"] == (None, None, "0", None)
    reasons = [row[3] for row in book["No plan"].iter_rows(min_row=5, values_only=True)]
    assert any("TTFT" in reason for reason in reasons)
    assert any("'many' is not a number" in reason for reason in reasons)


def test_differences_are_formulas_over_the_base_named_in_a_cell(planned: tuple[Path, dict[str, Any]]) -> None:
    sheet = load_workbook(planned[0] / "comparison.xlsx")["Comparison"]
    assert sheet["B4"].value == "bid"
    assert sheet["D8"].value.startswith("=IFERROR(")
    assert "$B$4" in sheet["D8"].value


def test_what_is_done_and_unchanged_is_kept_and_what_changed_is_planned_again(tmp_path: Path) -> None:
    bids = tmp_path / "bids"
    bids.mkdir()
    one, two = workbook(bids, "one"), workbook(bids, "two", CHAT_ALONE.replace("usd_per_instance_hour = 1\n", "usd_per_instance_hour = 2\n"))
    arguments = (bids, "-o", tmp_path / "out", "--workers", 1, "--resume")
    assert "kept" not in run(*arguments).output
    kept = (tmp_path / "out" / "one.result.xlsx").stat().st_mtime_ns
    assert "2 of them kept from before" in run(*arguments).output
    workbook(bids, "two")
    assert "1 of them kept from before" in run(*arguments).output
    assert (tmp_path / "out" / "one.result.xlsx").stat().st_mtime_ns == kept
    (tmp_path / "out" / "one.result.xlsx").write_bytes(b"overtyped")
    assert "1 of them kept from before" in run(*arguments).output
    assert "kept" not in run(*arguments, "--gap", 0.01).output
    assert one.exists()
    assert two.exists()


def test_a_folder_gives_its_scenarios_not_their_results_nor_lock_files(tmp_path: Path) -> None:
    workbook(tmp_path, "one")
    for name in ("one.result.xlsx", "comparison.xlsx", "~$one.xlsx", ".hidden.xlsx", "notes.txt"):
        (tmp_path / name).write_bytes(b"")
    result = run(tmp_path, "-o", tmp_path / "out", "--workers", 1)
    assert result.exit_code == 0, result.output
    assert "1 of 1 scenarios have a plan" in result.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--base", "bit"), "--base: no scenario of the batch is called 'bit'; enter bid, or the name of one of them"),
        (("-o", "out.xlsx"), "-o out.xlsx: is a file; name a folder for the results of several scenarios"),
        (("--lp", "a.lp"), "--lp: writes the MILP of one scenario; plan that one alone"),
        (("--json", "bid.xlsx"), "--json bid.xlsx: would overwrite the scenario; give another path"),
        (("--json", "bid.result.xlsx"), "--json bid.result.xlsx: would overwrite a workbook that the batch writes; give another path"),
        (("-o", "new", "--json", "new/comparison.xlsx"), "--json new/comparison.xlsx: would overwrite a workbook that the batch writes; give another path"),
        (("-o", "new", "--json", "nowhere/a.json"), "--json nowhere/a.json: there is no folder {}/nowhere; make it, or give another path"),
    ],
)
def test_bad_arguments_end_before_anything_is_planned(arguments: tuple[str, ...], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = run(workbook(tmp_path).name, "other.xlsx", *arguments)
    assert result.exit_code == 2
    assert result.stderr.strip() == message.format(tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["bid.xlsx"]
