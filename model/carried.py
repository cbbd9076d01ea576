"""What the pools of a plan carry and could carry, block by block: own pools the load that goes nowhere else, shared pools what is routed to them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from data.billing import billing_terms
from data.languages import noted
from data.records.candidate import Candidate, Route
from data.records.plan import Block, CostLine, Limit, WorkloadDemand
from data.records.supply import Offer
from data.records.workload import Workload
from model.classes import market_name
from model.demand import REQUEST_RATE
from model.limits import limit_of
from model.problem import Incumbent, Placement, Problem


@dataclass(frozen=True)
class Market:
    """A problem's records by name, and the incumbent's bill."""

    problem: Problem
    incumbent: Incumbent
    candidates: Mapping[str, Candidate]
    offers: Mapping[str, Offer]
    workloads: Mapping[str, Workload]
    demands: Mapping[str, WorkloadDemand]
    costs: tuple[CostLine, ...]
    served_share: Mapping[str, float]

    @property
    def blocks(self) -> tuple[Block, ...]:
        """The problem's blocks."""
        return self.problem.blocks

    def unit(self, workload: str) -> str:
        """Unit of a workload's load; what is served together comes in requests a second."""
        return self.demands[workload].unit if workload in self.demands else REQUEST_RATE

    def demand(self, workload: str, block: Block) -> float:
        """Whole demand of a workload in a block, or of the workloads served together, also what of it is not served."""
        members = next((pool.members for pool in self.problem.shared if pool.workload.name == workload), (workload,))
        return sum(block.demand.get(member, 0.0) / (self.served_share.get(member) or 1.0) for member in members)


@dataclass(frozen=True)
class Carried:
    """What a row's nodes carry in one block, and could carry within the targets, in the workload's demand unit."""

    load: float
    capacity: float
    nodes: int


def carried(market: Market) -> dict[tuple[str, str], dict[str, Carried]]:
    """(candidate, offer) → block → what its nodes carry: of a shared pool what is routed to it, else the workload's load less what goes elsewhere.

    Spread over the nodes by their capacity.
    """
    result: defaultdict[tuple[str, str], dict[str, Carried]] = defaultdict(dict)
    groups: defaultdict[tuple[str, ...], list[Placement]] = defaultdict(list)
    for placement in market.incumbent.placements:
        candidate = market.candidates[placement.candidate]
        shared = (candidate.key, _market_of(market, placement.offer)) if candidate.members else ()
        groups[candidate.workload, *shared].append(placement)
    for key, placed in groups.items():
        for block in market.blocks:
            capacity = _capacity(market, placed, block.name)
            served, total = _served(market, key, block), sum(capacity.values())
            for placement in placed:
                at = (placement.candidate, placement.offer)
                load = served * capacity[at] / total if total else 0.0
                result[at][block.name] = Carried(load, capacity[at], placement.nodes_by_block.get(block.name, 0))
    return result


def _served(market: Market, pools: tuple[str, ...], block: Block) -> float:
    """Load of a workload's own pools (``pools`` its name), or of one shared pool (its workload, candidate and market) in a block."""
    workload, *shared = pools
    if shared:
        return sum(_routed(market, block.name, lambda route: [route.candidate, route.market] == shared).values())
    bought = sum(t.load_by_block.get(block.name, 0.0) for t in market.incumbent.tokens if t.workload == workload)
    routed = sum(_routed(market, block.name, lambda route: route.workload == workload).values())
    return max(0.0, block.demand.get(workload, 0.0) - bought - routed)


def _routed(market: Market, block: str, which: Callable[[Route], bool]) -> dict[str, float]:
    """Stream → load that some routes carry in a block."""
    loads: defaultdict[str, float] = defaultdict(float)
    for route in market.incumbent.routes:
        if which(route):
            loads[route.stream] += route.load_by_block.get(block, 0.0)
    return loads


def _market_of(market: Market, offer: str) -> str:
    terms = billing_terms(market.offers[offer], market.problem.settings)
    return market_name(spot=terms.spot, capacity_share=terms.capacity_share)


def _capacity(market: Market, placed: list[Placement], block: str) -> dict[tuple[str, str], float]:
    """Capacity of a workload's placements in a block: that of each pool (one candidate in one market), shared by its nodes."""
    settings = market.problem.settings
    terms = {p.offer: billing_terms(market.offers[p.offer], settings) for p in placed}
    where = {p.offer: _market_of(market, p.offer) for p in placed}
    nodes = {(p.candidate, p.offer): p.nodes_by_block.get(block, 0) for p in placed}
    capacity = {}
    for (key, offer), count in nodes.items():
        candidate = market.candidates[key]
        pool = sum(n for (k, o), n in nodes.items() if k == key and where[o] == where[offer])
        working = pool - candidate.spares(market.workloads[candidate.workload])
        mix = _mix(market, candidate, offer, block) if candidate.members else 1.0
        pooled = candidate.capacity(working) * terms[offer].capacity_share * settings.max_utilization * mix
        capacity[key, offer] = pooled * count / pool if pool else 0.0
    return capacity


def _mix(market: Market, candidate: Candidate, offer: str, block: str) -> float:
    """What a shared pool carries of the mix that is routed to it in a block over what it carries of the mix of all."""
    where = _market_of(market, offer)
    loads = _routed(market, block, lambda route: route.candidate == candidate.key and route.market == where)
    work = candidate.nodes_of(loads)
    return sum(loads.values()) / work / candidate.capacity_per_node if work > 0 else 1.0


def tightest_capacity(market: Market, demand: WorkloadDemand) -> Limit:
    """Capacity against load in the block where least of it is spare; of a shared pool the workload's part of what it carries."""
    placed = [
        p for p in market.incumbent.placements if market.candidates[p.candidate].workload == demand.workload and not market.candidates[p.candidate].members
    ]
    tokens = [t for t in market.incumbent.tokens if t.workload == demand.workload]
    spare: dict[str, tuple[float, float]] = {}
    for block in market.blocks:
        load = block.demand.get(demand.workload, 0.0)
        carried = sum(_capacity(market, placed, block.name).values()) + sum(t.load_by_block.get(block.name, 0.0) for t in tokens)
        carried += _capacity_shared(market, demand.workload, block)
        if load > 0:
            spare[block.name] = (carried, load)
    name = min(spare, key=lambda block: spare[block][0] / spare[block][1], default="")
    carried, load = spare.get(name, (0.0, 0.0))
    words, where = noted("capacity within the targets"), name if len(market.blocks) > 1 else ""
    return limit_of(words, demand.workload, value=carried, bound=load, unit=demand.unit, sense=">=", block=where)


def _capacity_shared(market: Market, workload: str, block: Block) -> float:
    """What shared pools can carry of a workload in a block at the mix routed to them."""
    total = 0.0
    pools = {(r.candidate, r.market) for r in market.incumbent.routes if r.workload == workload}
    for key, where in sorted(pools):
        placed = [p for p in market.incumbent.placements if p.candidate == key and _market_of(market, p.offer) == where]
        capacity = sum(_capacity(market, placed, block.name).values())
        pool = [r for r in market.incumbent.routes if r.workload == workload and (r.candidate, r.market) == (key, where)]
        own = sum(r.load_by_block.get(block.name, 0.0) for r in pool)
        load = _served(market, (workload, key, where), block)
        total += capacity * own / load if load > 0 else 0.0
    return total
