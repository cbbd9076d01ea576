"""The sets and parameters of the MILP, made from a problem in an order of their own, so that the order of its rows does not matter."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

from data.billing import BillingTerms, billing_terms, token_terms
from data.periods import PlannedPeriod, periods_of
from data.records.candidate import Candidate, Stream
from data.records.settings import Settings
from data.records.supply import Offer
from data.records.workload import Workload
from model.classes import HardwareClass, allowed_workloads, counts_providers, hardware_classes, node_slots
from model.commitments import Commitment, commitments_of
from model.milp.concave import on_the_hull
from model.milp.held import UNUSED, holders_of
from model.milp.merged import MergedBlock, merged_blocks, with_streams
from model.problem import Problem, token_buyers

CurveKey = tuple[str, str, str]  # (curve, market, block)

K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True, kw_only=True)
class Pool:
    """Nodes of one candidate in one market in one block: one queue, with ``pooling_loss`` taken once and the workload's spare nodes idle.

    N nodes carry ``share``·(``capacity_per_node``·N − ``fixed_loss``) of the load (N ≥ 1); ``needed_nodes`` carry the whole load alone. A shared pool has
    ``members`` (stream → load that a node carries of it alone); it counts in nodes' worth of work: its ``capacity_per_node`` is 1.
    """

    workload: str
    candidate: str
    market: str
    block: str
    share: float  # of the capacity that counts: interruptions and the cap on utilisation
    capacity_per_node: float  # cut to the load: a node that carries more is worth no more
    fixed_loss: float  # capacity of the spare nodes + pooling loss
    needed_nodes: int
    most_nodes: int  # no more are ever worth having (:func:`most_nodes`)
    classes: tuple[str, ...]
    members: Mapping[str, float] = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, str, str]:
        """(candidate, market, block)."""
        return self.candidate, self.market, self.block


@dataclass(frozen=True, kw_only=True)
class Given:
    """A problem's records by name, sorted; blocks of equal load merged within their period."""

    problem: Problem
    settings: Settings
    workloads: Mapping[str, Workload]
    blocks: Mapping[str, MergedBlock]
    candidates: Mapping[str, Candidate]
    offers: Mapping[str, Offer]
    terms: Mapping[str, BillingTerms]
    allowed: Mapping[str, frozenset[str]]  # offer → workloads
    classes: Mapping[str, HardwareClass]
    served: Mapping[str, Workload]  # the workloads, and those served together on shared nodes
    streams: Mapping[str, Stream]  # what is routed to shared pools
    periods: tuple[PlannedPeriod, ...]
    commitments: Mapping[str, Commitment]

    def load(self, workload: str, block: str) -> float:
        """Load of a workload in a block, in its demand unit; also of a stream, and of workloads served together the sum."""
        return self.blocks[block].demand.get(workload, 0.0)


