"""The numbers of a plan as the live sheets count them: rows, pools, offers and blocks, and what each holds as solved.

Plan, Blocks and Costs are formulas over these; the cached value of each formula is computed here in the same way.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from data.billing import BillingTerms, billing_terms
from data.cost_lines import mean_hours
from data.periods import periods_of
from data.records.candidate import Candidate
from data.records.plan import STABLE, CostLine, Deployment, Plan
from data.records.scenario import Scenario
from data.records.supply import Offer

SLIVER = 1e-6  # instances: absorbs the rounding of fractions that add up to a whole


@dataclass(frozen=True)
class Pool:
    """Nodes of one candidate on offers of one market (stable, or spot with one share of capacity), or the tokens of one row (``candidate`` None).

    N nodes carry ``share``·(s·(N - ``spare``) - d), in a block times ``mix`` where the nodes are shared: what they carry of the requests routed to them there
    over what they carry of the mix of all. ``routed`` is their load by block.
    """

    label: str
    workload: str
    candidate: Candidate | None
    rows: tuple[int, ...]
    spare: int = 0
    share: float = 1.0
    mix: tuple[float, ...] = ()
    routed: tuple[float, ...] = ()


@dataclass(frozen=True)
class OfferUse:
    """One offer of the plan with the rows that run on it and its cost lines."""

    offer: Offer
    terms: BillingTerms
    rows: tuple[int, ...]
    lines: tuple[int, ...]

    @property
    def gpus(self) -> int:
        """GPUs of an instance (0 for tokens)."""
        return 0 if self.offer.billing == "per_token" else self.offer.gpus_per_instance


class Fleet:
    """Everything the live sheets count, in the order in which they show it; rows, pools, offers, workloads and blocks are told by position."""

    def __init__(self, scenario: Scenario, plan: Plan) -> None:
        order = {name: position for position, name in enumerate(plan.served(scenario.workloads))}
        self.rows: tuple[Deployment, ...] = tuple(sorted(plan.deployments, key=lambda row: order.get(row.workload, len(order))))
        self._budgeted = {workload.name for workload in scenario.workloads if workload.max_monthly_usd is not None}
        self.blocks = plan.blocks
        self.workloads = tuple(dict.fromkeys([w.name for w in scenario.workloads] + [row.workload for row in self.rows]))
        self.hours = mean_hours(plan.blocks)
        self.periods = periods_of(plan.blocks)
        self._there = _existing(plan)
        cost = _cost_by_offer(plan.costs)
        self.lines: tuple[CostLine, ...] = tuple(sorted(plan.costs, key=lambda line: (-cost[line.offer], line.offer)))
        self.offers = _offers(scenario, self.rows, self.lines)
        self.pools = _pools(scenario, plan, self.rows)
        self._routed = _routed_elsewhere(plan)
        self.pool_of = {row: p for p, pool in enumerate(self.pools) for row in pool.rows}
        self.offer_of = {row: o for o, use in enumerate(self.offers) for row in use.rows}
        self._planned = plan.instances
        self._needed = [[self._whole_instances(o, b) for b in range(len(self.blocks))] for o in range(len(self.offers))]

    def rows_of(self, workload: int) -> tuple[int, ...]:
        """The rows that serve a workload (they stand together)."""
        return tuple(i for i, row in enumerate(self.rows) if row.workload == self.workloads[workload])

    def pools_of(self, workload: int) -> tuple[int, ...]:
        """The pools that serve a workload (they stand together)."""
        return tuple(p for p, pool in enumerate(self.pools) if pool.workload == self.workloads[workload])

    def nodes(self, row: int, block: int) -> int:
        """Nodes of a row that are on in a block."""
        found = self.rows[row]
        return found.nodes_by_block.get(self.blocks[block].name, found.node_count) if found.node_count else 0

    def instances_per_node(self, row: int) -> float:
        """Instances a node takes: S/G, or one over the whole nodes that fit where G is no multiple of S."""
        size, gpus = self.rows[row].node_size, self.offers[self.offer_of[row]].gpus
        if size == 0 or gpus == 0:
            return 0.0
        return size / gpus if size >= gpus or gpus % size == 0 else 1 / (gpus // size)

    def used(self, row: int, block: int) -> float:
        """Instances that a row's nodes take in a block."""
        return self.nodes(row, block) * self.instances_per_node(row)

    def _whole_instances(self, offer: int, block: int) -> int:
        return max(0, math.ceil(sum(self.used(row, block) for row in self.offers[offer].rows) - SLIVER))

    def needed(self, offer: int, block: int) -> int:
        """Whole instances of an offer that the nodes take in a block."""
        return self._needed[offer][block]

    def period_of(self, block: int) -> tuple[int, int]:
        """The first and the last block of a block's period (they stand together)."""
        own = [b for b, other in enumerate(self.blocks) if other.period == self.blocks[block].period]
        return own[0], own[-1]

    def payable(self, offer: int, block: int) -> int:
        """Whole instances that must be paid in a block: those of its period's fullest block where the offer is paid for whole months."""
        first, last = self.period_of(block)
        return max(self._needed[offer][first : last + 1]) if self.offers[offer].terms.held else self._needed[offer][block]

    def stock(self, offer: int) -> int | None:
        """Most instances that may be on at once: those there are to buy and those there already; None where no limit is known."""
        found = self.offers[offer].offer
        return None if found.max_instances is None else found.max_instances + self._there.get(found.offer, 0)

    def paid(self, offer: int, block: int) -> int:
        """Instances of an offer that are paid in a block, as solved."""
        found = self._planned.get(self.offers[offer].offer.offer)
        return self.payable(offer, block) if found is None else found.get(self.blocks[block].name, 0)

    def most_paid(self, offer: int) -> int:
        """Most instances of an offer paid in any block."""
        return max((self.paid(offer, block) for block in range(len(self.blocks))), default=0)

    def load(self, workload: int, block: int) -> float:
        """Load of a workload in a block, in its demand unit; of workloads served together what is routed to their nodes."""
        own = self.blocks[block].demand.get(self.workloads[workload])
        return own if own is not None else sum(self.pools[pool].routed[block] for pool in self.pools_of(workload))

    def routed(self, workload: int, block: int) -> float:
        """Load of a workload in a block that nodes shared with others carry."""
        return self._routed.get((self.workloads[workload], self.blocks[block].name), 0.0)

    def token_load(self, row: int, block: int) -> float:
        """Load that a per-token row takes in a block."""
        found = self.rows[row]
        return found.load_by_block.get(self.blocks[block].name, 0.0)

    def pool_capacity(self, pool: int, block: int) -> float:
        """Load a pool takes within the targets in a block: share·(s·(N - spare) - d)."""
        found = self.pools[pool]
        if found.candidate is None:
            return sum(self.token_load(row, block) for row in found.rows)
        mix = found.mix[block] if found.mix else 1.0
        return mix * found.share * found.candidate.capacity(sum(self.nodes(row, block) for row in found.rows) - found.spare)

    def capacity(self, workload: int, block: int) -> float:
        """Load that all pools of a workload take in a block, with what nodes shared with others carry of it."""
        return sum(self.pool_capacity(pool, block) for pool in self.pools_of(workload)) + self.routed(workload, block)

    def utilisation(self, workload: int, block: int) -> float:
        """Load over capacity (0 without capacity)."""
        capacity = self.capacity(workload, block)
        return self.load(workload, block) / capacity if capacity > 0 else 0.0

    def gpus_on(self, workload: int, block: int) -> int:
        """GPUs under a workload's nodes that are on in a block."""
        return sum(self.nodes(row, block) * self.rows[row].node_size for row in self.rows_of(workload))

    def overview(self, line: int, block: int) -> float:
        """A line of the overview of a block: its hours in the mean month, GPUs paid, GPUs with nodes on, GPUs that the load needs."""
        workloads = range(len(self.workloads))
        if line == 0:
            return self.hours[self.blocks[block].name]
        if line == 1:
            return sum(use.gpus * self.paid(o, block) for o, use in enumerate(self.offers))
        return sum(self.gpus_on(w, block) * (self.utilisation(w, block) if line == 3 else 1) for w in workloads)

    def gpu_hours(self, row: int) -> float:
        """GPU-hours a month of a row's nodes."""
        return self.rows[row].node_size * sum(self.nodes(row, b) * self.hours[block.name] for b, block in enumerate(self.blocks))

    def offer_cost(self, offer: int) -> float:
        """Monthly cost of all lines of an offer [USD]."""
        return sum(self.lines[line].usd_per_month for line in self.offers[offer].lines)

    def own_lines(self, row: int) -> tuple[int, ...]:
        """The cost lines that are a row's alone: those that name its workload, where every line of its offer names one."""
        lines = self.offers[self.offer_of[row]].lines
        if not all(self.lines[line].workload for line in lines):
            return ()
        return tuple(line for line in lines if self.lines[line].workload == self.rows[row].workload)

    def fellows(self, row: int) -> tuple[int, ...]:
        """The rows that share a row's part of its offer's cost: those of its workload where that has a budget, else those of all without one."""
        own = self._payer(row)
        return tuple(other for other in self.offers[self.offer_of[row]].rows if self._payer(other) == own)

    def _payer(self, row: int) -> str:
        return self.rows[row].workload if self.rows[row].workload in self._budgeted else ""

    def fellows_share(self, row: int) -> float:
        """The part of an offer's cost, as planned, that a row shares with its fellows."""
        planned = {other: self.rows[other].usd_per_month for other in self.offers[self.offer_of[row]].rows}
        fellows = self.fellows(row)
        if len(fellows) == len(planned):
            return 1.0
        total = sum(planned.values())
        return sum(planned[other] for other in fellows) / total if total else len(fellows) / len(planned)

    def weight(self, row: int) -> float:
        """What an offer's cost is shared by: GPU-hours; a per-token row counts its planned cost."""
        return self.gpu_hours(row) if self.rows[row].node_count else self.rows[row].usd_per_month

    def row_cost(self, row: int) -> float:
        """A row's part of its offer's monthly cost [USD]."""
        if own := self.own_lines(row):
            return sum(self.lines[line].usd_per_month for line in own)
        total = sum(self.weight(other) for other in self.fellows(row))
        return self.offer_cost(self.offer_of[row]) * self.fellows_share(row) * self.weight(row) / total if total else 0.0

    def workload_cost(self, workload: int) -> float:
        """Monthly cost of a workload's rows [USD]."""
        return sum(self.row_cost(row) for row in self.rows_of(workload))


