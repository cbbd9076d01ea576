"""Textbook queues as special cases of the rule, and what must hold of every capacity."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import poisson

from data.records.candidate import StepTime
from model.queueing.capacity import capacity_curves, capacity_of
from model.queueing.lengths import LengthMix, lognormal_mix
from model.queueing.mean_field import Costs, costs_of, sequences_that_fit, state_at
from model.queueing.records import Steps, Targets
from model.queueing.tails import delay_probability, late_first_token, noise_of
from model.queueing.tangent import cap_at, margin_at, tangent, touching_nodes

ONE = np.array([1.0])
CHAT = lognormal_mix(1155, 211, 0.96, 0.77)
STREAMING = Targets(ttft_s=1.0, tpot_s=0.04)


def steps(*max_batch: float, **changes: float) -> Steps:
    """An 8B model on one 80 GB GPU, once for each batch cap."""
    row = {"iteration_s": 7e-3, "per_sequence_s": 2.7e-5, "per_kv_token_s": 4.9e-8, "per_prefill_token_s": 2.9e-5, "kv_tokens": 397e3, "token_budget": 2048.0}
    caps = max_batch or (256.0,)
    return Steps(**{name: np.full(len(caps), value) for name, value in (row | changes).items()}, max_batch=np.array(caps))


def constant(**changes: float) -> Steps:
    """A node whose iteration takes 10 ms whatever it carries."""
    return steps(**{"iteration_s": 0.01, "per_sequence_s": 0.0, "per_kv_token_s": 0.0, "per_prefill_token_s": 0.0, "kv_tokens": 1e9, **changes})


def bound(nodes: Steps, lengths: LengthMix) -> Costs:
    return costs_of(nodes, lengths)


def test_number_in_flight_is_poisson_where_iterations_are_constant() -> None:
    """NVIDIA's peak: a mean of 64 in flight has a 95th percentile of 77. Here 64 are decoding (0.64 req/s of 10,001 steps of 10 ms)."""
    costs = bound(replace(constant(per_sequence_s=1e-9), max_batch=np.array([512.0])), lognormal_mix(1, 10_001, 0, 0))
    state = state_at(costs, np.array([0.64]))
    sd = noise_of(costs, state, STREAMING, ONE).step_sd_s / costs.sequence_s
    assert state.decoding[0] == pytest.approx(64, rel=1e-3)
    assert int(64 + 1.645 * sd[0]) == poisson.ppf(0.95, 64) == 77


def test_closed_system_without_think_time_waits_as_infrascale_says() -> None:
    """16 places of 1 s each: wait = (Q − 1)·T, so a median wait of 0.5 s is kept up to Q = 1.5, 24 users; the rate stays 16/s."""
    slow = Targets(ttft_s=0.5 + 0.015, percentile=50, closed_loop=True)  # half an iteration to start and one to prefill besides
    curves = capacity_curves(replace(constant(), max_batch=np.array([16.0])), lognormal_mix(1, 100, 0, 0), slow)
    assert curves.binding[0] == "batch"
    assert curves.one_node[0] == pytest.approx(24, rel=0.01)
    assert curves.req_per_s[0] == pytest.approx(16, rel=0.01)
    assert (curves.limit[0], curves.batch_needed[0]) == (pytest.approx(curves.one_node[0]), 16)


def test_users_who_think_are_requests_over_time_by_littles_law() -> None:
    """λ = U/(T + Z): with 100 s of thought the capacity in users is the open-loop rate times T + 100 s, but for the smaller noise of users."""
    thinking = capacity_curves(steps(), CHAT, replace(STREAMING, closed_loop=True, think_time_s=100.0))
    rate = capacity_curves(steps(), CHAT, STREAMING)
    assert thinking.one_node[0] == pytest.approx(rate.one_node[0] * 100, rel=0.1)
    assert thinking.one_node[0] > rate.one_node[0] * 100


def test_prompts_alone_are_a_single_server() -> None:
    """Answers of one token and prompts of a full iteration (100 ms) are M/D/1: W = ρS/(2(1 − ρ)), 0.05 s at half load, +15 % for whole iterations."""
    costs = bound(constant(per_prefill_token_s=0.09 / 2048), lognormal_mix(2048, 1, 0, 0))
    noise = noise_of(costs, state_at(costs, np.array([5.0])), STREAMING, ONE)
    assert noise.wait_share[0] == pytest.approx(0.5)
    assert noise.wait_s[0] == pytest.approx(1.15 * 0.05)


