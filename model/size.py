"""How large a problem is before it is built, and the memory that planning it takes: what is too large is told before it eats the machine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from data.languages import noted, say
from data.machine import memory_left_gb
from data.problems import BadInput
from data.problems import Problem as Fault
from data.records.scenario import Scenario
from data.records.settings import Settings
from data.tables import column_title, sheet_title
from model.classes import allowed_workloads, hardware_classes
from model.considered import Considered
from model.milp.merged import merged_blocks
from model.problem import Problem

# Peak memory of the whole program, start to written result and JSON, measured with `tests/bench/bench_load.py` on Linux with Python 3.11 and HiGHS 1.15: within
# 15 % on 12 to 100 workloads × 1,000 offers × 24 blocks.
BASE_GB = 0.15  # libraries, catalogue, the solver's own
GB_PER_OPTION = 1.1e-6  # of a workload, considered: a candidate, or a row of Ruled out
GB_PER_COLUMN = 2.55e-6  # of the MILP, with its rows: Pyomo, the matrix, HiGHS and its presolved copy
LEAST_SAVED_GB = 0.01  # by what is told as a way to make a problem smaller: the figures have two places
# Workloads whose options are counted before the others' are guessed from them.
FIRST_WORKLOADS = 10


@dataclass(frozen=True, kw_only=True)
class Size:
    """The counts of a problem with which its memory grows."""

    workloads: int
    options: int  # considered: candidates and rows of Ruled out
    candidates: int = 0  # left after the filters
    offers: int = 0
    blocks: int = 0  # of different load
    columns: int = 0
    columns_by_node_size: Mapping[int, int] = field(default_factory=dict)
    columns_alone: int = 0  # with one deployment a workload

    @property
    def memory_gb(self) -> float:
        """Peak memory of planning it [GB]."""
        return BASE_GB + GB_PER_OPTION * self.options + GB_PER_COLUMN * self.columns


def size_of(problem: Problem, options: int) -> Size:
    """The size of a problem whose columns are the nodes of each candidate on each hardware class in each block, whether it is open there, and instances."""
    classes = hardware_classes(problem, allowed_workloads(problem))
    hosting = Counter((w, made.gpu) for made in classes for w in made.workloads)
    blocks = merged_blocks(problem.blocks, [w.name for w in problem.workloads]).values()
    loaded = {w.name: len(blocks) if w.min_nodes else sum(block.demand[w.name] > 0 for block in blocks) for w in problem.workloads}
    nodes: Counter[int] = Counter()
    for made in problem.candidates:
        nodes[made.node_size] += hosting[made.workload, made.gpu] * loaded.get(made.workload, len(blocks)) * max(len(made.members), 1)
    held = {o.offer for o in problem.offers if o.billing in ("reserved", "purchase")}
    supplied = sum((1 if o in held else len(blocks)) for made in classes for o in made.offers)
    fixed, one = supplied + 3 * len(problem.candidates), problem.settings.max_deployments_per_workload == 1
    return Size(
        workloads=len(problem.workloads),
        options=options,
        candidates=len(problem.candidates),
        offers=len(problem.offers),
        blocks=len(blocks),
        columns=fixed + (1 if one else 2) * nodes.total(),
        columns_by_node_size={size: (1 if one else 2) * count for size, count in sorted(nodes.items())},
        columns_alone=fixed + nodes.total(),
    )


def check_size(size: Size, settings: Settings) -> None:
    """Stop, before anything large is made, where planning takes more memory than it may; raises BadInput."""
    granted_gb = memory_left_gb() if settings.max_memory_gb is None else settings.max_memory_gb
    if size.memory_gb <= granted_gb:
        return
    what = noted("too large (workloads: {workloads:,}, options: {options:,}): it takes about {needed:.2f} GB, and planning may take {granted:.2f} GB")
    if size.columns:
        what = noted(
            "too large (workloads: {workloads:,}, candidates: {candidates:,}, offers: {offers:,}, demand blocks: {blocks:,}, columns of the MILP: {columns:,}):"
            " it takes about {needed:.2f} GB, and planning may take {granted:.2f} GB"
        )
    told = say(what, **vars(size), needed=size.memory_gb, granted=granted_gb)
    setting = say("raise {setting} if the machine has more", setting=column_title("Settings", "max_memory_gb"))
    raise BadInput([Fault(sheet_title("Workloads"), told, "; ".join([*_remedies(size), setting]))])


def _remedies(size: Size) -> Iterator[str]:
    """How to make a problem smaller, each with the memory it then takes; what saves none is none."""
    return (words for words, gb in _ways(size) if gb <= size.memory_gb - LEAST_SAVED_GB)


def _ways(size: Size) -> Iterator[tuple[str, float]]:
    half = replace(size, options=size.options // 2, columns=size.columns // 2)
    if size.workloads > 1:
        yield say("plan half of the workloads at a time ({gb:.2f} GB)", gb=half.memory_gb), half.memory_gb
    yield say("name half of the GPU types in {column} ({gb:.2f} GB)", column=column_title("Workloads", "allowed_gpus"), gb=half.memory_gb), half.memory_gb
    if size.blocks > 1:
        fewer = replace(size, columns=size.columns * (size.blocks // 2) // size.blocks)
        yield say("give the profiles half as many blocks ({gb:.2f} GB)", gb=fewer.memory_gb), fewer.memory_gb
    if len(size.columns_by_node_size) > 1:
        most = max(size.columns_by_node_size, key=lambda s: size.columns_by_node_size[s])
        fewer = replace(size, columns=size.columns - size.columns_by_node_size[most])
        yield say("leave {size} out of {setting} ({gb:.2f} GB)", size=most, setting=column_title("Settings", "node_sizes"), gb=fewer.memory_gb), fewer.memory_gb
    if size.columns_alone < size.columns:
        alone = replace(size, columns=size.columns_alone)
        yield say("set {setting} to 1 ({gb:.2f} GB)", setting=column_title("Settings", "max_deployments_per_workload"), gb=alone.memory_gb), alone.memory_gb


def within_memory(found: Iterable[Considered], scenario: Scenario) -> Iterator[Considered]:
    """What becomes of each workload's options, one after another, as long as all of them fit into memory at this rate; raises BadInput."""
    options, count = 0, len(scenario.workloads)
    for done, considered in enumerate(found, start=1):
        options += len(considered.candidates) + len(considered.ruled_out)
        if done >= FIRST_WORKLOADS:
            check_size(Size(workloads=count, options=options * count // done), scenario.settings)
        yield considered
