"""A scenario whose stock is short, from its cells to what its result says."""

import pytest
from test_remedies import CHAT, EIGHT_H100, SETTINGS

from data.reader import scenario_from_tables
from data.records.plan import Plan
from data.records.scenario import Scenario
from export.figures import status_words
from export.json_result import result_json
from model.planner import plan_scenario
from tests.data.cells import sheet_of, tables

ONE_SERVER = {**EIGHT_H100, "max_instances": 1}


def planned(when_short: str, **batch: object) -> tuple[Scenario, Plan]:
    """Chat of the higher priority, which one server serves easily, beside a batch that would take many."""
    many = {**CHAT, "name": "batch", "serving_mode": "offline", "requests_per_s": 2000, "priority": 1, **batch}
    rows = [["when_short", when_short], *SETTINGS[1:]]
    scenario = scenario_from_tables(
        tables(Workloads=sheet_of({**CHAT, "priority": 2}, many), Offers=sheet_of(ONE_SERVER), Settings=[SETTINGS[0], *rows]),
    )
    return scenario, plan_scenario(scenario)


def test_by_priority_serves_the_chat_and_part_of_the_batch_and_says_so() -> None:
    """One server for 20 USD × 730 h; the chat takes one GPU or two of it, the batch the rest: the shares, rows and words agree."""
    scenario, plan = planned("by_priority")
    assert (plan.status, plan.usd_per_month) == ("optimal", pytest.approx(14_600))
    assert plan.served_share["chat"] == 1
    share = plan.served_share["batch"]
    assert 0.01 < share < 0.5
    assert sum(row.share_of_demand for row in plan.deployments if row.workload == "batch") == pytest.approx(share)
    assert status_words(plan).startswith(f"Not all demand is served: {share:.1%} of batch. Optimal".replace("%", " %"))
    assert f"batch: only {share:.1%} of its demand is served (priority 1): stock or money does not suffice for all" in plan.warnings
    assert result_json(scenario, plan)["served_share"] == {"chat": 1.0, "batch": share}


def test_stop_is_infeasible_and_names_the_shares_as_a_remedy() -> None:
    _, plan = planned("stop")
    assert (plan.status, plan.served_share) == ("infeasible", {})
    remedy = plan.remedies[-1]
    assert remedy.change.startswith("set When short (Settings) to by_priority, which serves 100 % of chat, ")
    assert [(o.sheet, o.field, o.value) for o in remedy.overrides] == [("Settings", "when_short", "by_priority")]


def test_what_nothing_can_serve_is_left_and_told() -> None:
    _, plan = planned("by_priority", serving_mode="streaming", ttft_target_ms=0.1)
    assert plan.served_share == {"chat": 1.0, "batch": 0.0}
    assert "batch: not served: nothing can serve it, the sheet Ruled out says why" in plan.warnings
