"""What studies find: plans of one scenario with some of it changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from data.records.outcome import Outcome
from data.sweeps import Swept

Mix = frozenset[tuple[str, str]]  # (offer, billing) of a plan


@dataclass(frozen=True)
class SweepPoint:
    """The plan at one value of each field."""

    values: tuple[float, ...]
    outcome: Outcome


@dataclass(frozen=True)
class BreakEven:
    """Where the plan changes: it is ``before`` at ``low`` and ``after`` at ``high``, next to each other as finely as was looked."""

    low: float
    high: float
    before: Outcome
    after: Outcome

    @property
    def left(self) -> tuple[tuple[str, str], ...]:
        """(offer, billing) that the plan leaves."""
        return tuple(sorted(mix_of(self.before) - mix_of(self.after)))

    @property
    def taken_up(self) -> tuple[tuple[str, str], ...]:
        """(offer, billing) that the plan takes up."""
        return tuple(sorted(mix_of(self.after) - mix_of(self.before)))


@dataclass(frozen=True)
class Sweep:
    """All points of a sweep in their order, and for one field the break-evens by rising value."""

    swept: tuple[Swept, ...]
    points: tuple[SweepPoint, ...]
    break_evens: tuple[BreakEven, ...] = ()


def mix_of(outcome: Outcome) -> Mix:
    """What a plan is made of: its offers with their billing; without a plan, its status."""
    return frozenset((row.offer, row.billing) for row in outcome.plan) if outcome.planned else frozenset({("", outcome.status)})


def steps_with_other_plans(points: Sequence[SweepPoint]) -> Iterator[int]:
    """Places of the points whose offers are not those of the point before."""
    for place, (before, after) in enumerate(pairwise(points), start=1):
        if mix_of(before.outcome) != mix_of(after.outcome):
            yield place


@dataclass(frozen=True)
class Commitments:
    """Instances held in all cases, what each case then costs, and the proven bound of what they were chosen by (None: chosen otherwise)."""

    name: str
    held: tuple[tuple[str, int], ...]
    cases: tuple[Outcome, ...]
    bound_usd_per_month: float | None = None


@dataclass(frozen=True)
class Hedge:
    """Cases with their probabilities, each case's own best plan (as if it were known), and commitments to choose from."""

    probabilities: tuple[float, ...]
    own: tuple[Outcome, ...]
    choices: tuple[Commitments, ...]

    def expected(self, cases: Sequence[Outcome]) -> float | None:
        """The expected cost [USD a month]; None where a case cannot be served."""
        costs = [outcome.usd_per_month for outcome in cases]
        return None if None in costs else sum(p * (cost or 0.0) for p, cost in zip(self.probabilities, costs, strict=True))

    @staticmethod
    def worst(cases: Sequence[Outcome]) -> float | None:
        """The dearest case's cost [USD a month]; None where a case cannot be served."""
        costs = [outcome.usd_per_month for outcome in cases]
        return None if None in costs else max(cost or 0.0 for cost in costs)


@dataclass(frozen=True)
class Swing:
    """What the cheapest plan costs where one doubtful input is lower or higher than said by a ``share`` of it (None: it cannot be)."""

    name: str
    share: float
    low: Outcome | None
    high: Outcome | None

    def span_usd(self) -> float:
        """How far the cost moves between the two [USD a month]; infinite where a side has no plan."""
        costs = [outcome.usd_per_month for outcome in (self.low, self.high) if outcome is not None]
        return float("inf") if None in costs else max((cost or 0.0 for cost in costs), default=0.0) - min((cost or 0.0 for cost in costs), default=0.0)


@dataclass(frozen=True)
class Tornado:
    """The plan, how far each doubtful input moves its cost (widest first), and what it costs where every node does less than predicted.

    ``kept``: what the plan commits to is held and the rest follows (None where that changes from period to period); ``replanned``: all is planned anew.
    """

    base: Outcome
    swings: tuple[Swing, ...]
    shortfall_share: float
    kept: Outcome | None
    replanned: Outcome


@dataclass(frozen=True)
class FrontPoint:
    """A plan on a front: what it reaches and its proven plan."""

    value: float
    outcome: Outcome


@dataclass(frozen=True)
class Front:
    """Plans none of which is both dearer and worse than another: cost against one aim. ``dominated`` were solved and dropped, ``without`` have no plan."""

    name: str
    unit: str
    more_is_better: bool
    points: tuple[FrontPoint, ...]
    dominated: int
    without: tuple[float, ...] = ()
