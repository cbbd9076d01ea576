"""From a scenario to its plan: performance, candidates, MILP, audit, and why if there is none."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from data.languages import say, speaking
from data.records.candidate import RuledOut
from data.records.plan import Plan, Seconds
from data.records.scenario import Scenario
from model.alternatives import alternatives_of
from model.audit import audit
from model.candidates import candidates_of, physics_of, weighed
from model.caveats import warnings_of
from model.curves import curves_of
from model.demand import demand_of, with_mean_lengths
from model.explain import diagnose
from model.filters import reduce_problem
from model.grid import Physics
from model.horizon import blocks_over, demand_over, holdings_of, horizon_of, offers_over
from model.milp.light import import_pyomo
from model.offer_filters import offers_not_allowed
from model.percentile_costs import percentile_costs_of
from model.problem import Incumbent, Problem
from model.refit import Refit
from model.remedies import remedies_of
from model.report import plan_from
from model.request_sizes import sizes_of
from model.shared_candidates import sharing_of
from model.shortage import Shortage, cut_by_priority, priority_remedy
from model.size import check_size, size_of, within_memory
from model.spares import with_spares
from model.whatif import Baseline, what_ifs

_LEAST_COMPARING_S = 1.5  # for alternatives and for what-ifs, each
_LEAST_S = 0.1  # for a solve that must be tried, however little time is left

Show = Callable[[str], None]


def plan_scenario(scenario: Scenario, *, lp_path: Path | None = None, show: Show = lambda _stage: None) -> Plan:
    """Plan a scenario: the cheapest plan with its bound, or why there is none.

    ``show`` is told each stage as it begins. Raises BadInput where planning would take more memory than it may, AuditError where
    the plan does not hold when recomputed: a bug, never a result.
    """
    with speaking(scenario.settings.language):
        return _planned(scenario, lp_path, show)


def _planned(scenario: Scenario, lp_path: Path | None, show: Show) -> Plan:
    """The plan of a scenario, told in the language spoken."""
    show(say("predicting performance"))
    start = time.perf_counter()
    posed = pose(scenario)
    asked = posed.problem
    reduced = reduce_problem(asked)
    performance_s = time.perf_counter() - start
    ways, offers = len(reduced.problem.candidates), len(reduced.problem.offers)
    show(say("choosing among {ways:,} ways to serve and {offers:,} offers", ways=ways, offers=offers))

    check_size(size_of(reduced.problem, len(asked.candidates) + len(posed.ruled_out) + len(reduced.ruled_out)), scenario.settings)
    import_pyomo()
    from model.milp.solve import solve  # noqa: PLC0415 - Pyomo is heavy

    incumbent, shortage = solve(reduced.problem, lp_path=lp_path), None
    if incumbent.status == "infeasible" and scenario.settings.when_short == "by_priority":
        show(say("finding how much can be served"))
        shortage, incumbent = _by_priority(asked, incumbent, lambda other: solve(other, lp_path=lp_path))
        posed = replace(posed, problem=shortage.problem) if shortage else posed
        reduced = reduce_problem(posed.problem)
    seconds = Seconds(performance=performance_s, build=incumbent.seconds_build, solve=incumbent.seconds_solve)
    plan = replace(plan_from(reduced.problem, incumbent, shortage.served_share if shortage else {}), seconds=seconds)
    ruled_out = (*posed.ruled_out, *reduced.ruled_out)
    if incumbent.usd_per_month is not None:
        audit(asked, plan)
        show(say("comparing with what else was possible"))
        plan = replace(plan, curves=curves_of(scenario, plan, posed.physics), percentile_costs=percentile_costs_of(scenario, plan))
        eligible = reduce_problem(posed.problem, (offers_not_allowed,)).problem
        plan = _compared(scenario, replace(posed, problem=eligible), plan, lambda other: solve(_reduced(other)))
    elif incumbent.status == "infeasible":
        show(say("finding what rules it out"))
        plan = _explained(scenario, posed, replace(plan, ruled_out=ruled_out), lambda other: solve(_reduced(other)), show)
    return replace(plan, ruled_out=ruled_out, warnings=(*scenario.warnings, *warnings_of(scenario, plan, posed.physics.parameters)))


def _by_priority(problem: Problem, refused: Incumbent, solve: Callable[[Problem], Incumbent]) -> tuple[Shortage | None, Incumbent]:
    """What can be served of a problem that has no plan, and its plan, in what is left of the time limit: half of it for the shares, the rest for the plan."""
    begun, left_s = time.perf_counter(), problem.settings.time_limit_s - refused.seconds_build - refused.seconds_solve
    shortage = cut_by_priority(problem, left_s / 2)
    if shortage is None:
        return None, refused
    left_s -= time.perf_counter() - begun
    cut = reduce_problem(replace(shortage.problem, settings=replace(problem.settings, time_limit_s=max(left_s, _LEAST_S)))).problem
    found = solve(cut)
    spent_s = time.perf_counter() - begun - found.seconds_build + refused.seconds_build + refused.seconds_solve
    if found.status == "infeasible":
        return None, refused
    proven = found.status if shortage.proven or found.status != "optimal" else "feasible"
    return shortage, replace(found, status=proven, seconds_solve=spent_s)


def _compared(scenario: Scenario, posed: Posed, plan: Plan, solve: Callable[[Problem], Incumbent]) -> Plan:
    """The plan with its alternatives and what-ifs, if the settings ask for them: each in the time the plan took, at least 1.5 s of processor time."""
    settings = scenario.settings
    if not settings.alternatives:
        return plan
    start = time.perf_counter()
    seconds = min(settings.time_limit_s, max(_LEAST_COMPARING_S, plan.seconds.build + plan.seconds.solve))
    plan = replace(plan, alternatives=alternatives_of(posed.problem, plan, solve, seconds))
    plan = replace(plan, sensitivity=what_ifs(Baseline(scenario, posed.problem, posed.physics, plan), solve, seconds))
    return replace(plan, seconds=replace(plan.seconds, compare=time.perf_counter() - start))


def _explained(scenario: Scenario, posed: Posed, plan: Plan, solve: Callable[[Problem], Incumbent], show: Show) -> Plan:
    """An infeasible plan with what rules it out and, in the scenario's time limit at most, the smallest changes that make it feasible."""
    plan = replace(plan, diagnosis=diagnose(posed.problem, plan.ruled_out, lambda other: solve(_for_a_claim(other))))
    show(say("finding the smallest changes that make it feasible"))
    fit = Refit(scenario, posed.physics, posed.problem)
    remedies = remedies_of(posed.problem, solve, fit, scenario.settings.time_limit_s)
    return replace(plan, remedies=(*remedies, *priority_remedy(posed.problem, solve)))


