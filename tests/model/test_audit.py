"""The audit passes what the report makes of a right incumbent, and names every way in which a plan can be wrong."""

from dataclasses import replace
from datetime import date

import pytest

from data.records.candidate import Candidate, MemoryUse, StepTime
from data.records.plan import Block, WorkloadDemand
from data.records.settings import Settings
from data.records.supply import Offer
from data.records.workload import Workload
from model.audit import AuditError, audit
from model.problem import Incumbent, Placement, Problem, TokenPurchase
from model.report import plan_from

MEMORY = MemoryUse(weights_gb=40.0, kv_cache_gb=20.0, overhead_gb=5.0, free_gb=7.0, usable_gb=72.0)
STEP = StepTime(iteration_s=0.01, per_sequence_s=1e-5, per_kv_token_s=1e-8, per_prefill_token_s=2e-5, kv_tokens=200_000, token_budget=8192)
CHAT = Workload(name="chat", model="Llama-3.1-70B", requests_per_s=10.0, input_tokens=1000, output_tokens=200, ttft_target_ms=1000, tpot_target_ms=50)
NODE = Candidate(
    key="chat|H100|2", workload="chat", gpu="H100", precision="fp8", kv_precision="bf16", engine="vllm", node_size=2, batch_size=32, capacity_per_node=3.0,
    pooling_loss=1.0, req_per_s_per_node=3.0, ttft_ms=200.0, tpot_ms=30.0, e2e_ms=6200.0, output_tok_per_s_per_node=600.0, max_batch=64, memory=MEMORY,
    step_time=STEP, provenance="calibrated",
)  # fmt: skip
SERVERS = Offer(offer="servers", provider="A", gpu="H100", gpus_per_instance=8, billing="on_demand", usd_per_instance_hour=20.0, max_instances=2)
TOKENS = Offer(
    offer="tokens", provider="B", billing="per_token", model="Llama-3.1-70B", usd_per_m_input_tokens=0.5, usd_per_m_output_tokens=1.0,
    price_date=date(2026, 11, 1),
)  # fmt: skip


@pytest.fixture
def problem() -> Problem:
    return Problem(
        workloads=(CHAT,),
        demands=(
            WorkloadDemand(
                workload="chat", unit="req/s", peak=10.0, mean=7.5, requests_per_month=1.0, tokens_per_month=1.0, requests_per_unit_hour=3600, formula=""
            ),
        ),
        blocks=(Block(name="day", hours_per_month=365, demand={"chat": 10.0}), Block(name="night", hours_per_month=365, demand={"chat": 5.0})),
        candidates=(NODE,),
        offers=(SERVERS, TOKENS),
        settings=Settings(max_providers=2),
    )


@pytest.fixture
def incumbent() -> Incumbent:
    """By day 4 nodes carry 3·4 − 1 = 11 ≥ 10 − 1 req/s, by night 2 carry 5; both fit one server of 8 GPUs: 730 h × 20 USD = 14,600 USD, and 1 req/s of tokens
    by day: 365 h × 3600 requests × (1000 × 0.5 + 200 × 1.0)/10⁶ USD = 919.80 USD."""
    return Incumbent(
        status="optimal",
        usd_per_month=14_600 + 919.80,
        bound_usd_per_month=14_600 + 919.80,
        gap=0.0,
        placements=(Placement(candidate=NODE.key, offer="servers", nodes_by_block={"day": 4, "night": 2}),),
        tokens=(TokenPurchase(workload="chat", offer="tokens", load_by_block={"day": 1.0, "night": 0.0}),),
        instances={"servers": {"day": 1, "night": 1}},
    )


def test_a_right_plan_passes_and_its_rows_add_up(problem: Problem, incumbent: Incumbent) -> None:
    plan = plan_from(problem, incumbent)
    audit(problem, plan)
    nodes, tokens = plan.deployments
    assert (nodes.node_count, nodes.gpus, nodes.instances, nodes.usd_per_month) == (4, 8, 1.0, 14_600)
    assert nodes.load == pytest.approx(9.0)
    assert nodes.capacity == pytest.approx(11.0)
    assert nodes.share_of_demand + tokens.share_of_demand == pytest.approx(1.0)
    assert tokens.usd_per_month == pytest.approx(919.80)
    assert plan.gpus == 8


