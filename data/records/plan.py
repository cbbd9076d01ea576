"""What comes out: candidates, the plan, its costs, limits and provenance. Pure records, made by ``model``, shown by ``export``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from data.records.workload import Workload
from data.units import MS

Status = Literal["optimal", "feasible", "infeasible", "unsolved"]

# From the most to the least trustworthy; the weakest that went into a figure is the figure's.
PROVENANCE = ("measured", "calibrated", "derived", "estimated")


@dataclass(frozen=True, kw_only=True)
class StepTime:
    """Coefficients of one node's iteration: t = iteration + per_sequence·n + per_kv_token·(KV tokens read) + per_prefill_token·(prefill tokens) [s]."""

    iteration_s: float
    per_sequence_s: float
    per_kv_token_s: float
    per_prefill_token_s: float
    kv_tokens: float  # tokens of KV cache the node holds
    token_budget: int  # tokens an iteration may carry


@dataclass(frozen=True, kw_only=True)
class MemoryUse:
    """Memory of one GPU of a node at its batch size [GB]."""

    weights_gb: float
    kv_cache_gb: float
    overhead_gb: float
    free_gb: float
    usable_gb: float

    @property
    def used_gb(self) -> float:
        """Weights, KV cache and overhead."""
        return self.weights_gb + self.kv_cache_gb + self.overhead_gb


@dataclass(frozen=True, kw_only=True)
class MeasuredCapacity:
    """A node's capacity as the user measured it, taken as it is, beside what the performance model and the queueing rule would have said.

    Without it N nodes would carry ``model_capacity_per_node``·N − ``model_pooling_loss`` [req/s], or nothing, for ``model_reason``.
    """

    req_per_s: float
    model_capacity_per_node: float
    model_pooling_loss: float
    model_reason: str = ""  # why the model lets the node serve nothing


@dataclass(frozen=True, kw_only=True)
class Stream:
    """Requests that are routed together: a workload that may share nodes, or those of one row of Lengths of a workload routed by size."""

    name: str  # of the workload, or its own where it is a part of one
    workload: str
    input_tokens: float  # means
    output_tokens: float
    share: float = 1.0  # of the workload's load

    @property
    def is_part(self) -> bool:
        """Whether it is a part of its workload's requests."""
        return self.name != self.workload


@dataclass(frozen=True, kw_only=True)
class Member:
    """A stream that the nodes of a shared pool may serve: what one node carries of it alone within the pool's targets."""

    stream: str
    capacity_per_node: float


@dataclass(frozen=True, kw_only=True)
class SharedPool:
    """Nodes on which several workloads may be served together: as one workload with the strictest of their targets and of their limits.

    ``workload`` is that one, with a name of its own that says whose it is; its tokens are means of the ``members``' requests.
    """

    workload: Workload
    members: tuple[str, ...]  # workloads


STABLE = "stable"  # the market of nodes that are not taken away; of spot it is "spot" and the share of the time that its instances are there


@dataclass(frozen=True, kw_only=True)
class Route:
    """Load of a stream that the plan sends to one shared pool (a candidate in one market), by block, in the workload's demand unit."""

    stream: str
    workload: str
    candidate: str
    market: str
    load_by_block: Mapping[str, float]


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """One way to serve a workload: a GPU type, precision, engine, node size S and batch size 2^B, with what a node of it does.

    N nodes in one pool carry ``capacity_per_node``·N − ``pooling_loss`` (N ≥ 1) in the workload's demand unit (req/s, or requests in flight for a closed
    loop) within the targets; ``req_per_s_per_node`` is the same slope in req/s. Latencies are those predicted at the batch size (``ttft_ms`` without waiting).

    Nodes that several streams may share have ``members``: N nodes carry loads x with Σ x_m/capacity_m ≤ N − ``pooling_loss``/``capacity_per_node``; the
    last two are then those of the mix in which the streams come.
    """

    key: str  # unique and stable: workload|gpu|precision|engine|S|B
    workload: str
    gpu: str
    precision: str
    kv_precision: str
    engine: str
    node_size: int
    batch_size: int
    capacity_per_node: float
    pooling_loss: float
    req_per_s_per_node: float
    ttft_ms: float
    tpot_ms: float
    e2e_ms: float
    output_tok_per_s_per_node: float
    max_batch: int  # sequences whose KV cache fits
    memory: MemoryUse
    step_time: StepTime
    provenance: str
    well_posed: bool = True  # False: a target is below 1.5 times the latency of an unloaded node, where no queueing rule is reliable
    measured: MeasuredCapacity | None = None  # its capacity is the user's own figure
    members: tuple[Member, ...] = ()  # streams that may share its nodes
    spare_nodes: int = 0  # kept in a pool of it for the availability that its workload asks for

    def capacity(self, nodes: int) -> float:
        """Load that ``nodes`` nodes in one pool carry within the targets, in the workload's demand unit."""
        return max(0.0, self.capacity_per_node * nodes - self.pooling_loss) if nodes > 0 else 0.0

    def in_flight_share(self, think_time_s: float) -> float:
        """T/(T + Z): the share of its time that a user's request is in flight, at this candidate's end to end time (1 without think time)."""
        return self.e2e_ms / (self.e2e_ms + think_time_s / MS)

    def spares(self, workload: Workload) -> int:
        """Spare nodes of a pool: what the workload states, or what its availability target asks for if that is more."""
        return max(workload.spare_nodes, self.spare_nodes)

    @property
    def nodes_lost(self) -> float:
        """Nodes' worth of capacity that a pool loses."""
        return self.pooling_loss / self.capacity_per_node if self.capacity_per_node > 0 else 0.0

    def nodes_of(self, load: Mapping[str, float]) -> float:
        """Σ x_m/capacity_m: nodes' worth of capacity that loads (stream → load) of the members take."""
        return sum(load.get(member.stream, 0.0) / member.capacity_per_node for member in self.members)


@dataclass(frozen=True, kw_only=True)
class RuledOut:
    """Something that cannot serve a workload (or need not be looked at), with the reason in words."""

    workload: str
    gpu: str
    precision: str
    node_size: int | None
    batch_size: int | None
    offer: str
    reason: str
    limit: str = ""  # memory, TTFT, TPOT, end to end; "" for what no figure rules out
    excess: float = 0.0  # value over bound: how far from possible


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """One row of the plan: nodes of one candidate on instances of one offer (or tokens from a per-token offer: node_size = node_count = 0)."""

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
    """One limit of the plan with its value, bound and slack in its own unit."""

    name: str
    workload: str
    value: float
    bound: float
    unit: str
    sense: Literal["<=", ">="]

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
    """The best plan under one more restriction, or the next best; the difference is against the plan chosen."""

    name: str
    status: Status
    usd_per_month: float | None
    gpus: int | None
    difference_usd_per_month: float | None
    difference_gpus: int | None
    plan: str  # in a sentence
    offers: tuple[str, ...] = ()  # what it buys, the dearest first


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
