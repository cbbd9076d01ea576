"""Planning where stock or money is short: the loads cut to what can be served by priority, and the problem that is left."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from data.languages import noted, say
from data.records.plan import Override, Remedy
from data.tables import column_title, sheet_title
from model.filters import reduce_problem
from model.problem import Incumbent, Problem

REMEDY_TIME_SHARE = 0.1  # of the time limit, for the shares and again for the plan: a remedy is not worth more
REMEDY_GAP = 0.01  # relative, of the cost told with it


@dataclass(frozen=True)
class Shortage:
    """The share of each workload's demand that can be served, whether that is proven to be the most, and the problem with the demands so cut."""

    served_share: Mapping[str, float]
    proven: bool
    problem: Problem


def cut_by_priority(problem: Problem, seconds: float) -> Shortage | None:
    """A problem without a plan, with the demands cut to what can be served by priority; None where that is nothing, or was not found in time.

    The exact filters hold here too: what they take out another choice replaces at any load, at no greater cost.
    """
    from model.milp.served import most_served  # noqa: PLC0415 - Pyomo is heavy

    found = most_served(reduce_problem(problem).problem, seconds)
    if found is None or not any(found.shares[w] > 0 for w in _demanded(problem)):
        return None
    return Shortage(found.shares, found.proven, scaled(problem, found.shares))


def priority_remedy(problem: Problem, solve: Callable[[Problem], Incumbent]) -> tuple[Remedy, ...]:
    """Serving by priority as a remedy of a problem without a plan, with what is then served; none where that is nothing or takes long to find."""
    seconds = REMEDY_TIME_SHARE * problem.settings.time_limit_s
    cut = cut_by_priority(problem, seconds) if problem.settings.when_short == "stop" else None
    if cut is None:
        return ()
    quick = replace(problem.settings, time_limit_s=seconds, optimality_gap=max(REMEDY_GAP, problem.settings.optimality_gap))
    usd = solve(replace(cut.problem, settings=quick)).usd_per_month
    if usd is None:
        return ()
    priority = {w.name: w.priority for w in problem.workloads}
    shares = sorted(cut.served_share.items(), key=lambda cut_to: (-priority[cut_to[0]], cut_to[0]))
    served = ", ".join(say("{share:g} % of {workload}", share=math.floor(1000 * share) / 10, workload=name) for name, share in shares)
    all_of_it = noted("set {setting} ({sheet}) to {value}, which serves {served}")
    words = all_of_it if cut.proven else noted("set {setting} ({sheet}) to {value}, which serves at least {served}")
    change = say(words, setting=column_title("Settings", "when_short"), sheet=sheet_title("Settings"), value="by_priority", served=served)
    return (Remedy(workload="", change=change, overrides=(Override(sheet="Settings", row="", field="when_short", value="by_priority"),), usd_per_month=usd),)


def scaled(problem: Problem, factor: Mapping[str, float]) -> Problem:
    """The problem with the demand of each workload times its factor (1 where none is given) in every block; one that is not served keeps no nodes."""
    by = {w.name: factor.get(w.name, 1.0) for w in problem.workloads}
    return replace(
        problem,
        workloads=tuple(w if by[w.name] > 0 else replace(w, min_nodes=0) for w in problem.workloads),
        blocks=tuple(replace(b, demand={name: load * by[name] for name, load in b.demand.items()}) for b in problem.blocks),
        demands=tuple(
            replace(
                d,
                peak=d.peak * by[d.workload],
                mean=d.mean * by[d.workload],
                requests_per_month=d.requests_per_month * by[d.workload],
                tokens_per_month=d.tokens_per_month * by[d.workload],
            )
            for d in problem.demands
        ),
    )


def _demanded(problem: Problem) -> set[str]:
    return {name for block in problem.blocks for name, load in block.demand.items() if load > 0}
