"""Scenarios of nodes shared by workloads and of requests routed by size: the optimum, and what a result file says of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from openpyxl import load_workbook

from data.result_file import read_stated_pools
from export.json_result import result_json, write_json
from export.pools import pools_told
from export.workbook import write_result
from model.simulate.stated import pools_of_result
from scenarios.sources.plans import plan_of, planned, scenario


def test_two_services_on_one_pool() -> None:
    """By night one shared node serves what two did: the plan costs less than apart, and each service keeps its own targets on shared nodes."""
    plan = planned("shared_pool")
    shipped = scenario("shared_pool")
    apart = plan_of(replace(shipped, workloads=tuple(replace(w, pool=None) for w in shipped.workloads)))
    assert plan.usd_per_month is not None
    assert plan.usd_per_month < 0.9 * (apart.usd_per_month or 0.0)
    assert {route.workload for route in plan.routes} == {"chat", "documents"}
    assert "chat + documents" in {row.workload for row in plan.deployments}
    rows = Counter(row["workload"] for row in result_json(shipped, plan)["candidates"])
    assert rows["chat + documents"] > 0


def test_short_requests_on_one_l4_and_long_ones_on_one_h100() -> None:
    """4 req/s of each size: an L4 carries 4 of the short, an H100 4 of the long: 0.6 + 3 USD an hour. H100 alone 4/20 + 4/4: 2 (6 USD), L4 alone 21."""
    plan = planned("request_sizes")
    assert plan.usd_per_month == pytest.approx(730 * (0.6 + 3))
    assert {row.gpu: row.node_count for row in plan.deployments} == {"L4": 1, "H100-SXM5-80GB": 1}
    sizes = {stream.name: stream.input_tokens for stream in plan.streams}
    routed = {sizes[route.stream]: route.candidate.split("|")[1] for route in plan.routes}
    assert routed == {200: "L4", 8000: "H100-SXM5-80GB"}
    for gpu, usd in (("L4", 21 * 0.6), ("H100-SXM5-80GB", 2 * 3)):
        shipped = scenario("request_sizes")
        alone = plan_of(replace(shipped, offers=tuple(o for o in shipped.offers if o.gpu == gpu)))
        assert alone.usd_per_month == pytest.approx(730 * usd)


@pytest.mark.parametrize("name", ["shared_pool", "request_sizes"])
def test_result_files_tell_what_is_routed(name: str, tmp_path: Path) -> None:
    """The simulator reads the same pools from both files; Plan adds up to the cost, and nothing is short of capacity."""
    plan, shipped = planned(name), scenario(name)
    write_json(tmp_path / "plan.json", shipped, plan)
    write_result(tmp_path / "plan.xlsx", shipped, plan)
    for file in ("plan.json", "plan.xlsx") if pools_told(shipped, plan) else ():
        assert pools_of_result(read_stated_pools(tmp_path / file)) == pools_told(shipped, plan)
    book = load_workbook(tmp_path / "plan.xlsx", data_only=True)
    header, *rows = book["Plan"].iter_rows(values_only=True)
    cells = [dict(zip(header, row, strict=True)) for row in rows[: len(plan.deployments)]]
    assert sum(cell["usd_per_month"] for cell in cells) == pytest.approx(plan.usd_per_month)
    assert {cell["check"] for cell in cells} == {"ok"}
    blocks = [row for row in book["Blocks"].iter_rows(values_only=True) if row[1] in ("load", "capacity")]
    for load, capacity in zip(blocks[::2], blocks[1::2], strict=True):
        assert all(c >= 0.999999 * have for have, c in zip(load[4:], capacity[4:], strict=True) if have is not None)
