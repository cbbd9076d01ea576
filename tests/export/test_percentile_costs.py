"""What a percentile costs beside the mean, on the sheet Latency, in the JSON and in the terminal's summary."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from openpyxl import load_workbook
from sample_plan import CHAT, sample

from data.records.plan import PercentileCost
from export.json_result import result_json
from export.terminal import summary
from export.workbook import write_result

COST = PercentileCost(
    workload=CHAT, candidate="c", gpu="H100-SXM5-80GB", node_size=4, percentile=95, block="peak", load=16.7, unit="req/s", nodes_for_mean=4,
    nodes_for_percentile=6, nodes_in_plan=7,
)  # fmt: skip


def test_two_nodes_of_four_gpus_more_are_eight_gpus_everywhere(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scenario, plan = sample()
    plan = replace(plan, percentile_costs=(COST, replace(COST, nodes_for_mean=6)))
    assert [cost["extra_gpus"] for cost in result_json(scenario, plan)["percentile_costs"]] == [8, 0]
    write_result(tmp_path / "plan.xlsx", scenario, plan)
    rows = list(load_workbook(tmp_path / "plan.xlsx", data_only=True)["Latency"].iter_rows(values_only=True))
    assert rows[-2][:10] == (CHAT, "peak", "4 × H100-SXM5-80GB", "p95", "req/s", 16.7, 4, 6, 7, 8)
    summary(scenario, plan)
    told = " ".join(capsys.readouterr().out.split())
    said = "p95 takes 6 nodes of 4 × H100-SXM5-80GB, 8 GPUs more than the mean, for which 4 would do if requests came evenly"
    assert told.count("if requests came evenly") == 1  # what costs nothing more is not told
    assert f"{CHAT}: {said}" in told
