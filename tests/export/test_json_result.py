"""The result as JSON: the contract's fields, candidates joined with the offers that may serve them, and nothing that JSON cannot hold."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from sample_plan import BATCH, CHAT, RAG, infeasible, sample

from export.json_result import result_json, write_json
from export.plan_columns import PLAN_COLUMNS

CONTRACT = {
    "schema", "status", "usd_per_month", "bound_usd_per_month", "gap", "gpus", "instances", "seconds", "problem", "plan", "costs", "constraints",
    "alternatives", "candidates", "ruled_out", "warnings", "problems",
}  # fmt: skip


def test_it_has_the_contracts_fields() -> None:
    result = result_json(*sample())
    assert result["schema"] == 1
    assert result.keys() >= CONTRACT
    assert result["seconds"].keys() >= {"read", "performance", "build", "solve", "write"}
    assert result["problem"].keys() == {"variables", "integers", "constraints"}
    more = {"req_per_s_per_node", "ttft_ms", "tpot_ms", "e2e_ms", "memory_gb_per_gpu", "nodes_by_block"}
    assert all(tuple(row)[: len(PLAN_COLUMNS)] == PLAN_COLUMNS and row.keys() >= more for row in result["plan"])
    assert result["instances"] == 3 + 1 + 6 + 1
    assert sum(line["usd_per_month"] for line in result["costs"]) == result["usd_per_month"]


def test_a_candidate_stands_once_for_each_offer_that_may_serve_it() -> None:
    rows = result_json(*sample())["candidates"]
    chosen = [row for row in rows if row["workload"] == CHAT and row["batch_size"] == 64]
    assert {row["offer"] for row in chosen} == {"p5.48xlarge 1y", "gpu_8x_h100"}
    on_demand = next(row for row in chosen if row["offer"] == "gpu_8x_h100")
    assert on_demand["usd_per_node_hour"] == pytest.approx(23.92 * 4 / 8)
    spot = next(row for row in rows if row["offer"] == "L40S spot")
    assert (spot["workload"], spot["usd_per_node_hour"]) == (BATCH, 0.43)


def test_an_offer_the_workload_does_not_allow_is_no_candidates_offer() -> None:
    scenario, plan = sample()
    chat = replace(scenario.workloads[0], allowed_providers=("AWS",))
    rows = result_json(replace(scenario, workloads=(chat, *scenario.workloads[1:])), plan)["candidates"]
    assert {row["offer"] for row in rows if row["workload"] == CHAT} == {"p5.48xlarge 1y"}


def test_capacity_is_told_in_requests_a_second_for_each_count_of_nodes() -> None:
    rows = result_json(*sample())["candidates"]
    chat = next(row for row in rows if row["workload"] == CHAT and row["batch_size"] == 64)
    assert chat["capacity_req_per_s"]["6"] == pytest.approx(3.2 * 6 - 0.6)
    assert list(chat["capacity_req_per_s"]) == [str(n) for n in range(1, 65)]
    rag = next(row for row in rows if row["workload"] == RAG)  # a closed loop of 45 in flight and 2.25 req/s a node
    assert rag["capacity"]["3"] == pytest.approx(127)
    assert rag["capacity_req_per_s"]["3"] == pytest.approx(127 * 0.05)


def test_it_says_enough_to_solve_the_problem_again() -> None:
    result = result_json(*sample())
    assert result["workloads"][0]["load_by_block"] == {"peak": 16.7, "day": 12.0, "evening": 7.0, "night": 2.0}
    assert [block["hours_per_month"] for block in result["blocks"]] == [88, 176, 132, 334]
    reserved = result["offers"][0]
    assert (reserved["held"], reserved["max_instances"], reserved["usd_per_instance_hour_on"]) == (True, 16, 0.0)
    assert result["settings"]["optimality_gap"] == 0.001


def test_no_number_that_json_cannot_hold(tmp_path: Path) -> None:
    scenario, plan = sample()
    first, *rest = plan.deployments
    wild = replace(plan, gap=float("nan"), deployments=(replace(first, ttft_ms=float("inf")), *rest))
    write_json(tmp_path / "result.json", scenario, wild)
    result = json.loads((tmp_path / "result.json").read_text(encoding="utf-8"), parse_constant=pytest.fail)
    assert result["gap"] is None
    assert result["plan"][0]["ttft_ms"] is None
    assert result["offers"][0]["price_date"] == "2026-10-30"


def test_a_dash_is_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    write_json("-", *infeasible())
    result = json.loads(capsys.readouterr().out)
    assert (result["status"], result["usd_per_month"], result["plan"]) == ("infeasible", None, [])
    assert result["diagnosis"][0].startswith(CHAT)
    assert result["remedies"] == [{
        "workload": "", "change": "add 8 to Node sizes (Settings)", "value": "1, 2, 4, 8", "usd_per_month": 91250.0,
        "overrides": [{"sheet": "Settings", "row": "", "field": "node_sizes", "value": "1, 2, 4, 8"}],
    }]  # fmt: skip
