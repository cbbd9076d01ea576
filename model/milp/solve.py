"""A problem in, the best plan found and its proven bound out."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from data.records.plan import ProblemSize
from model.milp.answer import accounts_of, commitments_taken, cost_of, counts_of, instances_of, placements_of, rounded, routes_of, tokens_of
from model.milp.build import build
from model.milp.by_block import ByBlock, solve_by_block
from model.milp.deadline import NEVER, Deadline, OutOfTimeError
from model.milp.first_plan import first_plan
from model.milp.matrix import Floats, Matrix, matrix_of
from model.milp.objective import TIE_SHARE
from model.milp.sets import Sets, make_sets
from model.milp.solver import Options, Outcome, forget_threads, solve_matrix, solver_name
from model.milp.start import cheapest_cost, start_values
from model.milp.tidy import lowered
from model.problem import Incumbent, Problem
from model.quick_plan import quick_plan

# From this many whole numbers on, problems of several blocks are solved block by block first: 5 × 60 × 24 of the benchmark to 0.1 % in 8 s of processor time
# where the whole search has 0.3 % left after 37 s; below it the whole search is as quick or quicker.
WORTH_BLOCK_BY_BLOCK = 700
# Share of the time limit for that; the whole search has the rest, from the plan found.
BY_BLOCK_SHARE = 0.8
# Beyond this many the blocks have all the time: HiGHS looks at the clock between rounds of cuts, and one over 139,476 whole numbers took 40 s past the limit.
WORTH_A_WHOLE_SEARCH = 50_000


def solve(problem: Problem, *, lp_path: Path | None = None, start: Incumbent | None = None) -> Incumbent:
    """The cheapest plan of ``problem`` within its gap and time limit, and the proven bound.

    ``lp_path``: where to write the MILP in LP format. ``start``: a plan to begin from (of this or a like problem).
    """
    began = time.perf_counter()
    sets = make_sets(problem)
    try:
        model = None if sets.unserved else build(sets, Deadline(began + problem.settings.time_limit_s) if lp_path is None else NEVER)
    except OutOfTimeError:
        return replace(_without_search(sets), seconds_build=time.perf_counter() - began)
    if model is None:
        return Incumbent(status="infeasible", seconds_build=time.perf_counter() - began)
    if lp_path is not None:
        write_lp(model, lp_path)
    matrix = matrix_of(model)
    size = ProblemSize(variables=len(matrix.cost), integers=int(matrix.integer.sum()), constraints=len(matrix.row_lower))
    built = time.perf_counter()
    settings = problem.settings
    left_s = settings.time_limit_s - (built - began)
    options = Options(gap=settings.optimality_gap, time_limit_s=left_s, threads=settings.threads, seed=settings.seed)
    if left_s <= 0:
        return replace(_without_search(sets), size=size, seconds_build=time.perf_counter() - began)
    outcome = _search(matrix, sets, options, start)
    found = _incumbent(problem, sets, matrix, outcome)
    found = replace(_cheaper(sets, found) if found.status in ("unsolved", "feasible") else found, size=size, solver=outcome.solver)
    return replace(found, seconds_build=built - began, seconds_solve=time.perf_counter() - built)


def _cheaper(sets: Sets, found: Incumbent) -> Incumbent:
    """Where the time is over: the plan found, or one found without any search if that is cheaper, with the best bound known."""
    quick = _without_search(sets, found)
    worse = quick.usd_per_month is None or (found.usd_per_month is not None and found.usd_per_month <= quick.usd_per_month)
    return found if worse and found.status != "unsolved" else quick


def _without_search(sets: Sets, found: Incumbent | None = None) -> Incumbent:
    """A plan found without any search, with the best bound known: that of what the solver found, or the cost of parts of nodes."""
    bound = (found.bound_usd_per_month if found else None) or cheapest_cost(sets) * (1.0 - ROW_TOLERANCE)
    quick = quick_plan(sets.problem)
    if quick is None or quick.usd_per_month is None:
        return Incumbent(status="unsolved", bound_usd_per_month=bound)
    cost = quick.usd_per_month
    bound = min(bound, cost)
    gap = (cost - bound) / cost if cost else 0.0
    near = found is not None and gap <= sets.settings.optimality_gap
    return replace(quick, status="optimal" if near else "feasible", bound_usd_per_month=bound, gap=gap)


def _search(matrix: Matrix, sets: Sets, options: Options, start: Incumbent | None) -> Outcome:
    """The search, from a plan given or a first one found quickly; large problems block by block first. All together keep the time limit."""
    begun, scale = time.perf_counter(), cheapest_cost(sets)
    forget_threads()
    by_block = ByBlock()
    begin_with: Mapping[int, float] | None = None  # with few deployments the search is as quick as a first plan
    if start is not None:
        begin_with = start_values(matrix, sets, start)
    elif len(sets.blocks) > 1 and (count := int(matrix.integer.sum())) >= WORTH_BLOCK_BY_BLOCK:
        searched = count <= WORTH_A_WHOLE_SEARCH
        by_block = solve_by_block(matrix, sets, replace(options, time_limit_s=(BY_BLOCK_SHARE if searched else 1.0) * options.time_limit_s), scale)
        if by_block.values is not None and not searched:
            return by_block.with_search(matrix, Outcome(status="unsolved", values=None, bound=None, solver=solver_name()), options)
        begin_with = None if by_block.values is None else dict(enumerate(by_block.values.tolist()))
    elif sets.settings.max_deployments_per_workload is None:
        begin_with = first_plan(matrix, sets, options, scale)
    left_s = 0.0 if by_block.reaches(matrix, options.gap) else options.time_limit_s - (time.perf_counter() - begun)
    return by_block.with_search(matrix, solve_matrix(matrix, replace(options, time_limit_s=left_s), scale, begin_with), options)


def write_lp(model: Any, path: Path) -> None:
    """Write the MILP in LP format, every row and column under its own name."""
    import pyomo.environ  # noqa: F401, PLC0415  (registers the writer; a third of a second that only this needs)
    from pyomo.opt import ProblemFormat  # noqa: PLC0415

    model.write(str(path), format=ProblemFormat.cpxlp, io_options={"symbolic_solver_labels": True})


def _incumbent(problem: Problem, sets: Sets, matrix: Matrix, outcome: Outcome) -> Incumbent:
    """The solver's outcome as an incumbent; a solution that does not hold in whole numbers counts as none."""
    bound = None if outcome.bound is None or not math.isfinite(outcome.bound) else max(0.0, outcome.bound / (1.0 + TIE_SHARE))
    values = whole_numbers(matrix, outcome)
    if values is None:
        return Incumbent(status="infeasible" if outcome.status == "infeasible" else "unsolved", bound_usd_per_month=bound)
    counts = counts_of(matrix, values, sets)
    instances, tokens = instances_of(counts, sets), tokens_of(matrix, values, sets)
    cost = cost_of(problem, instances, tokens)
    bound = None if bound is None or bound > cost * (1.0 + DOUBT_SHARE) else min(bound, cost)  # a bound above a plan that holds proves nothing
    gap = None if bound is None else ((cost - bound) / cost if cost else 0.0)
    proven = gap is not None and gap <= problem.settings.optimality_gap + DOUBT_SHARE
    return Incumbent(
        status="feasible" if outcome.status == "optimal" and not proven else outcome.status,
        usd_per_month=cost,
        bound_usd_per_month=bound,
        gap=gap,
        placements=placements_of(counts, sets),
        tokens=tokens,
        routes=routes_of(matrix, values, sets),
        instances=instances,
        commitments=commitments_taken(matrix, values),
        accounts=accounts_of(counts, sets),
    )


# Rows are scaled to coefficients near 1; this is HiGHS' own tolerance on them (mip_feasibility_tolerance).
ROW_TOLERANCE = 1e-6
# Relative: what rows missed by that tolerance may move a cost. A bound farther above the plan's cost, or a gap farther above the one asked for, proves nothing.
DOUBT_SHARE = 1e-5


def whole_numbers(matrix: Matrix, outcome: Outcome) -> Floats | None:
    """The solution in whole numbers, tidied and checked against every row; None if there is none or it does not hold."""
    if outcome.values is None or not np.isfinite(outcome.values).all():
        return None
    values = rounded(matrix, outcome.values)
    if matrix.violation(values) > 2 * ROW_TOLERANCE:
        return None
    return lowered(matrix, values)
