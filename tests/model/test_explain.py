"""What an infeasible scenario is told: each claim proven by a plan without the limit it blames."""

from dataclasses import replace

import pytest

from data.records.candidate import Candidate, MemoryUse, RuledOut, StepTime
from data.records.plan import Block, WorkloadDemand
from data.records.settings import Settings
from data.records.supply import Offer
from data.records.workload import Workload
from model.explain import diagnose
from model.milp.solve import solve
from model.problem import Problem

STEP = StepTime(iteration_s=0.01, per_sequence_s=1e-5, per_kv_token_s=1e-8, per_prefill_token_s=2e-5, kv_tokens=200_000, token_budget=8192)
MEMORY = MemoryUse(weights_gb=40.0, kv_cache_gb=20.0, overhead_gb=5.0, free_gb=7.0, usable_gb=72.0)
OFFER = Offer(offer="servers", provider="A", gpu="H100", gpus_per_instance=8, billing="on_demand", usd_per_instance_hour=10.0, max_instances=1)


def problem_of(*names: str, rate: float = 10.0) -> Problem:
    """Each workload needs a node of 2 GPUs for each request a second."""
    return Problem(
        workloads=tuple(Workload(name=name, model="m", requests_per_s=rate, input_tokens=100, output_tokens=100) for name in names),
        demands=tuple(
            WorkloadDemand(
                workload=name, unit="req/s", peak=rate, mean=rate, requests_per_month=1.0, tokens_per_month=1.0, requests_per_unit_hour=3600, formula=""
            )
            for name in names
        ),
        blocks=(Block(name="all", hours_per_month=730, demand=dict.fromkeys(names, rate)),),
        candidates=tuple(
            Candidate(
                key=f"{name}|H100|2", workload=name, gpu="H100", precision="fp8", kv_precision="bf16", engine="vllm", node_size=2, batch_size=32,
                capacity_per_node=1.0, pooling_loss=0.0, req_per_s_per_node=1.0, ttft_ms=1.0, tpot_ms=1.0, e2e_ms=1.0, output_tok_per_s_per_node=1.0,
                max_batch=64, memory=MEMORY, step_time=STEP, provenance="calibrated",
            )
            for name in names
        ),
        offers=(OFFER,),
        settings=Settings(),
    )  # fmt: skip


def test_stock_that_is_short_is_named_with_what_it_takes() -> None:
    """10 req/s need 10 nodes of 2 GPUs = 3 servers of 8; 1 is in stock. 3 × 10 USD × 730 h = 21,900 USD."""
    assert diagnose(problem_of("chat"), (), solve) == (
        (
            "chat: ruled out by the stock of the offers (Offers: Maximum instances): without that limit the plan takes 24 × H100 for 21,900 USD a month "
            "(servers has 1 of the 3 instances)"
        ),
    )


def test_workloads_that_fit_alone_but_not_together_are_told_so() -> None:
    """One server hosts the 3 nodes of either workload, not the 6 of both."""
    said = diagnose(problem_of("chat", "search", rate=3.0), (), solve)
    assert len(said) == 2
    assert all("it could be served alone, but not together with the others: ruled out by the stock of the offers" in text for text in said)


def test_a_budget_is_blamed_only_where_it_binds() -> None:
    poor = replace(problem_of("chat", rate=3.0), settings=Settings(monthly_budget_usd=7000.0))
    assert diagnose(poor, (), solve) == (
        "chat: ruled out by the monthly budget (Settings: Monthly budget): without that limit the plan takes 8 × H100 for 7,300 USD a month",
    )


@pytest.mark.parametrize("limit", ["TTFT", "memory"])
def test_a_workload_nothing_can_serve_is_told_what_came_closest(limit: str) -> None:
    rows = [
        RuledOut(workload="chat", gpu="L4", precision="fp8", node_size=1, batch_size=None, offer="", reason=f"{limit}: far", limit=limit, excess=9.0),
        RuledOut(workload="chat", gpu="B200", precision="fp8", node_size=8, batch_size=None, offer="", reason=f"{limit}: near", limit=limit, excess=2.0),
    ]
    said = diagnose(replace(problem_of("chat"), candidates=()), rows, solve)
    assert said == (f"chat: nothing can serve it: {limit}: near (fp8; the closest of 2); all reasons are on the sheet Ruled out",)
