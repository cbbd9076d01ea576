"""Each constraint on a tiny problem whose optimum stands in the test's sentence: once where it binds, once where it does not. A month has 100 hours."""

from dataclasses import replace

import pytest
from milp_factory import candidate, offer, problem, tokens, workload

from data.records.candidate import Candidate
from model.audit import audit
from model.milp.solve import solve
from model.problem import Incumbent, Problem
from model.report import plan_from


def usd(posed: Problem) -> float | None:
    return solve(posed).usd_per_month


def on(found: Incumbent, name: str) -> dict[str, int]:
    """Instances of an offer by block."""
    return dict(found.instances.get(name, {}))


def test_three_nodes_on_a_server_of_8_gpus_sold_whole_cost_one_server() -> None:
    found = solve(problem({"w": 3}, [candidate(rate=1.0)], [offer(gpus=8, usd=8.0)]))
    assert (found.usd_per_month, on(found, "o")) == (pytest.approx(800), {"b0": 1})
    assert dict(found.placements[0].nodes_by_block) == {"b0": 3}


def test_two_80_gb_gpus_hold_the_model_and_one_does_not_so_that_nodes_of_2_need_instances_of_2() -> None:
    """Only nodes of 2 GPUs exist: single-GPU instances at half the price host none."""
    found = solve(problem({"w": 1}, [candidate(size=2)], [offer("pair", gpus=2, usd=2.0), offer("single", gpus=1, usd=0.5)]))
    assert (found.usd_per_month, on(found, "pair")) == (pytest.approx(200), {"b0": 1})


def test_a_node_of_4_beside_one_of_2_does_not_fit_into_5_gpus_though_6_are_not_enough_for_two_of_4() -> None:
    """v takes one node of 4 and w one of 2: an instance of 6 hosts both; two nodes of 4 need two instances of 6, since 6 GPUs have one place for 4."""
    made = [candidate("v", size=4), candidate("w", size=2)]
    assert usd(problem({"v": 1, "w": 1}, made, [offer(gpus=6)])) == pytest.approx(100)
    assert usd(problem({"v": 1, "w": 1}, made, [offer(gpus=5)])) == pytest.approx(200)
    assert usd(problem({"v": 2, "w": 1}, made, [offer(gpus=6)])) == pytest.approx(200)


def test_a_node_of_16_takes_two_whole_servers_of_8_of_one_offer() -> None:
    """With one server left of each of two offers there is no pair; with two of one there is."""
    made = [candidate(size=16)]
    halves = [offer("a", gpus=8, max_instances=1), offer("b", gpus=8, max_instances=1)]
    assert solve(problem({"w": 1}, made, halves)).status == "infeasible"
    assert usd(problem({"w": 1}, made, [halves[0], replace(halves[1], max_instances=2)])) == pytest.approx(200)
    assert solve(problem({"w": 1}, made, [offer(gpus=4)])).status == "infeasible"  # instances of 4 are no servers to be joined


def test_a_node_of_16_stands_within_an_instance_of_72_four_times() -> None:
    assert usd(problem({"w": 4}, [candidate(size=16)], [offer(gpus=72)])) == pytest.approx(100)
    assert usd(problem({"w": 5}, [candidate(size=16)], [offer(gpus=72)])) == pytest.approx(200)


def test_pooling_loses_once_a_pool_so_that_one_pool_of_two_nodes_beats_two_pools_of_one() -> None:
    """1.5 load, a node carries 1, a pool loses 0.5: two nodes in one pool do; 1.6 needs three."""
    assert usd(problem({"w": 1.5}, [candidate(loss=0.5)], [offer()])) == pytest.approx(200)
    assert usd(problem({"w": 1.6}, [candidate(loss=0.5)], [offer()])) == pytest.approx(300)


def test_stock_is_shared_by_all_workloads() -> None:
    """Two workloads need an instance each: of the cheap one there is one, so the other takes the dear one."""
    made = [candidate("v"), candidate("w")]
    cheap, dear = offer("cheap", usd=1.0, max_instances=1), offer("dear", usd=3.0)
    assert usd(problem({"v": 1, "w": 1}, made, [cheap, dear])) == pytest.approx(400)
    assert usd(problem({"v": 1, "w": 1}, made, [replace(cheap, max_instances=2), dear])) == pytest.approx(200)


