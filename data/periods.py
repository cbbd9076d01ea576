"""The periods that blocks belong to: months planned together, in the order in which they come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from data.records.plan import Block


@dataclass(frozen=True, kw_only=True)
class PlannedPeriod:
    """Months planned together. ``first_month`` counts from 1; ``share`` is that of the horizon's months; ``blocks`` are its blocks' names."""

    name: str
    months: int
    first_month: int
    share: float
    blocks: tuple[str, ...]

    @property
    def last_month(self) -> int:
        """Its last month, from 1."""
        return self.first_month + self.months - 1


def periods_of(blocks: Sequence[Block]) -> tuple[PlannedPeriod, ...]:
    """The periods of a plan's blocks, in the order in which the blocks name them."""
    months = {block.period: block.months for block in blocks}
    horizon, past, found = sum(months.values()), 0, []
    for name, count in months.items():
        own = tuple(block.name for block in blocks if block.period == name)
        found.append(PlannedPeriod(name=name, months=count, first_month=past + 1, share=count / horizon, blocks=own))
        past += count
    return tuple(found)
