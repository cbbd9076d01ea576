"""The smallest changes that make an infeasible scenario feasible: each found by solving, and proven by solving the scenario with it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from itertools import chain

from data.languages import say
from data.records.plan import Remedy
from model.explain import only
from model.knobs import Knob, Turn, shared_knobs, turned, workload_knobs
from model.problem import Incumbent, Problem

Solve = Callable[[Problem], Incumbent]
Fit = Callable[[Problem], Problem]

_GAP = 0.01  # relative, of the cost told with a remedy
_ANY_PLAN = 0.5  # relative gap where any plan proves the claim
_MOST_ALONE = 8  # knobs of one kind (offers, say) tried one by one
_TIME_SHARE = 0.1  # of the time left, for one solve


class _UnsettledError(Exception):
    """A solve ended without an answer, or there is no time left for it."""


@dataclass(frozen=True)
class Bench:
    """Where changes are tried: ``solve`` a problem, ``fit`` its candidates to its workloads, offers and settings before, ``end`` by the clock [s]."""

    solve: Solve
    fit: Fit
    end: float

    def plan(self, problem: Problem, turns: Sequence[Turn] = (), gap: float = _ANY_PLAN) -> Incumbent | None:
        """A plan of the problem with some knobs turned, None if it is proven infeasible; raises _UnsettledError where neither was found."""
        left = self.end - time.perf_counter()
        if left <= 0:
            raise _UnsettledError
        changed = turned(problem, turns)
        settings = replace(changed.settings, optimality_gap=gap, time_limit_s=max(_TIME_SHARE * left, min(left, 1.0)))
        found = self.solve(self.fit(replace(changed, settings=settings)))
        if found.status == "unsolved":
            raise _UnsettledError
        return found if found.usd_per_month is not None else None


def remedies_of(problem: Problem, solve: Solve, fit: Fit, seconds: float) -> tuple[Remedy, ...]:
    """The remedies of an infeasible ``problem``, one for each kind of change that suffices, found in about ``seconds`` at most.

    Each makes the whole scenario feasible, if any change of one kind does. Otherwise each workload that cannot be served even alone has its own, and the last
    remedy is what makes the scenario feasible. What the time does not suffice for is left out; of the smallest values none is guessed.
    """
    bench = Bench(solve, fit, time.perf_counter() + seconds)
    found: list[Remedy] = []
    try:
        found += _remedies(problem, bench)
    except _UnsettledError:
        return tuple(found)
    return tuple(found)


def _remedies(problem: Problem, bench: Bench) -> Iterator[Remedy]:
    names = [workload.name for workload in problem.workloads]
    broken = [name for name in names if len(names) == 1 or bench.plan(only(problem, {name})) is None]
    known = False
    for turns in _scope(problem, broken if len(broken) == 1 else (), bench, together=len(broken) <= 1):
        known = True
        yield _remedy("", problem, turns, bench)
    if not known and len(names) > 1:
        yield from _one_by_one(problem, broken, bench)


def _one_by_one(problem: Problem, broken: Sequence[str], bench: Bench) -> Iterator[Remedy]:
    """The remedies of each workload that cannot be served alone, and the cheapest of each together."""
    settled: list[Turn] = []
    for name in broken:
        alone = only(turned(problem, settled), {name})
        if settled and bench.plan(alone) is not None:
            continue
        own = [(_remedy(name, alone, turns, bench), turns) for turns in _scope(alone, (name,), bench)]
        yield from (remedy for remedy, _ in own)
        if not own:
            return
        settled = _together(settled, min(own, key=lambda made: made[0].usd_per_month)[1])
    if bench.plan(problem, settled) is None:
        more = next(_scope(turned(problem, settled), (), bench), None)
        if more is None:
            return
        settled = _together(settled, more)
    yield _remedy("", problem, settled, bench)


def _scope(problem: Problem, broken: Sequence[str], bench: Bench, *, together: bool = True) -> Iterator[list[Turn]]:
    """The smallest change of each kind that makes a problem feasible; where no kind suffices, the smallest of several ``together``."""
    own = (workload_knobs(problem, workload) for workload in problem.workloads if workload.name in broken)
    groups = [group for group in chain(shared_knobs(problem), *own) if group]
    known = False
    for group in groups:
        try:
            turns = _smallest_of_group(problem, group, bench)
        except _UnsettledError:
            continue
        if turns:
            known = True
            yield turns
    if together and not known and (turns := _joint(problem, [knob for group in groups for knob in group], bench)):
        yield turns


def _smallest_of_group(problem: Problem, group: list[Knob], bench: Bench) -> list[Turn]:
    """The smallest change of one kind: of a single knob if one suffices (of several the least change), else of several."""
    if len(group) == 1:
        turn = _smallest(problem, group[0], bench)
        return [turn] if turn else []
    loose = bench.plan(problem, _loosest(group))
    if loose is None:
        return []
    likely = sorted(group, key=lambda knob: not knob.needed(loose))[:_MOST_ALONE]
    single = [turn for knob in likely if (turn := _smallest(problem, knob, bench))]
    if single:
        return [min(single, key=lambda turn: abs(turn.value - turn.knob.old))]
    return _joint(problem, group, bench)


def _joint(problem: Problem, knobs: list[Knob], bench: Bench) -> list[Turn]:
    """A change of several knobs of which none can be smaller with the others as they are; empty if turning all of them does not help."""
    found = bench.plan(problem, _loosest(knobs))
    if found is None:
        return []
    needed = [knob for knob in knobs if knob.needed(found)]
    for knob in tuple(needed):
        rest = [other for other in needed if other is not knob]
        if bench.plan(problem, _loosest(rest)) is not None:
            needed = rest
    turns: list[Turn] = []
    for number, knob in enumerate(needed, start=1):
        turn = _smallest(turned(problem, [*turns, *_loosest(needed[number:])]), knob, bench)
        if turn is None:
            return []
        turns.append(turn)
    return turns


def _smallest(problem: Problem, knob: Knob, bench: Bench) -> Turn | None:
    """The least change of one knob that makes a problem feasible: by bisection where its values are ordered, else the first that does."""
    gap = _GAP if knob.dearest else min(_GAP, problem.settings.optimality_gap) if knob.cheapest else _ANY_PLAN
    found = bench.plan(problem, [Turn(knob, knob.loosest)], gap)
    if found is None:
        return None
    most = knob.dearest * (found.usd_per_month or 0.0) if knob.dearest else None

    def does(value: object) -> bool:
        plan = bench.plan(problem, [Turn(knob, value)], gap if most else _ANY_PLAN)
        return plan is not None and (most is None or (plan.usd_per_month or 0.0) <= most)

    values = knob.values(found)
    if not knob.ordered:
        return next((Turn(knob, value) for value in values if does(value)), None)
    low, high = -1, len(values) - 1  # the value at low does not do, that at high does
    if high < 0 or not does(values[high]):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if does(values[middle]) else (middle, high)
    return Turn(knob, values[high], most)


def _loosest(knobs: Sequence[Knob]) -> list[Turn]:
    return [Turn(knob, knob.loosest) for knob in knobs]


def _together(turns: Sequence[Turn], more: Sequence[Turn]) -> list[Turn]:
    """Turns one after the other: of two of the same cell the later counts, told from the first's old value."""
    cells = {(turn.knob.sheet, turn.knob.row, turn.knob.field): turn for turn in turns}
    for turn in more:
        key = (turn.knob.sheet, turn.knob.row, turn.knob.field)
        cells[key] = Turn(replace(turn.knob, old=cells[key].knob.old), turn.value) if key in cells else turn
    return list(cells.values())


def _remedy(workload: str, problem: Problem, turns: Sequence[Turn], bench: Bench) -> Remedy:
    """The remedy of some turns, proven by solving with them."""
    proof = bench.plan(problem, turns, gap=_GAP)
    if proof is None or proof.usd_per_month is None:
        raise _UnsettledError
    words = reduce(lambda changes, more: say("{changes}; and {more}", changes=changes, more=more), (turn.words for turn in turns))
    if len(turns) == 1 and turns[0].dearer_usd is not None:
        words = say("{change} (with a stricter one no plan costs less than {usd:,.0f} USD a month)", change=words, usd=turns[0].dearer_usd)
    return Remedy(workload=workload, change=words, overrides=tuple(turn.override for turn in turns), usd_per_month=proof.usd_per_month)