@dataclass(frozen=True)
class Posed:
    """The procurement decision a scenario poses, and what cannot serve at all, with the reasons."""

    problem: Problem
    ruled_out: tuple[RuledOut, ...]
    physics: Physics


def pose(scenario: Scenario) -> Posed:
    """Demand, blocks and candidates of a scenario over its horizon, before anything is left out for being dominated."""
    scenario, horizon = with_mean_lengths(scenario), horizon_of(scenario)
    stated = tuple(demand_of(workload, scenario.profiles, scenario.settings, scenario.lengths) for workload in scenario.workloads)
    demands = tuple(demand_over(horizon, demand) for demand in stated)
    physics = physics_of(scenario)
    each = (candidates_of(workload, demand, scenario, physics) for workload, demand in zip(scenario.workloads, demands, strict=True))
    considered = list(within_memory(each, scenario))
    shared = sharing_of(scenario, demands, physics)
    problem = Problem(
        workloads=scenario.workloads,
        demands=tuple(weighed(demand, found.candidates) for demand, found in zip(demands, considered, strict=True)),
        blocks=blocks_over(horizon, scenario, stated),
        candidates=(*(candidate for found in considered for candidate in found.candidates), *shared.candidates),
        offers=offers_over(horizon, scenario.offers),
        settings=scenario.settings,
        existing=holdings_of(scenario, horizon),
        streams=(*shared.streams, *(size for w in scenario.workloads for size in sizes_of(w, scenario))),
        shared=shared.pools,
    )
    return Posed(with_spares(problem), tuple(row for found in considered for row in found.ruled_out), physics)


def _reduced(problem: Problem) -> Problem:
    """What is compared with the plan, without what is dominated and in the faster formulation: the optimum is the same."""
    return reduce_problem(replace(problem, settings=replace(problem.settings, formulation="candidate"))).problem


def _for_a_claim(problem: Problem) -> Problem:
    """The problem of a diagnosis: any plan proves its claim, so the first within 1 % is enough."""
    return replace(problem, settings=replace(problem.settings, optimality_gap=max(0.01, problem.settings.optimality_gap)))
