"""Robust and stochastic plans over a scenario's variants: which commitments are cheapest on average, and which in the worst case."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from data.languages import noted, say
from data.problems import BadInput, Problem
from data.records.outcome import Outcome
from data.records.study import Commitments, Hedge
from data.tables import column_title, sheet_title
from model.audit import AuditError
from model.planner import pose
from model.study.brief import Point, brief_outcome, plan_problem, scenario_at
from model.study.commitments import Case, Committed, cheapest_in_the_worst_case, cheapest_on_average, held_in, with_commitments

Told = Callable[[int, int], None]
AVERAGE, WORST, FIRST = noted("cheapest on average"), noted("cheapest in the worst case"), noted("as the first case alone would")
_STAGES = 4
_AUDIT_SHARE = 1e-3  # relative: the measure recomputed case by case may lie below the joined MILP's by fees that a case does not pay, never above


def hedge(points: Sequence[Point], weights: Sequence[float], told: Told = lambda _done, _of: None) -> Hedge:
    """Plans each case alone, and for all together the commitments that are cheapest on average and in the worst case.

    Raises BadInput where cases cannot be joined or one of them has no plan; AuditError where a measure does not hold when recomputed.
    """
    if len(points) < 2:
        sheet, what = sheet_title("Variants"), say("has fewer than two cases to prepare for")
        enter = say("fill the sheet {sheet}, with the column {column} if they differ", sheet=sheet, column=column_title("Variants", "weight"))
        raise BadInput([Problem(sheet, what, enter)])
    scenarios = [scenario_at(point) for point in points]
    total = sum(weights)
    cases = [Case(point.name, weight / total, pose(scenario).problem) for point, weight, scenario in zip(points, weights, scenarios, strict=True)]
    told(0, _STAGES)
    own = [plan_problem(case.problem) for case in cases]
    missing = [case.name for case, plan in zip(cases, own, strict=True) if plan.usd_per_month is None]
    if missing:
        enter = say("plan it with --variants to see why, or remove it")
        raise BadInput([Problem(sheet_title("Variants"), say("{variant} has no plan of its own", variant=name), enter) for name in missing])

    def outcomes(held: dict[str, int]) -> tuple[Outcome, ...]:
        plans = [with_commitments(case.problem, held) for case in cases]
        return tuple(brief_outcome(scenario, plan, case.name) for scenario, plan, case in zip(scenarios, plans, cases, strict=True))

    told(1, _STAGES)
    average = cheapest_on_average(cases)
    told(2, _STAGES)
    worst = cheapest_in_the_worst_case(cases)
    told(3, _STAGES)
    first = held_in(own[0], cases[0].problem)
    found = Hedge(
        tuple(case.probability for case in cases),
        tuple(brief_outcome(scenario, plan, case.name) for scenario, plan, case in zip(scenarios, own, cases, strict=True)),
        (
            _commitments(AVERAGE, average, outcomes),
            _commitments(WORST, worst, outcomes),
            Commitments(FIRST, tuple(sorted(first.items())), outcomes(first)),
        ),
    )
    told(_STAGES, _STAGES)
    _check(found, average, worst, scenarios[0].settings.optimality_gap)
    return found


def _commitments(name: str, found: Committed, outcomes: Callable[[dict[str, int]], tuple[Outcome, ...]]) -> Commitments:
    return Commitments(name, tuple(sorted(found.held.items())), outcomes(dict(found.held)), found.bound_usd_per_month)


def _check(found: Hedge, average: Committed, worst: Committed, gap: float) -> None:
    """Each measure, recomputed from the audited plans of the cases, is what the joined MILP says of it."""
    for choice, committed, measure in (
        (found.choices[0], average, found.expected(found.choices[0].cases)),
        (found.choices[1], worst, found.worst(found.choices[1].cases)),
    ):
        bound = committed.bound_usd_per_month
        if committed.status == "optimal" and (measure is None or bound is None or measure > bound * (1 + gap + _AUDIT_SHARE) + 0.01):
            raise AuditError((f"commitments {choice.name}: {measure} USD a month, proven bound {bound}",))
