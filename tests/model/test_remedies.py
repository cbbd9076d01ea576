"""The smallest changes that make an infeasible scenario feasible: each feasible as told, infeasible just below."""

from __future__ import annotations

from dataclasses import replace

import pytest
from test_explain import OFFER, problem_of

from data.problems import BadInput
from data.reader import scenario_from_tables
from data.records.plan import Remedy
from data.records.settings import Settings
from data.records.supply import Offer
from data.tables import Tables, tables_with
from model.filters import reduce_problem
from model.milp.solve import solve
from model.planner import plan_scenario, pose
from model.problem import Problem
from model.refit import Refit
from model.remedies import remedies_of
from tests.data.cells import sheet_of, tables

SECONDS = 60.0  # far more than any of these needs
CARD = Offer(offer="cards", provider="B", gpu="H100", gpus_per_instance=2, billing="on_demand", usd_per_instance_hour=5.0, max_instances=0)


def remedies(problem: Problem) -> dict[str, Remedy]:
    """The remedies of a problem made by hand, whose candidates are what they are, by their words."""
    found = remedies_of(problem, lambda other: solve(reduce_problem(other).problem), lambda other: other, SECONDS)
    return {remedy.change: remedy for remedy in found}


def offers(*changed: Offer) -> dict[str, tuple[Offer, ...]]:
    return {"offers": changed}


def test_least_extra_stock() -> None:
    """10 nodes of 2 GPUs need 3 servers of 8 (2 more) or 6 cards of 2 beside the one server; 3 × 10 USD × 730 h = 21,900 USD."""
    short = replace(problem_of("chat"), **offers(OFFER, CARD))
    (remedy,) = remedies(short).values()
    assert (remedy.change, remedy.value) == ("raise Maximum instances of servers (Offers) from 1 to 3 instances", "3")
    assert (remedy.workload, remedy.usd_per_month) == ("", pytest.approx(21_900))
    for stock, status in ((3, "optimal"), (2, "infeasible")):
        assert solve(replace(short, **offers(replace(OFFER, max_instances=stock), CARD))).status == status


def test_least_extra_stock_of_an_offer_with_a_tier() -> None:
    """10 nodes of 2 GPUs need 3 servers, which the tier sells from 2 on at 8 USD/h: 3 × 8 × 730 h."""
    tier = replace(OFFER, offer="tier", tier_of="servers", min_instances=2, usd_per_instance_hour=8.0)
    (remedy,) = remedies(replace(problem_of("chat"), **offers(OFFER, tier))).values()
    assert (remedy.change, remedy.usd_per_month) == ("raise Maximum instances of servers (Offers) from 1 to 3 instances", pytest.approx(17_520))


def test_least_budget_in_whole_dollars() -> None:
    """3 nodes of 2 GPUs stand on one server: 10.003 USD × 730 h = 7,302.19 USD, so 7,303."""
    poor = replace(problem_of("chat", rate=3.0), settings=Settings(monthly_budget_usd=5000.0), **offers(replace(OFFER, usd_per_instance_hour=10.003)))
    (remedy,) = remedies(poor).values()
    assert remedy.change == "raise Monthly budget (Settings) from 5,000 to 7,303 USD/month"
    for budget, status in ((7303, "optimal"), (7302, "infeasible")):
        assert solve(replace(poor, settings=Settings(monthly_budget_usd=budget))).status == status


def test_least_budget_of_a_workload() -> None:
    """The workload's own server costs 7,300 USD."""
    problem = problem_of("chat", rate=3.0)
    poor = replace(problem, workloads=(replace(problem.workloads[0], max_monthly_usd=100.0),))
    (remedy,) = remedies(poor).values()
    assert remedy.change == "raise Budget of chat (Workloads) from 100 to 7,300 USD/month"
    assert remedy.usd_per_month == pytest.approx(7300)


TWO = (replace(OFFER, max_instances=1), replace(OFFER, offer="others", provider="B", max_instances=1))
FOUR = tuple(replace(OFFER, offer=name, provider=name, max_instances=None) for name in "ABCD")
SPOT = (replace(OFFER, max_instances=1), replace(OFFER, offer="spot", billing="spot", max_instances=None))
RULES = {
    # 8 req/s are 8 nodes on 2 servers, and each of two providers has one
    "max_providers": (8.0, TWO, Settings(max_providers=1), "raise Maximum providers (Settings) from 1 to 2", 2, 1),
    "min_providers": (8.0, TWO, Settings(min_providers=3), "lower Minimum providers (Settings) from 3 to 2", 2, 3),
    # Whole servers of two providers with one each: half of the GPUs are one's
    "max_provider_share": (8.0, TWO, Settings(max_provider_share=0.3), "raise Maximum provider share (Settings) from 30 % to 50 %", 0.5, 0.49),
    # 10 req/s, 4 of them on the one server that is not spot: 60 % on spot
    "max_spot_share": (10.0, SPOT, Settings(max_spot_share=0.2), "raise Maximum spot share (Settings) from 20 % to 60 %", 0.6, 0.59),
    # 3 nodes of 1 req/s on a server of 4 carry 3 req/s of 4: three quarters
    "max_utilization": (3.0, (OFFER,), Settings(max_utilization=0.5), "raise Maximum utilisation (Settings) from 50 % to 75 %", 0.75, 0.74),
}  # fmt: skip