@dataclass(frozen=True, kw_only=True)
class Sets(Given):
    """Everything the variables and constraints are indexed by.

    c candidate, h hardware class, k commitment, m market, o offer, p per-token offer, s stream, t block, w workload. Tokens are bought for a workload, or for
    a stream that is a part of one.
    """

    pools: Mapping[tuple[str, str, str], Pool]  # (c, m, t)
    nodes: tuple[tuple[str, str, str], ...]  # (c, h, t)
    held: tuple[tuple[str, str], ...]  # (h, k)
    rented: tuple[tuple[str, str, str], ...]  # (h, o, t)
    tokens: tuple[tuple[str, str, str], ...]  # (w, p, t)
    usd_per_load_hour: Mapping[tuple[str, str], float]  # (w, p)
    may_cut: bool = False  # how much of each workload's load is served is a choice of the model

    def workload_of(self, name: str) -> str:
        """The workload that a stream, or the workload itself, belongs to."""
        return self.streams[name].workload if name in self.streams else name

    @cached_property
    def routed(self) -> Mapping[str, tuple[Stream, ...]]:
        """Workload → its streams; only the workloads that have some."""
        return _grouped((stream.workload, stream) for stream in self.streams.values())

    @cached_property
    def shared_of(self) -> Mapping[tuple[str, str], tuple[Pool, ...]]:
        """(s, t) → the shared pools that may serve the stream in the block."""
        return _grouped(((s, pool.block), pool) for pool in self.pools.values() for s in pool.members)

    @cached_property
    def pools_of(self) -> Mapping[tuple[str, str], tuple[Pool, ...]]:
        """(w, t) → the workload's pools in the block."""
        return _grouped(((pool.workload, pool.block), pool) for pool in self.pools.values())

    @cached_property
    def lone(self) -> frozenset[str]:
        """Workloads on one hardware choice, in one market, without tokens: the choice alone says how many nodes stand in each block.

        Not under a rule on providers, which may want further nodes, nor in the piecewise formulation, which chooses the batch size too, nor where
        the load itself may be cut.
        """
        if self.may_cut:
            return frozenset()
        if self.settings.max_deployments_per_workload != 1 or counts_providers(self.problem) or self.settings.formulation == "piecewise":
            return frozenset()
        buyers = {w for w, _, _ in self.tokens}
        markets: defaultdict[str, set[str]] = defaultdict(set)
        for pool in self.pools.values():
            markets[pool.workload].add(pool.market)
        spot = {h.market for h in self.classes.values() if h.spot}
        alone = {w for w, found in markets.items() if w not in buyers and len(found) == 1 and not found & spot}
        return frozenset(alone & self.workloads.keys() - self.routed.keys())

    @cached_property
    def peak_pools(self) -> Mapping[tuple[str, str], Pool]:
        """(c, m) → the pool in its workload's busiest block."""
        busiest = {w: max(self.blocks, key=lambda t, w=w: self.load(w, t)) for w in self.served}  # type: ignore[misc]  # the key is bound at once
        return {(c, m): pool for (c, m, t), pool in self.pools.items() if t == busiest[pool.workload] and self.load(pool.workload, t) > 0}

    @cached_property
    def curves(self) -> Mapping[CurveKey, tuple[Pool, ...]]:
        """(g, m, t) → pools of one curve by rising batch size: one workload, GPU, precision, engine and node size; none but in the piecewise formulation.

        A batch size below the concave hull of the others is a curve of its own. A shared pool has one batch size, so is on no curve.
        """
        groups: defaultdict[CurveKey, list[Pool]] = defaultdict(list)
        for (c, m, t), pool in self.pools.items() if self.settings.formulation == "piecewise" else ():
            if self.load(pool.workload, t) > 0 and not pool.members:
                groups[curve_name(self.candidates[c]), m, t].append(pool)
        found: dict[CurveKey, tuple[Pool, ...]] = {}
        for (name, m, t), pools in groups.items():
            pools.sort(key=lambda p: self.candidates[p.candidate].batch_size)
            hull = on_the_hull([(float(self.candidates[p.candidate].batch_size), p.capacity_per_node) for p in pools])
            found[name, m, t] = tuple(pools[index] for index in hull)
            found |= {(p.candidate, m, t): (p,) for index, p in enumerate(pools) if index not in hull}
        return found

    @cached_property
    def curve_of(self) -> Mapping[tuple[str, str, str], CurveKey]:
        """(c, m, t) → its curve."""
        return {pool.key: key for key, pools in self.curves.items() for pool in pools}

    @cached_property
    def candidates_on(self) -> Mapping[tuple[str, str], tuple[str, ...]]:
        """(h, t) → candidates whose nodes may stand on the class in the block."""
        return _grouped(((h, t), c) for c, h, t in self.nodes)

    @cached_property
    def classes_of(self) -> Mapping[str, tuple[str, ...]]:
        """Offer → classes that draw on its instances."""
        drawn = [(h, self.commitments[k].offer) for h, k in self.held if h != UNUSED]
        return _grouped((o, h) for h, o in dict.fromkeys([*drawn, *((h, o) for h, o, _ in self.rented)]))

    @cached_property
    def holders(self) -> Mapping[str, tuple[str, ...]]:
        """Commitment → classes that may have its instances."""
        return _grouped((k, h) for h, k in self.held)

    @cached_property
    def standing(self) -> Mapping[str, tuple[str, ...]]:
        """Commitment → blocks in which it stands."""
        return {k: tuple(t for t, block in self.blocks.items() if made.stands_in(block.period)) for k, made in self.commitments.items()}

    @cached_property
    def commitments_in(self) -> Mapping[tuple[str, str], tuple[str, ...]]:
        """(offer, block) → its commitments that stand in the block."""
        return _grouped(((self.commitments[k].offer, t), k) for k in self.holders for t in self.standing[k])

    @property
    def existing(self) -> tuple[str, ...]:
        """Offers with instances that are there already."""
        return tuple(dict.fromkeys(made.offer for made in self.commitments.values() if made.fixed is not None))

    @cached_property
    def accounts(self) -> tuple[tuple[str, str], ...]:
        """(offer, account): "" the whole bill, and each workload with a budget of its own that may use the offer."""
        drawn = [(o, self.classes[h].tenant) for o, classes in self.classes_of.items() for h in classes]
        bought = [(p, w if self.workloads[w].max_monthly_usd is not None else "") for w, p in ((self.workload_of(w), p) for w, p, _ in self.tokens)]
        return tuple(dict.fromkeys([*((o, "") for o in self.existing), *((o, "") for o, _ in (*drawn, *bought)), *drawn, *bought]))

    @cached_property
    def node_sizes(self) -> Mapping[tuple[str, str], tuple[int, ...]]:
        """(h, t) → sizes of the nodes that may stand on the class in the block, ascending."""
        return {key: tuple(sorted({self.candidates[c].node_size for c in names})) for key, names in self.candidates_on.items()}

    @cached_property
    def providers(self) -> tuple[str, ...]:
        """Providers of anything that may be bought."""
        names = {self.commitments[k].offer for _, k in self.held} | {o for _, o, _ in self.rented} | {p for _, p, _ in self.tokens}
        return tuple(sorted({self.offers[o].provider for o in names}))

    @cached_property
    def providers_of(self) -> Mapping[tuple[str, str], tuple[str, ...]]:
        """(w, t) → providers of what may serve the workload in the block; only where a rule counts providers."""
        found: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        for pool in (pool for pool in self.pools.values() if not pool.members):
            found[pool.workload, pool.block] |= {self.classes[h].provider for h in pool.classes}
        for w, p, t in self.tokens:
            found[w, t].add(self.offers[p].provider)
        return defaultdict(tuple, {key: tuple(sorted(names)) for key, names in found.items()})

    @cached_property
    def gpus_per_load(self) -> Mapping[str, float]:
        """Workload → GPUs that a unit of its load takes at best."""
        return {d.workload: d.gpus_per_load for d in self.problem.demands}

    @property
    def shared_out(self) -> tuple[tuple[str, str], ...]:
        """(w, t) in busy blocks whose load is split over providers; none without a rule on a provider's share."""
        return tuple((w, t) for w, t in self.demanded if self.blocks[t].busy) if self.settings.max_provider_share < 1.0 else ()

    @property
    def demanded(self) -> tuple[tuple[str, str], ...]:
        """(w, t) with a load to serve."""
        return tuple((w, t) for w in self.workloads for t in self.blocks if self.load(w, t) > 0)

    @property
    def unserved(self) -> tuple[str, ...]:
        """Workloads with a load and nothing at all that could serve it, or a minimum of nodes and none that could stand; none where loads may be cut."""
        if self.may_cut:
            return ()
        pooled = {pool.workload for pool in self.pools.values()} | {s for s, _ in self.shared_of}
        served = pooled | {w for w, _, _ in self.tokens}
        parts = {name for name, stream in self.streams.items() if stream.is_part}
        loaded = {w for w, _ in self.demanded if not any(s.is_part for s in self.routed.get(w, ()))}
        loaded |= {s for s in parts for t in self.blocks if self.load(s, t) > 0}
        kept = {w for w, workload in self.workloads.items() if workload.min_nodes > 0}
        return tuple(sorted({self.workload_of(w) for w in loaded - served} | (kept - {self.workload_of(w) for w in pooled})))