def _existing(plan: Plan) -> Mapping[str, int]:
    """Offer → instances that are there already in the first month."""
    there: dict[str, int] = {}
    for line in plan.commitments:
        if line.existing:
            there[line.offer] = there.get(line.offer, 0) + line.instances
    return there


def _cost_by_offer(lines: tuple[CostLine, ...]) -> Mapping[str, float]:
    cost: dict[str, float] = {}
    for line in lines:
        cost[line.offer] = cost.get(line.offer, 0.0) + line.usd_per_month
    return cost


def _offers(scenario: Scenario, rows: tuple[Deployment, ...], lines: tuple[CostLine, ...]) -> tuple[OfferUse, ...]:
    """The offers of the plan, the dearest bill first."""
    known = {offer.offer: offer for offer in scenario.offers}
    uses = []
    for name in dict.fromkeys([line.offer for line in lines] + [row.offer for row in rows]):
        mine = tuple(i for i, row in enumerate(rows) if row.offer == name)
        billed = tuple(i for i, line in enumerate(lines) if line.offer == name)
        uses.append(OfferUse(offer=known[name], terms=billing_terms(known[name], scenario.settings), rows=mine, lines=billed))
    return tuple(uses)


def _pools(scenario: Scenario, plan: Plan, rows: tuple[Deployment, ...]) -> tuple[Pool, ...]:
    """The pools of the plan, in the order of their first rows; rows stand together by workload, and so do pools."""
    candidates = {candidate.key: candidate for candidate in plan.candidates}
    offers = {offer.offer: offer for offer in scenario.offers}
    served = plan.served(scenario.workloads)
    members: dict[tuple[str, str, float], list[int]] = {}
    for i, row in enumerate(rows):
        share = billing_terms(offers[row.offer], scenario.settings).capacity_share
        members.setdefault((row.workload, row.candidate or f"row {i}", share), []).append(i)
    found = [
        Pool(
            label=f"P{number}",
            workload=workload,
            candidate=candidates.get(key),
            rows=tuple(own),
            spare=candidates[key].spares(served[workload]) if key in candidates else 0,
            share=share * scenario.settings.max_utilization,
        )
        for number, ((workload, key, share), own) in enumerate(members.items(), start=1)
    ]
    return tuple(_with_routes(plan, pool, offers[rows[pool.rows[0]].offer].billing == "spot") for pool in found)


