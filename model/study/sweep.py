"""A sweep: plans over one or two fields of the input, and the values at which the plan changes, located by bisection."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from data.languages import say
from data.problems import BadInput, Problem
from data.records.outcome import Outcome
from data.records.study import BreakEven, Sweep, SweepPoint, mix_of
from data.sweeps import Swept
from data.tables import Tables
from model.parallel.spread import Where, spread
from model.study.brief import Point, outcome_at

_MOST_IN_A_STEP = 6  # changes located between two steps; a plan that keeps flickering is said to
_MOST_HALVINGS = 60

Told = Callable[[int, int], None]


@dataclass(frozen=True)
class _Gap:
    """Two neighbouring points whose plans differ."""

    tables: Tables
    settings: tuple[tuple[str, object], ...]
    swept: Swept
    low: SweepPoint
    high: SweepPoint


def sweep(tables: Tables, swept: Sequence[Swept], settings: tuple[tuple[str, object], ...], where: Where, told: Told = lambda _done, _of: None) -> Sweep:
    """Plan every combination of the fields' values; of one field, locate each change of the offers between steps.

    Raises BadInput where nothing can be planned.
    """
    grid = _grid(swept)
    asked = [
        Point(name=", ".join(f"{value:g}" for value in values), tables=tables, settings=settings,
              changes=tuple(field.change(value) for field, value in zip(swept, values, strict=True)))
        for values in grid
    ]  # fmt: skip
    found: dict[int, Outcome] = {}
    for end in spread(outcome_at, asked, where):
        found[end.index] = end.result or _lost(asked[end.index], end.lost)
        told(len(found), len(asked))
    points = tuple(SweepPoint(values, found[index]) for index, values in enumerate(grid))
    bad = [point.outcome.reason for point in points if point.outcome.status == "bad input"]
    if len(bad) == len(points):
        what = say("none of the values can be planned: {reason}", reason=bad[0])
        raise BadInput([Problem("--set", what, say("correct the range or the workbook"))])
    return Sweep(tuple(swept), points, _break_evens(tables, swept[0], settings, points, where) if len(swept) == 1 else ())


def _lost(point: Point, why: str) -> Outcome:
    return Outcome(name=point.name, status="failed", exit_code=1, reason=why)


def _grid(swept: Sequence[Swept]) -> list[tuple[float, ...]]:
    """Every combination, the first field's values outermost."""
    grid: list[tuple[float, ...]] = [()]
    for field in swept:
        grid = [(*values, value) for values in grid for value in field.values]
    return grid


def _break_evens(
    tables: Tables, swept: Swept, settings: tuple[tuple[str, object], ...], points: Sequence[SweepPoint], where: Where
) -> tuple[BreakEven, ...]:  # fmt: skip
    """The changes between neighbouring points whose plans are made of other offers."""
    rising = sorted(points, key=lambda point: point.values)
    gaps = [_Gap(tables, settings, swept, low, high) for low, high in pairwise(rising) if mix_of(low.outcome) != mix_of(high.outcome)]
    found = {end.index: end.result or () for end in spread(located, gaps, where)}
    return tuple(change for index in range(len(gaps)) for change in found[index])


def located(gap: _Gap) -> tuple[BreakEven, ...]:
    """The changes of plan between two points, the first found by halving from the lower one, then on from there.

    Each is true as stated: the plans on its two sides were solved. A plan that changes and changes back between two values looked at is not seen.
    """
    changes: list[BreakEven] = []
    at = gap.low
    while mix_of(at.outcome) != mix_of(gap.high.outcome) and len(changes) < _MOST_IN_A_STEP:
        change = _first_change(gap, at)
        changes.append(change)
        at = SweepPoint((change.high,), change.after)
    return tuple(changes)


def _first_change(gap: _Gap, start: SweepPoint) -> BreakEven:
    low, high = start, gap.high
    for _ in range(_MOST_HALVINGS):
        if high.values[0] - low.values[0] <= gap.swept.resolution(high.values[0]):
            break
        value = gap.swept.between(low.values[0], high.values[0])
        if not low.values[0] < value < high.values[0]:
            break
        point = Point(name=f"{value:g}", tables=gap.tables, changes=(gap.swept.change(value),), settings=gap.settings)
        middle = SweepPoint((value,), outcome_at(point))
        if mix_of(middle.outcome) == mix_of(start.outcome):
            low = middle
        else:
            high = middle
    return BreakEven(low.values[0], high.values[0], low.outcome, high.outcome)
