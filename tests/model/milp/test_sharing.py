"""Pools shared by several streams: tiny instances with their optimum in the sentence, and random ones against trying everything."""

from __future__ import annotations

from dataclasses import replace

import pytest
from milp_factory import HOURS, candidate, offer, tokens
from sharing_problems import cheapest_by_trying, random_sharing, random_sizes, shared_candidate, sharing_problem, sized_problem

from model.audit import audit
from model.filters import reduce_problem
from model.milp.served import most_served
from model.milp.solve import solve
from model.problem import Incumbent, Problem
from model.report import plan_from


def solved(posed: Problem) -> Incumbent:
    """The plan after the filters; both it and the unfiltered one hold when recomputed and cost the same."""
    found, whole = solve(reduce_problem(posed).problem), solve(posed)
    assert found.usd_per_month == (None if whole.usd_per_month is None else pytest.approx(whole.usd_per_month, rel=1e-6))
    for answer in (found, whole) if found.usd_per_month is not None else ():
        audit(posed, plan_from(posed, answer))
    return found


def test_half_a_node_each_share_one():
    """a needs 0.5 of a node and b 0.4: apart two nodes at 100 USD, together one."""
    own = [candidate("a"), candidate("b")]
    posed = sharing_problem({"a": 0.5, "b": 0.4}, [*own, shared_candidate("a + b", {"a": 1, "b": 1})], [offer()])
    found = solved(posed)
    assert found.usd_per_month == pytest.approx(100)
    assert {route.stream: route.load_by_block["b0"] for route in found.routes} == pytest.approx({"a": 0.5, "b": 0.4})
    assert solved(replace(posed, candidates=tuple(own))).usd_per_month == pytest.approx(200)


def test_a_tight_target_makes_apart_cheaper():
    """At a's targets a node carries 0.5 of b instead of 4: 2 of b take 4 nodes shared (5 with a), and 1 apart (2 with a)."""
    own = [candidate("a"), candidate("b", rate=4)]
    found = solved(sharing_problem({"a": 0.9, "b": 2}, [*own, shared_candidate("a + b", {"a": 1, "b": 0.5})], [offer()]))
    assert found.usd_per_month == pytest.approx(200)
    assert not found.routes


def test_what_is_left_of_whole_nodes_is_shared():
    """a needs 1.5 nodes and b 1.4: 2 of a's own and 2 of b's, or one own of each and one shared: 3."""
    own = [candidate("a"), candidate("b")]
    found = solved(sharing_problem({"a": 1.5, "b": 1.4}, [*own, shared_candidate("a + b", {"a": 1, "b": 1}, lost=0.1)], [offer()]))
    assert found.usd_per_month == pytest.approx(300)


def test_a_shared_pool_loses_its_spare_nodes_and_loss_once():
    """Loads of 0.5 and 0.4 with 0.2 lost and one spare node take 0.9 + 0.2 + 1 = 2.1: 3 nodes."""
    posed = sharing_problem({"a": 0.5, "b": 0.4}, [shared_candidate("a + b", {"a": 1, "b": 1}, lost=0.2)], [offer()])
    together = replace(posed.shared[0], workload=replace(posed.shared[0].workload, spare_nodes=1))
    assert solved(replace(posed, shared=(together,))).usd_per_month == pytest.approx(300)


def test_two_gpu_types_beat_each_alone():
    """Short requests run on cheap G (2 a node of 1 USD), long ones on H (2 a node of 2 USD): 2 + 2 take 1 of each, 300 USD; G alone 5, H alone 2 at 400."""
    offers = [offer("g", usd=1, gpu="G"), offer("h", usd=2, gpu="H")]
    posed = sized_problem([2, 2], {"G": [2, 0.5], "H": [2, 2]}, offers)
    assert solved(posed).usd_per_month == pytest.approx(300)
    assert solved(replace(posed, offers=(offers[0],), candidates=posed.candidates[:1])).usd_per_month == pytest.approx(500)
    assert solved(replace(posed, offers=(offers[1],), candidates=posed.candidates[1:])).usd_per_month == pytest.approx(400)


