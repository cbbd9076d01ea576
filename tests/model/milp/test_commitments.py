"""Commitments over time: tiny instances with their optimum in the sentence, properties, and an audit that no false statement passes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from milp_factory import candidate, offer, problem
from period_problems import over_periods, random_period_problem
from random_problems import random_problem

from data.records.plan import Plan
from data.records.supply import Offer
from model.alternatives import alternatives_of
from model.audit import AuditError, audit
from model.milp.solve import solve
from model.problem import Holding, Problem
from model.report import plan_from

YEAR = offer("year", usd=1.0, billing="reserved", term_months=12)
HOURLY = offer("hour", usd=1.6)


def posed(loads: list[float], offers: list[Offer], months: int = 3, **more: object) -> Problem:
    """A load of so many nodes in each of some quarters; a month of an instance at 1 USD/h costs 100 USD."""
    return replace(over_periods(problem({"w": 1.0}, [candidate()], offers), [months] * len(loads), loads), **more)  # type: ignore[arg-type]


def planned(made: Problem) -> Plan:
    plan = plan_from(made, solve(made))
    if plan.usd_per_month is not None:
        audit(made, plan)
    return plan


def orders(plan: Plan) -> list[tuple[str, int, int, int]]:
    """(offer, instances, first month, last month) of every commitment."""
    return [(line.offer, line.instances, line.first_month, line.last_month) for line in plan.commitments]


def test_a_second_commitment_starts_in_month_4() -> None:
    """One node in months 1–3, two from month 4: 12 + 9 months of 12 at 100 USD are 175 a month; two from the start 200, hourly from month 4 220."""
    plan = planned(posed([1, 2, 2, 2], [YEAR, HOURLY]))
    assert (plan.usd_per_month, orders(plan)) == (pytest.approx(175), [("year", 1, 1, 12), ("year", 1, 4, 12)])
    assert [line.usd_beyond_horizon for line in plan.commitments] == [0, 300]


def test_a_need_shorter_than_the_term_pays_is_rented() -> None:
    """A second node for one quarter of four: rented 160 of 3 months = 40 a month; reserved to the end 100·(12 or 9)/12 at least where it starts earlier."""
    assert planned(posed([1, 2, 1, 1], [YEAR, HOURLY])).usd_per_month == pytest.approx(100 + 40)
    assert orders(planned(posed([1, 1, 1, 2], [YEAR, HOURLY]))) == [("year", 1, 1, 12), ("year", 1, 10, 12)]  # what is owed beyond the horizon is not counted


def test_a_term_is_rounded_up_to_whole_periods_and_may_be_ordered_again() -> None:
    """4 months in quarters are 6: two orders cover the year."""
    plan = planned(posed([1, 1, 1, 1], [replace(YEAR, term_months=4)]))
    assert orders(plan) == [("year", 1, 1, 6), ("year", 1, 7, 12)]


def test_existing_instances_are_used_first_and_paid_whatever_the_plan() -> None:
    """Two nodes exist for half a year (50 a month each in the mean): they serve it; the other half is ordered, one for 6 months."""
    plan = planned(posed([1, 1, 1, 1], [YEAR, HOURLY], existing=(Holding(offer="year", instances=2, last_period="2", months_beyond=0),)))
    assert plan.usd_per_month == pytest.approx(100 + 50)
    assert orders(plan) == [("year", 2, 1, 6), ("year", 1, 7, 12)]
    assert [line.existing for line in plan.commitments] == [True, False]


def test_the_stock_is_what_can_be_bought_besides_what_exists() -> None:
    """One exists and one can be bought: two serve, three do not."""
    one = replace(YEAR, max_instances=1)
    there = (Holding(offer="year", instances=1, last_period="2"),)
    assert planned(posed([2, 2], [one], existing=there)).usd_per_month == pytest.approx(200)
    assert planned(posed([3, 3], [one], existing=there)).status == "infeasible"


def test_stock_holds_in_every_period_over_orders_that_overlap() -> None:
    """Half-year orders, a stock of 2, needs of 1, 2 and 2: the third quarter's second node stands through an order of the second."""
    half = replace(YEAR, term_months=6, max_instances=2)
    plan = planned(posed([1, 2, 2], [half]))
    assert plan.usd_per_month == pytest.approx(100 * 5 / 3)
    assert planned(posed([1, 2, 2], [replace(half, max_instances=1)])).status == "infeasible"


