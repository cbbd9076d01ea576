"""What the best use of an instance is worth: what it would cost to serve the same load, piece by piece, on offers without limits.

An instance that costs no less than its best use is worth elsewhere is in no plan that must have it; that gives an exact filter of offers and bounds on the
instances of the others. The argument: take the instance out of a plan and, for each workload on it, rent what carries at least the load its nodes did on an
offer that has no limit of stock, no fee and no commitment, or buy that load as tokens. The plan still serves everything, and is no dearer. Instances by the
hour go block by block; those of an order go from all blocks in which it stands. Instances that are there already stay, and stand in nobody's way.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from data.billing import BillingTerms, billing_terms, token_terms
from data.cost_lines import mean_hours
from data.records.candidate import Candidate
from data.records.plan import Block
from data.records.supply import Offer
from data.records.workload import Workload
from model.classes import allowed_workloads, instances_per_node, node_slots, tells_providers_apart
from model.problem import Problem

Floats = NDArray[np.float64]
# Joint uses of more GPUs than this are bounded by what serving everything elsewhere costs, not enumerated (the work grows with the square).
MOST_GPUS_TOGETHER = 32
# Relative: what is worth less by no more than this may be worth as much (rounding of the arithmetic).
STRICTLY = 1e-9


@dataclass(frozen=True)
class Way:
    """One way to serve a load of a workload without limits: whole instances with ``slots`` nodes each, or tokens (no slots, the price by the load)."""

    offer: str
    usd_per_hour: float
    slots: float = 0.0
    capacity: float = 1.0  # of a node
    loss: float = 0.0  # of a pool: pooling loss and spare nodes


class Ways:
    """All ways to serve a workload without limits."""

    def __init__(self, ways: Iterable[Way]) -> None:
        found = tuple(ways)
        self.offers = tuple(way.offer for way in found)
        self._by_instance = np.array([way.slots > 0 for way in found], dtype=bool)
        figures = [(way.usd_per_hour, way.slots or 1.0, way.capacity, way.loss) for way in found]
        self._price, self._slots, self._capacity, self._loss = np.array(figures, dtype=float).reshape(-1, 4).T[:, :, None]

    def usd(self, load: Floats, without: str) -> Floats:
        """Least USD an hour for each load, from a pool of its own, not on one offer; infinite where there is no way."""
        kept = np.array([offer != without for offer in self.offers], dtype=bool)
        if not kept.any():
            return np.where(load > 0, np.inf, 0.0)
        nodes = np.ceil((load + self._loss[kept]) / self._capacity[kept] - 1e-9)
        units = np.where(self._by_instance[kept, None], np.ceil(nodes / self._slots[kept] - 1e-9), load)
        return np.where(load > 0, (units * self._price[kept]).min(axis=0), 0.0)


class Worth:
    """What instances of a problem's offers are worth, block by block."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.terms = {o.offer: billing_terms(o, problem.settings) for o in problem.offers}
        self.allowed = allowed_workloads(problem)
        self.hours = mean_hours(problem.blocks)
        self._loads: dict[tuple[str, str, float, int], Floats] = {}
        self._worth: dict[tuple[object, ...], Floats] = {}
        self._joint: dict[tuple[object, ...], float] = {}
        self._everything: dict[tuple[frozenset[str], str, str], float] = {}

    def without(self, offer: Offer) -> Worth:
        """The worth of instances once an offer is gone; the same object where it was not one of the ways to serve elsewhere."""
        if not self._is_elsewhere(offer, self.terms[offer.offer]):
            return self
        return Worth(replace(self.problem, offers=tuple(o for o in self.problem.offers if o.offer != offer.offer)))

    @property
    def known(self) -> bool:
        """Whether the argument holds for the problem: not where a rule counts providers or deployments, for what replaces an instance adds to them."""
        return not tells_providers_apart(self.problem) and self.problem.settings.max_deployments_per_workload is None

    def replaceable(self, offer: Offer) -> bool:
        """Whether the argument holds for an offer: not where a workload must keep a number of nodes, which might be fewer elsewhere.

        Nor where streams may share its nodes: what a node carries of one depends on the others.
        """
        kept = {w.name for w in self.problem.workloads if w.min_nodes > 0} | self.problem.sharing
        return offer.billing != "per_token" and not (self.allowed[offer.offer] & kept)

    def usd_per_hour(self, offer: Offer, block: Block, instances: int = 1) -> float:
        """USD an hour that serving elsewhere costs what ``instances`` together can serve in a block at most."""
        gpus = offer.gpus_per_instance * instances
        return max(float(self._best_use(offer, block, max(gpus, MOST_GPUS_TOGETHER))[gpus]), self._joined(offer, block) * instances)

    def everything(self, offer: Offer, block: Block) -> float:
        """USD an hour that serving elsewhere costs of all loads that may run on an offer: no number of its instances is worth more."""
        key = (self.allowed[offer.offer], self._without(offer), block.name)
        if key not in self._everything:
            loads = ((w, np.array([block.demand.get(w, 0.0)])) for w in sorted(key[0]))
            self._everything[key] = sum(float(self._ways[w].usd(load, key[1])[0]) for w, load in loads)
        return self._everything[key]

    def _best_use(self, offer: Offer, block: Block, gpus: int) -> Floats:
        """The dearest way to fill 0, 1, … ``gpus`` GPUs, by GPUs given to each workload; alignment is ignored, which only makes it dearer."""
        share, without = self._share(offer), self._without(offer)
        key = (offer.gpu, gpus, share, self.allowed[offer.offer], without, block.name)
        if key not in self._worth:
            given = np.arange(gpus + 1)[:, None] - np.arange(gpus + 1)  # GPUs left for one workload where the others have as many as the column
            best = np.zeros(gpus + 1)
            for w in sorted(self.allowed[offer.offer]):
                demand = block.demand.get(w, 0.0)
                if demand > 0 and self._candidates[w, offer.gpu or ""]:
                    usd = self._ways[w].usd(np.minimum(self._carried(w, offer.gpu or "", share, gpus), demand), without)
                    best = np.where(given >= 0, best + usd[given], 0.0).max(axis=1)
            self._worth[key] = best
        return self._worth[key]

    def _joined(self, offer: Offer, block: Block) -> float:
        """Most that an instance is worth as a part of a node that takes several."""
        key = (offer.gpu, offer.gpus_per_instance, self._share(offer), self.allowed[offer.offer], self._without(offer), block.name)
        if key not in self._joint:
            self._joint[key] = max(self._parts(offer, block), default=0.0)
        return self._joint[key]

    def _parts(self, offer: Offer, block: Block) -> Iterator[float]:
        """What an instance is worth as a part of each node that takes several."""
        share, without = self._share(offer), self._without(offer)
        for w in self.allowed[offer.offer]:
            demand = block.demand.get(w, 0.0)
            for made in self._candidates[w, offer.gpu or ""] if demand > 0 else ():
                if servers := instances_per_node(offer.gpus_per_instance, made.node_size):
                    yield float(self._ways[w].usd(np.array([min(demand, made.capacity_per_node * share)]), without)[0]) / servers

    def _share(self, offer: Offer) -> float:
        return self.terms[offer.offer].capacity_share * self.problem.settings.max_utilization

    def _without(self, offer: Offer) -> str:
        """The offer itself where it is one of the ways to serve elsewhere: it is not elsewhere than itself."""
        return offer.offer if self._is_elsewhere(offer, self.terms[offer.offer]) else ""

    def _carried(self, workload: str, gpu: str, share: float, gpus: int) -> Floats:
        """Most load that nodes of a workload within 0, 1, … ``gpus`` GPUs carry, their pools' losses not counted."""
        key = (workload, gpu, share, gpus)
        if key not in self._loads:
            most = np.zeros(gpus + 1)
            for g in range(1, gpus + 1):
                fitting = [most[g - c.node_size] + c.capacity_per_node * share for c in self._candidates[workload, gpu] if c.node_size <= g]
                most[g] = max([most[g - 1], *fitting])
            self._loads[key] = most
        return self._loads[key]

    @cached_property
    def _candidates(self) -> Mapping[tuple[str, str], list[Candidate]]:
        found: defaultdict[tuple[str, str], list[Candidate]] = defaultdict(list)
        for made in self.problem.candidates:
            found[made.workload, made.gpu].append(made)
        return found

    @cached_property
    def _ways(self) -> Mapping[str, Ways]:
        """Workload → ways to serve it without limits."""
        offers = [o for o in self.problem.offers if self._is_elsewhere(o, self.terms[o.offer])]
        return {w.name: Ways(way for o in offers if w.name in self.allowed[o.offer] for way in self._ways_on(o, w)) for w in self.problem.workloads}

    def _ways_on(self, offer: Offer, workload: Workload) -> Iterator[Way]:
        """The ways to serve a workload on one offer: its tokens, or each candidate that its instances host."""
        if offer.billing == "per_token":
            demand = next(d for d in self.problem.demands if d.workload == workload.name)
            yield Way(offer.offer, sum(item.usd_per_load_hour for item in token_terms(offer, workload, demand)))
        price, use = self.terms[offer.offer].usd_per_instance_hour_on, self.problem.settings.max_utilization
        for made in self._candidates[workload.name, offer.gpu or ""]:
            slots = node_slots(offer.gpus_per_instance, made.node_size)
            if slots and made.capacity_per_node > 0:
                loss = made.pooling_loss + made.spares(workload) * made.capacity_per_node
                yield Way(offer.offer, price, slots, made.capacity_per_node * use, loss * use)

    def _is_elsewhere(self, offer: Offer, terms: BillingTerms) -> bool:
        """Whether an offer can be had at any time in any number for its hourly price alone, and is not spot."""
        if terms.usd_per_month_if_used > 0:
            return False
        limited = offer.max_instances is not None or offer.min_instances > 1
        return offer.billing == "per_token" or not (terms.held or terms.spot or limited or terms.usd_per_instance_month_started)


