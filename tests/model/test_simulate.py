"""The simulator against queues with a known answer, the rule against the simulator, and what a plan hands to it."""

from __future__ import annotations

import dataclasses
import sys
from typing import Any

import numpy as np
import pytest

from data.records.candidate import Candidate, MemoryUse, StepTime
from data.records.plan import Deployment, Plan, WorkloadDemand
from data.records.workload import LengthBin, Workload
from model.queueing.capacity import capacity_curves
from model.queueing.lengths import lognormal_mix
from model.queueing.records import Steps, Targets
from model.queueing.tangent import cap_at, tangent
from model.simulate.draws import arrival_times, request_lengths
from model.simulate.pool import requests_needed, simulate_pool, simulate_pools
from model.simulate.run import SimulatorMissing, serve
from model.simulate.spec import PoolSpec, pools_of

H100 = StepTime(iteration_s=7e-3, per_sequence_s=2.7e-5, per_kv_token_s=4.9e-8, per_prefill_token_s=2.9e-5, kv_tokens=397e3, token_budget=2048)


def step_time(**changes: float) -> StepTime:
    """An iteration of 10 ms whatever it carries, on a cache without end."""
    constant = StepTime(iteration_s=0.01, per_sequence_s=0.0, per_kv_token_s=0.0, per_prefill_token_s=0.0, kv_tokens=1e9, token_budget=2048)
    return dataclasses.replace(constant, **changes)


def pool(step: StepTime = H100, **columns: Any) -> PoolSpec:
    one = {"workload": "chat", "candidate": "chat|H100|fp8", "block": "day", "nodes": 1, "batch_size": 256, "unit": "req/s", "load": 10.0}
    lengths = {"input_tokens": 1155.0, "output_tokens": 211.0, "length_cv": 0.9}
    return PoolSpec(**{**one, **lengths, **columns}, step_time=step)


def test_prompts_alone_wait_as_in_m_d_1() -> None:
    """Prompts of one full iteration of 100 ms at half load: 100 ms and a wait of ρS/(2(1 − ρ)) = 50 ms."""
    run = serve(pool(step_time(per_prefill_token_s=0.09 / 2048), load=5.0, input_tokens=2048.0, output_tokens=1.0, length_cv=0.0), 1, 60_000, 1)
    assert run.e2e_mean_s == pytest.approx(0.15, rel=0.03)


def test_a_lone_node_with_a_small_kv_cache_keeps_what_it_is_promised() -> None:
    """A 14B model in fp8 on an RTX 4090, some twenty requests in flight: the p95 TTFT at the rate planned for is its target of 4 s within 10 %, not 6.9 s."""
    step = StepTime(iteration_s=0.02055, per_sequence_s=7.685e-05, per_kv_token_s=1.988e-07, per_prefill_token_s=1.696e-04, kv_tokens=40518, token_budget=8192)
    lengths = lognormal_mix(1500, 400, 0.96, 0.96)
    curves = capacity_curves(Steps.of([step], [16]), lengths, Targets(ttft_s=4.0, tpot_s=0.06))
    slope, loss = tangent(curves, np.ones(1))
    found = simulate_pool(pool(step, batch_size=16, load=float(slope[0] - loss[0]), input_tokens=1500.0, output_tokens=400.0, length_cv=0.96), seeds=2)
    assert found.ttft[1].percentile == 95
    assert found.ttft[1].ms < 1.1 * 4000


def test_a_full_batch_waits_as_erlang_c_says() -> None:
    """Four places, three requests a second of one second each, exponential: C = 0.509, so requests take 1 + C/(4 − 3) s."""
    shares = (np.arange(400) + 0.5) / 400
    bars = tuple(LengthBin(workload="chat", input_tokens=1, output_tokens=max(1.0, float(o)), share=1 / 400) for o in -1000 * np.log(shares))
    run = serve(pool(step_time(iteration_s=0.001), load=3.0, batch_size=4, lengths=bars), 1, 200_000, 2)
    assert run.e2e_mean_s == pytest.approx(1.509, rel=0.05)


def test_decoding_shares_the_processor() -> None:
    """Iterations proportional to the sequences (1 ms each): M/G/1 processor sharing, 99 ms / (1 − ρ) whatever the lengths' spread."""
    spec = pool(step_time(iteration_s=1e-9, per_sequence_s=1e-3), load=5.0, input_tokens=1.0, output_tokens=100.0, batch_size=4096)
    run = serve(spec, 1, 100_000, 3)
    assert run.e2e_mean_s == pytest.approx(0.099 / (1 - 5 * 0.099), rel=0.05)