@pytest.mark.parametrize(("servers", "load"), [(4, 1.6), (8, 4.0), (20, 16.0), (100, 90.0), (400, 380.0)])
def test_full_batch_is_erlang_c(servers: int, load: float) -> None:
    """P(wait) of M/M/c within 15 %, a few places as well as many: one node, its number in flight with the variance of Poisson's."""
    blocked = 1.0
    for k in range(1, servers + 1):  # Erlang-B by its recursion
        blocked = load * blocked / (k + load * blocked)
    erlang_c = blocked / (1 - load / servers * (1 - blocked))
    found = delay_probability(np.array([load]), ONE, np.array([float(servers)]), ONE, np.array([servers / load - 1]))
    assert found[0] == pytest.approx(erlang_c, rel=0.15)


def test_decoding_shares_the_processor() -> None:
    """Iterations stretch by 1/(1 − ρ), the law of processor sharing, ρ = λ(D·b′ + c·P) the load of sequences and prompts."""
    costs = bound(steps(), CHAT)
    state = state_at(costs, np.array([10.0]))
    load = 10 * (costs.decode_steps * costs.sequence_s + 2.9e-5 * CHAT.prefill_mean)
    assert state.iteration_s / (1 - state.prefill_load) == pytest.approx(7e-3 / (1 - load))
    assert state.decoding == pytest.approx(10 * costs.decode_steps * 7e-3 / (1 - load))  # Little's law


@pytest.mark.parametrize(("sequences", "mix", "carried"), [(108, lognormal_mix(1155, 211, 0.96, 0.77), 97), (10, lognormal_mix(1600, 1690, 1.5, 1.2), 6)])
def test_kv_cache_carries_fewer_than_the_mean_says(sequences: int, mix: LengthMix, carried: float) -> None:
    """A cache for 108 mean sequences carries 97, one for 10 long ones 6: simulated."""
    assert sequences_that_fit(np.array([sequences * mix.context_mean]), mix)[0] == pytest.approx(carried, abs=2)


def test_offline_work_fills_batch_and_cache() -> None:
    """No latency, no noise: λ = B/(D·(a + b′B + …)) at the batch cap whatever the pool's size."""
    curves = capacity_curves(steps(64), CHAT, Targets(mode="offline"))
    assert (curves.binding[0], curves.one_node[0]) == ("batch", pytest.approx(curves.limit[0]))
    assert 60 < curves.in_flight[0] <= 64
    assert curves.limit[0] > capacity_curves(steps(64), CHAT, Targets(ttft_s=0.5, tpot_s=0.02)).limit[0]


@pytest.mark.parametrize(
    ("targets", "posed", "able"),
    [
        (Targets(ttft_s=1.0, tpot_s=0.02), True, True),
        (Targets(ttft_s=0.14, tpot_s=0.02), False, True),  # an unloaded prefill of the 95th percentile takes 0.11 s
        (Targets(ttft_s=1.0, tpot_s=0.0105), False, True),
        (Targets(ttft_s=1.0, tpot_s=0.006), False, False),  # below one iteration
        (Targets(e2e_s=2.0, mode="sequential"), False, False),  # 513 tokens of 7 ms take 3.6 s
        (Targets(e2e_s=8.0, mode="sequential"), True, True),
    ],
)
def test_targets_near_the_unloaded_latency_are_marked(targets: Targets, posed: bool, able: bool) -> None:
    curves = capacity_curves(steps(), CHAT, targets)
    assert (bool(curves.well_posed[0]), bool(curves.limit[0] > 0)) == (posed, able)


def test_the_target_that_binds_is_named() -> None:
    names = [
        capacity_curves(steps(batch), CHAT, targets).binding[0]
        for batch, targets in (
            (256, Targets(ttft_s=1.0, tpot_s=0.02)),
            (256, Targets(ttft_s=0.3, tpot_s=0.2)),
            (256, Targets(e2e_s=8.0, mode="sequential")),
            (8, Targets(mode="offline")),
        )
    ]
    assert names == ["TPOT", "TTFT", "end to end", "batch"]


def test_bursts_cost_lone_nodes_most() -> None:
    """Arrivals of CV 2 cut the capacity of one node by more than a tenth, of a node among 16 by less than 5 %."""
    targets = Targets(ttft_s=0.6, tpot_s=0.025)
    smooth, bursty = (capacity_curves(steps(), CHAT, replace(targets, arrival_cv=cv)) for cv in (1.0, 2.0))
    assert bursty.one_node[0] < 0.9 * smooth.one_node[0]
    assert cap_at(bursty, 16)[0] > 0.95 * cap_at(smooth, 16)[0]