def make_sets(problem: Problem, *, may_cut: bool = False) -> Sets:
    """The sets of a problem: columns only where a node can stand and a load or a minimum asks for it."""
    given = given_by_name(problem)
    demands = {d.workload: d for d in problem.demands}
    pools = {pool.key: pool for pool in _pools(given)}
    nodes = tuple((pool.candidate, h, pool.block) for pool in pools.values() for h in pool.classes)
    used_in_block = {(h, t) for _, h, t in nodes}
    sizes = _grouped(dict.fromkeys((h, given.candidates[c].node_size) for c, h, _ in nodes))
    supplies = [(h, o) for h, made in given.classes.items() for o in made.offers if any(_holds(given, o, size) for size in sizes.get(h, ()))]
    buyers = token_buyers(problem)
    per_token = [(w, p) for w, made in buyers.items() for p, offer in given.offers.items() if offer.billing == "per_token" and made.name in given.allowed[p]]
    return Sets(
        **vars(given),
        may_cut=may_cut,
        pools=pools,
        nodes=nodes,
        held=tuple(holders_of(given, supplies, used_in_block)),
        rented=tuple((h, o, t) for h, o in supplies for t in given.blocks if not given.terms[o].held and (h, t) in used_in_block),
        tokens=tuple((w, p, t) for w, p in per_token for t in given.blocks if given.load(w, t) > 0),
        usd_per_load_hour={
            (w, p): sum(item.usd_per_load_hour for item in token_terms(given.offers[p], buyers[w], demands[buyers[w].name])) for w, p in per_token
        },
    )


