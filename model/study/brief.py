"""The cheapest plan alone, without what it is compared with or explained by: what studies solve by the hundred."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from data.problems import BadInput
from data.reader import scenario_from_tables, with_overrides
from data.records.outcome import Outcome
from data.records.plan import Plan
from data.records.scenario import Scenario
from data.tables import Tables
from data.variants import Change, changed
from model.audit import audit
from model.filters import reduce_problem
from model.milp.light import import_pyomo
from model.outcome import outcome_of
from model.planner import pose
from model.problem import Problem
from model.report import plan_from

# Plans of a study are compared with each other: what the solver's gap leaves open must not look like a difference.
GAP = 1e-5
_EXIT_BY_STATUS = {"optimal": 0, "feasible": 0, "infeasible": 3, "unsolved": 4}  # the contract's exit codes


@dataclass(frozen=True, kw_only=True)
class Point:
    """One plan of a study: a scenario's cells, those changed, and settings given beside them. Can be pickled."""

    name: str
    tables: Tables
    changes: tuple[Change, ...] = ()
    settings: tuple[tuple[str, object], ...] = field(default=())


def scenario_at(point: Point) -> Scenario:
    """The scenario of a point, to be solved to a gap of 10⁻⁵ where no gap is given; raises BadInput."""
    settings = {"optimality_gap": GAP, **dict(point.settings)}
    scenario = with_overrides(scenario_from_tables(changed(point.tables, point.changes)), **settings)
    return replace(scenario, settings=replace(scenario.settings, threads=scenario.settings.threads or 1))


def outcome_at(point: Point) -> Outcome:
    """The plan of a point as an outcome; a point that cannot be planned is an outcome too."""
    try:
        scenario = scenario_at(point)
    except BadInput as bad:
        return Outcome(name=point.name, status="bad input", exit_code=2, reason=str(bad))
    return brief_outcome(scenario, plan_problem(pose(scenario).problem), point.name)


def brief_outcome(scenario: Scenario, plan: Plan, name: str) -> Outcome:
    """The outcome of a plan without the cells it was made from: a study says what differs."""
    return replace(outcome_of(scenario, plan, name, _EXIT_BY_STATUS[plan.status]), inputs=())


def plan_problem(asked: Problem) -> Plan:
    """The cheapest plan of a problem, audited. Raises AuditError where it does not hold when recomputed: a bug, never a result."""
    import_pyomo()
    from model.milp.solve import solve  # noqa: PLC0415 - Pyomo is heavy

    reduced = reduce_problem(asked).problem
    plan = plan_from(reduced, solve(reduced))
    if plan.usd_per_month is not None:
        audit(asked, plan)
    return plan