def _with_routes(plan: Plan, pool: Pool, spot: bool) -> Pool:  # noqa: FBT001 - which of its candidate's two markets it is in
    """A shared pool with what is routed to it; any other as it is."""
    if pool.candidate is None or not pool.candidate.members:
        return pool
    routes = [r for r in plan.routes if r.candidate == pool.candidate.key and (r.market != STABLE) == spot]
    loads = [{r.stream: r.load_by_block.get(block.name, 0.0) for r in routes} for block in plan.blocks]
    routed = tuple(sum(load.values()) for load in loads)
    work = [pool.candidate.nodes_of(load) for load in loads]
    mix = tuple(load / (taken * pool.candidate.capacity_per_node) if taken > 0 else 1.0 for load, taken in zip(routed, work, strict=True))
    return replace(pool, mix=mix, routed=routed)


def _routed_elsewhere(plan: Plan) -> dict[tuple[str, str], float]:
    """(workload, block) → its load on nodes that stand under another name."""
    under = {candidate.key: candidate.workload for candidate in plan.candidates}
    found: dict[tuple[str, str], float] = {}
    for route in plan.routes:
        for block, load in route.load_by_block.items() if under[route.candidate] != route.workload else ():
            found[route.workload, block] = found.get((route.workload, block), 0.0) + load
    return found
