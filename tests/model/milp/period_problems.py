"""Small random problems over several periods, with terms and with instances that exist, and small ones in few words."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from milp_factory import problem
from random_problems import _candidates, _offer, _workload

from data.records.plan import Block
from data.records.supply import Offer
from model.problem import Holding, Problem


def over_periods(posed: Problem, months: Sequence[int], factors: Sequence[float]) -> Problem:
    """The problem with its blocks once in each period, its loads times the period's factor."""
    blocks = [
        Block(
            name=f"{p + 1}: {b.name}", hours_per_month=b.hours_per_month, period=f"{p + 1}", months=count,
            demand={w: load * factor for w, load in b.demand.items()},
        )
        for p, (count, factor) in enumerate(zip(months, factors, strict=True))
        for b in posed.blocks
    ]  # fmt: skip
    return replace(posed, blocks=tuple(blocks))


def random_period_problem(seed: int) -> Problem:
    """One problem a seed: two to four periods of one to three months, at most three offers, one of them held at least."""
    draw = random.Random(seed)  # noqa: S311
    names = ["w", "v"][: draw.choice((1, 1, 2))]
    periods = draw.choice((2, 2, 3, 4))
    hours = (100.0,) if periods > 2 else draw.choice(((100.0,), (40.0, 60.0)))
    offers = [_termed(draw, i, held=i == 0) for i in range(2 if periods > 2 or len(hours) > 1 else 3)]
    posed = problem(
        {w: [round(draw.uniform(0.2, 1.2), 2) for _ in hours] for w in names},
        _candidates(draw, names, ["G"], (1, 2)),
        offers,
        workloads=[_workload(draw, w) for w in names],
        hours=hours,
        **_a_rule(draw),
    )
    posed = over_periods(posed, [draw.randint(1, 3) for _ in range(periods)], [draw.choice((0.0, 0.5, 1.0, 1.0, 1.5)) for _ in range(periods)])
    return replace(posed, existing=tuple(_existing(draw, offers, periods)))


def _a_rule(draw: random.Random) -> dict[str, Any]:
    return draw.choice(({}, {}, {}, {"max_providers": 1}, {"max_provider_share": 0.7}, {"max_spot_share": 0.5}, {"monthly_budget_usd": 250.0}))


def _termed(draw: random.Random, number: int, *, held: bool) -> Offer:
    """A small offer; held ones with a term of one to six months."""
    made = _offer(draw, number, ["G"], (1, 2), stock=2)
    while held and made.billing not in ("reserved", "purchase"):
        made = _offer(draw, number, ["G"], (1, 2), stock=2)
    if made.billing == "reserved":
        made = replace(made, term_months=draw.randint(1, 6))
    if made.billing == "purchase":
        life = draw.randint(1, 6)
        made = replace(made, life_months=life, usd_per_instance=(made.usd_per_instance or 0.0) * life / 24)
    return replace(made, tags=("eu",))


def _existing(draw: random.Random, offers: Sequence[Offer], periods: int) -> list[Holding]:
    held = [o for o in offers if o.billing in ("reserved", "purchase")]
    if draw.random() < 0.5:
        return []
    return [
        Holding(offer=draw.choice(held).offer, instances=draw.choice((1, 1, 2)), last_period=str(draw.randint(1, periods)))
        for _ in range(draw.choice((1, 1, 2)))
    ]
