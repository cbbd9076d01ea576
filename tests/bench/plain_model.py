"""The plain linked formulation, for comparison: nodes on every offer, a load variable beside each, nothing projected out, filtered or tightened."""

from __future__ import annotations

import time
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from data.billing import billing_terms
from data.cost_lines import mean_hours
from model.classes import allowed_workloads
from model.problem import Problem

UNKNOWN = 1e30  # what the solvers call infinite
MOST_COLUMNS = 400_000  # beyond it the model alone takes minutes to build


@dataclass(frozen=True, kw_only=True)
class PlainResult:
    """What a solver made of it: cost and bound in USD a month (None: none found), seconds and columns."""

    cost: float | None
    bound: float | None
    seconds: float
    columns: int


def columns_of(problem: Problem) -> int:
    """Columns of the plain model."""
    return 3 * len(_ways(problem)) * len(problem.blocks)


def solve_plain(problem: Problem, solver: str, time_limit_s: float, gap: float) -> PlainResult:
    """Solve with ``highs`` or ``cbc`` (on the path), one thread."""
    start = time.perf_counter()
    if columns_of(problem) > MOST_COLUMNS:
        return PlainResult(cost=None, bound=None, seconds=0.0, columns=columns_of(problem))
    found = _SOLVERS[solver](plain_model(problem), time_limit_s, gap)
    cost, bound = (figure if figure is not None and abs(figure) < UNKNOWN else None for figure in found)
    return PlainResult(cost=cost, bound=bound, seconds=time.perf_counter() - start, columns=columns_of(problem))


def _highs(model: Any, time_limit_s: float, gap: float) -> tuple[float | None, float | None]:
    from pyomo.contrib.appsi.solvers import Highs  # noqa: PLC0415 - Pyomo is heavy

    solver = Highs()
    solver.config.load_solution, solver.config.time_limit, solver.config.mip_gap = False, time_limit_s, gap
    solver.highs_options = {"threads": 1}
    found = solver.solve(model)
    return found.best_feasible_objective, found.best_objective_bound


def _cbc(model: Any, time_limit_s: float, gap: float) -> tuple[float | None, float | None]:
    from pyomo.environ import SolverFactory  # noqa: PLC0415 - Pyomo is heavy

    found = SolverFactory("cbc").solve(model, options={"sec": time_limit_s, "ratioGap": gap, "threads": 1}, load_solutions=False)
    return float(found.problem.upper_bound) if len(found.solution) else None, float(found.problem.lower_bound)


_SOLVERS = {"highs": _highs, "cbc": _cbc}


def plain_model(problem: Problem) -> Any:
    """min Σ cost; load ≤ capacity·nodes − loss·open, nodes ≤ N̄·open, Σ load ≥ demand, Σ S·nodes ≤ G·instances, instances ≤ stock."""
    from pyomo.environ import Binary, ConcreteModel, Constraint, NonNegativeIntegers, NonNegativeReals, Objective, Var  # noqa: PLC0415 - Pyomo is heavy

    ways, blocks = _ways(problem), {block.name: block for block in problem.blocks}
    offers, candidates = {o.offer: o for o in problem.offers}, {c.key: c for c in problem.candidates}
    terms, hours = {o.offer: billing_terms(o, problem.settings) for o in problem.offers}, mean_hours(problem.blocks)
    index = [(c, o, t) for c, o in ways for t in blocks]
    opened = list(dict.fromkeys((c, t) for c, _, t in index))
    most = {
        (c, t): blocks[t].demand[candidates[c].workload] / candidates[c].capacity_per_node + candidates[c].pooling_loss / candidates[c].capacity_per_node + 1
        for c, t in opened
    }
    model = ConcreteModel()
    model.nodes = Var(index, domain=NonNegativeIntegers)
    model.carried = Var(opened, domain=NonNegativeReals)
    model.open = Var(opened, domain=Binary)
    model.held = Var([o for o in offers if terms[o].held], domain=NonNegativeIntegers, bounds=lambda _, o: (0, offers[o].max_instances))
    rented = [(o, t) for o in offers if not terms[o].held for t in blocks]
    model.rented = Var(rented, domain=NonNegativeIntegers, bounds=lambda _, o, _t: (0, offers[o].max_instances))
    on: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    hosted: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for c, o, t in index:
        on[c, t].append(o)
        hosted[o, t].append(c)
    own: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for c, t in opened:
        own[candidates[c].workload, t].append(c)
    model.carries = Constraint(
        opened,
        rule=lambda m, c, t: (
            m.carried[c, t] <= candidates[c].capacity_per_node * sum(m.nodes[c, o, t] for o in on[c, t]) - candidates[c].pooling_loss * m.open[c, t]
        ),
    )
    model.opens = Constraint(opened, rule=lambda m, c, t: sum(m.nodes[c, o, t] for o in on[c, t]) <= most[c, t] * m.open[c, t])
    model.demand = Constraint(list(own), rule=lambda m, w, t: sum(m.carried[c, t] for c in own[w, t]) >= blocks[t].demand[w])
    model.fits = Constraint(
        list(hosted),
        rule=lambda m, o, t: (
            sum(candidates[c].node_size * m.nodes[c, o, t] for c in hosted[o, t])
            <= offers[o].gpus_per_instance * (m.held[o] if terms[o].held else m.rented[o, t])
        ),
    )
    held_usd = sum(terms[o].usd_per_instance_month_held * model.held[o] for o in model.held)
    model.cost = Objective(expr=held_usd + sum(terms[o].usd_per_instance_hour_on * hours[t] * model.rented[o, t] for o, t in rented))
    return model


def _ways(problem: Problem) -> list[tuple[str, str]]:
    """(candidate, offer) that may go together; node sizes are powers of two no larger than an instance."""
    allowed = allowed_workloads(problem)
    return [
        (c.key, o.offer)
        for c in problem.candidates
        for o in problem.offers
        if o.gpu == c.gpu and c.node_size <= o.gpus_per_instance and c.workload in allowed[o.offer]
    ]