def test_every_order_has_the_minimum_quantity() -> None:
    """At least 2 an order: growing from 2 to 3 takes 4, or one rented at 160."""
    assert planned(posed([2, 3], [replace(YEAR, min_instances=2)])).usd_per_month == pytest.approx(200 + 100)
    assert planned(posed([2, 3], [replace(YEAR, min_instances=2), HOURLY])).usd_per_month == pytest.approx(200 + 80)


def test_a_longer_term_is_never_cheaper() -> None:
    for seed in range(12):
        made = random_period_problem(seed)
        costs = [solve(_with_term(made, months)).usd_per_month for months in (1, 3, 24)]
        known = [usd for usd in costs if usd is not None]
        assert known == sorted(known) or max(known) - min(known) < 1e-3, seed
        assert not (costs[0] is None and known), seed


def _with_term(made: Problem, months: int) -> Problem:
    """Without what exists, purchases, and what is spread over the term."""
    rented = [replace(o, setup_usd=0) for o in made.offers if o.billing != "purchase"]
    return replace(made, offers=tuple(replace(o, term_months=months, upfront_usd=0) if o.billing == "reserved" else o for o in rented), existing=())


def test_what_exists_never_makes_the_rest_dearer() -> None:
    for seed in range(30):
        made = random_period_problem(seed)
        if not made.existing or made.settings.max_providers or made.settings.max_provider_share < 1 or made.settings.monthly_budget_usd:
            continue
        unpaid = replace(made, offers=tuple(replace(o, setup_usd=0.0) for o in made.offers))
        with_it, without = solve(unpaid), solve(replace(unpaid, existing=()))
        if without.usd_per_month is not None:
            nothing = replace(unpaid, workloads=(), demands=(), candidates=(), blocks=tuple(replace(b, demand={}) for b in made.blocks))
            paid = solve(nothing).usd_per_month
            assert with_it.usd_per_month is not None, seed
            assert paid is not None, seed
            assert with_it.usd_per_month - paid <= without.usd_per_month + 1e-3, seed


def test_periods_of_equal_demand_are_as_one() -> None:
    for loads in ([2.0, 2.0, 2.0], [2.0]):
        assert planned(posed(loads, [YEAR, HOURLY], months=12 // len(loads))).usd_per_month == pytest.approx(200)


def test_any_problem_over_periods_of_equal_demand_costs_what_it_costs_in_one() -> None:
    for seed in range(25):
        made = random_problem(seed)
        lasting = tuple(replace(o, term_months=12) if o.billing == "reserved" else o for o in made.offers)
        made = replace(made, offers=lasting)
        whole, split = solve(made).usd_per_month, solve(over_periods(made, (2, 1), (1.0, 1.0))).usd_per_month
        assert split == (None if whole is None else pytest.approx(whole, rel=2e-6)), seed


def test_alternatives_keep_what_exists() -> None:
    """One node exists at 100 USD a month, of two needed: on demand only, the other costs 160."""
    made = posed([2, 2], [YEAR, HOURLY], existing=(Holding(offer="year", instances=1, last_period="2"),))
    found = {a.name: a.usd_per_month for a in alternatives_of(made, planned(made), solve, 5.0)}
    assert found["on demand only"] == pytest.approx(260)
    assert found["without year"] == pytest.approx(260)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"instances": 2}, "year, block 1: b0: 1 instances paid and 2 committed to"),
        ({"last_month": 6}, "year: an order of 12 months from month 1 to 6, not to 12"),
        ({"first_month": 2}, "year: an order of 12 months from month 2 to 12, not to 12"),
        ({"existing": True}, "year: {(1, 12): 1} instances there by first and last month, and {} exist"),
        ({"offer": "hour"}, "hour: a commitment, and it is billed on_demand"),
    ],
)
def test_the_audit_refuses_a_false_statement(change: dict[str, object], said: str) -> None:
    made = posed([1, 2, 2, 2], [YEAR, HOURLY])
    plan = planned(made)
    first, *rest = plan.commitments
    with pytest.raises(AuditError) as caught:
        audit(made, replace(plan, commitments=(replace(first, **change), *rest)))  # type: ignore[arg-type]
    assert said in caught.value.violations