def test_users_who_never_think_wait_q_minus_one_lifetimes() -> None:
    """24 users before 16 places of 1 s: Q = 1.5, wait 0.5 s, rate 16/s; the load ratio in the result is that Q."""
    spec = pool(step_time(), unit="requests in flight", load=24.0, batch_size=16, input_tokens=1.0, output_tokens=100.0, length_cv=0.0)
    result = simulate_pool(spec, seeds=1, requests=5000)
    median = next(p.ms for p in result.ttft if p.percentile == 50)
    assert median == pytest.approx(500, abs=30)
    assert (result.req_per_s, result.load_ratio) == (pytest.approx(16, rel=0.02), pytest.approx(1.5))


def test_thinking_users_send_by_littles_law() -> None:
    """50 users who think 9 s and are served in 1 s make 5 requests a second."""
    spec = pool(step_time(), unit="requests in flight", load=50.0, think_time_s=9.0, input_tokens=1.0, output_tokens=100.0, length_cv=0.0)
    assert simulate_pool(spec, seeds=1, requests=5000).req_per_s == pytest.approx(5, rel=0.03)


def test_a_full_cache_preempts_and_still_answers_everyone() -> None:
    """20,000 tokens hold 15 mean requests; at 98 % of that the last ones admitted are evicted now and then, and every request ends."""
    run = serve(pool(step_time(kv_tokens=20_000.0), load=6.0), 1, 20_000, 5)
    assert run.preemptions_per_request > 0.001
    assert np.isfinite(run.percentiles_s).all()


def test_a_plan_by_the_rule_keeps_its_targets_and_one_node_fewer_does_not() -> None:
    """Eight nodes at 95 % of their capacity keep p95 TTFT and TPOT; seven nodes with the same load miss the TPOT."""
    lengths, targets = lognormal_mix(1155, 211, 0.9, 0.9), Targets(ttft_s=0.6, tpot_s=0.03)
    load = 0.95 * float(cap_at(capacity_curves(Steps.of([H100], [256]), lengths, targets), 8)[0])
    spec = pool(nodes=8, load=load, ttft_target_ms=600.0, tpot_target_ms=30.0)
    planned, fewer = (simulate_pool(spec, nodes=nodes, seeds=2, requests=40_000) for nodes in (8, 7))
    assert planned.kept == {"TTFT": True, "TPOT": True, "end to end": None}
    assert planned.keeps_its_targets
    assert fewer.kept["TPOT"] is False


def test_all_pools_are_simulated_with_their_neighbours_on_several_processes() -> None:
    """One pool with three node counts and one offline pool as it stands, two seeds each: eight runs, the same figures as one process finds."""
    specs = [pool(nodes=2, load=20.0, ttft_target_ms=600.0), pool(nodes=3, load=30.0, serving_mode="offline")]
    told: list[tuple[int, int]] = []
    chat, offline = simulate_pools(specs, seeds=2, requests=2000, workers=2, progress=lambda done, of: told.append((done, of)))
    assert told == [(k, 8) for k in range(1, 9)]
    assert (chat.one_more is None, chat.one_fewer is None, offline.one_more, offline.one_fewer) == (False, False, None, None)
    assert chat.planned == simulate_pool(specs[0], seeds=2, requests=2000)
    assert chat.one_fewer is not None
    assert chat.one_more is not None
    waits = [result.ttft[1].ms for result in (chat.one_fewer, chat.planned, chat.one_more)]
    assert waits == sorted(waits, reverse=True)


def test_more_seeds_say_how_sure_the_percentiles_are() -> None:
    result = simulate_pool(pool(percentile=90), seeds=3, requests=3000)
    assert [p.percentile for p in result.tpot] == [50, 90, 95, 99]
    assert all(0 < p.plus_minus_ms < p.ms for p in result.tpot)
    assert simulate_pool(pool(), seeds=1, requests=3000).tpot[0].plus_minus_ms == 0


def test_a_run_is_long_enough_for_its_percentile_and_its_requests() -> None:
    """2,000 requests beyond the percentile, and thirty lifetimes: 100 req/s of 211 × 14 ms are 295 in flight."""
    assert requests_needed(pool(percentile=50)) == 20_000
    assert requests_needed(pool(percentile=99)) == 200_000
    assert requests_needed(pool(load=100.0, output_tokens=2110.0)) == round(30 * 100 * 2110 * 0.014)