@pytest.mark.parametrize("field", RULES)
def test_least_change_of_a_rule(field: str) -> None:
    rate, sold, settings, words, does, does_not = RULES[field]
    strict = replace(problem_of("chat", rate=rate), settings=settings, **offers(*sold))
    assert solve(strict).status == "infeasible"
    assert words in remedies(strict)
    for value, status in ((does, "optimal"), (does_not, "infeasible")):
        assert solve(replace(strict, settings=replace(settings, **{field: value}))).status == status


def test_least_number_of_deployments() -> None:
    """One GPU type hosts 4 of 6 nodes on its server, another the rest: two choices."""
    problem = problem_of("chat", rate=6.0)
    other = replace(problem.candidates[0], key="chat|A100|2", gpu="A100")
    sold = (OFFER, replace(OFFER, offer="old servers", gpu="A100"))
    one = replace(problem, candidates=(*problem.candidates, other), settings=Settings(max_deployments_per_workload=1), **offers(*sold))
    assert "raise Deployments per workload (Settings) from 1 to 2" in remedies(one)


def test_minimum_quantity_beyond_the_budget() -> None:
    """One server suffices, the offer sells three at least (21,900 USD): take one, or pay 21,900."""
    sold = replace(OFFER, min_instances=3, max_instances=None)
    bulk = replace(problem_of("chat", rate=3.0), settings=Settings(monthly_budget_usd=8000.0), **offers(sold))
    assert set(remedies(bulk)) == {
        "raise Monthly budget (Settings) from 8,000 to 21,900 USD/month", "lower Minimum instances of servers (Offers) from 3 to 1 instances",
    }  # fmt: skip


def test_stock_of_several_offers_where_one_does_not_suffice() -> None:
    """Two workloads on GPU types of their own, each with 6 nodes for a server of 4: one server more of each type."""
    problem = problem_of("chat", "search", rate=6.0)
    chat, search = problem.candidates
    sold = (OFFER, replace(OFFER, offer="old servers", gpu="A100"))
    (remedy,) = remedies(replace(problem, candidates=(chat, replace(search, gpu="A100")), **offers(*sold))).values()
    assert remedy.usd_per_month == pytest.approx(4 * 7300)
    assert [(override.row, override.value) for override in remedy.overrides] == [("servers", "2"), ("old servers", "2")]


def test_workloads_at_fault_for_different_reasons_have_a_remedy_each_and_both_are_the_scenarios() -> None:
    """Chat lacks a second server (6 nodes); search has 100 USD for its server of 7,300."""
    problem = problem_of("chat", "search", rate=6.0)
    chat, search = problem.workloads
    sold = (OFFER, replace(OFFER, offer="old servers", gpu="A100", max_instances=None))
    both = replace(
        problem, workloads=(chat, replace(search, max_monthly_usd=100.0)), candidates=(problem.candidates[0], replace(problem.candidates[1], gpu="A100")),
        **offers(*sold),
    )  # fmt: skip
    stock, money = "raise Maximum instances of servers (Offers) from 1 to 2 instances", "raise Budget of search (Workloads) from 100 to 14,600 USD/month"
    assert {words: remedy.workload for words, remedy in remedies(both).items()} == {stock: "chat", money: "search", f"{stock}; and {money}": ""}


def test_no_single_change_but_two_together() -> None:
    """3 servers are needed, 1 is in stock and 8,000 USD are allowed: more stock and 21,900 USD."""
    short = replace(problem_of("chat"), settings=Settings(monthly_budget_usd=8000.0))
    words = "raise Maximum instances of servers (Offers) from 1 to 3 instances; and raise Monthly budget (Settings) from 8,000 to 21,900 USD/month"
    assert list(remedies(short)) == [words]


def test_workloads_that_fit_alone_need_stock_together() -> None:
    """One server hosts the 3 nodes of either workload, two the 6 of both."""
    (remedy,) = remedies(problem_of("chat", "search", rate=3.0)).values()
    assert (remedy.workload, remedy.value) == ("", "2")


