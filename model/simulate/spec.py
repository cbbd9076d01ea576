"""What is simulated: the pools of a plan in their busiest hours, as records that JSON can hold."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from data.records.candidate import Candidate, Route, StepTime
from data.records.plan import STABLE, Deployment, Plan
from data.records.workload import LengthBin, Workload
from data.units import MS


@dataclass(frozen=True, kw_only=True)
class Beside:
    """Requests of another workload on the same nodes, which arrive at random at ``load`` req/s."""

    workload: str
    load: float
    input_tokens: float
    output_tokens: float
    length_cv: float
    arrival_cv: float = 1.0
    cached_prefix_tokens: float = 0.0
    max_context_tokens: float | None = None
    lengths: tuple[LengthBin, ...] = ()


@dataclass(frozen=True, kw_only=True)
class PoolSpec:
    """Nodes that share a queue, the load they carry and what they promise.

    ``load`` is in ``unit``: "req/s" (requests arrive at random) or "requests in flight" (as many users, each back at once, or after
    ``think_time_s``); ``capacity``, in the same unit, is what the queueing rule lets the nodes carry. Without ``lengths`` inputs and outputs are
    lognormal with their means and CV. Targets of None do not count. Where workloads share the nodes, each has a spec: its own requests, which are looked at,
    and those of the others ``beside`` them.
    """

    workload: str
    candidate: str
    block: str  # the hours whose load this is
    nodes: int  # that work; spare nodes idle
    batch_size: int
    step_time: StepTime
    load: float
    unit: str
    input_tokens: float
    output_tokens: float
    length_cv: float
    serving_mode: str = "streaming"
    arrival_cv: float = 1.0
    think_time_s: float = 0.0
    cached_prefix_tokens: float = 0.0
    max_context_tokens: float | None = None
    lengths: tuple[LengthBin, ...] = ()
    percentile: int = 95
    ttft_target_ms: float | None = None
    tpot_target_ms: float | None = None
    e2e_target_ms: float | None = None
    capacity: float = 0.0
    beside: tuple[Beside, ...] = ()

    @property
    def targets_ms(self) -> tuple[float | None, float | None, float | None]:
        """The targets of TTFT, TPOT and end to end, None where there is none."""
        return self.ttft_target_ms, self.tpot_target_ms, self.e2e_target_ms

    @property
    def has_targets(self) -> bool:
        """Whether any latency is promised."""
        return any(target is not None for target in self.targets_ms)

    @property
    def name(self) -> str:
        """The pool in a few words."""
        return f"{self.workload}: {self.nodes} × {self.candidate.split('|', 1)[-1].replace('|', ' ')}"

    @property
    def closed_loop(self) -> bool:
        """Whether the load is users instead of a rate."""
        return self.unit != "req/s"


def pools_of(plan: Plan, workloads: Sequence[Workload], lengths: Iterable[LengthBin] = ()) -> tuple[PoolSpec, ...]:
    """Every pool of a plan in the block in which its nodes carry most: one candidate's nodes, spot apart, the workload's spare nodes idle.

    Tokens bought by the token have no pool, nodes that carry no load nothing to simulate; a measured capacity does not stand on the step times played.
    """
    by_name, bins = {w.name: w for w in workloads}, tuple(lengths)
    candidates, demands = {c.key: c for c in plan.candidates}, {d.workload: d for d in plan.demands}
    pools: dict[tuple[str, bool], list[Deployment]] = defaultdict(list)
    for row in plan.deployments:
        if row.node_count > 0 and candidates[row.candidate].measured is None:
            pools[row.candidate, row.billing == "spot"].append(row)
    found: list[PoolSpec] = []
    for (key, spot), rows in pools.items():
        if candidates[key].members:
            routes = [r for r in plan.routes if r.candidate == key and (r.market != STABLE) == spot]
            found += _shared(_Shared(plan, candidates[key], rows, routes), by_name, bins)
        else:
            found.append(_pool(candidates[key], rows, by_name[rows[0].workload], demands[rows[0].workload].unit, bins))
    return tuple(pool for pool in found if pool.load > 0)


@dataclass(frozen=True)
class _Shared:
    """A shared pool of a plan: its rows, and what is routed to it."""

    plan: Plan
    candidate: Candidate
    rows: list[Deployment]
    routes: list[Route]


def _shared(pool: _Shared, workloads: Mapping[str, Workload], bins: tuple[LengthBin, ...]) -> Iterator[PoolSpec]:
    """The pool as each workload on it sees it, with the loads routed to it; requests routed by size have the lengths of those that come."""
    candidate, rows = pool.candidate, pool.rows
    streams, served = {stream.name: stream for stream in pool.plan.streams}, pool.plan.served(workloads.values())[candidate.workload]
    load, nodes, block = _busiest(rows, candidate.spares(served))
    loads = {route.stream: route.load_by_block.get(block, 0.0) for route in pool.routes if route.load_by_block.get(block, 0.0) > 0}
    work = candidate.nodes_of(loads)
    capacity = max(nodes - candidate.nodes_lost, 0.0) * load / work if work > 0 else 0.0
    if any(streams[name].is_part for name in loads):
        bins = tuple(
            LengthBin(workload=served.name, input_tokens=s.input_tokens, output_tokens=s.output_tokens, share=own / load)
            for s, own in ((streams[name], own) for name, own in loads.items())
        )
        yield replace(_pool(candidate, rows, served, "req/s", bins), capacity=capacity)
        return
    for name, own in loads.items():
        beside = tuple(_beside(workloads[other], other_load, bins) for other, other_load in loads.items() if other != name)
        spec = _pool(candidate, rows, workloads[name], "req/s", bins)
        yield replace(spec, load=own, nodes=nodes, block=block, capacity=capacity * own / load, beside=beside)


def _beside(workload: Workload, load: float, bins: tuple[LengthBin, ...]) -> Beside:
    return Beside(
        workload=workload.name,
        load=load,
        input_tokens=workload.input_tokens,
        output_tokens=workload.output_tokens,
        length_cv=workload.length_cv,
        arrival_cv=workload.arrival_cv,
        cached_prefix_tokens=workload.cached_prefix_tokens,
        max_context_tokens=workload.max_context_tokens,
        lengths=tuple(bar for bar in bins if bar.workload == workload.name),
    )


def _pool(candidate: Candidate, rows: list[Deployment], workload: Workload, unit: str, bins: tuple[LengthBin, ...]) -> PoolSpec:
    load, nodes, block = _busiest(rows, candidate.spares(workload))
    tpot_ms = workload.tpot_target_ms
    if workload.tokens_per_s_per_user is not None:
        tpot_ms = min(1.0 / MS / workload.tokens_per_s_per_user, tpot_ms if tpot_ms is not None else float("inf"))
    waits = workload.serving_mode != "offline"  # a sequential workload that states a TTFT or TPOT target has them kept too
    return PoolSpec(
        workload=workload.name,
        candidate=candidate.key,
        block=block,
        nodes=nodes,
        batch_size=candidate.batch_size,
        step_time=candidate.step_time,
        load=load,
        unit=unit,
        input_tokens=workload.input_tokens,
        output_tokens=workload.output_tokens,
        length_cv=workload.length_cv,
        serving_mode=workload.serving_mode,
        arrival_cv=workload.arrival_cv,
        think_time_s=workload.think_time_s or 0.0,
        cached_prefix_tokens=workload.cached_prefix_tokens,
        max_context_tokens=workload.max_context_tokens,
        lengths=tuple(bar for bar in bins if bar.workload == workload.name),
        percentile=int(workload.slo_percentile),
        ttft_target_ms=workload.ttft_target_ms if waits else None,
        tpot_target_ms=tpot_ms if waits else None,
        e2e_target_ms=workload.e2e_target_ms if waits else None,
        capacity=candidate.capacity(nodes),
    )


def _busiest(rows: list[Deployment], spare_nodes: int) -> tuple[float, int, str]:
    """(load, working nodes, block) of the block with the most load for each working node."""
    busiest = (0.0, 1, "")
    for block in rows[0].nodes_by_block:
        load = sum(row.load_by_block.get(block, 0.0) for row in rows)
        nodes = max(sum(row.nodes_by_block.get(block, 0) for row in rows) - spare_nodes, 1)
        if load / nodes > busiest[0] / busiest[1] or not busiest[2]:
            busiest = (load, nodes, block)
    return busiest