def test_tokens_of_a_size_are_billed_with_its_own_length():
    """Class 0 has 1 million tokens a request, class 1 has 2: at 0.3 USD a million the short ones cost 0.3 an hour, less than their node's 1 USD."""
    offers = [offer("g", usd=1, gpu="G"), tokens("t", usd=0.3)]
    found = solved(sized_problem([1, 4], {"G": [1, 4]}, offers))
    assert found.usd_per_month == pytest.approx(HOURS * (1 + 0.3))
    assert found.tokens[0].tokens_by_block["b0"] == pytest.approx((1e6, 1))


def test_a_size_that_nothing_serves_is_infeasible():
    """Class 1 runs on no GPU there is."""
    assert solve(sized_problem([1, 1], {"G": [1, 0]}, [offer("g", gpu="G")])).status == "infeasible"


def test_spot_carries_no_more_than_its_share_of_shared_load():
    """Half of 2 + 2 may be on spot at 0.5 USD: 2 nodes there and 2 on demand, 300 USD."""
    offers = [offer("o"), offer("s", usd=0.5, billing="spot")]
    posed = sharing_problem({"a": 2, "b": 2}, [shared_candidate("a + b", {"a": 1, "b": 1})], offers, max_spot_share=0.5)
    assert solved(posed).usd_per_month == pytest.approx(300)


def test_a_shared_deployment_counts_for_those_who_join_it():
    """One deployment each: a on G and b on H each alone take 2 + 2 nodes, both on one shared candidate 3; to mix own and shared nodes is not allowed."""
    own = [candidate("a"), candidate("b")]
    candidates = [*own, shared_candidate("a + b", {"a": 1, "b": 1})]
    posed = sharing_problem({"a": 1.5, "b": 1.4}, candidates, [offer()], max_deployments_per_workload=1)
    found = solved(posed)
    assert found.usd_per_month == pytest.approx(300)
    assert {p.candidate for p in found.placements} == {candidates[2].key}


def test_minimum_nodes_count_shared_ones():
    """a keeps 2 nodes, which may be the shared ones: 2 nodes, not 3."""
    posed = sharing_problem({"a": 0.5, "b": 1.4}, [candidate("a"), candidate("b"), shared_candidate("a + b", {"a": 1, "b": 1})], [offer()])
    kept = replace(posed, workloads=(replace(posed.workloads[0], min_nodes=2), posed.workloads[1]))
    assert solved(kept).usd_per_month == pytest.approx(200)


@pytest.mark.parametrize("seed", range(40))
def test_brute_force_agrees_on_shared_pools(seed: int):
    """The optimum of a small problem is that of trying all nodes, in both formulations."""
    posed = random_sharing(seed)
    expected = cheapest_by_trying(posed)
    piecewise = solve(replace(posed, settings=replace(posed.settings, formulation="piecewise")))
    for found in (solved(posed), piecewise):
        assert found.usd_per_month == (None if expected is None else pytest.approx(expected, rel=1e-6))


@pytest.mark.parametrize("seed", range(25))
def test_brute_force_agrees_on_request_sizes(seed: int):
    """The same for the request sizes of one workload."""
    posed = random_sizes(seed)
    expected = cheapest_by_trying(posed)
    assert solved(posed).usd_per_month == (None if expected is None else pytest.approx(expected, rel=1e-6))


def test_shared_load_may_be_cut() -> None:
    """One node in stock carries 1 of 0.8 + 0.4: by priority all of b's 0.4, and 0.6 of a's 0.8, three quarters."""
    posed = sharing_problem({"a": 0.8, "b": 0.4}, [shared_candidate("a + b", {"a": 1, "b": 1})], [offer(max_instances=1)])
    first = replace(posed, workloads=(posed.workloads[0], replace(posed.workloads[1], priority=2)))
    served = most_served(first, 10.0)
    assert served is not None
    assert served.shares == pytest.approx({"a": 0.75, "b": 1.0}, rel=1e-5)
