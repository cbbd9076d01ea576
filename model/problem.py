"""What the MILP is given and what it gives back: plain records, no Pyomo."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from data.records.plan import Block, Candidate, ProblemSize, Status, WorkloadDemand
from data.records.settings import Settings
from data.records.supply import Offer
from data.records.workload import Workload


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One procurement decision: serve every workload in every block from the offers, at the least cost a month.

    ``candidates`` are all that fit and meet their targets; ``offers`` all that may be bought (prices in USD); ``demands`` has one entry a workload and
    says the unit of its load (``Block.demand``, ``Candidate.capacity_per_node``).
    """

    workloads: tuple[Workload, ...]
    demands: tuple[WorkloadDemand, ...]
    blocks: tuple[Block, ...]
    candidates: tuple[Candidate, ...]
    offers: tuple[Offer, ...]
    settings: Settings


@dataclass(frozen=True, kw_only=True)
class Placement:
    """Nodes of one candidate that run on instances of one offer, per block."""

    candidate: str  # Candidate.key
    offer: str
    nodes_by_block: Mapping[str, int]


@dataclass(frozen=True, kw_only=True)
class TokenPurchase:
    """Load of one workload sent to a per-token offer, per block, in the workload's demand unit."""

    workload: str
    offer: str
    load_by_block: Mapping[str, float]


@dataclass(frozen=True, kw_only=True)
class Incumbent:
    """The solver's answer. ``instances`` is what is paid for: offer → block → instances on (held ones stand in every block).

    ``usd_per_month`` is recomputed from the integers, not read from the objective; ``bound_usd_per_month`` is the solver's proven lower bound;
    ``gap`` = (cost − bound) / cost.
    """

    status: Status
    usd_per_month: float | None = None
    bound_usd_per_month: float | None = None
    gap: float | None = None
    placements: tuple[Placement, ...] = ()
    tokens: tuple[TokenPurchase, ...] = ()
    instances: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    size: ProblemSize = ProblemSize()
    seconds_build: float = 0.0
    seconds_solve: float = 0.0
    solver: str = ""
