"""Instances by the hour of the offers of one GPU type, and the nodes that stand on them: how many each offer needs, and what more nodes add to the bill."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from data.billing import billing_terms
from data.cost_lines import mean_hours
from data.periods import periods_of
from data.records.supply import Offer
from model.classes import node_slots
from model.problem import Problem

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]


class Fleet:
    """Arrays by offer, node size and block. ``instances`` are those on: as many as host the nodes, an offer's minimum at least where there is any.

    Nodes fit if for every node size L those of L and more, counted in places of L, are no more than the instances' places (the MILP's own row).
    """

    def __init__(self, offers: Sequence[Offer], node_sizes: Iterable[int], problem: Problem) -> None:
        self.offers, sizes = tuple(offers), sorted(node_sizes)
        hours = mean_hours(problem.blocks)
        names = [block.name for block in problem.blocks]
        terms = [billing_terms(offer, problem.settings) for offer in offers]
        self._hours = np.array([hours[name] for name in names])
        self._periods = [(period.share, [names.index(name) for name in period.blocks]) for period in periods_of(problem.blocks)]
        self._price = np.array([(t.usd_per_instance_hour_on, t.usd_per_instance_month_started, t.usd_per_month_if_used) for t in terms]).T
        slots = np.array([[node_slots(offer.gpus_per_instance, size) for size in sizes] for offer in offers], dtype=float)
        self._hosts = slots > 0
        self._per_place = np.divide(1.0, slots, out=np.zeros_like(slots), where=self._hosts)[:, :, None]
        self._least = np.array([offer.min_instances for offer in offers])[:, None]
        self._stock = np.array([np.inf if offer.max_instances is None else offer.max_instances for offer in offers])
        self._same_stock = np.array([[a.stock_of == b.stock_of and a is not b for b in offers] for a in offers], dtype=np.int64)
        self._sizes = np.array(sizes)
        self._places = np.zeros((len(self.offers), len(sizes), len(names)))  # taken
        self.instances: Counts = np.zeros((len(self.offers), len(names)), dtype=np.int64)

    def usd_of_more(self, size: int, nodes: Counts, *, in_parts: bool = False) -> Floats:
        """By offer, what so many nodes of a size in each block add to the bill [USD a month]; infinite where they do not fit or the stock does not suffice.

        ``in_parts``: what they take of instances, as if others filled the rest.
        """
        more = self._needed(self._places + self._places_of(size, nodes))
        in_stock = (more + self._same_stock @ self.instances).max(axis=1) <= self._stock
        fits = self._hosts[:, int(np.searchsorted(self._sizes, size))] & in_stock
        if in_parts:
            parts = nodes * self._per_place[:, int(np.searchsorted(self._sizes, size))]
            return np.where(fits, parts @ self._hours * self._price[0], np.inf)
        return np.where(fits, self._usd(more) - self._usd(self.instances), np.inf)

    def add(self, offer: Offer, size: int, nodes: Counts) -> None:
        """Put nodes on an offer's instances; negative counts take them off."""
        self._places[self.offers.index(offer)] += self._places_of(size, nodes)
        self.instances = self._needed(self._places)

    def _places_of(self, size: int, nodes: Counts) -> Floats:
        """Places of each node size that nodes of a size take."""
        return np.where(self._sizes <= size, size / self._sizes, 0.0)[:, None] * nodes

    def _needed(self, places: Floats) -> Counts:
        needed = np.ceil((places * self._per_place).max(axis=1) - 1e-9).astype(np.int64)
        return np.where(needed > 0, np.maximum(needed, self._least), 0)

    def _usd(self, instances: Counts) -> Floats:
        hourly, started, fee = self._price
        usd: Floats = instances @ self._hours * hourly + fee * (instances > 0).any(axis=1)
        for share, own in self._periods:
            usd = usd + share * started * (instances[:, own].max(axis=1) - instances[:, own].min(axis=1))
        return usd