def test_gpus_of_a_reserved_instance_freed_by_one_workload_serve_another() -> None:
    """By day v needs the node, by night w does: one reserved instance, 100 hours at 1 USD, serves both."""
    sold = [offer("r", usd=1.0, billing="reserved"), offer("o", usd=1.5)]
    found = solve(problem({"v": [1, 0], "w": [0, 1]}, [candidate("v"), candidate("w")], sold, hours=(50, 50)))
    assert (found.usd_per_month, on(found, "r")) == (pytest.approx(100), {"b0": 1, "b1": 1})


def test_reserved_carries_the_base_and_on_demand_the_peak() -> None:
    """Base 1 in all 100 hours at 1 USD reserved, the second node 20 hours at 3 USD on demand: 100 + 60; reserved twice would be 200, on demand alone 360."""
    sold = [offer("r", usd=1.0, billing="reserved"), offer("o", usd=3.0)]
    found = solve(problem({"w": [2, 1]}, [candidate()], sold, hours=(20, 80)))
    assert found.usd_per_month == pytest.approx(160)
    assert (on(found, "r"), on(found, "o")) == ({"b0": 1, "b1": 1}, {"b0": 1, "b1": 0})


def test_a_setup_fee_is_paid_once_if_the_offer_is_used() -> None:
    """Two instances at 1 USD/h and a fee of 50 cost 250, as much as 1.25 USD/h without a fee: above that the fee pays."""
    fee = offer("fee", usd=1.0, setup_usd=50)
    assert usd(problem({"w": 2}, [candidate()], [fee, offer("dear", usd=1.3)])) == pytest.approx(250)
    assert usd(problem({"w": 2}, [candidate()], [fee, offer("dear", usd=1.2)])) == pytest.approx(240)


@pytest.mark.parametrize("billing", ["on_demand", "reserved"])
def test_if_any_instance_is_taken_the_minimum_is(billing: str) -> None:
    """At least 3 at 1 USD/h cost 300 for a load of 1; one elsewhere at 2.5 USD/h costs 250, two cost 500."""
    sold = [offer("min", usd=1.0, billing=billing, min_instances=3), offer("one", usd=2.5)]
    assert usd(problem({"w": 1}, [candidate()], sold)) == pytest.approx(250)
    assert usd(problem({"w": 2}, [candidate()], sold)) == pytest.approx(300)


def test_a_volume_tier_is_all_units_from_its_threshold_on() -> None:
    """1 USD/h a piece, 0.6 from 5 on: 3 at 1 cost 300 as much as 5 at 0.6, so 2 load take two at 200, and 4 load five at 300 instead of four at 400."""
    sold = [offer("base", usd=1.0), offer("tier", usd=0.6, tier_of="base", min_instances=5)]
    assert usd(problem({"w": 2}, [candidate()], sold)) == pytest.approx(200)
    found = solve(problem({"w": 4}, [candidate()], sold))
    assert (found.usd_per_month, found.instances) == (pytest.approx(300), {"tier": {"b0": 5}})
    assert usd(problem({"w": 8}, [candidate()], sold)) == pytest.approx(480)


@pytest.mark.parametrize("billing", ["on_demand", "reserved"])
def test_an_offer_and_its_tiers_share_its_stock(billing: str) -> None:
    """Six in stock: beside five of the tier one of the base is left, so 6 load take the tier's six at 0.6, and 7 need the dear one at 3 USD."""
    base = offer("base", usd=1.0, max_instances=6, billing=billing)
    sold = [base, replace(base, offer="tier", usd_per_instance_hour=0.6, tier_of="base", min_instances=5), offer("dear", usd=3.0)]
    assert usd(problem({"w": 6}, [candidate()], sold)) == pytest.approx(360)
    assert usd(problem({"w": 7}, [candidate()], sold)) == pytest.approx(660)
    assert usd(problem({"w": 12}, [candidate()], sold)) == pytest.approx(360 + 1800)


def test_reserved_and_on_demand_of_one_stock_share_it_in_every_block() -> None:
    """Four in stock: by night 1 load, by day 4 on one reserved at 0.5 and three on demand at 1; a fifth would be the dear one."""
    base = offer("base", usd=1.0, max_instances=4)
    sold = [base, replace(base, offer="held", usd_per_instance_hour=0.5, billing="reserved", tier_of="base", min_instances=1), offer("dear", usd=9.0)]
    found = solve(problem({"w": [4, 1]}, [candidate()], sold, hours=(20, 80)))
    assert (found.usd_per_month, on(found, "held"), on(found, "base")) == (pytest.approx(50 + 60), {"b0": 1, "b1": 1}, {"b0": 3, "b1": 0})
    assert usd(problem({"w": [5, 1]}, [candidate()], sold, hours=(20, 80))) == pytest.approx(50 + 60 + 9 * 20)


