"""Studies in the lines that a terminal shows."""

from __future__ import annotations

from collections.abc import Iterator

from data.records.outcome import Outcome
from data.records.study import Front, Hedge, Sweep, Tornado
from export.figures import dollars, readable
from export.text import cell_text
from export.workbook.sweep import mix_words


def sweep_lines(found: Sweep) -> Iterator[str]:
    """The ends of a sweep and each value at which the plan changes."""
    planned = [point for point in found.points if point.outcome.planned]
    yield f"{len(planned)} of {len(found.points)} points have a plan" + (
        f": from {dollars(min(p.outcome.usd_per_month or 0.0 for p in planned))} to {dollars(max(p.outcome.usd_per_month or 0.0 for p in planned))} a month"
        if planned
        else ""
    )
    for change in found.break_evens:
        words = f"leaves {mix_words(change.left)}" if change.left else ""
        more = f"takes up {mix_words(change.taken_up)}" if change.taken_up else ""
        yield cell_text(f"{found.swept[0].field} from {readable(change.high)}: the plan {' and '.join(part for part in (words, more) if part)}")


def hedge_lines(found: Hedge) -> Iterator[str]:
    """What each choice of commitments costs on average and in its dearest case, and what it holds."""
    yield f"knowing the case: {dollars(found.expected(found.own))} a month on average, {dollars(found.worst(found.own))} in the dearest case"
    for choice in found.choices:
        held = ", ".join(f"{count} × {offer}" for offer, count in choice.held) or "nothing"
        yield cell_text(
            f"{choice.name}: {dollars(found.expected(choice.cases))} on average, {dollars(found.worst(choice.cases))} in the dearest case; holds {held}"
        )


def tornado_lines(found: Tornado) -> Iterator[str]:
    """What each input moves, the widest first, and what less throughput costs."""
    base = found.base.usd_per_month
    yield f"as said: {dollars(base)} a month"
    for swing in found.swings:
        sides = [f"{words} {_moved(outcome, base)}" for words, outcome in ((swing.low_words, swing.low), (swing.high_words, swing.high)) if outcome is not None]
        yield f"{swing.name}: {', '.join(sides)}"
    less = f"{found.shortfall_share:.0%} less throughput"
    kept = f"{_moved(found.kept, base)} with the plan's commitments kept, " if found.kept else ""
    yield f"{less}: {kept}{_moved(found.replanned, base)} planned anew"


def _moved(outcome: Outcome, base: float | None) -> str:
    if outcome.usd_per_month is None or base is None:
        return outcome.status
    return f"{outcome.usd_per_month - base:+,.2f} USD"


def front_lines(fronts: tuple[Front, ...]) -> Iterator[str]:
    """The ends of each front."""
    for front in fronts:
        if not front.points:
            yield f"{front.name}: nothing to set cost against"
            continue
        points = [f"{readable(point.value)} at {dollars(point.outcome.usd_per_month)}" for point in (front.points[0], front.points[-1])]
        yield f"{front.name} [{front.unit}]: {len(front.points)} plans, from {' to '.join(points)} a month"
