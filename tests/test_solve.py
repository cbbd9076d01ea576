"""The command line as a user meets it: exit codes, messages, files written or left alone."""

import json
import shutil
from pathlib import Path

import pytest

from data.scenario_text import tables_from_toml
from data.template import write_template
from tests.command_line import CHAT, run, workbook

ROOT = Path(__file__).resolve().parent.parent


def test_a_workbook_alone_is_planned_beside_itself(tmp_path: Path) -> None:
    result = run(workbook(tmp_path))
    assert result.exit_code == 0, result.output
    assert (tmp_path / "my plan.result.xlsx").is_file()
    assert "Optimal" in result.stdout or "cheapest" in result.stdout
    assert result.stderr == ""


def test_json_on_standard_output_is_all_there_is_on_it(tmp_path: Path) -> None:
    result = run(workbook(tmp_path), "--json", "-", "-o", tmp_path / "out.xlsx")
    plan = json.loads(result.stdout)
    assert plan["schema"] == 1
    assert plan["status"] == "optimal"
    assert plan["gap"] <= 0.001
    assert sum(row["usd_per_month"] for row in plan["plan"]) == pytest.approx(plan["usd_per_month"])


def test_the_plan_is_the_cheapest_that_the_candidates_of_the_json_allow(tmp_path: Path) -> None:
    """One workload, one block, single GPUs of L40S at 1 USD against whole servers of 8 H100 at 24 USD: try every mix of up to 2 servers and 40 singles."""
    plan = json.loads(run(workbook(tmp_path), "--json", "-").stdout)
    best = {(c["offer"], c["node_size"]): c for c in sorted(plan["candidates"], key=lambda c: c["capacity_req_per_s"]["8"])}
    demand, cost = 20.0, []
    for (offer, size), candidate in best.items():
        for nodes in range(1, 65):
            instances = -(-nodes * size // (8 if offer == "server of eight" else 1))
            enough = candidate["capacity_req_per_s"][str(nodes)] >= demand
            if enough and (offer == "single" or instances <= 2):
                cost.append(instances * (24 if offer == "server of eight" else 1) * 730)
                break
    assert plan["usd_per_month"] == pytest.approx(min(cost), rel=1e-3)


def test_a_bad_workbook_is_answered_cell_by_cell_and_nothing_is_written(tmp_path: Path) -> None:
    path = workbook(tmp_path, text=CHAT.replace("requests_per_s = 20", 'requests_per_s = "many"').replace('gpu = "L40S"', 'gpu = "L41"'))
    kept = tmp_path / "my plan.result.xlsx"
    kept.write_bytes(b"an earlier result")
    result = run(path)
    assert result.exit_code == 2
    assert result.stdout == ""
    lines = result.stderr.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("Workloads!")
    assert "many" in lines[0]
    assert lines[1].startswith("Offers!")
    assert "L41" in lines[1]
    assert kept.read_bytes() == b"an earlier result"


IMPOSSIBLE = {
    "stock": (CHAT.replace("requests_per_s = 20", "users = 100000\nactive_share = 0.05"), "the stock of the offers"),
    "memory": (CHAT.replace("Llama-3.1-8B", "Llama-3.1-405B").replace('"H100"', '"L4"'), "leave no room for a KV cache in"),
    "latency": (CHAT.replace("ttft_target_ms = 1000", "ttft_target_ms = 1"), "TTFT: "),
}


@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_an_impossible_scenario_ends_with_3_and_a_diagnosis(name: str, tmp_path: Path) -> None:
    text, reason = IMPOSSIBLE[name]
    if name == "stock":
        text = text.replace("usd_per_instance_hour = 1\n", "usd_per_instance_hour = 1\nmax_instances = 4\n")
    result = run(workbook(tmp_path, text=text), "--json", tmp_path / "out.json")
    assert result.exit_code == 3, result.output
    assert (tmp_path / "my plan.result.xlsx").is_file()
    plan = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    assert plan["status"] == "infeasible"
    assert any(text.startswith("chat: ") and reason in text for text in plan["diagnosis"])


def test_a_file_that_is_not_there_and_one_that_is_no_workbook_end_with_2(tmp_path: Path) -> None:
    assert run(tmp_path / "nothing.xlsx").exit_code == 2
    note = tmp_path / "note.xlsx"
    note.write_text("not a workbook", encoding="utf-8")
    result = run(note)
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == [note]


def test_the_result_never_overwrites_the_scenario(tmp_path: Path) -> None:
    path = workbook(tmp_path)
    before = path.read_bytes()
    assert run(path, "-o", path).exit_code == 2
    assert path.read_bytes() == before


def test_both_formulations_cost_the_same_and_the_lp_is_written(tmp_path: Path) -> None:
    path, costs = workbook(tmp_path), []
    for formulation in ("candidate", "piecewise"):
        lp = tmp_path / f"{formulation}.lp"
        plan = json.loads(run(path, "--formulation", formulation, "--json", "-", "--lp", lp).stdout)
        costs.append(plan["usd_per_month"])
        assert "min" in lp.read_text(encoding="utf-8")[:200]
    assert costs[0] == pytest.approx(costs[1], rel=1e-6)


def test_the_shipped_workbooks_are_what_their_texts_say(tmp_path: Path) -> None:
    from data.reader import read_scenario  # noqa: PLC0415

    for text in sorted((ROOT / "scenarios").glob("*.toml")):
        fresh = tmp_path / f"{text.stem}.xlsx"
        write_template(fresh, tables_from_toml(text))
        shipped = shutil.copy(text.with_suffix(".xlsx"), tmp_path / "shipped.xlsx")
        assert read_scenario(fresh).workloads == read_scenario(Path(shipped)).workloads
