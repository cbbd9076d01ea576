"""What a solve promises: a status of a closed vocabulary, a bound, the limit, the same plan whatever the order, threads or start; and that money behaves."""

import random
from dataclasses import replace
from pathlib import Path

import pytest
from milp_factory import candidate, offer, problem, tokens
from milp_instances import realistic_problem
from random_problems import random_problem

from model.audit import audit
from model.filters import reduce_problem
from model.milp.deadline import NEVER
from model.milp.solve import solve
from model.problem import Incumbent, Problem
from model.quick_plan import quick_plan
from model.report import plan_from


def plan(found: Incumbent) -> tuple[object, ...]:
    return found.usd_per_month, found.placements, found.tokens, found.instances


def reordered(posed: Problem, seed: int) -> Problem:
    draw = random.Random(seed)  # noqa: S311
    shuffled = {name: tuple(draw.sample(getattr(posed, name), len(getattr(posed, name)))) for name in ("workloads", "candidates", "offers", "demands")}
    return replace(posed, **shuffled)  # type: ignore[arg-type]


def priced(posed: Problem, factor: float) -> Problem:
    return replace(posed, offers=tuple(replace(o, usd_per_instance_hour=o.usd_per_instance_hour and o.usd_per_instance_hour * factor) for o in posed.offers))


def test_optimal_has_a_bound_no_higher_than_its_cost_and_a_gap_within_the_one_asked_for() -> None:
    for seed in range(60):
        found = solve(random_problem(seed))
        if found.usd_per_month is not None:
            assert found.status == "optimal"
            assert found.bound_usd_per_month is not None
            assert found.bound_usd_per_month <= found.usd_per_month
            assert found.gap is not None
            assert 0 <= found.gap <= 2e-6


def test_the_plan_does_not_depend_on_the_order_of_rows() -> None:
    for seed in range(30):
        posed = random_problem(seed)
        assert plan(solve(reordered(posed, seed))) == plan(solve(posed)), seed


def test_threads_may_change_within_a_process_and_do_not_change_a_small_plan() -> None:
    posed = reduce_problem(realistic_problem(2, 20, 2, optimality_gap=0.0)).problem
    one, two = (solve(replace(posed, settings=replace(posed.settings, threads=threads))) for threads in (1, 2))
    assert plan(one) == plan(two)


def test_of_plans_of_equal_cost_the_one_with_fewer_gpus_is_taken_then_the_first_by_name() -> None:
    """A server of 8 at 2 USD/h and two singles at 1 USD/h cost the same for 2 load: two GPUs; of equal singles the first."""
    sold = [offer("server", gpus=8, usd=2.0), offer("b", usd=1.0), offer("a", usd=1.0)]
    assert solve(problem({"w": 2}, [candidate()], sold)).instances == {"a": {"b0": 2}}


def test_a_solve_may_begin_from_a_plan_and_reaches_the_same_cost() -> None:
    for seed in range(20):
        posed = random_problem(seed)
        first = solve(posed)
        if first.usd_per_month is not None:
            assert solve(posed, start=first).usd_per_month == pytest.approx(first.usd_per_month, rel=2e-6)


def test_a_start_from_another_problem_does_no_harm() -> None:
    """The plan of 2 load begins the search for 5 load; a candidate and an offer of it are gone."""
    sold = [offer("a", usd=1.0), offer("b", usd=2.0, gpus=2)]
    start = solve(problem({"w": 2}, [candidate(), candidate(size=2)], sold))
    assert solve(problem({"w": 5}, [candidate(size=2)], sold[1:]), start=start).usd_per_month == pytest.approx(1000)


def test_the_milp_is_written_in_lp_format_under_its_own_names(tmp_path: Path) -> None:
    path = tmp_path / "plan.lp"
    solve(problem({"w": 1}, [candidate(loss=0.1)], [offer()]), lp_path=path)
    text = path.read_text()
    for name in ("least_cost", "demand_is_met", "nodes_fit_into_instances", "Nodes(", "Open(", "Rented(", "NodeSize(", "NodeCount(", "BatchExponent("):
        assert name in text


