"""The pools of a plan come back from its JSON and from its workbook, the same to the last digit; what is no such file is said in one line."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from sample_plan import CHAT, infeasible, sample

from data.problems import BadInput
from data.records.plan import Plan
from data.records.scenario import Scenario
from data.records.workload import LengthBin
from data.result_file import read_stated_pools
from data.template import write_template
from export.json_result import write_json
from export.pools import pools_told
from export.workbook import write_result
from model.simulate.stated import pools_of_result


def loaded() -> tuple[Scenario, Plan]:
    """The sample with loads in every block, in sevenths, and a histogram of lengths."""
    scenario, plan = sample()
    rows = tuple(replace(row, load_by_block={block: nodes / 7 for block, nodes in row.nodes_by_block.items()}) for row in plan.deployments)
    bars = (
        LengthBin(workload=CHAT, input_tokens=100.25, output_tokens=1 / 0.003, share=0.1),
        LengthBin(workload=CHAT, input_tokens=9, output_tokens=8, share=0.9),
    )
    return replace(scenario, lengths=bars), replace(plan, deployments=rows)


def files(folder: Path, scenario: Scenario, plan: Plan) -> tuple[Path, Path]:
    write_json(folder / "plan.json", scenario, plan)
    write_result(folder / "plan.xlsx", scenario, plan)
    return folder / "plan.json", folder / "plan.xlsx"


def test_json_and_workbook_state_the_same_pools(tmp_path: Path) -> None:
    scenario, plan = loaded()
    told = pools_told(scenario, plan)
    assert [(pool.workload, bool(pool.lengths)) for pool in told][:2] == [(CHAT, True), ("document answers", False)]
    assert told[0].load == 0.857142857142857  # 4 + 2 nodes of the chat, a seventh each, to 15 digits
    for path in files(tmp_path, scenario, plan):
        assert pools_of_result(read_stated_pools(path)) == told


def test_a_plan_without_nodes_has_nothing_to_simulate(tmp_path: Path) -> None:
    for path in files(tmp_path, *infeasible()):
        with pytest.raises(BadInput) as caught:
            read_stated_pools(path)
        said = "has no nodes to simulate (the plan is infeasible, buys all by the token, or stands on measured capacities); give a result whose plan has nodes"
        assert str(caught.value) == f"{path}: {said}"


GIVE = "give the workbook or the JSON that planning wrote"
OTHER_FILES = {
    "nothing.json": (None, f"does not exist; {GIVE}"),
    "broken.json": ('{"schema": ,', f"is no result workbook (.xlsx), and no JSON (Expecting value: line 1 column 12 (char 11)); {GIVE}"),
    "deep.json": ("[" * 100_000, f"is no result workbook (.xlsx), and no JSON (nested too deep); {GIVE}"),
    "list.json": ("[1, 2]", f"is not the JSON of a plan; {GIVE}"),
    "other.json": ('{"schema": 1, "name": "left-pad"}', f"is not the JSON of a plan; {GIVE}"),
    "newer.json": ('{"schema": 2, "status": "optimal", "plan": []}', "has the schema 2, and this version reads 1; plan the scenario again with this version"),
    "older.json": ('{"schema": 1, "status": "optimal", "plan": []}', "does not say what its pools serve; plan the scenario again with this version"),
}  # fmt: skip


@pytest.mark.parametrize("name", OTHER_FILES)
def test_another_file_is_said_to_be_one(name: str, tmp_path: Path) -> None:
    text, said = OTHER_FILES[name]
    path = tmp_path / name
    if text is not None:
        path.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput) as caught:
        read_stated_pools(path)
    assert str(caught.value) == f"{path}: {said}"


def test_a_scenario_is_no_result(tmp_path: Path) -> None:
    path = tmp_path / "my plan.xlsx"
    write_template(path, None)
    with pytest.raises(BadInput) as caught:
        read_stated_pools(path)
    assert str(caught.value) == f"{path}: is a scenario, not a result; plan it first (solve.py {path}), then simulate what that writes"


def test_a_workbook_without_pools_is_no_result(tmp_path: Path) -> None:
    _, path = files(tmp_path, *loaded())
    book = load_workbook(path)
    del book["_pools"]
    book.save(path)
    with pytest.raises(BadInput) as caught:
        read_stated_pools(path)
    assert str(caught.value) == f"{path}: is not the result workbook of a plan (it has no sheet _pools); {GIVE}"


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "text": ({"load": "many"}, "load 'many' is no number"),
    "zero": ({"load": 0}, "load 0 is too small"),
    "half a node": ({"nodes": 1.5}, "nodes 1.5 is no whole number"),
    "too many": ({"nodes": 10**9}, "nodes 1000000000 is too large"),
    "flag": ({"block": True}, "block True is no text"),
    "missing": ({"unit": None}, "unit is not stated"),
    "blank": ({"arrival_cv": None}, "arrival_cv is blank"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_value_that_no_pool_has_is_named(name: str, tmp_path: Path) -> None:
    change, said = WRONG[name]
    result = {"schema": 1, "status": "optimal", "plan": [], "pools": [asdict(pool) for pool in pools_told(*loaded())]}
    result["pools"][1].update(change)
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(result), encoding="utf-8")
    with pytest.raises(BadInput) as caught:
        pools_of_result(read_stated_pools(path))
    assert str(caught.value) == f"{path}: pool 2: {said}; plan the scenario again, or correct it"


def test_every_wrong_part_is_told_at_once(tmp_path: Path) -> None:
    _, path = files(tmp_path, *loaded())
    book = load_workbook(path)
    header = [cell.value for cell in book["_pools"][4]]
    book["_pools"].cell(5, header.index("iteration_s") + 1).value = "slow"
    book["_pools"].cell(5, header.index("percentile") + 1).value = 100
    book.save(path)
    with pytest.raises(BadInput) as caught:
        pools_of_result(read_stated_pools(path))
    assert [problem.where for problem in caught.value.problems] == ["_pools row 5, step_time", "_pools row 5"]
