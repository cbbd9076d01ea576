"""What comes out: candidates, the plan, its costs, limits and provenance. Pure records, made by ``model``, shown by ``export``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from data.records.candidate import Candidate, MemoryUse, Route, RuledOut, SharedPool, Stream
from data.records.workload import Workload

Status = Literal["optimal", "feasible", "infeasible", "unsolved"]


STABLE = "stable"  # the market of nodes that are not taken away; of spot it is "spot" and the share of the time that its instances are there


@dataclass(frozen=True, kw_only=True)
class PlanRow:
    """One row of a plan, as the stable columns of the sheet Plan state it: nodes on instances of one offer (tokens: node_size = node_count = 0)."""

    workload: str
    model: str
    precision: str
    provider: str
    offer: str
    billing: str
    region: str
    gpu: str
    node_size: int
    node_count: int  # at the peak block
    batch_size: int
    load_ratio: float  # Q: demand over what the nodes take at their batch without waiting
    gpus: int
    instances: float  # instances of the offer this row uses at the peak; a fraction where an instance is shared
    share_of_demand: float
    usd_per_month: float


@dataclass(frozen=True, kw_only=True)
class Deployment(PlanRow):
    """One row of the plan with what it stands on: nodes of one candidate, their latencies, memory and load by block."""

    req_per_s_per_node: float
    ttft_ms: float
    tpot_ms: float
    e2e_ms: float
    memory: MemoryUse | None
    nodes_by_block: Mapping[str, int]
    candidate: str = ""  # key of the candidate
    provenance: str = ""
    engine: str = ""
    load: float = 0.0  # load in the row's own busiest block, in the workload's demand unit
    capacity: float = 0.0  # what it takes at most within the targets in that block, in the same unit
    load_by_block: Mapping[str, float] = field(default_factory=dict)  # load carried in each block, in the same unit
    tokens_by_block: Mapping[str, tuple[float, float]] = field(default_factory=dict)  # bought tokens a request, input and output, where not the workload's

    @property
    def utilization(self) -> float:
        """Peak load over capacity within the targets (0 for a per-token row)."""
        return self.load / self.capacity if self.capacity > 0 else 0.0


@dataclass(frozen=True, kw_only=True)
class Block:
    """Hours of the month, within one period of months, with one level of load for every workload."""

    name: str
    hours_per_month: float
    demand: Mapping[str, float]  # workload → load in the workload's demand unit
    period: str = ""
    months: int = 1  # months of the period


@dataclass(frozen=True, kw_only=True)
class CostLine:
    """One product of the bill: quantity × hours × price (hours = 1 for a fixed amount) [USD a month]."""

    offer: str
    provider: str
    billing: str
    item: str  # instance hours, upfront, setup, power, hosting, capital, input tokens, output tokens
    block: str  # "" where the item does not depend on the block
    quantity: float
    unit: str
    hours_per_month: float
    usd_per_unit: float
    usd_per_month: float
    workload: str = ""  # "" where several workloads may share the line; tokens are bought for one
    period: str = ""  # "" in a plan of one period, and where the item does not depend on the period


@dataclass(frozen=True, kw_only=True)
class CommitmentLine:
    """Instances of a held offer that stand, and are paid, from the start of one period to the end of another: ordered then, or there already.

    Months count from 1, the first of the horizon; ``last_month`` lies within it. ``usd_beyond_horizon`` is what the term still binds to after the last
    month: hours and capital, not what ends with the use (power, hosting); None where no end is known.
    """

    offer: str
    provider: str
    billing: str
    gpu: str
    instances: int
    gpus: int
    existing: bool
    first_period: str
    last_period: str
    first_month: int
    last_month: int
    term_months: int | None
    usd_per_month: float  # of all its instances while they stand
    usd_in_horizon: float
    usd_beyond_horizon: float | None


@dataclass(frozen=True, kw_only=True)
class Limit:
    """One limit of the plan with its value, bound and slack in its own unit; ``name`` and ``unit`` are English, the same in every language."""

    name: str
    workload: str
    value: float
    bound: float
    unit: str
    sense: Literal["<=", ">="]
    title: str = ""  # the name in the plan's language

    @property
    def called(self) -> str:
        """The limit as it is shown."""
        return self.title or self.name

    @property
    def slack(self) -> float:
        """What is left to the bound; below 0 it is broken."""
        return self.bound - self.value if self.sense == "<=" else self.value - self.bound

    @property
    def binding(self) -> bool:
        """Within 1 % of the bound."""
        return self.slack <= 0.01 * abs(self.bound) + 1e-9


@dataclass(frozen=True, kw_only=True)
class Alternative:
    """The best plan under one more restriction, or the next best; the difference is against the plan chosen. ``name`` is the same in every language."""

    name: str  # in English
    status: Status
    usd_per_month: float | None
    gpus: int | None
    difference_usd_per_month: float | None
    difference_gpus: int | None
    plan: str  # in a sentence
    offers: tuple[str, ...] = ()  # what it buys, the dearest first
    title: str = ""  # the name in the plan's language

    @property
    def called(self) -> str:
        """The alternative as it is shown."""
        return self.title or self.name


@dataclass(frozen=True, kw_only=True)
class WhatIf:
    """The scenario re-solved after one change; the difference is against the plan chosen."""

    change: str  # in words: "one more request a second", "10 ms more TTFT"
    workload: str  # "" for all
    status: Status
    usd_per_month: float | None
    difference_usd_per_month: float | None


@dataclass(frozen=True, kw_only=True)
class Override:
    """A cell of the input with another value, named as a row of the sheet Variants names it (``row`` is "" for Settings)."""

    sheet: str
    row: str
    field: str
    value: str


@dataclass(frozen=True, kw_only=True)
class Remedy:
    """The smallest change of its kind that makes an infeasible scenario feasible, proven by solving the scenario with it.

    ``workload`` names the workload that can then be served on its own; "" where the whole scenario then has a plan, which ``usd_per_month`` is the cost of.
    """

    workload: str
    change: str  # in words
    overrides: tuple[Override, ...]
    usd_per_month: float

    @property
    def value(self) -> str | None:
        """The new value; None where several cells change."""
        return self.overrides[0].value if len(self.overrides) == 1 else None


@dataclass(frozen=True, kw_only=True)
class CurvePoint:
    """What one node does at one batch size."""

    batch_size: int
    req_per_s_per_node: float
    ttft_ms: float
    tpot_ms: float
    meets_targets: bool = True


@dataclass(frozen=True, kw_only=True)
class Curve:
    """Throughput and latency of one kind of node against the batch size, with the linear pieces the MILP may use.

    ``pieces`` are (slope, intercept): req/s of a node <= slope·(requests in flight) + intercept, ``error_bound_share`` the most they err by.
    """

    candidate: str  # key of the candidate chosen on this curve
    points: tuple[CurvePoint, ...]
    pieces: tuple[tuple[float, float], ...] = ()
    error_bound_share: float | None = None


@dataclass(frozen=True, kw_only=True)
class WorkloadDemand:
    """A workload's demand in one unit, with what it was made from.

    ``unit`` is "req/s" (open loop), "requests in flight" or, with think time, "users" (closed loops); ``peak`` and ``mean`` are in it. ``requests_per_month`` and
    ``tokens_per_month`` (input + output) are of the mean load.
    """

    workload: str
    unit: str
    peak: float
    mean: float
    requests_per_month: float
    tokens_per_month: float
    requests_per_unit_hour: float  # requests that one unit of load makes in an hour (3600 for req/s)
    formula: str  # in words and figures
    gpus_per_load: float = 1.0  # GPUs that a unit of load takes on the candidate with the most capacity a GPU: how unlike loads are weighed


@dataclass(frozen=True, kw_only=True)
class PercentileCost:
    """What a pool's percentile costs: the nodes that would keep the targets in the mean, if requests came evenly, against those that keep the percentile."""

    workload: str
    candidate: str  # key of the candidate
    gpu: str
    node_size: int
    percentile: int
    block: str  # the hours looked at: the pool's busiest
    load: float  # of them, in ``unit``
    unit: str
    nodes_for_mean: int
    nodes_for_percentile: int
    nodes_in_plan: int  # that work: without spares

    @property
    def extra_gpus(self) -> int:
        """GPUs more for the percentile than for the mean."""
        return (self.nodes_for_percentile - self.nodes_for_mean) * self.node_size


