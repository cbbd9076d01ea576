"""What could serve: candidates with what a node of each does, the streams that may share nodes, and what was ruled out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from data.records.workload import Workload
from data.units import MS

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