def given_by_name(problem: Problem) -> Given:
    """A problem's records, sorted by name, with the classes of its offers and what may be committed to when."""
    allowed = allowed_workloads(problem)
    offers = {o.offer: o for o in sorted(problem.offers, key=lambda o: o.offer)}
    workloads = {w.name: w for w in sorted(problem.workloads, key=lambda w: w.name)}
    streams = _streams(problem)
    return Given(
        problem=problem,
        settings=problem.settings,
        workloads=workloads,
        blocks={t: with_streams(block, problem, streams) for t, block in merged_blocks(problem.blocks, workloads).items()},
        candidates={c.key: c for c in sorted(problem.candidates, key=lambda c: c.key) if c.capacity_per_node > 0},
        offers=offers,
        terms={o: billing_terms(offer, problem.settings) for o, offer in offers.items()},
        allowed=allowed,
        classes={h.name: h for h in hardware_classes(problem, allowed)},
        served=workloads | {w.name: w for w in sorted(problem.served, key=lambda w: w.name)},
        streams=streams,
        periods=periods_of(problem.blocks),
        commitments={made.name: made for made in commitments_of(problem)},
    )


def _streams(problem: Problem) -> dict[str, Stream]:
    """The streams by name, but for whole workloads that no candidate could serve with others: those are like any workload."""
    members = {member.stream for candidate in problem.candidates for member in candidate.members}
    return {s.name: s for s in sorted(problem.streams, key=lambda s: s.name) if s.is_part or s.name in members}


def _pools(given: Given) -> Iterator[Pool]:
    """The pools that could stand: where a class admits the workload and has instances for the node size, in the blocks with a load or a minimum."""
    for candidate in given.candidates.values():
        by_market: defaultdict[str, list[HardwareClass]] = defaultdict(list)
        for made in given.classes.values():
            if made.spot and given.settings.max_spot_share <= 0:  # it may carry nothing
                continue
            if made.gpu == candidate.gpu and candidate.workload in made.workloads and _hosts(given, made, candidate.node_size):
                by_market[made.market].append(made)
        for market, members in by_market.items():
            for t in given.blocks:
                if given.load(candidate.workload, t) > 0 or given.served[candidate.workload].min_nodes > 0:
                    yield (_shared_pool if candidate.members else _pool)(given, candidate, market, members, t)


