"""Filters leave the optimum as it is, say why in words, and need no second pass."""

from dataclasses import replace

import pytest
from milp_factory import candidate, offer, problem, tokens, workload
from milp_instances import realistic_problem
from random_problems import random_problem, without_limits

from model.filters import FILTERS, reduce_problem
from model.milp.solve import solve
from model.problem import Problem


def removed(posed: Problem) -> dict[str, str]:
    """What is taken out: candidate (node size and batch) or offer → why."""
    return {row.offer or f"{row.node_size}/{row.batch_size}": row.reason for row in reduce_problem(posed).ruled_out}


@pytest.mark.parametrize("first", range(0, 160, 20))
def test_all_filters_together_leave_the_optimum(first: int) -> None:
    for seed in range(first, first + 20):
        posed = without_limits(random_problem(seed), seed)
        whole, reduced = solve(posed), solve(reduce_problem(posed).problem)
        assert (whole.usd_per_month is None) == (reduced.usd_per_month is None), seed
        if whole.usd_per_month is not None:
            assert reduced.usd_per_month == pytest.approx(whole.usd_per_month, rel=2e-6), seed


@pytest.mark.parametrize("rule", FILTERS, ids=lambda rule: rule.__name__)
def test_each_filter_alone_leaves_the_optimum_and_removes_something_somewhere(rule: object) -> None:
    struck = 0
    for seed in range(200, 320):
        posed = without_limits(random_problem(seed), seed)
        reduction = reduce_problem(posed, (rule,))  # type: ignore[arg-type]
        if reduction.problem == posed:
            continue
        struck += 1
        whole, reduced = solve(posed).usd_per_month, solve(reduction.problem).usd_per_month
        assert reduced == (None if whole is None else pytest.approx(whole, rel=2e-6)), seed
    assert struck > 0


def test_filtering_twice_removes_no_more() -> None:
    once = reduce_problem(realistic_problem(3, 80, 4)).problem
    assert reduce_problem(once).problem == once


def test_filters_take_most_of_a_realistic_market_away() -> None:
    """Of some thousand candidates and 80 offers less than a tenth and less than three quarters stay."""
    posed = realistic_problem(3, 80, 4)
    left = reduce_problem(posed).problem
    assert len(left.candidates) < len(posed.candidates) / 10
    assert len(left.offers) < len(posed.offers) * 3 / 4


def test_a_smaller_batch_is_dominated_unless_the_piecewise_formulation_chooses_it() -> None:
    posed = problem({"w": 3}, [candidate(rate=1.0, batch_size=8), candidate(rate=1.5, batch_size=16)], [offer()])
    assert removed(posed) == {"1/8": "carries no more than fp8, vllm, batch 16 on the same GPUs"}
    assert removed(replace(posed, settings=replace(posed.settings, formulation="piecewise"))) == {}


def test_a_batch_that_loses_more_to_pooling_does_not_dominate_where_a_first_node_carries_less() -> None:
    """1.5·n − 0.9 is less than n − 0.1 at one node (0.6 and 0.9) and more at two (2.1 and 1.9): both stay."""
    made = [candidate(rate=1.0, loss=0.1, batch_size=8), candidate(rate=1.5, loss=0.9, batch_size=16)]
    assert removed(problem({"w": 3}, made, [offer()])) == {}


def test_a_larger_node_is_dominated_if_smaller_ones_carry_as_much_a_gpu() -> None:
    sold = [offer(gpus=2)]
    assert removed(problem({"w": 3}, [candidate(size=1, rate=1.0), candidate(size=2, rate=2.0)], sold)) == {
        "2/64": "carries no more per GPU than nodes of 1 (fp8, batch 64)"
    }
    assert removed(problem({"w": 3}, [candidate(size=1, rate=1.0), candidate(size=2, rate=2.1)], sold)) == {}


def test_of_spare_nodes_more_small_ones_are_lost_less() -> None:
    """With a spare node, a large one idle (2 GPUs) is lost more than a small one: the small size still dominates."""
    made = [candidate(size=1, rate=1.0), candidate(size=2, rate=2.0)]
    assert "2/64" in removed(problem({"w": 3}, made, [offer(gpus=2)], workloads=[workload(spare_nodes=1)]))


@pytest.mark.parametrize(
    ("offers", "reasons"),
    [
        (
            [offer("a", usd=1.0), offer("b", usd=1.2)],
            {"b": "no cheaper a GPU than a, which has no limit of stock and terms as good"},
        ),
        (
            [offer("a", usd=1.0), offer("r", usd=1.0, billing="reserved")],
            {"r": "no cheaper a GPU than a, which has no limit of stock and terms as good"},
        ),
        (
            [offer("a", usd=1.0, max_instances=30), offer("b", usd=1.2)],
            {"b": "no cheaper than a, whose stock covers any use"},
        ),
        ([offer("a", usd=1.0, max_instances=3), offer("b", usd=1.2)], {}),
        ([offer("server", usd=8.0, gpus=8), offer("single", usd=2.1)], {}),
        (
            [offer("single", usd=1.0), offer("server", usd=8.0, gpus=8)],
            {"server": "no cheaper a GPU than single, which has no limit of stock and terms as good"},
        ),
        ([offer("a", usd=1.0), offer("none", usd=0.5, max_instances=0)], {"none": "no workload may use it"}),
    ],
)
def test_offers_in_order_of_merit(offers: list, reasons: dict[str, str]) -> None:  # type: ignore[type-arg]
    assert removed(problem({"w": 4}, [candidate()], offers)) == reasons


def test_an_offer_worth_less_than_it_costs_is_out() -> None:
    """A server of GPU H at 9 USD/h serves 2 load at most, which on G at 1 USD/h for each unit of load costs 2."""
    made = [candidate(), candidate(gpu="H", rate=0.25)]
    sold = [offer("g", usd=1.0), offer("h", gpu="H", gpus=8, usd=9.0)]
    said = removed(problem({"w": 4}, made, sold))
    assert said["h"] == "costs no less than what its best use costs elsewhere, piece by piece, on offers without limits"
    assert "h" not in removed(problem({"w": 4}, made, [replace(sold[0], max_instances=3), sold[1]]))


def test_under_a_rule_on_providers_each_keeps_its_best_offer() -> None:
    sold = [offer("a", usd=1.0, provider="A"), offer("b", usd=1.2, provider="B"), offer("b2", usd=1.3, provider="B")]
    assert set(removed(problem({"w": 4}, [candidate()], sold))) == {"b", "b2"}
    assert set(removed(problem({"w": 4}, [candidate()], sold, min_providers=2))) == {"b2"}


def test_the_dearer_tokens_are_out_and_a_batch_interface_stays_for_offline_work() -> None:
    offers = [tokens("t", usd=1.0), tokens("dear", usd=2.0), tokens("batch", usd=0.5, tags=("batch_api",))]
    said = removed(problem({"w": 1}, [], offers))
    assert said == {"batch": "no workload may use it", "dear": "no cheaper than t for any workload that may use it"}
    assert set(removed(problem({"w": 1}, [], offers, workloads=[workload(serving_mode="offline")]))) == {"t", "dear"}
