"""HiGHS: takes a matrix, answers with a status of a closed vocabulary, the best solution found and the proven bound."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import highspy
import numpy as np

from data.records.plan import Status
from model.milp.matrix import Floats, Matrix

# Reached objective values are brought near this number, so that the solver's absolute tolerances (1e-7 on costs, 1e-6 on gaps) mean little.
TYPICAL_OBJECTIVE = 1e5
_LISTENING_S = 1.0  # Windows hears Ctrl-C only between waits


@dataclass(frozen=True, kw_only=True)
class Options:
    """How to solve: relative gap, wall seconds, threads (0: all), seed."""

    gap: float
    time_limit_s: float
    threads: int
    seed: int


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What the solver found: a status, the columns' values (None without a solution) and the proven lower bound in the objective's unit."""

    status: Status
    values: Floats | None
    bound: float | None
    solver: str


def solve_matrix(matrix: Matrix, options: Options, scale: float, start: Mapping[int, float] | None = None) -> Outcome:
    """Solve with HiGHS. ``scale`` is a rough size of the optimum (USD a month); ``start`` gives values of some columns of a solution to begin from."""
    if not len(matrix.cost):  # nothing to decide: HiGHS calls an empty model neither solved nor feasible
        return Outcome(status="optimal", values=np.zeros(0), bound=0.0, solver="")
    solver = highspy.Highs()
    unit = scale / TYPICAL_OBJECTIVE or 1.0
    for name, value in _options(options).items():
        solver.setOptionValue(name, value)
    solver.passModel(_highs_model(matrix, unit))
    if start:
        solver.setSolution(len(start), np.array(list(start), dtype=np.int32), np.array(list(start.values()), dtype=float))
    _run(solver)
    return _outcome(solver, matrix, unit)


@dataclass(frozen=True, kw_only=True)
class Relaxed:
    """The optimum of the linear relaxation: its value, the columns, and the dual of each row in the objective's unit."""

    bound: float
    values: Floats
    duals: Floats


def solve_relaxed(matrix: Matrix, options: Options, scale: float) -> Relaxed | None:
    """The linear relaxation; None where it has no optimum in time. ``scale`` as in :func:`solve_matrix`."""
    solver = highspy.Highs()
    unit = scale / TYPICAL_OBJECTIVE or 1.0
    for name, value in _options(options).items():
        solver.setOptionValue(name, value)
    solver.passModel(_highs_model(replace(matrix, integer=np.zeros(len(matrix.cost), dtype=bool)), unit))
    _run(solver)
    if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return None
    found = solver.getSolution()
    return Relaxed(
        bound=solver.getInfo().objective_function_value * unit,
        values=np.array(found.col_value, dtype=float),
        duals=np.array(found.row_dual, dtype=float) * unit,
    )


def _run(solver: Any) -> None:
    """Run the search; from the main thread in one beside it, so that Ctrl-C is heard at once and not when the search ends. Raises what the search raises."""
    if threading.current_thread() is not threading.main_thread():
        solver.run()
        return
    failures: list[BaseException] = []

    def search() -> None:
        try:
            solver.run()
        except BaseException as error:  # noqa: BLE001 - handed to the thread that waits
            failures.append(error)

    beside = threading.Thread(target=search, daemon=True)
    beside.start()
    while beside.is_alive():
        beside.join(_LISTENING_S)
    if failures:
        raise failures[0]


def solver_name() -> str:
    """The solver and its version."""
    return f"HiGHS {highspy.Highs().version()}"


def forget_threads() -> None:
    """Let the next solve use another number of threads than the last: HiGHS keeps one scheduler in a process. Not while another solve runs."""
    highspy.Highs.resetGlobalScheduler(True)  # noqa: FBT003  (highspy's own signature)


def _options(options: Options) -> dict[str, Any]:
    return {
        "output_flag": False,
        "mip_rel_gap": options.gap,
        "time_limit": max(options.time_limit_s, 0.05),  # HiGHS wants a positive limit
        "threads": options.threads,
        "random_seed": options.seed,
        "mip_pscost_minreliable": 1,  # trust a column's cost after one trial branch: a quarter faster than 8 in the mean of three seeds on the shipped example
    }


def _highs_model(matrix: Matrix, unit: float) -> Any:
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = len(matrix.cost), len(matrix.row_lower)
    model.col_cost_, model.col_lower_, model.col_upper_ = matrix.cost / unit, matrix.lower, matrix.upper
    model.row_lower_, model.row_upper_ = matrix.row_lower, matrix.row_upper
    model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    model.a_matrix_.start_, model.a_matrix_.index_, model.a_matrix_.value_ = matrix.start, matrix.index, matrix.value
    kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
    model.integrality_ = [kinds[int(whole)] for whole in matrix.integer]
    return model


def _outcome(solver: Any, matrix: Matrix, unit: float) -> Outcome:
    """Read the model status and the solution status together: a limit may strike with or without a solution."""
    status, info = solver.getModelStatus(), solver.getInfo()
    found = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    values = np.array(solver.getSolution().col_value, dtype=float) if found else None
    name = f"HiGHS {solver.version()}"
    proven = highspy.HighsModelStatus
    # Costs are not negative, so the objective is bounded below: what the presolve calls unbounded or infeasible is infeasible.
    if status in (proven.kInfeasible, proven.kUnboundedOrInfeasible):
        return Outcome(status="infeasible", values=None, bound=None, solver=name)
    bound = (info.mip_dual_bound if matrix.integer.any() else info.objective_function_value) * unit
    known = bound if np.isfinite(bound) and (matrix.integer.any() or status == proven.kOptimal) else None
    if status == proven.kOptimal and values is not None:
        return Outcome(status="optimal", values=values, bound=known, solver=name)
    return Outcome(status="feasible" if values is not None else "unsolved", values=values, bound=known, solver=name)
