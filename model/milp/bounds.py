"""Bounds that an optimal plan need not exceed, derived from a row's own data."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cached_property

from model.classes import instances_per_node, node_slots
from model.milp.sets import Pool, Sets
from model.worth import Worth, most_held_worth, most_rented_worth


class WorthBounds:
    """Most instances that an optimal plan has on, by what they are worth (:mod:`model.worth`)."""

    def __init__(self, sets: Sets) -> None:
        self._sets, self._worth = sets, Worth(sets.problem)
        self._blocks = {block.name: block for block in sets.problem.blocks}

    def rented(self, offer: str, block: str) -> float:
        """Bound of an offer by the hour in a block of the MILP."""
        first = self._blocks[self._sets.blocks[block].members[0]]
        return most_rented_worth(self._worth, self._sets.offers[offer], first)

    def held(self, commitment: str) -> float:
        """Bound of an order of a held offer."""
        sets, made = self._sets, self._sets.commitments[commitment]
        members = [self._blocks[member] for t in sets.standing[commitment] for member in sets.blocks[t].members]
        return most_held_worth(self._worth, sets.offers[made.offer], members, made.share)


class InstanceBounds:
    """Most instances of an offer that a plan worth making rents in a block or orders once: its stock, or what hosts every load alone if that is less.

    In a plan from which no node can be dropped a workload's pools carry less than its load and one node's worth more. A pool of n nodes stands on at most
    n/slots + 1 instances. With every pool on this offer they are at most (load + node)·max(1/(capacity·slots)) + Σ_pools (loss/(capacity·slots) + 1),
    and what the nodes kept by a rule take. Under a rule on providers the same holds of what stands at the offer's own. Each shared pool may have one node's
    worth to spare, and each member's load go where it takes most. Of an order with more than that in each of its blocks an instance could stand unused in all
    of them, and go; instances that are there already only leave less to host.
    """

    def __init__(self, sets: Sets) -> None:
        self._sets = sets
        self._known: dict[tuple[tuple[str, ...], int, str], float] = {}

    def most(self, offer: str, block: str) -> int:
        """Bound in one block."""
        sets, made = self._sets, self._sets.offers[offer]
        needed = self.hosting(sets.classes_of[offer], made.gpus_per_instance, block)
        bound = max(math.ceil(needed), made.min_instances if needed else 0)
        return bound if made.max_instances is None else min(bound, made.max_instances)

    def hosting(self, classes: tuple[str, ...], gpus_per_instance: int, block: str) -> float:
        """Instances of a size that host every load that may stand on some classes in a block."""
        key = (classes, gpus_per_instance, block)
        if key not in self._known:
            self._known[key] = self._needed(*key)
        return self._known[key]

    def of_commitment(self, commitment: str) -> int:
        """Bound of a commitment: what is there already, or the most that one order is worth making for."""
        made = self._sets.commitments[commitment]
        return max((self.most(made.offer, t) for t in self._sets.standing[commitment]), default=0) if made.fixed is None else made.fixed

    @cached_property
    def _pools_of(self) -> Mapping[tuple[str, str], list[Pool]]:
        """(class, block) → pools."""
        pools: defaultdict[tuple[str, str], list[Pool]] = defaultdict(list)
        for pool in self._sets.pools.values():
            for h in pool.classes:
                pools[h, pool.block].append(pool)
        return pools

    def _needed(self, classes: tuple[str, ...], gpus_per_instance: int, block: str) -> float:
        by_workload: defaultdict[str, dict[tuple[str, str, str], Pool]] = defaultdict(dict)
        for h in classes:
            for pool in self._pools_of.get((h, block), ()):
                by_workload[pool.workload][pool.key] = pool
        return sum(self._needed_by_own(w, pools.values(), gpus_per_instance) for w, pools in by_workload.items())

    def _needed_by_own(self, workload: str, pools: Iterable[Pool], gpus_per_instance: int) -> float:
        """Instances that host the pools under one workload's name, shared or not."""
        found = list(pools)
        alone, shared = [p for p in found if not p.members], [p for p in found if p.members]
        return self._needed_by(workload, alone, gpus_per_instance) + self._needed_by_sharing(shared, gpus_per_instance)

    def _needed_by_sharing(self, pools: Iterable[Pool], gpus_per_instance: int) -> float:
        """Instances that host some shared pools in one block: Σ_s load_s·max_c(1/(share·capacity_sc·slots)) + Σ_c ((loss + 1)/slots + 1)."""
        per_load: defaultdict[str, float] = defaultdict(float)
        fixed, block = 0.0, ""
        for pool in pools:
            size, block = self._sets.candidates[pool.candidate].node_size, pool.block
            slots = node_slots(gpus_per_instance, size)
            if slots:
                per_node = float(instances_per_node(gpus_per_instance, size) or 1.0 / slots)
                fixed += (pool.fixed_loss + 1.0 + self._sets.settings.min_providers) * per_node + 1.0
                for s, capacity in pool.members.items():
                    per_load[s] = max(per_load[s], per_node / (pool.share * capacity))
        return sum(self._sets.load(s, block) * most for s, most in per_load.items()) + fixed

    def _needed_by(self, workload: str, pools: Iterable[Pool], gpus_per_instance: int) -> float:
        """Instances that host all pools of one workload in one block, in the worst case."""
        per_load = fixed = largest = per_kept_node = load = 0.0
        for pool in pools:
            size = self._sets.candidates[pool.candidate].node_size
            slots = node_slots(gpus_per_instance, size)
            if not slots:
                continue
            per_node = float(instances_per_node(gpus_per_instance, size) or 1.0 / slots)
            slope = pool.share * pool.capacity_per_node
            load = self._sets.load(workload, pool.block)
            per_load, largest, per_kept_node = max(per_load, per_node / slope), max(largest, slope), max(per_kept_node, per_node)
            fixed += pool.fixed_loss / pool.capacity_per_node * per_node + 1.0
        kept = self._sets.served[workload].min_nodes + self._sets.settings.min_providers
        return (load + largest) * per_load + fixed + kept * per_kept_node + (1.0 if kept else 0.0)