@dataclass(frozen=True, kw_only=True)
class Seconds:
    """Wall time of each stage [s]."""

    read: float = 0.0
    performance: float = 0.0
    build: float = 0.0
    solve: float = 0.0
    compare: float = 0.0  # alternatives and what-ifs
    write: float = 0.0


@dataclass(frozen=True, kw_only=True)
class ProblemSize:
    """Size of the MILP handed to the solver."""

    variables: int = 0
    integers: int = 0
    constraints: int = 0


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The answer to one scenario. ``status`` says whether it is proven; an infeasible one carries its diagnosis instead of deployments."""

    status: Status
    usd_per_month: float | None = None  # of the mean month of the horizon
    bound_usd_per_month: float | None = None
    gap: float | None = None
    gpus: int = 0  # GPUs paid for: whole instances of every offer, each at its busiest block
    deployments: tuple[Deployment, ...] = ()
    instances: Mapping[str, Mapping[str, int]] = field(default_factory=dict)  # offer → block → instances paid
    blocks: tuple[Block, ...] = ()
    demands: tuple[WorkloadDemand, ...] = ()
    served_share: Mapping[str, float] = field(default_factory=dict)  # workload → share of its demand that is planned for; all of it where not named
    costs: tuple[CostLine, ...] = ()
    commitments: tuple[CommitmentLine, ...] = ()  # by the month they start, existing ones first
    limits: tuple[Limit, ...] = ()
    alternatives: tuple[Alternative, ...] = ()
    sensitivity: tuple[WhatIf, ...] = ()
    percentile_costs: tuple[PercentileCost, ...] = ()
    curves: tuple[Curve, ...] = ()  # of the candidates in the plan; the batch sizes left in ``candidates`` where empty
    candidates: tuple[Candidate, ...] = ()
    streams: tuple[Stream, ...] = ()  # what is routed to shared pools
    shared: tuple[SharedPool, ...] = ()  # the workloads that may share nodes, as ``Deployment.workload`` and ``Candidate.workload`` name them
    routes: tuple[Route, ...] = ()
    ruled_out: tuple[RuledOut, ...] = ()
    diagnosis: tuple[str, ...] = ()  # infeasible: what rules out which workload, in words
    remedies: tuple[Remedy, ...] = ()  # infeasible: the smallest changes that make it feasible
    warnings: tuple[str, ...] = ()
    seconds: Seconds = Seconds()
    problem: ProblemSize = ProblemSize()
    solver: str = ""

    @property
    def short(self) -> Mapping[str, float]:
        """Workload → share of its demand that is served, of those that are not served in full."""
        return {name: share for name, share in self.served_share.items() if share < 1.0}

    def served(self, workloads: Iterable[Workload]) -> dict[str, Workload]:
        """Workloads by the names that deployments and candidates use: the given ones, and those served together on shared nodes."""
        return {workload.name: workload for workload in (*workloads, *(pool.workload for pool in self.shared))}