WRONG = {
    "chat, block night: capacity 2.0000 below the load 5.0000": lambda p: replace(
        p, deployments=(replace(p.deployments[0], nodes_by_block={"day": 4, "night": 1}), p.deployments[1])
    ),
    "servers, block day: 5 nodes of 10 GPUs do not fit 1 instances": lambda p: replace(
        p, deployments=(replace(p.deployments[0], nodes_by_block={"day": 5, "night": 2}), p.deployments[1])
    ),
    "servers: 3 instances of 2 in stock": lambda p: replace(p, instances={"servers": {"day": 3, "night": 1}}),
    "chat on H100: 85.00 GB in use of 72.00 GB usable": lambda p: replace(
        p, deployments=(replace(p.deployments[0], memory=replace(MEMORY, kv_cache_gb=40.0)), p.deployments[1])
    ),
    "chat on H100: TTFT 1500 ms above its target of 1000 ms": lambda p: replace(p, deployments=(replace(p.deployments[0], ttft_ms=1500.0), p.deployments[1])),
    "chat on H100: TPOT 51.0 ms above its target of 50.0 ms": lambda p: replace(p, deployments=(replace(p.deployments[0], tpot_ms=51.0), p.deployments[1])),
    "the cost from prices and counts is 15,519.8000 USD, the plan says 15,520.8000 USD": lambda p: replace(p, usd_per_month=p.usd_per_month + 1),
    "3 providers, at most 2 allowed": lambda p: replace(p, deployments=(*p.deployments, replace(p.deployments[1], provider="C", load_by_block={}))),
}


@pytest.mark.parametrize("sentence", WRONG)
def test_a_wrong_plan_is_refused_in_words(sentence: str, problem: Problem, incumbent: Incumbent) -> None:
    with pytest.raises(AuditError) as refused:
        audit(problem, WRONG[sentence](plan_from(problem, incumbent)))
    assert sentence in refused.value.violations


def test_a_budget_exceeded_is_refused(problem: Problem, incumbent: Incumbent) -> None:
    poor = replace(problem, settings=replace(problem.settings, monthly_budget_usd=10_000.0))
    with pytest.raises(AuditError) as refused:
        audit(poor, plan_from(poor, incumbent))
    assert refused.value.violations == ("cost 15,519.80 USD above the budget of 10,000.00 USD",)


def test_instances_bought_to_keep_a_rule_are_on_the_plan_s_bill(problem: Problem, incumbent: Incumbent) -> None:
    """A second offer that hosts nothing (1 USD × 730 h) is paid: the rows of the plan carry its 730 USD too."""
    idle = Offer(offer="idle", provider="C", gpu="H100", billing="on_demand", usd_per_instance_hour=1.0)
    wider = replace(problem, offers=(*problem.offers, idle), settings=replace(problem.settings, max_providers=None))
    paid = replace(incumbent, usd_per_month=(incumbent.usd_per_month or 0.0) + 730.0, instances={**incumbent.instances, "idle": {"day": 1, "night": 1}})
    plan = plan_from(wider, paid)
    audit(wider, plan)
    assert plan.deployments[0].usd_per_month == pytest.approx(14_600 + 730)


def test_a_stock_shared_by_tiers_is_counted_together(problem: Problem, incumbent: Incumbent) -> None:
    """One server of the offer and two of its tier are three of two in stock."""
    tier = replace(SERVERS, offer="tier", tier_of="servers", min_instances=2)
    wider = replace(problem, offers=(*problem.offers, tier))
    plan = plan_from(problem, incumbent)
    with pytest.raises(AuditError) as refused:
        audit(wider, replace(plan, instances={**plan.instances, "tier": {"day": 2, "night": 0}}))
    assert "servers and its tiers, block day: 3 instances of 2 in stock" in refused.value.violations


def test_spot_offers_of_other_interruption_shares_are_pools_of_their_own_in_every_block(problem: Problem) -> None:
    """By day 4 nodes at 0.95 carry 0.95·(3·4 − 1) = 10.45 of 10; by night 3 at 0.8 carry 0.8·(3·3 − 1) = 6.4 of 5."""
    often = replace(SERVERS, offer="often", billing="spot", interruption_share=0.05)
    seldom = replace(often, offer="seldom", interruption_share=0.2)
    cost = 365 * 20 + 365 * 20
    found = Incumbent(
        status="optimal", usd_per_month=cost, bound_usd_per_month=cost, gap=0.0,
        placements=(
            Placement(candidate=NODE.key, offer="often", nodes_by_block={"day": 4, "night": 0}),
            Placement(candidate=NODE.key, offer="seldom", nodes_by_block={"day": 0, "night": 3}),
        ),
        instances={"often": {"day": 1, "night": 0}, "seldom": {"day": 0, "night": 1}},
    )  # fmt: skip
    asked = replace(problem, offers=(often, seldom))
    audit(asked, plan_from(asked, found))
