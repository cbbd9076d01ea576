"""The command simulate as a user meets it: from a planned workbook to verdicts, workbook and JSON."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from click.testing import Result
from openpyxl import load_workbook

from tests.command_line import run, workbook

CHAT = """
[[Workloads]]
name = "chat"
model = "Llama-3.1-8B"
precision = "fp8"
requests_per_s = 20
input_tokens = 1000
output_tokens = 100
ttft_target_ms = 1000
tpot_target_ms = 50
slo_percentile = 90

[[Offers]]
offer = "single"
provider = "B"
gpu = "L40S"
billing = "on_demand"
usd_per_instance_hour = 1

[Settings]
offers = "workbook"
alternatives = false
"""


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a scenario, its result workbook and its JSON."""
    folder = tmp_path_factory.mktemp("planned")
    assert run(workbook(folder, "chat", CHAT), "--json", folder / "chat.json").exit_code == 0
    return folder


def simulated(*arguments: object) -> Result:
    return run("simulate", *arguments, "--seeds", "2", "--workers", "1")


def test_a_result_workbook_alone_is_simulated_beside_itself(planned: Path) -> None:
    result = simulated(planned / "chat.result.xlsx")
    assert result.exit_code == 0, result.output
    assert result.stderr == ""
    lines = result.stdout.splitlines()
    assert lines[0].startswith("chat: ")
    assert lines[2].split() == ["p50", "p90", "p95", "p99", "target"]
    assert [line[2:17].strip() for line in lines[3:6]] == ["TTFT [ms]", "TPOT [ms]", "end to end [ms]"]
    assert "p90 ≤ 1,000: kept" in lines[3]
    assert lines[6].startswith("  load ratio Q 0.")
    assert [line.split(" (")[0].strip() for line in lines[7:9]] == ["one node fewer", "one node more"]
    assert lines[-3:] == ["The plan keeps all its targets.", "", f"Workbook: {planned / 'chat.result.simulation.xlsx'}"]


def test_workbook_and_json_are_the_same_simulation(planned: Path, tmp_path: Path) -> None:
    """From the JSON, with the JSON on standard output: nothing else stands there, the figures are those from the workbook."""
    first = json.loads(simulated(planned / "chat.json", "-o", tmp_path / "a.xlsx", "--json", "-").stdout)
    simulated(planned / "chat.result.xlsx", "-o", tmp_path, "--json", tmp_path / "b.json", "--quiet")
    second = json.loads((tmp_path / "b.json").read_text(encoding="utf-8"))
    assert first["pools"] == second["pools"]
    assert first["keeps_its_targets"] is True
    (pool,) = first["pools"]
    assert pool["one_more"]["nodes"] == pool["planned"]["nodes"] + 1 == pool["one_fewer"]["nodes"] + 2
    assert [p["percentile"] for p in pool["planned"]["latencies"]["TPOT"]["percentiles"]] == [50, 90, 95, 99]
    assert (tmp_path / "chat.result.simulation.xlsx").is_file()


def test_the_workbook_shows_each_size_of_each_pool_with_charts(planned: Path, tmp_path: Path) -> None:
    simulated(planned / "chat.json", "-o", tmp_path / "out.xlsx", "--quiet")
    book = load_workbook(tmp_path / "out.xlsx")
    assert book.sheetnames == ["Simulation", "Percentiles"]
    assert len(book["Simulation"]._charts) == 3
    header, *rows = book["Percentiles"].iter_rows(min_row=4, values_only=True)
    assert header[4:9] == ("simulated", "p50 [ms]", "p90 [ms]", "p95 [ms]", "p99 [ms]")
    assert [(row[2], row[4]) for row in rows[:3]] == [("TTFT", "one node fewer"), ("TTFT", "as planned"), ("TTFT", "one node more")]
    nodes = [row[3] for row in rows]
    assert nodes == [nodes[0], nodes[0] + 1, nodes[0] + 2] * 3


def test_a_missed_target_is_said_and_ends_with_0(planned: Path, tmp_path: Path) -> None:
    result = json.loads((planned / "chat.json").read_text(encoding="utf-8"))
    result["pools"][0]["tpot_target_ms"] = 1.0
    (tmp_path / "tight.json").write_text(json.dumps(result), encoding="utf-8")
    told = simulated(tmp_path / "tight.json")
    assert told.exit_code == 0
    assert "p90 ≤ 1: missed" in told.stdout
    assert "missed: chat: " in told.stdout
    assert "The plan does not keep its targets in this simulation." in told.stdout


def test_a_scenario_given_by_mistake_ends_with_2_and_one_line(planned: Path) -> None:
    path = planned / "chat.xlsx"
    result = simulated(path)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == f"{path}: is a scenario, not a result; plan it first (solve.py {path}), then simulate what that writes\n"


def test_a_folder_given_by_mistake_ends_with_2_and_one_line() -> None:
    result = simulated(".")
    assert (result.exit_code, result.stderr) == (2, ".: is a folder; give the path of a workbook (.xlsx)\n")


def test_the_simulation_never_overwrites_the_result(planned: Path) -> None:
    path = planned / "chat.result.xlsx"
    before = path.read_bytes()
    result = simulated(path, "-o", path)
    assert (result.exit_code, path.read_bytes()) == (2, before)
    assert result.stderr == f"{path}: the simulation would overwrite the file it is made from; give another path with -o\n"


def test_without_numba_nothing_is_written_and_one_line_says_what_to_install(planned: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "model.simulate.event_loop", None)
    result = simulated(planned / "chat.json", "-o", tmp_path / "out.xlsx")
    assert (result.exit_code, list(tmp_path.iterdir())) == (2, [])
    assert result.stderr == "simulate: the simulator needs numba, which is not installed; install it with: pip install 'inferplan[simulate]'\n"