def test_without_time_nothing_is_guessed() -> None:
    assert remedies_of(problem_of("chat"), solve, lambda other: other, 0.0) == ()


CHAT = {
    "name": "chat", "model": "Llama-3.1-8B", "precision": "bf16", "requests_per_s": 2, "input_tokens": 1000, "output_tokens": 200, "length_cv": 0.5,
}  # fmt: skip
EIGHT_H100 = {"offer": "servers", "provider": "A", "gpu": "H100-SXM5-80GB", "gpus_per_instance": 8, "billing": "on_demand", "usd_per_instance_hour": 20}
L4 = {"offer": "small", "provider": "B", "gpu": "L4", "billing": "on_demand", "usd_per_instance_hour": 0.7, "region": "eu-1"}
SETTINGS = [["setting", "value"], ["offers", "workbook"], ["alternatives", "no"]]


def scenario_tables(workload: dict[str, object], *sold: dict[str, object], **settings: object) -> Tables:
    return tables(Workloads=sheet_of({**CHAT, **workload}), Offers=sheet_of(*sold), Settings=[*SETTINGS, *([name, value] for name, value in settings.items())])


def remedies_in(given: Tables) -> dict[str, Remedy]:
    """The remedies of a scenario, each verified from the cells on: with its overrides the scenario has a plan."""
    scenario = scenario_from_tables(given)
    posed = pose(scenario)
    fit = Refit(scenario, posed.physics, posed.problem)
    found = remedies_of(posed.problem, lambda other: solve(reduce_problem(other).problem), fit, SECONDS)
    for remedy in found:
        assert feasible(given, remedy), remedy
    return {remedy.change: remedy for remedy in found}


def feasible(given: Tables, remedy: Remedy, **values: str) -> bool:
    for override in remedy.overrides:
        given = tables_with(given, override.sheet, override.row, override.field, values.get(override.field, override.value))
    try:
        posed = pose(scenario_from_tables(given))
    except BadInput as bad:
        pytest.fail(str(bad))
    return solve(reduce_problem(posed.problem).problem).usd_per_month is not None


@pytest.mark.parametrize(
    ("field", "target", "sold", "loosened"),
    [
        ("ttft_target_ms", 1, EIGHT_H100, 1.01),
        ("tpot_target_ms", 1, EIGHT_H100, 1.01),
        ("e2e_target_ms", 100, EIGHT_H100, 1.01),
        ("tokens_per_s_per_user", 1000, EIGHT_H100, 1 / 1.01),
    ],
)
def test_smallest_latency_target_to_a_hundredth(field: str, target: float, sold: dict[str, object], loosened: float) -> None:
    given = scenario_tables({field: target}, sold)
    remedy = next(remedy for remedy in remedies_in(given).values() if remedy.overrides[0].field == field)
    assert remedy.value is not None
    assert (float(remedy.value) > target) == (loosened > 1)
    assert not feasible(given, remedy, **{field: str(float(remedy.value) / loosened)})


def test_the_next_node_size_or_a_lower_precision_holds_a_model_that_does_not_fit() -> None:
    """70B parameters in bf16 are 141 GB: two GPUs of 80 GB hold them, one does not; one holds the 71 GB they are in fp8."""
    given = scenario_tables({"model": "Llama-3.1-70B"}, EIGHT_H100, node_sizes="1")
    found = remedies_in(given)
    assert set(found) == {"add 2 to Node sizes (Settings)", "add fp8 to Precision of chat (Workloads)"}
    assert not feasible(given, found["add 2 to Node sizes (Settings)"], node_sizes="1")


def test_the_gpu_or_tag_that_keeps_the_offers_away_is_named() -> None:
    """The L4 reads 16 GB of weights at 300 GB/s, so no token comes within 20 ms; the H100, which is not allowed, does it in 5."""
    slow = {"allowed_gpus": "L4", "tpot_target_ms": 20}
    assert "add H100-SXM5-80GB to Allowed GPUs of chat (Workloads)" in remedies_in(scenario_tables(slow, EIGHT_H100, L4))
    tagged = scenario_tables({"required_tags": "eu, green"}, {**EIGHT_H100, "tags": "eu"}, {**L4, "tags": "hipaa; green; us", "max_instances": 0})
    assert set(remedies_in(tagged)) == {"take green out of Required tags of chat (Workloads)"}


def test_the_plan_of_an_infeasible_scenario_carries_its_remedies() -> None:
    plan = plan_scenario(scenario_from_tables(scenario_tables({"requests_per_s": 400}, {**EIGHT_H100, "max_instances": 1})))
    assert plan.status == "infeasible"
    assert [remedy.overrides[0].field for remedy in plan.remedies][:1] == ["max_instances"]