def test_minimum_nodes_are_kept_where_fewer_would_do_and_also_without_load() -> None:
    kept = [workload(min_nodes=3)]
    assert usd(problem({"w": [1, 0]}, [candidate()], [offer()], workloads=kept, hours=(50, 50))) == pytest.approx(300)
    assert usd(problem({"w": 4}, [candidate()], [offer()], workloads=kept)) == pytest.approx(400)


def test_spare_nodes_are_kept_in_every_open_pool() -> None:
    """N + 1: 2 load takes 3 nodes; on a tokens offer nothing fails and nothing is kept."""
    spare = [workload(spare_nodes=1)]
    assert usd(problem({"w": 2}, [candidate()], [offer()], workloads=spare)) == pytest.approx(300)
    assert usd(problem({"w": 2}, [candidate()], [offer(), tokens(usd=1.1)], workloads=spare)) == pytest.approx(220)


def test_spot_counts_for_the_hours_it_is_there_and_carries_no_more_than_its_share() -> None:
    """3.6 load on nodes of 1: spot away for a tenth of the hours takes 4. At most half of the load: 2 stable nodes at 3 USD and 2 on spot, 1.6/0.9, at 1."""
    sold = [offer("spot", usd=1.0, billing="spot", interruption_share=0.1), offer("stable", usd=3.0)]
    assert usd(problem({"w": 3.6}, [candidate()], sold)) == pytest.approx(400)
    assert usd(problem({"w": 3.6}, [candidate()], sold, max_spot_share=0.5)) == pytest.approx(800)
    assert usd(problem({"w": 3.6}, [candidate()], sold, max_spot_share=0.0)) == pytest.approx(1200)


def test_pools_are_loaded_no_higher_than_the_utilisation_allowed() -> None:
    assert usd(problem({"w": 1.6}, [candidate()], [offer()], max_utilization=0.8)) == pytest.approx(200)
    assert usd(problem({"w": 1.7}, [candidate()], [offer()], max_utilization=0.8)) == pytest.approx(300)


def test_an_instance_on_by_day_only_starts_every_day() -> None:
    """Half the hours on: 50 USD and 100/24 starts of an hour each at 1 USD; on in both blocks it never starts."""
    scaled = [offer(usd=1.0, billing="autoscaling", startup_s=3600)]
    assert usd(problem({"w": [1, 0]}, [candidate()], scaled, hours=(50, 50))) == pytest.approx(50 + 100 / 24)
    assert usd(problem({"w": [1, 0.5]}, [candidate()], scaled, hours=(50, 50))) == pytest.approx(100)


def test_tokens_win_below_a_volume_and_lose_above_it() -> None:
    """0.4 USD an hour for a unit of load against 1 USD an hour for a node of 4: the break-even is 2.5, and the rest above a node goes to tokens."""
    sold = [offer(usd=1.0), tokens(usd=0.4)]
    assert usd(problem({"w": 2.4}, [candidate(rate=4.0)], sold)) == pytest.approx(96)
    assert usd(problem({"w": 2.6}, [candidate(rate=4.0)], sold)) == pytest.approx(100)
    found = solve(problem({"w": 5.0}, [candidate(rate=4.0)], sold))
    assert (found.usd_per_month, found.tokens[0].load_by_block["b0"]) == (pytest.approx(140), pytest.approx(1.0))


def test_a_purchase_breaks_even_with_renting_at_its_monthly_cost() -> None:
    """24,000 USD over 24 months are 1,000 a month: renting at 9.9 USD/h is cheaper, at 10.1 dearer."""
    bought = offer("bought", usd=None, billing="purchase", usd_per_instance=24_000, life_months=24)
    assert usd(problem({"w": 1}, [candidate()], [bought, offer("rented", usd=9.9)])) == pytest.approx(990)
    assert usd(problem({"w": 1}, [candidate()], [bought, offer("rented", usd=10.1)])) == pytest.approx(1000)


def test_the_plan_keeps_its_budget_or_there_is_none() -> None:
    assert usd(problem({"w": 2}, [candidate()], [offer()], monthly_budget_usd=200)) == pytest.approx(200)
    assert solve(problem({"w": 2}, [candidate()], [offer()], monthly_budget_usd=199)).status == "infeasible"


