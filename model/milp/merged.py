"""Blocks of equal load as one, and the loads of streams in them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from data.cost_lines import mean_hours
from data.periods import periods_of
from data.records.candidate import Stream
from data.records.plan import Block
from model.problem import Problem


@dataclass(frozen=True, kw_only=True)
class MergedBlock:
    """Blocks of one period in which every workload has the same load: one in the MILP, by the hours of all of them."""

    name: str
    period: int  # place in the order of periods
    hours_per_month: float  # of the horizon's mean month
    demand: Mapping[str, float]
    members: tuple[str, ...]
    busy: bool  # some workload has its largest load here


def merged_blocks(blocks: Iterable[Block], workloads: Iterable[str]) -> dict[str, MergedBlock]:
    """Blocks of one period with equal load of every workload as one, the busiest first.

    Exact: what is bought in the cheapest of them may be bought in each, costs are proportional to their hours, and held instances that stand in one of them
    stand in all.
    """
    names, given = tuple(workloads), tuple(blocks)
    hours = mean_hours(given)
    places = {period.name: place for place, period in enumerate(periods_of(given))}
    most = [max((block.demand.get(w, 0.0) for block in given), default=0.0) for w in names]
    groups: defaultdict[tuple[tuple[float, ...], int], list[Block]] = defaultdict(list)
    for block in sorted(given, key=lambda block: block.name):
        groups[tuple(block.demand.get(w, 0.0) for w in names), -places[block.period]].append(block)
    merged = {}
    for (loads, place), members in sorted(groups.items(), reverse=True):
        name = members[0].name if len(members) == 1 else f"{members[0].name}+{len(members) - 1}"
        merged[name] = MergedBlock(
            name=name,
            period=-place,
            hours_per_month=sum(hours[block.name] for block in members),
            demand=dict(zip(names, loads, strict=True)),
            members=tuple(block.name for block in members),
            busy=any(load > 0 and load == peak for load, peak in zip(loads, most, strict=True)),
        )
    return merged


def with_streams(block: MergedBlock, problem: Problem, streams: Mapping[str, Stream]) -> MergedBlock:
    """The block with the loads of streams that are parts of a workload, and those of workloads served together."""
    parts = {s.name: s.share * block.demand[s.workload] for s in streams.values() if s.is_part}
    together = {pool.workload.name: sum(block.demand.get(w, 0.0) for w in pool.members) for pool in problem.shared}
    return replace(block, demand={**block.demand, **parts, **together})
