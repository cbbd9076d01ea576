"""The periods that blocks belong to: months planned together, in the order in which they come; and what blocks and periods are called.

The names that the program gives are English in every language, for they are keys; :func:`hours_title` says them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from data.languages import ENGLISH, noted, say, spoken
from data.records.plan import Block

ALL_HOURS = noted("all hours")
_MONTHS = re.compile(r"months? (\d+)(?:–(\d+))?")
_WITH = "with "
# Blocks of the shipped profiles (data/catalogue/profiles.csv), beside the one without a profile.
_KNOWN = {ALL_HOURS, *(noted("active"), noted("always"), noted("burst"), noted("closed"), noted("idle"), noted("office hours"), noted("peak hour of the week"))}
_OF_THE_PEAK = re.compile("([0-9]+)% of the peak")


def months_name(first: int, months: int) -> str:
    """What ``months`` months from the ``first`` (of 1) on are called where the input names no periods."""
    return f"month {first}" if months == 1 else f"months {first}–{first + months - 1}"


def hours_with(block: str, workload: str) -> str:
    """What the hours of a block are called in which offline work is done too."""
    return f"{block}, {_WITH}{workload}"


def hours_title(name: str) -> str:
    """What a block or a period is called in the language spoken; what the input calls it stays."""
    return name if spoken() == ENGLISH else ", ".join(_part_title(part) for part in name.split(", "))


def _part_title(part: str) -> str:
    if part in _KNOWN:
        return say(part)
    if share := _OF_THE_PEAK.fullmatch(part):
        return say("{share}% of the peak", share=share[1])
    if months := _MONTHS.fullmatch(part):
        first, last = months.groups()
        return say("months {first}–{last}", first=first, last=last) if last else say("month {first}", first=first)
    return say("with {workload}", workload=part.removeprefix(_WITH)) if part.startswith(_WITH) else part


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