def test_a_workload_with_a_budget_pays_for_instances_of_its_own() -> None:
    """Alone each needs half a server of 8 USD/h. Sharing one costs 800; with a budget of 800 v has its own, so two servers; with 799 it has none."""
    made = [candidate("v", size=4), candidate("w", size=4)]
    shared = problem({"v": 1, "w": 1}, made, [offer(gpus=8, usd=8.0)])
    assert usd(shared) == pytest.approx(800)
    own = problem({"v": 1, "w": 1}, made, [offer(gpus=8, usd=8.0)], workloads=[workload("v", max_monthly_usd=800)])
    assert usd(own) == pytest.approx(1600)
    short = problem({"v": 1, "w": 1}, made, [offer(gpus=8, usd=8.0)], workloads=[workload("v", max_monthly_usd=799)])
    assert solve(short).status == "infeasible"


TWO_PROVIDERS = [offer("a", usd=1.0, provider="A", max_instances=1), offer("b", usd=1.1, provider="B"), offer("c", usd=2.0, provider="A")]


@pytest.mark.parametrize(
    ("load", "rules", "expected"),
    [
        (2, {}, 210),  # one of A's at 1.0, then B's at 1.1
        (2, {"max_providers": 1}, 220),  # two of B's
        (1, {"min_providers": 2}, 210),  # a node at each
        (4, {"max_provider_share": 0.5}, 100 + 200 + 220),  # two of each: A has one at 1.0 and one at 2.0
        (4, {"max_provider_share": 0.75}, 430),  # one of A's and three of B's are within the share
    ],
)
def test_rules_on_providers(load: float, rules: dict[str, float], expected: float) -> None:
    assert usd(problem({"w": load}, [candidate()], TWO_PROVIDERS, **rules)) == pytest.approx(expected)


def test_tokens_of_a_provider_count_from_a_hundredth_of_the_load() -> None:
    """Two providers: 1 % of a load of 1 bought as tokens at 10 USD an hour for a unit, beside the node: 100 + 10."""
    sold = [offer(usd=1.0, provider="A"), tokens(usd=10.0, provider="B")]
    assert usd(problem({"w": 1}, [candidate()], sold, min_providers=2)) == pytest.approx(110)


def test_only_offers_open_to_a_workload_serve_it() -> None:
    """v must stay with provider A at 3 USD/h, w may go to B at 1."""
    sold = [offer("a", usd=3.0, provider="A"), offer("b", usd=1.0, provider="B")]
    made = [candidate("v"), candidate("w")]
    assert usd(problem({"v": 1, "w": 1}, made, sold, workloads=[workload("v", allowed_providers=("A",))])) == pytest.approx(400)
    assert usd(problem({"v": 1, "w": 1}, made, sold)) == pytest.approx(200)


def test_the_model_says_node_size_node_count_and_batch_exponent_of_the_pool_at_the_peak() -> None:
    """2.5 load on nodes of 2 GPUs and batch 2^6 that carry 1 each, less 0.2 once: three nodes at the peak."""
    from model.milp.build import build  # noqa: PLC0415
    from model.milp.matrix import matrix_of  # noqa: PLC0415
    from model.milp.sets import make_sets  # noqa: PLC0415
    from model.milp.solver import Options, solve_matrix  # noqa: PLC0415

    posed = problem({"w": [1.0, 2.5]}, [candidate(size=2, loss=0.2, batch_size=64)], [offer(gpus=2)], hours=(50, 50))
    matrix = matrix_of(build(make_sets(posed)))
    found = solve_matrix(matrix, Options(gap=0.0, time_limit_s=10, threads=1, seed=1), scale=1.0)
    assert found.values is not None
    said = {family: value for (family, _), value in zip(matrix.columns, found.values, strict=True) if family in ("NodeSize", "NodeCount", "BatchExponent")}
    assert said == {"NodeSize": 2, "NodeCount": 3, "BatchExponent": 6}


def test_one_workload_one_offer_one_block_needs_no_choice() -> None:
    made: list[Candidate] = []
    assert solve(problem({"w": 0}, made, [])).usd_per_month == 0
    assert solve(problem({"w": 1}, made, [offer()])).status == "infeasible"


def test_a_workload_with_a_budget_is_charged_for_its_own_instances_not_for_its_gpu_hours() -> None:
    """v fills its server of 8 GPUs, w one GPU of another: 100 USD each, and v's budget of 100 holds; by GPU-hours v would be charged 178."""
    made = [candidate("v", size=8), candidate("w")]
    posed = problem({"v": 1, "w": 1}, made, [offer(gpus=8)], workloads=[workload("v", max_monthly_usd=100)])
    plan = plan_from(posed, solve(posed))
    audit(posed, plan)
    assert {row.workload: row.usd_per_month for row in plan.deployments} == pytest.approx({"v": 100, "w": 100})
