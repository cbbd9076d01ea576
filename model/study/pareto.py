"""Pareto fronts: cost against TTFT, against energy, against the number of providers; each point a proven plan, dominated ones dropped."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise

from data.cost_lines import mean_hours
from data.languages import noted
from data.records.outcome import Outcome
from data.records.plan import Plan
from data.records.scenario import Scenario
from data.records.study import Front, FrontPoint
from data.variants import Change
from model.audit import audit
from model.filters import reduce_problem
from model.milp.light import import_pyomo
from model.outcome import instance_kw
from model.parallel.spread import Where, spread
from model.planner import pose
from model.problem import Problem
from model.report import plan_from
from model.study.brief import Point, brief_outcome, outcome_at, plan_problem, scenario_at

Told = Callable[[int, int], None]

TTFT, PROVIDERS, ENERGY = noted("TTFT target"), noted("number of providers"), noted("energy")  # what cost is set against
MWH = noted("MWh a month")
TTFT_FACTORS = (0.25, 0.35, 0.5, 0.7, 1.0, 1.4, 2.0, 2.8, 4.0)  # of each workload's target
MOST_PROVIDERS = 6
MOST_ENERGY_POINTS = 16
_DEAREST_KWH_USD = 1e4  # a price of energy at which hardly anything else counts
_LEAST_STEP = 1e-4  # relative: points nearer than this are one


def front_of_ttft(point: Point, where: Where) -> Front:
    """Cost against the TTFT target of every workload that has one, each solved with the target as its bound."""
    workloads = [w for w in scenario_at(point).workloads if w.ttft_target_ms]
    alone = workloads[0].ttft_target_ms if len(workloads) == 1 else None
    values = [(alone or 1.0) * factor for factor in TTFT_FACTORS] if workloads else []
    asked = []
    for factor in TTFT_FACTORS if workloads else ():
        targets = (Change("Workloads", w.name, "ttft_target_ms", (w.ttft_target_ms or 0.0) * factor) for w in workloads)
        asked.append(replace(point, name=f"{factor:g} × TTFT", changes=(*point.changes, *targets)))
    unit = noted("ms") if alone else noted("× the targets")
    return _front(TTFT, unit, more_is_better=False, found=list(zip(values, _outcomes(asked, where), strict=True)))


def front_of_providers(point: Point, where: Where) -> Front:
    """Cost against the number of providers, each solved with it as the least; more are more resilient."""
    offered = len({offer.provider for offer in scenario_at(point).offers})
    counts = range(1, min(MOST_PROVIDERS, offered) + 1)
    asked = [replace(point, name=f"{count} providers", changes=(*point.changes, Change("Settings", "", "min_providers", count))) for count in counts]
    outcomes = _outcomes(asked, where)
    reached = [(float(max(count, len(outcome.providers))), outcome) for count, outcome in zip(counts, outcomes, strict=True)]
    return _front(PROVIDERS, noted("providers"), more_is_better=True, found=reached)


def _outcomes(asked: Sequence[Point], where: Where) -> list[Outcome]:
    found = {
        end.index: end.result or Outcome(name=asked[end.index].name, status="failed", exit_code=1, reason=end.lost) for end in spread(outcome_at, asked, where)
    }
    return [found[index] for index in range(len(asked))]


def front_of_energy(point: Point) -> Front:
    """Cost against the energy of the instances paid for [MWh a month], without per-token offers, whose energy nobody states.

    The points are those on the front's convex hull, all of them: each is the optimum for some price of energy added to the cost, and between two found
    neighbours the price at which both are equally good is tried until it finds none (Aneja and Nair, 1979). Energy: power of an instance under load
    (the offer's, else its GPUs' TDP) × hours on, before PUE.
    """
    scenario = scenario_at(point)
    scenario = replace(scenario, offers=tuple(offer for offer in scenario.offers if offer.billing != "per_token"))
    problem = pose(scenario).problem
    found = [_at_price(scenario, problem, usd) for usd in (0.0, _DEAREST_KWH_USD)]
    if any(plan.usd_per_month is None for plan in found):
        return _front(ENERGY, MWH, more_is_better=False, found=[(0.0, brief_outcome(scenario, found[0], "energy"))])
    kwh = [energy_kwh(scenario, problem, plan) for plan in found]
    points = sorted(zip(kwh, found, strict=True), key=lambda each: each[0])
    done: set[tuple[float, float]] = set()
    while len(points) < MOST_ENERGY_POINTS:
        pair = next((pair for pair in pairwise(points) if (pair[0][0], pair[1][0]) not in done and _apart(pair[0][0], pair[1][0])), None)
        if pair is None:
            break
        (low_kwh, low), (high_kwh, high) = pair
        done.add((low_kwh, high_kwh))
        price = ((low.usd_per_month or 0.0) - (high.usd_per_month or 0.0)) / (high_kwh - low_kwh)
        if price <= 0:
            continue
        plan = _at_price(scenario, problem, price)
        between = energy_kwh(scenario, problem, plan)
        if plan.usd_per_month is not None and _apart(low_kwh, between) and _apart(between, high_kwh) and low_kwh < between < high_kwh:
            points = sorted([*points, (between, plan)], key=lambda each: each[0])
    return _front(
        ENERGY, MWH, more_is_better=False,
        found=[(energy / 1000, brief_outcome(scenario, plan, f"{energy / 1000:.3g} MWh")) for energy, plan in points],
    )  # fmt: skip


def _apart(a: float, b: float) -> bool:
    return abs(a - b) > _LEAST_STEP * max(abs(a), abs(b))


def energy_kwh(scenario: Scenario, problem: Problem, plan: Plan) -> float:
    """Energy of a plan's instances in a month, before PUE [kWh]; held ones run all hours."""
    offers, hours = {offer.offer: offer for offer in scenario.offers}, mean_hours(problem.blocks)
    return sum(
        count * hours[block] * instance_kw(offers[name], scenario.gpus) for name, by_block in plan.instances.items() for block, count in by_block.items()
    )