def test_draws_have_the_means_and_the_bursts_asked_for() -> None:
    rng = np.random.default_rng(7)
    gaps = np.diff(arrival_times(rng, 200_000, 5.0, 2.0))
    assert (gaps.mean(), gaps.std() / gaps.mean()) == (pytest.approx(0.2, rel=0.03), pytest.approx(2, rel=0.03))
    inputs, prefill, outputs = request_lengths(rng, 200_000, pool(cached_prefix_tokens=231.0), H100.kv_tokens)
    assert (inputs.mean(), prefill.mean(), outputs.mean()) == (pytest.approx(1155, rel=0.02), pytest.approx(924, rel=0.02), pytest.approx(211, rel=0.02))
    assert outputs.min() >= 1
    bars = tuple(LengthBin(workload="chat", input_tokens=i, output_tokens=o, share=s) for i, o, s in ((100, 10, 3), (900, 30, 1)))
    inputs, _, outputs = request_lengths(rng, 20_000, pool(lengths=bars, max_context_tokens=920.0), H100.kv_tokens)
    assert set(zip(inputs, outputs, strict=True)) == {(100.0, 10.0), (900.0, 20.0)}


def plan_of_two_rows() -> Plan:
    memory = MemoryUse(weights_gb=16, kv_cache_gb=40, overhead_gb=4, free_gb=12, usable_gb=72)
    candidate = Candidate(
        key="chat|H100|fp8", workload="chat", gpu="H100", precision="fp8", kv_precision="bf16", engine="vllm", node_size=1, batch_size=128,
        capacity_per_node=12, pooling_loss=2, req_per_s_per_node=12, ttft_ms=50, tpot_ms=10, e2e_ms=2000, output_tok_per_s_per_node=2000,
        max_batch=200, memory=memory, step_time=H100, provenance="derived",
    )  # fmt: skip

    def row(billing: str, day: int, night: int) -> Deployment:
        return Deployment(
            workload="chat", model="m", precision="fp8", provider="p", offer=f"o {billing}", billing=billing, region="r", gpu="H100",
            node_size=1, node_count=day, batch_size=128, load_ratio=0.5, gpus=day, instances=day, share_of_demand=0.5, usd_per_month=1,
            req_per_s_per_node=12, ttft_ms=50, tpot_ms=10, e2e_ms=2000, memory=memory, nodes_by_block={"day": day, "night": night},
            candidate="chat|H100|fp8", load_by_block={"day": 10.0 * day, "night": 11.0 * night},
        )  # fmt: skip

    demand = WorkloadDemand(
        workload="chat", unit="req/s", peak=80, mean=40, requests_per_month=1, tokens_per_month=1, requests_per_unit_hour=3600, formula=""
    )  # fmt: skip
    return Plan(status="optimal", deployments=(row("reserved", 5, 5), row("on_demand", 3, 0), row("spot", 2, 1)), demands=(demand,), candidates=(candidate,))


def chat_workload() -> Workload:
    return Workload(
        name="chat", model="m", requests_per_s=80, input_tokens=1155, output_tokens=211, ttft_target_ms=600, tpot_target_ms=40, tokens_per_s_per_user=50,
        slo_percentile=99, spare_nodes=1,
    )  # fmt: skip


def test_a_pool_is_a_candidate_s_nodes_in_its_busiest_block() -> None:
    """By day 8 stable nodes carry 80 on 7, by night 5 carry 55 on 4: the night is busier a node; spot is a pool of its own, its spare idle too."""
    stable, spot = pools_of(plan_of_two_rows(), [chat_workload()])
    assert (stable.block, stable.nodes, stable.load) == ("night", 4, 55.0)
    assert (spot.block, spot.nodes, spot.load) == ("day", 1, 20.0)
    assert (stable.batch_size, stable.percentile, stable.ttft_target_ms, stable.tpot_target_ms, stable.e2e_target_ms) == (128, 99, 600, 20, None)
    assert stable.name == "chat: 4 × H100 fp8"


def test_without_numba_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "model.simulate.event_loop", None)
    with pytest.raises(SimulatorMissing) as missing:
        serve(pool(), 1, 10, 1)
    assert str(missing.value) == "simulate: the simulator needs numba, which is not installed; install it with: pip install 'inferplan[simulate]'"
