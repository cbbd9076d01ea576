"""What else was possible: the best plan under one more restriction, each solved, with the difference in money and in GPUs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import zip_longest

from data.billing import billing_terms
from data.cost_lines import instance_costs
from data.languages import ENGLISH, noted, said_in, say
from data.records.plan import Alternative, Plan
from data.records.supply import Offer
from model.eligibility import may_serve
from model.problem import Incumbent, Problem

Solve = Callable[[Problem], Incumbent]

_GAP = 0.005  # relative: an alternative is there to compare, half a per cent is enough
# How an offer of instances is paid, in words.
_BILLING = {
    "on_demand": noted("on demand"),
    "reserved": noted("reserved"),
    "spot": noted("spot"),
    "purchase": noted("purchase"),
    "autoscaling": noted("autoscaling"),
}
_MOST_OF_A_KIND = 8  # providers, GPU types: the cheapest by a quick estimate; more would not be read


@dataclass(frozen=True)
class Restriction:
    """One more restriction on what may be bought: a noted text, filled with the ``what`` it is about."""

    words: str
    offers: tuple[Offer, ...]
    what: str = ""

    @property
    def name(self) -> str:
        """The restriction in English, which is the same in every language."""
        return said_in(ENGLISH, self.words, name=self.what)

    @property
    def title(self) -> str:
        """The restriction in the language spoken."""
        return say(self.words, name=self.what)


def alternatives_of(problem: Problem, plan: Plan, solve: Solve, seconds: float) -> tuple[Alternative, ...]:
    """The alternatives, cheapest first; restrictions that leave a workload without any offer are left out. Takes about ``seconds`` of processor time at most.

    Each is solved to a gap of 0.5 %; one not proven when the time is over is reported as it stands, one without a plan by then left out.
    """
    end = time.process_time() + seconds
    found = []
    for restriction in restrictions_of(problem, plan):
        left = end - time.process_time()
        if left <= 0:
            break
        settings = replace(problem.settings, optimality_gap=max(_GAP, problem.settings.optimality_gap), time_limit_s=left, threads=1)
        answer = solve(_restricted(problem, restriction, settings=settings))
        if answer.status != "unsolved":
            found.append(_alternative(problem, restriction, plan, answer))
    return tuple(sorted(found, key=lambda a: (a.usd_per_month is None, a.usd_per_month or 0.0)))


def restrictions_of(problem: Problem, plan: Plan) -> Iterator[Restriction]:
    """The restrictions worth solving: on demand only, no per-token, without each offer of the plan, each provider alone, each GPU type alone."""
    offers = problem.offers
    kinds = {o.billing for o in offers}
    if kinds - {"on_demand"}:
        yield Restriction(noted("on demand only"), tuple(o for o in offers if o.billing == "on_demand"))
    if "per_token" in kinds:
        yield Restriction(noted("no per-token offers"), tuple(o for o in offers if o.billing != "per_token"))
    for name in sorted({row.offer for row in plan.deployments}):
        yield Restriction(noted("without {name}"), tuple(o for o in offers if o.offer != name), name)
    providers = _each_alone(problem, noted("provider {name} alone"), lambda o: o.provider)
    gpus = _each_alone(problem, noted("GPU {name} alone"), lambda o: o.gpu)
    for pair in zip_longest(providers, gpus):
        yield from (restriction for restriction in pair if restriction)


def _each_alone(problem: Problem, words: str, name_of: Callable[[Offer], str | None]) -> Iterator[Restriction]:
    groups: dict[str, list[Offer]] = {}
    for offer in problem.offers:
        name = name_of(offer)
        if name:
            groups.setdefault(name, []).append(offer)
    estimates = {name: _estimate(problem, offers) for name, offers in groups.items()}
    ranked = sorted((cost, name) for name, cost in estimates.items() if cost is not None)
    for _cost, name in ranked[:_MOST_OF_A_KIND]:
        yield Restriction(words, tuple(groups[name]), name)


def _estimate(problem: Problem, offers: list[Offer]) -> float | None:
    """A quick lower estimate of the cost from these offers alone [USD/month]; None where some workload has none. Orders the alternatives, decides nothing."""
    total = 0.0
    for workload, demand in zip(problem.workloads, problem.demands, strict=True):
        costs = []
        for offer in offers:
            if not may_serve(workload, offer):
                continue
            if offer.billing == "per_token":
                costs.append(demand.requests_per_month * (workload.output_tokens * (offer.usd_per_m_output_tokens or 0.0)) / 1e6)
                continue
            terms = billing_terms(offer, problem.settings)
            hourly = terms.usd_per_instance_hour_on + terms.usd_per_instance_month_held / problem.settings.hours_per_month
            load = demand.peak if terms.held else demand.mean
            per_gpu = hourly / offer.gpus_per_instance * problem.settings.hours_per_month
            costs += [per_gpu * c.node_size * load / c.capacity_per_node for c in problem.candidates if c.workload == workload.name and c.gpu == offer.gpu]
        if not costs:
            return None
        total += min(costs)
    return total


def _restricted(problem: Problem, restriction: Restriction, **changes: object) -> Problem:
    """The problem under a restriction on what may be bought; what is there already stays."""
    allowed, existing = {offer.offer for offer in restriction.offers}, {holding.offer for holding in problem.existing}
    there = tuple(_only_held(o) for o in problem.offers if o.offer in existing - allowed)
    offers = (*restriction.offers, *there)
    gpus = {offer.gpu for offer in offers}
    candidates = tuple(c for c in problem.candidates if c.gpu in gpus)
    return replace(problem, offers=offers, candidates=candidates, **changes)  # type: ignore[arg-type]  # settings only


def _only_held(offer: Offer) -> Offer:
    """An offer of which nothing more can be bought."""
    return replace(offer, max_instances=0, min_instances=0, held_instances=max(offer.held_instances, 1))


def _alternative(problem: Problem, restriction: Restriction, plan: Plan, found: Incumbent) -> Alternative:
    offers = {offer.offer: offer for offer in problem.offers}
    cost = found.usd_per_month
    if cost is None:
        return Alternative(
            name=restriction.name, title=restriction.title, status=found.status, usd_per_month=None, gpus=None, difference_usd_per_month=None,
            difference_gpus=None, plan=say("none"),
        )  # fmt: skip
    gpus = sum(max(by_block.values(), default=0) * offers[name].gpus_per_instance for name, by_block in found.instances.items())
    return Alternative(
        name=restriction.name,
        title=restriction.title,
        status=found.status,
        usd_per_month=cost,
        gpus=gpus,
        difference_usd_per_month=cost - (plan.usd_per_month or 0.0),
        difference_gpus=gpus - plan.gpus,
        plan=_in_words(found, offers),
        offers=_by_cost(found, problem),
    )


def _by_cost(found: Incumbent, problem: Problem) -> tuple[str, ...]:
    """Offers of the instances bought, the dearest first, then per-token offers."""
    offers = {offer.offer: offer for offer in problem.offers}
    cost = {
        name: sum(line.usd_per_month for line in instance_costs(offers[name], by_block, problem.blocks, problem.settings))
        for name, by_block in found.instances.items()
    }
    bought = sorted((name for name in cost if cost[name] > 0), key=lambda name: (-cost[name], name))
    return (*bought, *dict.fromkeys(tokens.offer for tokens in found.tokens))


def _in_words(found: Incumbent, offers: dict[str, Offer]) -> str:
    parts = []
    for name, by_block in found.instances.items():
        count, offer = max(by_block.values(), default=0), offers[name]
        if count:
            parts.append(f"{count} × {offer.gpus_per_instance} {offer.gpu} ({offer.provider}, {say(_BILLING[offer.billing])})")
    parts += [say("tokens from {provider}", provider=offers[bought.offer].provider) for bought in found.tokens]
    return ", ".join(dict.fromkeys(parts))