def _hosts(given: Given, made: HardwareClass, node_size: int) -> bool:
    return any(_holds(given, o, node_size) for o in made.offers)


def _holds(given: Given, offer: str, node_size: int) -> bool:
    return node_slots(given.offers[offer].gpus_per_instance, node_size) > 0


def _pool(given: Given, candidate: Candidate, market: str, members: list[HardwareClass], block: str) -> Pool:
    """A pool; a node's capacity is cut to what serves the whole load alone, which changes no set of whole nodes that serves it and tightens the relaxation."""
    workload, load = given.workloads[candidate.workload], given.load(candidate.workload, block)
    share = members[0].capacity_share * given.settings.max_utilization
    slope = candidate.capacity_per_node
    loss = slope * candidate.spares(workload) + candidate.pooling_loss
    needed = load / share + loss
    alone = ceiling(needed / slope) if load > 0 else 0
    return Pool(
        workload=workload.name,
        candidate=candidate.key,
        market=market,
        block=block,
        share=share,
        capacity_per_node=min(slope, needed) if load > 0 else slope,
        fixed_loss=loss,
        needed_nodes=alone,
        most_nodes=most_nodes(given, alone, len({made.provider for made in members})),
        classes=tuple(made.name for made in members),
    )


def _shared_pool(given: Given, candidate: Candidate, market: str, classes: list[HardwareClass], block: str) -> Pool:
    """A pool that several streams may load, counted in nodes' worth of work; ``needed_nodes`` carry all of every member's load."""
    share = classes[0].capacity_share * given.settings.max_utilization
    loss = candidate.spares(given.served[candidate.workload]) + candidate.nodes_lost
    members = {m.stream: m.capacity_per_node for m in candidate.members if m.stream in given.streams and given.load(m.stream, block) > 0}
    work = sum(given.load(s, block) / capacity for s, capacity in members.items())
    alone = ceiling(work / share + loss) if work > 0 else 0
    return Pool(
        workload=candidate.workload,
        candidate=candidate.key,
        market=market,
        block=block,
        share=share,
        capacity_per_node=1.0,
        fixed_loss=loss,
        needed_nodes=alone,
        most_nodes=most_nodes(given, alone, len({made.provider for made in classes})),
        classes=tuple(made.name for made in classes),
        members=members,
    )


def most_nodes(given: Given, alone: int, providers: int) -> int:
    """Nodes of a pool in a plan from which none can be dropped, if ``alone`` carry the whole load and its classes are of so many providers.

    Without rules on providers ``alone``. A provider never has more than ``alone``: they carry the whole load, whatever else is lost, and all that may be
    counted for it. Where any provider may be lost, 2·``alone`` + 1 in all leave ``alone`` elsewhere without one of them. Where the load is split over
    providers, ``alone`` + ``providers`` could carry the load and a node more at each of them, so at one a node is not needed.
    """
    twice = 2 if given.settings.survive_provider_loss and providers > 1 else 1
    return twice * alone + (providers if alone and given.settings.max_provider_share < 1.0 else 0)


def curve_name(candidate: Candidate) -> str:
    """What the batch sizes of one curve have in common."""
    return "|".join((candidate.workload, candidate.gpu, candidate.precision, candidate.kv_precision, candidate.engine, str(candidate.node_size)))


def _grouped(pairs: Iterable[tuple[K, V]]) -> dict[K, tuple[V, ...]]:
    groups: dict[K, list[V]] = {}
    for key, value in pairs:
        groups.setdefault(key, []).append(value)
    return {key: tuple(values) for key, values in groups.items()}


def ceiling(value: float) -> int:
    """The next whole number, forgiving the rounding error of a division (1e-9 of it)."""
    return math.ceil(value - 1e-9 * max(1.0, abs(value)))
