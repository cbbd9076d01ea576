"""Small random problems that mix billing kinds, instance sizes, blocks, shared stock and rules."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

from milp_factory import candidate, offer, problem, tokens, workload

from data.records.candidate import Candidate
from data.records.supply import Offer
from data.records.workload import Workload
from data.tiers import with_base_stock
from model.problem import Problem


def without_limits(posed: Problem, seed: int) -> Problem:
    """The problem with no limit of stock on about half of the offers, so that offers can replace one another."""
    draw = random.Random(seed)  # noqa: S311
    return replace(posed, offers=with_base_stock(replace(o, max_instances=None) if draw.random() < 0.5 else o for o in posed.offers))


def random_problem(seed: int, **settings: Any) -> Problem:
    """One problem a seed; ``settings`` over those drawn."""
    draw = random.Random(seed)  # noqa: S311
    names = ["w", "v"][: draw.choice((1, 2, 2))]
    gpus = ["G", "H"][: draw.choice((1, 1, 2))]
    large = draw.random() < 0.15  # nodes of two whole servers
    sizes = (8, 16) if large else (1, 2, 4)
    hours = draw.choice(((100.0,), (40.0, 60.0)))
    offers = [_offer(draw, i, gpus, (8,) if large else (1, 2, 3, 4), stock=2 if len(hours) > 1 else 4) for i in range(draw.choice((2, 3)))]
    spread = draw.random() < 0.35  # both providers sell, and a rule asks for both
    if spread:
        offers = [replace(o, provider="PQ"[i % 2], max_instances=(o.max_instances or 0) + (o.gpus_per_instance < 3)) for i, o in enumerate(offers)]
    if draw.random() < 0.3:
        offers += _tier(draw, offers[0])
    split = spread and draw.random() < 0.5  # the load, without tokens: the oracle splits none
    names_of_tokens = () if split else ("t", "t2")[: draw.choice((0, 1, 1, 2))]
    offers += [
        tokens(name, usd=round(draw.uniform(0.3, 3), 2), setup_usd=draw.choice((0.0, 0.0, 20.0)), provider=draw.choice("PQ")) for name in names_of_tokens
    ]
    posed = problem(
        {w: [round(draw.uniform(0.2, 2.5), 2) if draw.random() > 0.1 else 0.0 for _ in hours] for w in names},
        _candidates(draw, names, gpus, sizes, most=2 if spread else 3),
        offers,
        workloads=[_workload(draw, w) for w in names],
        hours=hours,
        **(_rules(draw, offers, spread=spread, split=split) | settings),
    )
    return replace(posed, demands=tuple(replace(d, gpus_per_load=draw.choice((1.0, 2.0))) for d in posed.demands))


def _candidates(draw: random.Random, names: list[str], gpus: list[str], sizes: tuple[int, ...], most: int = 3) -> list[Candidate]:
    made: dict[str, Candidate] = {}
    for w in names:
        for _ in range(draw.randint(1, most)):
            size, batch = draw.choice(sizes), draw.choice((4, 8, 16))
            rate = round(draw.uniform(0.5, 1.5) * size ** draw.uniform(0.6, 1.2), 2)
            loss = draw.choice((0.0, round(draw.uniform(0, 1.3) * rate, 2)))
            found = candidate(w, size=size, rate=rate, loss=loss, gpu=draw.choice(gpus), batch_size=batch, precision=draw.choice(("fp8", "bf16")))
            made[found.key] = found
    return list(made.values())


def _offer(draw: random.Random, number: int, gpus: list[str], sizes: tuple[int, ...], stock: int) -> Offer:
    billing = draw.choice(("on_demand", "on_demand", "reserved", "spot", "purchase", "autoscaling"))
    size = draw.choice(sizes)
    more: dict[str, Any] = {"max_instances": draw.randint(1, min(stock, max(2, 8 // size))), "provider": draw.choice("PQ"), "gpu": draw.choice(gpus)}
    usd = round(size * draw.uniform(0.5, 2), 2)
    if billing == "reserved":
        more |= {"upfront_usd": draw.choice((0, 60)), "term_months": 12}
    if billing == "purchase":
        more |= {"usd_per_instance": usd * 1200, "life_months": 24, "power_kw": 1, "hosting_usd_per_month": 5}
    if billing == "spot":
        more |= {"interruption_share": draw.choice((0.0, 0.1, 0.3))}
    if billing == "autoscaling":
        more |= {"startup_s": draw.choice((0, 600, 3600))}
    more |= {"setup_usd": draw.choice((0, 0, 0, 30)), "min_instances": draw.choice((0, 0, 0, min(2, more["max_instances"])))}
    return offer(f"o{number}", usd=usd, gpus=size, billing=billing, tags=("eu",) if draw.random() < 0.7 else (), **more)


def _tier(draw: random.Random, base: Offer) -> list[Offer]:
    """A volume tier of an offer, in the place of its own minimum."""
    least = draw.randint(1, base.max_instances or 1)
    cheaper = {name: round(price * 0.7, 2) for name in ("usd_per_instance_hour", "usd_per_instance") if (price := getattr(base, name)) is not None}
    return [replace(base, offer="tier", tier_of=base.offer, min_instances=least, **cheaper)]  # type: ignore[arg-type]


def _workload(draw: random.Random, name: str) -> Workload:
    more: dict[str, Any] = {}
    if draw.random() < 0.15:
        more["spare_nodes"] = 1
    if draw.random() < 0.15:
        more["min_nodes"] = 2
    if draw.random() < 0.2:
        more["required_tags"] = ("eu",)
    return workload(name, **more)


def _rules(draw: random.Random, offers: list[Offer], *, spread: bool, split: bool) -> dict[str, Any]:
    rules: dict[str, Any] = {}
    if draw.random() < 0.2:
        rules["max_spot_share"] = draw.choice((0.0, 0.5))
    if draw.random() < 0.2:
        rules["max_utilization"] = 0.8
    if split:
        rules["max_provider_share"] = draw.choice((0.5, 0.6, 0.75))
    if spread and (not split or draw.random() < 0.3):
        rules["survive_provider_loss"] = True
    if draw.random() < 0.15 and not any(o.billing == "per_token" for o in offers):
        rules["min_providers"] = 2
    elif not spread and draw.random() < 0.15:
        rules["max_providers"] = 1
    if draw.random() < 0.1:
        rules["monthly_budget_usd"] = float(draw.randint(100, 1200))
    return rules
