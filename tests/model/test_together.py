"""Which workloads share nodes, at which targets, and what a shared pool keeps."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from data.records.candidate import StepTime
from data.records.plan import WorkloadDemand
from data.records.scenario import Scenario
from data.records.supply import Model
from data.records.workload import Workload
from model.queueing.capacity import capacity_curves
from model.queueing.lengths import lognormal_mix, mixture
from model.queueing.records import Steps, Targets
from model.shared_candidates import _least_work
from model.simulate.pool import simulate_pool
from model.simulate.spec import Beside, PoolSpec
from model.together import Together, together

MODEL = Model(model="M", params_total_b=8, n_layers=32, hidden_size=4096, n_heads=32, n_kv_heads=8, head_dim=128, kv_bytes_per_token_fp16=131072)
STEP = StepTime(iteration_s=0.018, per_sequence_s=5e-5, per_kv_token_s=3e-8, per_prefill_token_s=8e-5, kv_tokens=6e5, token_budget=8192)


def workload(name: str, **more: Any) -> Workload:
    said = {"name": name, "model": "M", "input_tokens": 1000, "output_tokens": 200, "requests_per_s": 1, "pool": "p"}
    return Workload(**(said | {"ttft_target_ms": 2000, "tpot_target_ms": 50} | more))


def shared(*workloads: Workload) -> Together:
    units = ("requests in flight" if w.concurrent_requests else "req/s" for w in workloads)
    demands = [
        WorkloadDemand(workload=w.name, unit=unit, peak=1, mean=1, requests_per_month=1, tokens_per_month=1, requests_per_unit_hour=3600, formula="")
        for w, unit in zip(workloads, units, strict=True)
    ]
    return together(Scenario(name="s", workloads=workloads, models={"M": MODEL}), demands)


def test_a_pool_at_the_tight_targets_is_open_to_all_who_ask_no_more() -> None:
    """b asks for less than a in everything: one pool at a's targets; c wants another TPOT but no TTFT: one more at the strictest of all."""
    a, b = workload("a"), workload("b", ttft_target_ms=4000, tpot_target_ms=60)
    found = shared(a, b)
    assert [(pool.members, pool.workload.ttft_target_ms, pool.workload.tpot_target_ms) for pool in found.pools] == [(("a", "b"), 2000, 50)]
    c = workload("c", ttft_target_ms=None, tpot_target_ms=20)
    three = {pool.members: (pool.workload.ttft_target_ms, pool.workload.tpot_target_ms) for pool in shared(a, b, c).pools}
    assert three == {("a", "b"): (2000, 50), ("a", "b", "c"): (2000, 20)}


def test_limits_of_procurement_are_kept_by_the_pool() -> None:
    """A pool stands where all its members may stand, with the most spare nodes of any; disjoint providers share nothing."""
    a = workload("a", allowed_providers=("P", "Q"), spare_nodes=1)
    b = workload("b", allowed_providers=("q", "R"), required_tags=("eu",))
    (pool,) = shared(a, b).pools
    assert (pool.workload.allowed_providers, pool.workload.required_tags, pool.workload.spare_nodes) == (("Q",), ("eu",), 1)
    assert not shared(replace(a, allowed_providers=("P",)), replace(b, allowed_providers=("R",))).pools


def test_who_shares_nothing_is_told_why() -> None:
    """Requests in flight, a budget of one's own, and nodes set up in another way."""
    found = shared(
        workload("a"), workload("b", requests_per_s=None, concurrent_requests=5), workload("c", max_monthly_usd=10), workload("d", kv_precision="fp8")
    )
    assert not found.pools
    assert found.refused == (
        "b: shares no nodes in its pool: its demand counts requests in flight, which answer faster or slower by what else is on the nodes; give a request rate",
        "c: shares no nodes in its pool: it has a budget of its own, which pays for instances of its own",
        "the pool p is several, for nodes are set up with one of their KV cache precisions: a; d",
    )


def test_a_mixture_of_one_kind_with_itself_is_that_kind() -> None:
    """The same requests under two names carry as much as under one."""
    steps, targets = Steps.of([STEP], [256]), Targets(ttft_s=2, tpot_s=0.05)
    lengths = lognormal_mix(1200, 300, 0.96, 0.96)
    alone, mixed = capacity_curves(steps, lengths, targets), capacity_curves(steps, mixture([lengths, lengths], [0.3, 0.7]), targets)
    assert mixed.limit[0] == pytest.approx(alone.limit[0], rel=1e-3)
    assert mixed.one_node[0] == pytest.approx(alone.one_node[0], rel=1e-3)


def test_each_kind_keeps_the_promise_by_itself() -> None:
    """A tenth of long prompts would be the tenth that a percentile of 90 lets go; as a kind of their own they keep it, and the nodes carry less."""
    steps, targets = Steps.of([STEP], [256]), Targets(ttft_s=0.6, percentile=90)
    short, long = lognormal_mix(300, 200, 0.3, 0.3), lognormal_mix(5000, 200, 0.1, 0.3)
    mixed = mixture([short, long], [0.9, 0.1])
    whole = replace(mixed, parts=())
    assert capacity_curves(steps, mixed, targets).limit[0] < 0.9 * capacity_curves(steps, whole, targets).limit[0]


def test_capacities_add_up_to_no_more_than_any_mix_looked_at() -> None:
    """Mixes that carry 1.0, 0.8 and 1.2 per node: the least work for the first that covers the others."""
    shares = np.array([[0.5, 0.5], [0.9, 0.1], [0.1, 0.9], [1.0, 0.0], [0.0, 1.0]])
    work = 1 / np.array([1.0, 0.8, 1.2, 1.1, 1.3])
    c = _least_work(shares, work)
    assert (shares @ c >= work - 1e-9).all()
    assert np.isclose(shares @ c, work).sum() >= 2  # no slack left in either direction


def test_the_simulator_plays_what_is_beside() -> None:
    """Nodes that others load answer later, at the rate of both together."""
    own = PoolSpec(
        workload="a", candidate="a|G", block="", nodes=2, batch_size=128, step_time=STEP, load=2.0, unit="req/s", input_tokens=1000, output_tokens=200,
        length_cv=0.5, ttft_target_ms=2000,
    )  # fmt: skip
    other = Beside(workload="b", load=2.0, input_tokens=3000, output_tokens=200, length_cv=0.5)
    alone, beside = (simulate_pool(spec, seeds=1, requests=3000) for spec in (own, replace(own, beside=(other,))))
    assert beside.tpot[0].ms > 1.2 * alone.tpot[0].ms
    assert beside.req_per_s == pytest.approx(2 * alone.req_per_s, rel=0.1)
    assert math.isfinite(beside.ttft[-1].ms)
