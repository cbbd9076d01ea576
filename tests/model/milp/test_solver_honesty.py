"""What the solver says is read, and nothing doubtful is called optimal: its statuses, limits, bounds and values through the place where they come in."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import highspy
import numpy as np
import pytest
from milp_factory import candidate, offer, problem

from data.records.plan import Status
from model.milp import solve as solving
from model.milp.build import build
from model.milp.matrix import matrix_of
from model.milp.sets import make_sets
from model.milp.solve import solve
from model.milp.solver import Outcome, _outcome
from model.problem import Incumbent, Problem

POSED = problem({"w": 2.5}, [candidate()], [offer(usd=2.0)])  # three nodes of one GPU at 2 USD/h for 100 h: 600 USD
MATRIX = matrix_of(build(make_sets(POSED)))


def solver_that_says(status: Any, *, values: bool, bound: float = 600.0) -> Any:
    """HiGHS after a run, with or without a solution."""
    found = highspy.SolutionStatus.kSolutionStatusFeasible if values else highspy.SolutionStatus.kSolutionStatusNone
    info = SimpleNamespace(primal_solution_status=found, mip_dual_bound=bound, objective_function_value=600.0)
    x = np.full(len(MATRIX.cost), 3.0)
    return SimpleNamespace(
        getModelStatus=lambda: status, getInfo=lambda: info, getSolution=lambda: SimpleNamespace(col_value=x), version=lambda: "0", values=values
    )  # fmt: skip


STATUSES = [status for name, status in highspy.HighsModelStatus.__members__.items() if name not in ("kMin", "kMax")]


@pytest.mark.parametrize("values", [True, False])
def test_only_the_solver_s_own_optimum_with_a_solution_is_optimal(values: bool) -> None:
    """Each status there is, with and without a solution: limits, errors, unbounded and unknown are feasible or unsolved, infeasible is infeasible."""
    proven = highspy.HighsModelStatus
    for status in STATUSES:
        found = _outcome(solver_that_says(status, values=values), MATRIX, 1.0).status
        if status in (proven.kInfeasible, proven.kUnboundedOrInfeasible):
            assert found == "infeasible"
        elif status == proven.kOptimal and values:
            assert found == "optimal"
        else:
            assert found == ("feasible" if values else "unsolved"), status


def answered(monkeypatch: pytest.MonkeyPatch, change: Callable[[Outcome], Outcome]) -> Incumbent:
    """The incumbent made of the solver's right answer after a change."""
    right = solving.solve_matrix
    monkeypatch.setattr(solving, "solve_matrix", lambda *given: change(right(*given)))
    return solve(POSED)


# Where the solver has no plan that holds, the one found without any search stands, and is not called optimal.
WHAT_IS_SAID: dict[str, tuple[Callable[[Outcome], Outcome], Status, float | None]] = {
    "as it is": (lambda o: o, "optimal", 600.0),
    "nothing": (lambda o: replace(o, status="unsolved", values=None, bound=None), "feasible", 600.0),
    "infeasible": (lambda o: replace(o, status="infeasible", values=None, bound=None), "infeasible", None),
    "optimal without a solution": (lambda o: replace(o, values=None), "feasible", 600.0),
    "a limit struck": (lambda o: replace(o, status="feasible", bound=300.0), "feasible", 600.0),
    "no bound": (lambda o: replace(o, bound=None), "feasible", 600.0),
    "an infinite bound": (lambda o: replace(o, bound=-np.inf), "feasible", 600.0),
    "a bound that is no number": (lambda o: replace(o, bound=np.nan), "feasible", 600.0),
    "a bound above the plan": (lambda o: replace(o, bound=700.0), "feasible", 600.0),
    "a bound too far below for the gap asked": (lambda o: replace(o, bound=590.0), "feasible", 600.0),
    "values that are no numbers": (lambda o: replace(o, values=np.full(len(MATRIX.cost), np.nan)), "feasible", 600.0),
    "values that miss the load": (lambda o: replace(o, values=np.zeros(len(MATRIX.cost))), "feasible", 600.0),
    "values that are nearly whole": (lambda o: replace(o, values=None if o.values is None else o.values + 1e-7), "optimal", 600.0),
    "values that are halves": (lambda o: replace(o, values=None if o.values is None else o.values - 0.6), "feasible", 600.0),
}


@pytest.mark.parametrize("name", WHAT_IS_SAID)
def test_a_doubtful_answer_is_never_optimal(name: str, monkeypatch: pytest.MonkeyPatch, record_property: Callable[[str, object], None]) -> None:
    change, status, cost = WHAT_IS_SAID[name]
    found = answered(monkeypatch, change)
    assert (found.status, found.usd_per_month) == (status, cost)
    assert found.gap is None or found.bound_usd_per_month is not None
    record_property("faults survived", 1)


def tied_problem(seed: int) -> Problem:
    """Three offers of the same GPU at the same price a GPU-hour, in random order, for two workloads on two blocks."""
    draw = random.Random(seed)  # noqa: S311
    usd = draw.choice((0.5, 1.0, 3.0))
    offers = [offer(name, usd=usd * size, gpus=size) for name, size in (("a", 1), ("b", 1), ("c", 2))]
    loads = {w: [draw.uniform(0.5, 6), draw.uniform(0.5, 6)] for w in ("v", "w")}
    candidates = [candidate(w, size=size, rate=float(size), batch_size=8 * size) for w in loads for size in (1, 2)]
    draw.shuffle(offers)
    draw.shuffle(candidates)
    return problem(loads, candidates, offers, hours=(40.0, 60.0))


def plan_of(found: Incumbent) -> Any:
    return found.usd_per_month, sorted((p.candidate, p.offer, tuple(sorted(p.nodes_by_block.items()))) for p in found.placements), dict(found.instances)


@pytest.mark.parametrize("seed", range(12))
def test_the_same_input_gives_the_same_plan_on_any_run_threads_and_order(seed: int) -> None:
    """With exact ties: an order of rows that is shuffled, one thread, two or four, and a second run change nothing. The stated order picks one plan of many."""
    posed = tied_problem(seed)
    first = plan_of(solve(posed))
    for threads in (1, 2, 4, 1):
        assert plan_of(solve(replace(posed, settings=replace(posed.settings, threads=threads)))) == first
    backwards = replace(posed, offers=posed.offers[::-1], candidates=posed.candidates[::-1])
    assert plan_of(solve(backwards)) == first


def test_ties_go_to_the_first_by_name() -> None:
    """Two offers of the same GPU at the same price: a is before b, however they stand in the sheet."""
    for names in (("a", "b"), ("b", "a")):
        found = solve(problem({"w": 2.5}, [candidate()], [offer(name) for name in names]))
        assert set(found.instances) == {"a"}
