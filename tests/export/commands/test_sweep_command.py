"""The command sweep as a user meets it."""

import json
from pathlib import Path

from batch_scenario import workbook
from openpyxl import load_workbook

from tests.command_line import run


def test_a_sweep_writes_its_points_and_where_the_plan_changes(tmp_path: Path) -> None:
    """Singles at 1 USD an hour beat a server at 24 until 24 of them are as dear; the price at which they stop is found between 1 and 20 USD."""
    path = workbook(tmp_path)
    result = run("sweep", path, "--set", "Offers.single.usd_per_instance_hour=1:20:4", "--workers", 1, "--json", tmp_path / "sweep.json")
    assert result.exit_code == 0, result.output
    assert "takes up server of eight (on demand)" in result.stdout
    found = json.loads((tmp_path / "sweep.json").read_text(encoding="utf-8"))
    assert [point["values"][0] for point in found["points"]] == [1, 1 + 19 / 3, 1 + 38 / 3, 20]
    change = found["break_evens"][0]
    assert change["up_to"] < 24 / 3 <= change["from"]  # three singles against one server
    assert (tmp_path / "bid.sweep.xlsx").is_file()
    book = load_workbook(tmp_path / "bid.sweep.xlsx", data_only=True)
    assert book.sheetnames == ["Sweep", "Charts", "Break-even"]


def test_two_fields_give_a_heat_map(tmp_path: Path) -> None:
    path = workbook(tmp_path)
    ranges = ("--set", "requests_per_s=5:20:3", "--set", "max_utilization=0.5:1:2")
    assert run("sweep", path, *ranges, "--workers", 1, "--quiet").exit_code == 0
    sheet = load_workbook(tmp_path / "bid.sweep.xlsx", data_only=True)["Heat map"]
    assert [[cell.value for cell in row] for row in sheet.iter_rows(min_row=5, max_row=7, max_col=4)] == [
        [None, 5, 12.5, 20],
        [0.5, 1460, 2920, 4380],
        [1, 730, 1460, 2190],
    ]


def test_a_wrong_field_ends_with_2_and_writes_nothing(tmp_path: Path) -> None:
    result = run("sweep", workbook(tmp_path), "--set", "userz=1:2:3")
    assert result.exit_code == 2
    assert "no field is called 'userz'; enter users" in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["bid.xlsx"]


def test_one_field_is_not_swept_twice(tmp_path: Path) -> None:
    result = run("sweep", workbook(tmp_path), "--set", "requests_per_s=1:2:3", "--set", "Workloads.chat.requests_per_s=1:2:3")
    assert (result.exit_code, result.stderr) == (2, "--set: names the same field twice\n")
    assert [path.name for path in tmp_path.iterdir()] == ["bid.xlsx"]