def _at_price(scenario: Scenario, problem: Problem, usd_per_kwh: float) -> Plan:
    """The plan that is cheapest with energy at a price; its cost is without it."""
    if not usd_per_kwh:
        return plan_problem(problem)
    import_pyomo()
    from model.milp.answer import cost_of  # noqa: PLC0415 - Pyomo is heavy
    from model.milp.solve import solve  # noqa: PLC0415

    month = scenario.settings.hours_per_month

    def priced(offer_kw: float) -> float:
        return offer_kw * usd_per_kwh

    offers = tuple(
        replace(o, hosting_usd_per_month=o.hosting_usd_per_month + month * priced(instance_kw(o, scenario.gpus)))
        if o.billing == "purchase"
        else replace(o, usd_per_instance_hour=(o.usd_per_instance_hour or 0.0) + priced(instance_kw(o, scenario.gpus)))
        for o in problem.offers
    )
    found = solve(reduce_problem(replace(problem, offers=offers)).problem)
    if found.usd_per_month is None:
        return plan_from(problem, found)
    plan = plan_from(problem, replace(found, usd_per_month=cost_of(problem, found.instances, found.tokens), bound_usd_per_month=None, gap=None))
    audit(problem, plan)
    return plan


def _front(name: str, unit: str, *, more_is_better: bool, found: Sequence[tuple[float, Outcome]]) -> Front:
    """The plans none of which another beats or equals in both; of equals the first."""
    planned = [(value, outcome) for value, outcome in found if outcome.usd_per_month is not None]
    sign = -1.0 if more_is_better else 1.0
    kept: list[FrontPoint] = []
    for value, outcome in sorted(planned, key=lambda each: (sign * each[0], each[1].usd_per_month or 0.0)):
        cost = outcome.usd_per_month or 0.0
        if not kept or cost < (kept[-1].outcome.usd_per_month or 0.0) * (1 - _LEAST_STEP):
            kept.append(FrontPoint(value, outcome))
    without = tuple(value for value, outcome in found if outcome.usd_per_month is None)
    return Front(name, unit, more_is_better, tuple(sorted(kept, key=lambda each: each.value)), len(planned) - len(kept), without)


def fronts_of(point: Point, against: Sequence[str], where: Where, told: Told = lambda _done, _of: None) -> tuple[Front, ...]:
    """The fronts asked for: "ttft", "energy", "providers". Raises BadInput where the scenario cannot be read."""
    made: dict[str, Callable[[], Front]] = {
        "ttft": lambda: front_of_ttft(point, where),
        "energy": lambda: front_of_energy(point),
        "providers": lambda: front_of_providers(point, where),
    }
    found = []
    for name in dict.fromkeys(against):
        found.append(made[name]())
        told(len(found), len(against))
    return tuple(found)
