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
