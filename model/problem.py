"""What the MILP is given and what it gives back: plain records, no Pyomo."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from data.records.candidate import Candidate, Route, SharedPool, Stream
from data.records.plan import Block, ProblemSize, Status, WorkloadDemand
from data.records.settings import Settings
from data.records.supply import Offer
from data.records.workload import Workload


@dataclass(frozen=True, kw_only=True)
class Holding:
    """Instances of a held offer that are there already: paid for, and usable, from the first period to ``last_period``.

    ``months_beyond`` is how long they are held after the horizon; None where no end is known.
    """

    offer: str
    instances: int
    last_period: str
    months_beyond: int | None = 0


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One procurement decision: serve every workload in every block from the offers, at the least cost a month (the mean month of all blocks' periods).

    ``candidates`` are all that fit and meet their targets; ``offers`` all that may be bought (prices in USD); ``demands`` has one entry a workload and
    says the unit of its load (``Block.demand``, ``Candidate.capacity_per_node``). ``streams`` are what candidates with members may serve; a workload of
    which streams are parts is served by them alone. ``shared`` are the workloads served together, for which such candidates stand.
    """

    workloads: tuple[Workload, ...]
    demands: tuple[WorkloadDemand, ...]
    blocks: tuple[Block, ...]
    candidates: tuple[Candidate, ...]
    offers: tuple[Offer, ...]
    settings: Settings
    existing: tuple[Holding, ...] = ()
    streams: tuple[Stream, ...] = ()
    shared: tuple[SharedPool, ...] = ()

    @property
    def served(self) -> tuple[Workload, ...]:
        """The workloads and those served together on shared nodes."""
        return (*self.workloads, *(pool.workload for pool in self.shared))

    @property
    def sharing(self) -> frozenset[str]:
        """Names of the workloads that may share nodes or are routed by size, and of those served together."""
        return frozenset({s.workload for s in self.streams} | {pool.workload.name for pool in self.shared})


def token_buyers(problem: Problem) -> dict[str, Workload]:
    """Who may buy tokens, by name: each workload, or the streams that are parts of one as that workload with their own tokens a request."""
    workloads = {w.name: w for w in sorted(problem.workloads, key=lambda w: w.name)}
    parts = [stream for stream in problem.streams if stream.is_part]
    buyers = {name: w for name, w in workloads.items() if name not in {part.workload for part in parts}}
    for part in parts:
        buyers[part.name] = replace(workloads[part.workload], input_tokens=part.input_tokens, output_tokens=part.output_tokens)
    return buyers


@dataclass(frozen=True, kw_only=True)
class Placement:
    """Nodes of one candidate that run on instances of one offer, per block."""

    candidate: str  # Candidate.key
    offer: str
    nodes_by_block: Mapping[str, int]


@dataclass(frozen=True, kw_only=True)
class TokenPurchase:
    """Load of one workload sent to a per-token offer, per block, in the workload's demand unit.

    ``tokens_by_block`` are the mean tokens (input, output) of its requests where they are not the workload's.
    """

    workload: str
    offer: str
    load_by_block: Mapping[str, float]
    tokens_by_block: Mapping[str, tuple[float, float]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Incumbent:
    """The solver's answer. ``instances`` is what is paid for: offer → block → instances on (held ones stand in every block of their periods).

    ``commitments`` are the instances of each commitment taken, by its name (:mod:`model.commitments`). ``accounts`` says whose the instances are where
    workloads have budgets: offer → workload with a budget, or "" for all others → block → instances.
    ``usd_per_month`` is recomputed from the integers, not read from the objective; ``bound_usd_per_month`` is the solver's proven lower bound;
    ``gap`` = (cost − bound) / cost.
    """

    status: Status
    usd_per_month: float | None = None
    bound_usd_per_month: float | None = None
    gap: float | None = None
    placements: tuple[Placement, ...] = ()
    tokens: tuple[TokenPurchase, ...] = ()
    routes: tuple[Route, ...] = ()
    instances: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    commitments: Mapping[str, int] = field(default_factory=dict)
    accounts: Mapping[str, Mapping[str, Mapping[str, int]]] = field(default_factory=dict)
    size: ProblemSize = ProblemSize()
    seconds_build: float = 0.0
    seconds_solve: float = 0.0
    solver: str = ""