def test_a_dearer_price_never_lowers_the_cost_and_more_stock_never_raises_it() -> None:
    for seed in range(60):
        posed = random_problem(seed)
        cost = solve(posed).usd_per_month
        dearer = solve(priced(posed, 1.3)).usd_per_month
        stocked = replace(posed, offers=tuple(replace(o, max_instances=o.max_instances and o.max_instances + 1) for o in posed.offers))
        more = solve(stocked).usd_per_month
        if cost is None:
            assert dearer is None
        else:
            assert dearer is not None
            assert dearer >= cost * (1 - 2e-6)
            assert more is not None
            assert more <= cost * (1 + 2e-6)


@pytest.mark.parametrize("over", ["while the model is built", "before the search"])
def test_with_no_time_left_a_plan_is_told_with_a_true_bound(over: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The plan holds when recomputed and costs no less than the bound; nor does a good plan. For the second the clock is not watched while building."""
    if over == "before the search":
        monkeypatch.setattr("model.milp.solve.Deadline", lambda end: NEVER)
    posed = reduce_problem(realistic_problem(4, 30, 3)).problem
    hurried = replace(posed, settings=replace(posed.settings, time_limit_s=1e-6, optimality_gap=0.0))
    found = solve(hurried)
    assert (found.status, found.size.variables > 0) == ("feasible", over == "before the search")
    audit(hurried, plan_from(hurried, found))
    monkeypatch.undo()
    better = solve(replace(posed, settings=replace(posed.settings, time_limit_s=60.0, optimality_gap=0.05)))
    assert found.usd_per_month is not None
    assert found.bound_usd_per_month is not None
    assert better.usd_per_month is not None
    assert 0 < found.bound_usd_per_month <= better.usd_per_month <= found.usd_per_month * 1.06
    assert found.gap == pytest.approx(1 - found.bound_usd_per_month / found.usd_per_month)


def test_a_plan_without_search_is_a_plan() -> None:
    """On random problems without rules that need the solver: it passes the audit and costs no less than the optimum."""
    found = 0
    for seed in range(100):
        posed = random_problem(seed)
        quick = quick_plan(posed)
        if quick is not None:
            found += 1
            audit(posed, plan_from(posed, quick))
            assert (solve(posed).usd_per_month or 0.0) <= (quick.usd_per_month or 0.0) * (1 + 2e-6), seed
    assert found > 15


def test_a_rule_removed_never_makes_a_plan_dearer() -> None:
    free = {"max_spot_share": 1.0, "max_providers": None, "min_providers": 0, "max_provider_share": 1.0, "max_utilization": 1.0}
    free |= {"survive_provider_loss": False, "monthly_budget_usd": None}
    for seed in range(60):
        posed = random_problem(seed)
        ruled, unruled = solve(posed).usd_per_month, solve(replace(posed, settings=replace(posed.settings, **free))).usd_per_month  # type: ignore[arg-type]
        if ruled is not None:
            assert unruled is not None
            assert unruled <= ruled * (1 + 2e-6)


@pytest.mark.parametrize("factor", [1e-6, 1e6])
def test_prices_of_any_size_are_solved_as_well(factor: float) -> None:
    """A cent for a million hours or a million dollars an hour: the plan is the same."""
    posed = problem({"w": [3, 1]}, [candidate(rate=1.0, loss=0.2)], [offer("a", usd=1.0, gpus=2), offer("b", usd=0.6)], hours=(50, 50))
    assert solve(priced(posed, factor)).instances == solve(posed).instances


def test_loads_of_any_size_are_served() -> None:
    """A millionth of a node takes a node; a million nodes take a million."""
    assert solve(problem({"w": 1e-6}, [candidate()], [offer()])).usd_per_month == pytest.approx(100)
    assert solve(problem({"w": 1e6}, [candidate()], [offer()])).usd_per_month == pytest.approx(1e8)
    assert solve(problem({"w": 1e-6}, [candidate()], [offer(), tokens(usd=1.0)])).usd_per_month == pytest.approx(1e-4)
