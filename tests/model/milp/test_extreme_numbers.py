"""Prices of 10⁻⁶ to 10⁷ USD/h, loads of 10⁻³ to 10⁷, one to ten thousand instances, in one problem: what is reported holds in exact rational numbers."""

from __future__ import annotations

import random
from collections.abc import Callable
from fractions import Fraction
from math import ceil

import pytest
from milp_factory import HOURS, candidate, offer, problem

from data.records.supply import Offer
from model.audit import audit
from model.milp.solve import solve
from model.problem import Incumbent, Problem
from model.report import plan_from

TOLERANCE = Fraction(1, 10**6)  # relative, of the solver on a row and of the audit


def extreme_problem(seed: int) -> Problem:
    """One to three workloads, each on a GPU of its own that one or two offers sell in instances of 1 to 8."""
    draw = random.Random(seed)  # noqa: S311
    loads, candidates, offers = {}, [], []
    for number in range(draw.choice((1, 2, 3))):
        load = 10 ** draw.uniform(-3, 7)
        rate = load / 10 ** draw.uniform(0, 4)
        loads[f"w{number}"] = load
        candidates.append(candidate(f"w{number}", rate=rate, loss=draw.uniform(0, 1) * rate, gpu=f"G{number}"))
        usd = 10 ** draw.uniform(-6, 7)
        for twin in range(draw.choice((1, 2))):
            size = draw.choice((1, 2, 4, 8))
            offers.append(offer(f"o{number}{twin}", usd=usd * size * draw.uniform(0.8, 1.2), gpus=size, gpu=f"G{number}"))
    return problem(loads, candidates, offers, optimality_gap=1e-4, time_limit_s=20)


def nodes_needed(posed: Problem, workload: str, load: Fraction) -> int:
    """The fewest N with N·rate − loss ≥ load."""
    (found,) = (c for c in posed.candidates if c.workload == workload)
    return ceil((load + Fraction(found.pooling_loss)) / Fraction(found.capacity_per_node))


def least_cost(posed: Problem, share: Fraction) -> Fraction:
    """USD a month of the best plan for this share of every load: each workload alone, all mixes of its offers.

    Of one of two offers no more instances are worth taking than the other has GPUs: that many could be exchanged at no loss of capacity.
    """
    total = Fraction(0)
    for workload, load in posed.blocks[0].demand.items():
        needed = nodes_needed(posed, workload, Fraction(load) * share)
        own = [o for o in posed.offers if o.gpu == f"G{workload[1:]}"]
        total += min(_mixed(few, most, count, needed) for few in own for most in own for count in range(most.gpus_per_instance + 1))
    return total * Fraction(HOURS)


def _mixed(few: Offer, most: Offer, count: int, needed: int) -> Fraction:
    """USD an hour of ``count`` instances of the one and as many of the other as are still needed."""
    rest = max(0, ceil(Fraction(needed - count * few.gpus_per_instance, most.gpus_per_instance)))
    return count * Fraction(few.usd_per_instance_hour or 0) + rest * Fraction(most.usd_per_instance_hour or 0)


def exact_cost(posed: Problem, found: Incumbent) -> Fraction:
    prices = {o.offer: Fraction(o.usd_per_instance_hour or 0) for o in posed.offers}
    return sum((prices[name] * count["b0"] for name, count in found.instances.items()), Fraction(0)) * Fraction(HOURS)


@pytest.mark.parametrize("tens", range(10))
def test_what_is_reported_holds_in_rational_numbers(tens: int, record_property: Callable[[str, object], None]) -> None:
    """Nodes carry the load and fit the instances, the cost is prices times counts, the bound is below the optimum, and the gap is not below the true one."""
    for seed in range(12 * tens, 12 * tens + 12):
        posed = extreme_problem(seed)
        found = solve(posed)
        assert found.status == "optimal", seed
        audit(posed, plan_from(posed, found))
        for workload, load in posed.blocks[0].demand.items():
            nodes = sum(p.nodes_by_block["b0"] for p in found.placements if p.candidate.startswith(f"{workload}|"))
            assert nodes >= nodes_needed(posed, workload, Fraction(load) * (1 - TOLERANCE)), seed
        cost, reported, bound = exact_cost(posed, found), Fraction(found.usd_per_month or 0), Fraction(found.bound_usd_per_month or 0)
        assert abs(cost - reported) <= cost / 10**12, seed
        optimum = least_cost(posed, Fraction(1))
        assert bound <= optimum * (1 + Fraction(1, 10**9)), seed
        assert cost >= least_cost(posed, 1 - TOLERANCE), seed
        assert (cost - optimum) / cost <= Fraction(found.gap or 0) + TOLERANCE, seed
    record_property("extreme plans recomputed in exact numbers", 12)
