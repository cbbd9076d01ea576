"""Studies in the lines that a terminal shows."""

from __future__ import annotations

from collections.abc import Iterator

from data.languages import noted, say, say_count
from data.records.outcome import Outcome
from data.records.study import Front, Hedge, Sweep, Tornado
from export.figures import dollars, readable
from export.text import cell_text
from export.workbook.sweep import mix_words


def sweep_lines(found: Sweep) -> Iterator[str]:
    """The ends of a sweep and each value at which the plan changes."""
    costs = [point.outcome.usd_per_month or 0.0 for point in found.points if point.outcome.planned]
    counted = say_count("{count} of {points} points have a plan", "{count} of {points} points have a plan", len(costs), points=len(found.points))
    yield say("{points}: from {least} to {most} a month", points=counted, least=dollars(min(costs)), most=dollars(max(costs))) if costs else counted
    for change in found.break_evens:
        words = noted("{field} from {value}: the plan leaves {left} and takes up {taken}")
        if not change.taken_up:
            words = noted("{field} from {value}: the plan leaves {left}")
        elif not change.left:
            words = noted("{field} from {value}: the plan takes up {taken}")
        left, taken = mix_words(change.left), mix_words(change.taken_up)
        yield cell_text(say(words, field=found.swept[0].field, value=readable(change.high), left=left, taken=taken))


def hedge_lines(found: Hedge) -> Iterator[str]:
    """What each choice of commitments costs on average and in its dearest case, and what it holds."""
    known = noted("knowing the case: {mean} a month on average, {worst} in the dearest case")
    yield say(known, mean=dollars(found.expected(found.own)), worst=dollars(found.worst(found.own)))
    for choice in found.choices:
        held = ", ".join(f"{count} × {offer}" for offer, count in choice.held) or say("nothing")
        mean, worst = dollars(found.expected(choice.cases)), dollars(found.worst(choice.cases))
        words = say("{choice}: {mean} on average, {worst} in the dearest case; holds {held}", choice=say(choice.name), mean=mean, worst=worst, held=held)
        yield cell_text(words)


def tornado_lines(found: Tornado) -> Iterator[str]:
    """What each input moves, the widest first, and what less throughput costs."""
    base = found.base.usd_per_month
    yield say("as said: {cost} a month", cost=dollars(base))
    for swing in found.swings:
        percent = 100 * swing.share
        sides = []
        if swing.low is not None:
            sides.append(say("{percent:.0f}% lower {moved}", percent=percent, moved=_moved(swing.low, base)))
        if swing.high is not None:
            sides.append(say("{percent:.0f}% higher {moved}", percent=percent, moved=_moved(swing.high, base)))
        yield say("{name}: {words}", name=say(swing.name), words=", ".join(sides))
    words = noted("{percent:.0f}% less throughput: {anew} planned anew")
    if found.kept:
        words = noted("{percent:.0f}% less throughput: {kept} with the plan's commitments kept, {anew} planned anew")
    kept = _moved(found.kept, base) if found.kept else ""
    yield say(words, percent=100 * found.shortfall_share, kept=kept, anew=_moved(found.replanned, base))


def _moved(outcome: Outcome, base: float | None) -> str:
    if outcome.usd_per_month is None or base is None:
        return say(outcome.status)
    return say("{difference:+,.2f} USD", difference=outcome.usd_per_month - base)


def front_lines(fronts: tuple[Front, ...]) -> Iterator[str]:
    """The ends of each front."""
    for front in fronts:
        if not front.points:
            yield say("{front}: nothing to set cost against", front=say(front.name))
            continue
        ends = (front.points[0], front.points[-1])
        first, last = (say("{value} at {cost}", value=readable(point.value), cost=dollars(point.outcome.usd_per_month)) for point in ends)
        yield say_count(
            "{front}: {count} plan, from {first} to {last} a month", "{front}: {count} plans, from {first} to {last} a month", len(front.points),
            front=f"{say(front.name)} [{say(front.unit)}]", first=first, last=last,
        )  # fmt: skip