def most_rented_worth(worth: Worth, offer: Offer, block: Block) -> float:
    """Most instances of an offer by the hour that an optimal plan has in a block: one fewer than the first number together worth less than they cost.

    Infinite where dropping some may not be possible or not save their price: below a minimum quantity, and where the hours in a block decide starts billed.
    """
    terms = worth.terms[offer.offer]
    if terms.held or terms.usd_per_instance_month_started or not _droppable(worth, offer):
        return math.inf
    everything = worth.everything(offer, block)
    return _most(offer, terms.usd_per_instance_hour_on, everything, lambda n: worth.usd_per_hour(offer, block, n))


def most_held_worth(worth: Worth, offer: Offer, blocks: Sequence[Block], share: float) -> float:
    """The same for an order of held instances: what they are worth in the blocks in which they stand against their price for that share of the months."""
    terms = worth.terms[offer.offer]
    if not terms.held or not _droppable(worth, offer):
        return math.inf
    everything = sum(worth.hours[b.name] * worth.everything(offer, b) for b in blocks)
    price = terms.usd_per_instance_month_held * share
    return _most(offer, price, everything, lambda n: sum(worth.hours[b.name] * worth.usd_per_hour(offer, b, n) for b in blocks))


def _droppable(worth: Worth, offer: Offer) -> bool:
    return worth.known and worth.replaceable(offer) and offer.min_instances <= 1


def _most(offer: Offer, price: float, everything: float, worth_of: Callable[[int], float]) -> float:
    """One fewer than the smallest n with worth(n) < n·price; beyond :data:`MOST_GPUS_TOGETHER` with the worth of everything for worth(n)."""
    bound = math.floor(everything / price) if price > 0 and math.isfinite(everything) else math.inf
    for n in range(1, MOST_GPUS_TOGETHER // offer.gpus_per_instance + 1):
        if n > bound:
            break
        if worth_of(n) < n * price * (1 - STRICTLY):
            return n - 1
    return bound