def test_more_nodes_wait_less() -> None:
    """The share of late first tokens at one load a node falls with the pool's size."""
    costs = bound(steps(32), CHAT)
    state = state_at(costs, np.array([9.0]))
    late = [late_first_token(costs, state, noise_of(costs, state, STREAMING, ONE * n), 0.5)[0] for n in (1, 4, 64)]
    assert late[0] > late[1] > late[2]


def test_a_line_under_the_curve_touches_it() -> None:
    """Tangent and margin: 5 % under the curve where they touch, nowhere above (1 − 5 %)·cap(N)."""
    curves = capacity_curves(steps(), CHAT, STREAMING)
    demand = float(cap_at(curves, 8)[0])
    touching = touching_nodes(curves, demand)
    slope, loss = tangent(curves, touching)
    assert slope * touching - loss == pytest.approx(0.95 * cap_at(curves, touching))
    for nodes in (1, 2, 3, 5, 8, 20, 100, 1000):
        assert (slope * nodes - loss <= 0.95 * cap_at(curves, nodes) + 1e-9).all()


def test_short_answers_of_small_pools_keep_a_wider_margin() -> None:
    short = capacity_curves(steps(), lognormal_mix(2048, 28, 0.96, 2.15), STREAMING)
    assert [float(margin_at(short, nodes)[0]) for nodes in (1, 2, 3)] == [0.15, 0.15, 0.05]
    assert float(margin_at(capacity_curves(steps(), CHAT, STREAMING), 1)[0]) == 0.05


def test_the_curve_is_the_rule_at_other_sizes_too() -> None:
    """Three points make the curve; between them and up to 200 nodes it stays within 1.5 % of the rule."""
    curves = capacity_curves(steps(), CHAT, STREAMING)
    for nodes in (2.0, 8.0, 20.0, 200.0):
        assert cap_at(curves, nodes) == pytest.approx(capacity_of(steps(), CHAT, STREAMING, ONE * nodes), rel=0.015)


POISSON = (STREAMING, Targets(ttft_s=5, tpot_s=0.1, percentile=99), Targets(e2e_s=60, mode="sequential"), Targets(mode="offline"))


@settings(max_examples=25, deadline=None)
@given(
    node=st.tuples(st.floats(3, 60), st.floats(5, 200), st.floats(3e4, 2e6)),
    lengths=st.tuples(st.floats(20, 6000), st.floats(30, 2000), st.floats(0, 2)),
    targets=st.sampled_from((*POISSON, replace(STREAMING, closed_loop=True))),
)
def test_more_never_carries_less(node: tuple[float, float, float], lengths: tuple[float, float, float], targets: Targets) -> None:
    """A larger batch cap, more nodes in the pool and, in an open loop, more KV cache or later targets never lower the capacity; all is finite."""
    iteration_ms, prefill_us, kv_tokens = node
    inputs, outputs, cv = lengths
    mix = lognormal_mix(inputs, outputs, cv, cv, max_input_tokens=3e4, max_output_tokens=1e4)
    caps = (1, 4, 32, 256, 1024)
    nodes = steps(*caps, iteration_s=iteration_ms * 1e-3, per_prefill_token_s=prefill_us * 1e-6, kv_tokens=kv_tokens)
    curves = capacity_curves(nodes, mix, targets)
    tolerance = 0.01 * curves.limit.max()  # of the root, against the most such a node does

    assert np.isfinite(np.concatenate([curves.one_node, curves.limit, curves.in_flight, curves.batch_needed])).all()
    for size in (1, 64):
        carried = cap_at(curves, size)
        assert (carried[1:] >= carried[:-1] - tolerance * size).all()
    assert (curves.limit >= curves.one_node).all()
    assert (curves.batch_needed <= caps).all()
    if not targets.closed_loop:
        later = replace(targets, ttft_s=2 * targets.ttft_s, tpot_s=2 * targets.tpot_s, e2e_s=2 * targets.e2e_s)
        for better in (capacity_curves(nodes, mix, later), capacity_curves(replace(nodes, kv_tokens=2 * nodes.kv_tokens), mix, targets)):
            assert (cap_at(better, 1) >= cap_at(curves, 1) - tolerance).all()
            assert (cap_at(better, 64) >= cap_at(curves, 64) - 64 * tolerance).all()


def test_a_call_takes_plan_records() -> None:
    """Step times of a plan make rows."""
    step_time = StepTime(iteration_s=7e-3, per_sequence_s=2.7e-5, per_kv_token_s=4.9e-8, per_prefill_token_s=2.9e-5, kv_tokens=397e3, token_budget=2048)
    assert np.array_equal(capacity_curves(Steps.of([step_time], [256]), CHAT, STREAMING).limit, capacity_curves(steps(), CHAT, STREAMING).limit)
