"""The MILP of several cases at once, with the cost of the dearest as its objective."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pyomo.core import NonNegativeReals, Objective, Var, minimize

from model.milp.answer import counts_of, instances_of
from model.milp.build import build
from model.milp.matrix import matrix_of
from model.milp.objective import least_cost, usd_of_one
from model.milp.rows import Row, Term, add_rows, linear
from model.milp.sets import Sets, make_sets
from model.milp.solve import whole_numbers
from model.milp.solver import Options, forget_threads, solve_matrix
from model.milp.start import cheapest_cost
from model.problem import Problem

# Weight of the cases' summed cost beside the dearest case's: among plans whose dearest case costs the same, the others are cheap too.
MEAN_SHARE = 1e-4


def solve_worst_case(problem: Problem, case_of: Mapping[str, str]) -> tuple[dict[str, dict[str, int]], float | None, str]:
    """The instances of the plan whose dearest case is cheapest, the proven bound of that case's cost [USD a month] and the status.

    ``case_of`` says to which case a block belongs. min Worst + ε·Σ cost.
    """
    sets = make_sets(problem)
    model = None if sets.unserved else build(sets)
    if model is None:
        return {}, None, "infeasible"
    cases = tuple(dict.fromkeys(case_of.values()))
    model.Worst = Var(domain=NonNegativeReals)

    def worst_case_is_no_less(model: Any, sets: Sets) -> Iterator[Row]:
        """The dearest case costs no less than any: what is held and the fees, and the case's own hours and tokens. cost[case] ≤ Worst."""
        for case in cases:
            yield Row(case, (*_case_terms(model, sets, case, case_of), (-1.0, model.Worst)), upper=0.0).scaled()

    add_rows(model, sets, worst_case_is_no_less)
    share = MEAN_SHARE / len(cases)
    small = [(share * coefficient, variable) for coefficient, variable in least_cost(model, sets).values()]
    model.del_component("least_cost")
    model.least_cost = Objective(expr=linear([(1.0, model.Worst), *small]), sense=minimize)
    matrix = matrix_of(model)
    settings = problem.settings
    forget_threads()
    options = Options(gap=settings.optimality_gap, time_limit_s=settings.time_limit_s, threads=settings.threads, seed=settings.seed)
    outcome = solve_matrix(matrix, options, cheapest_cost(sets))
    values = whole_numbers(matrix, outcome)
    bound = None if outcome.bound is None else max(0.0, outcome.bound / (1.0 + MEAN_SHARE))
    return (instances_of(counts_of(matrix, values, sets), sets) if values is not None else {}), bound, outcome.status


def _case_terms(model: Any, sets: Sets, case: str, case_of: Mapping[str, str]) -> Iterator[Term]:
    """USD a month of one case."""
    own = {t for t, block in sets.blocks.items() if case_of[block.members[0]] == case}
    hours = {t: sets.blocks[t].hours_per_month for t in own}
    yield from ((usd_of_one(sets, k), model.Held[h, k]) for h, k in sets.held)
    yield from ((hours[t] * sets.terms[o].usd_per_instance_hour_on, model.Rented[h, o, t]) for h, o, t in sets.rented if t in own)
    yield from ((hours[t] * sets.usd_per_load_hour[w, p], model.Tokens[w, p, t]) for w, p, t in sets.tokens if t in own)
    yield from ((sets.terms[o].usd_per_month_if_used, model.Used[o, a]) for o, a in model.Used if a == "")
