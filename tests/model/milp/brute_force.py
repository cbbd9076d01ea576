"""The optimum of a small problem by trying everything: instances offer by offer and block by block, nodes instance by instance. No Pyomo, no filters."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from functools import lru_cache

from data.billing import billing_terms, token_terms
from data.records.supply import Offer
from data.records.workload import Workload
from model.eligibility import eligibility
from model.problem import Problem

Nodes = tuple[int, ...]  # nodes by (candidate, market, provider), the provider only where a rule asks for it
Vector = tuple[int, ...]  # instances by offer


class BruteForce:
    """Tries every number of instances up to the stock, which every offer must state."""

    def __init__(self, problem: Problem) -> None:
        self.problem, self.settings = problem, problem.settings
        blocks = range(len(problem.blocks))
        self.offers = [o for o in problem.offers if o.billing != "per_token" and any(self._hosts(o, t) for t in blocks)]
        self.token_offers = [o for o in problem.offers if o.billing == "per_token"]
        self.terms = {o.offer: billing_terms(o, problem.settings) for o in problem.offers}
        self.may = {(w.name, o.offer): eligibility(w, o) is None for w in problem.workloads for o in problem.offers}
        markets = sorted({(t.spot, t.capacity_share) for t in self.terms.values()})
        self.apart = problem.settings.survive_provider_loss or problem.settings.max_provider_share < 1
        self.providers = sorted({o.provider for o in problem.offers})
        self.columns = [(c, m, v) for c in problem.candidates for m in markets for v in (self.providers if self.apart else ("",))]
        self.best_nodes = lru_cache(maxsize=None)(self._best_nodes)
        self.served = lru_cache(maxsize=None)(self._served)

    def cheapest(self) -> float | None:
        """USD a month of the best plan; None if there is none."""
        most = (self.settings.monthly_budget_usd or float("inf")) * (1 + 1e-9)
        plans = [(self._instances_usd(plan), plan) for plan in self._plans()]
        best: float | None = None
        for usd, plan in sorted(plans):
            if usd > (most if best is None else best):  # tokens only add to it
                break
            costs = [self._plan_cost(usd, plan, bought) for bought in _subsets(range(len(self.token_offers)))]
            best = min([c for c in (best, *costs) if c is not None and c <= most], default=None)
        return best

    def _plans(self) -> Iterator[tuple[Vector, ...]]:
        """Instances of every offer in every block: held ones the same in all."""
        held = [o for o in self.offers if self.terms[o.offer].held]
        free = [o for o in self.offers if not self.terms[o.offer].held]
        blocks = range(len(self.problem.blocks))
        rentals = [itertools.product(*(_counts(o) if self._hosts(o, t) else [0] for o in free)) for t in blocks]
        schedules = list(itertools.product(*rentals))
        for kept in itertools.product(*(_counts(o) for o in held)):
            for rented in schedules:
                count = dict(zip([o.offer for o in held], kept, strict=True))
                yield tuple(tuple((count | dict(zip([o.offer for o in free], rented[t], strict=True)))[o.offer] for o in self.offers) for t in blocks)

    def _hosts(self, o: Offer, t: int) -> bool:
        """Whether any node with something to do in a block may stand on an offer: nothing else is bought, not even to change shares."""
        if o.billing == "spot" and self.settings.max_spot_share <= 0:  # no spot at all, not even for idle nodes
            return False
        return any(
            self._needs_nodes(w, t) and eligibility(w, o) is None and c.workload == w.name and c.gpu == o.gpu and self._fits(c.node_size, o)
            for w in self.problem.workloads
            for c in self.problem.candidates
        )

    def _needs_nodes(self, w: Workload, t: int) -> bool:
        return self.problem.blocks[t].demand[w.name] > 0 or w.min_nodes > 0

    @staticmethod
    def _fits(size: int, o: Offer) -> bool:
        gpus = o.gpus_per_instance
        return size <= gpus or (gpus >= 8 and size % gpus == 0 and size <= gpus * (o.max_instances or 0))

    def _plan_cost(self, usd: float, plan: tuple[Vector, ...], bought: tuple[int, ...]) -> float | None:
        """USD a month with the tokens that serve the rest, if the rules hold and everything is served."""
        if not self._rules_hold(plan, bought):
            return None
        total = usd + sum(self.terms[self.token_offers[p].offer].usd_per_month_if_used for p in bought)
        for t, vector in enumerate(plan):
            tokens_usd = self.served(t, vector, bought)
            if tokens_usd is None:
                return None
            total += tokens_usd
        return total

    def _instances_usd(self, plan: tuple[Vector, ...]) -> float:
        return sum(self._offer_usd(o, [vector[i] for vector in plan]) for i, o in enumerate(self.offers))

    def _offer_usd(self, o: Offer, counts: list[int]) -> float:
        """USD a month of an offer's instances, on in the blocks as ``counts`` says."""
        terms, total = self.terms[o.offer], self.terms[o.offer].usd_per_month_if_used if max(counts) else 0.0
        months = {b.period: b.months for b in self.problem.blocks}
        for period, count in months.items():
            own = [(n, b.hours_per_month) for n, b in zip(counts, self.problem.blocks, strict=True) if b.period == period]
            on = [n for n, _ in own]
            usd = terms.usd_per_instance_month_held * max(on) if terms.held else sum(terms.usd_per_instance_hour_on * n * h for n, h in own)
            total += (usd + terms.usd_per_instance_month_started * (max(on) - min(on))) * count / sum(months.values())
        return total

    def _rules_hold(self, plan: tuple[Vector, ...], bought: tuple[int, ...]) -> bool:
        s = self.settings
        if any(self._stock_is_exceeded(vector) for vector in plan):
            return False
        used = {o.provider for i, o in enumerate(self.offers) if any(v[i] for v in plan)}
        if s.max_providers is not None and len(used | {self.token_offers[p].provider for p in bought}) > s.max_providers:
            return False
        busy = [v for t, v in enumerate(plan) if self._busy(t)]
        return len({o.provider for i, o in enumerate(self.offers) if any(v[i] for v in busy)}) >= s.min_providers

    def _stock_is_exceeded(self, vector: Vector) -> bool:
        """Whether a tier and its offer together are more than its stock (of one offer alone no more is tried)."""
        taken = dict(zip([o.offer for o in self.offers], vector, strict=True))
        return any(o.tier_of and taken[o.offer] + taken.get(o.tier_of, 0) > (o.max_instances or 0) for o in self.offers)

    def _loads(self, t: int) -> Mapping[str, float]:
        return self.problem.blocks[t].demand

    def _served(self, t: int, vector: Vector, bought: tuple[int, ...]) -> float | None:
        """USD of the tokens that serve what the best nodes on the instances do not; None if that is not allowed."""
        options = [self._tokens_usd(t, nodes, bought) for nodes in self.best_nodes(vector)]
        return min((usd for usd in options if usd is not None), default=None)

    def _busy(self, t: int) -> bool:
        return any(b > 0 and b == max(x.demand[w] for x in self.problem.blocks) for w, b in self._loads(t).items())

    def _tokens_usd(self, t: int, nodes: Nodes, bought: tuple[int, ...]) -> float | None:
        total = 0.0
        if not self._shares_hold(t, nodes):
            return None
        for w in self.problem.workloads:
            if sum(n for (c, _, _), n in zip(self.columns, nodes, strict=True) if c.workload == w.name) < w.min_nodes:
                return None
            load, carried = self._loads(t)[w.name], self._carried(w, nodes, "")
            missing = {"": max(load - carried[True] - carried[False], (1 - self.settings.max_spot_share) * load - carried[False])}
            if self.settings.survive_provider_loss and load > 0:
                missing |= {v: load - sum(self._carried(w, nodes, v).values()) for v in self.providers}
            usd = self._least_tokens(w, missing, bought)
            if usd is None:
                return None
            block = self.problem.blocks[t]
            total += usd * block.hours_per_month * block.months / sum({b.period: b.months for b in self.problem.blocks}.values())
        return total

    def _carried(self, w: Workload, nodes: Nodes, lost: str) -> dict[bool, float]:
        """What a workload's pools carry on spot and off it, without what stands at the provider lost."""
        pools: dict[tuple[str, tuple[bool, float]], int] = {}
        carried = {True: 0.0, False: 0.0}
        for (c, market, v), n in zip(self.columns, nodes, strict=True):
            if c.workload == w.name and (not lost or v != lost):
                pools[c.key, market] = pools.get((c.key, market), 0) + n
        for (key, (spot, share)), n in pools.items():
            c = next(c for c in self.problem.candidates if c.key == key)
            if n > 0:
                carried[spot] += max(0.0, share * self.settings.max_utilization * (c.capacity_per_node * (n - w.spare_nodes) - c.pooling_loss))
        return carried

    def _least_tokens(self, w: Workload, missing: Mapping[str, float], bought: tuple[int, ...]) -> float | None:
        """Least USD an hour for tokens: ``missing`` load in all (""), and from others than each provider. At most two providers sell."""
        prices: dict[str, float] = {}
        for p in bought:
            seller = self.token_offers[p]
            if self.may[w.name, seller.offer]:
                prices[seller.provider] = min(prices.get(seller.provider, float("inf")), self._token_price(w.name, p))
        needed = dict.fromkeys(prices, 0.0)
        for lost, load in missing.items():
            others = [v for v in prices if v != lost]
            if load > 1e-9 and not others:
                return None
            if load > 1e-9 and len(others) == 1:
                needed[others[0]] = max(needed[others[0]], load)
        rest = max(0.0, max((load for lost, load in missing.items() if lost not in prices), default=0.0) - sum(needed.values()))
        return sum(needed[v] * price for v, price in prices.items()) + (rest * min(prices.values()) if rest > 1e-9 else 0.0)

    def _shares_hold(self, t: int, nodes: Nodes) -> bool:
        """Whether the load can be split over the two providers so that none has more than its share (without tokens)."""
        most = self.settings.max_provider_share
        if most >= 1 or not self._busy(t):
            return True
        least = largest = total = 0.0
        for w in self.problem.workloads:
            load, gpus = self._loads(t)[w.name], next(d.gpus_per_load for d in self.problem.demands if d.workload == w.name)
            there = dict.fromkeys(self.providers, 0.0)
            for (c, (_, share), v), n in zip(self.columns, nodes, strict=True):
                there[v] += c.capacity_per_node * n * share * self.settings.max_utilization if c.workload == w.name else 0.0
            first = there[self.providers[0]]
            least += gpus * max(0.0, load - sum(there.values()) + first)
            largest += gpus * min(load, first)
            total += gpus * load
        return max(least, (1 - most) * total) <= min(largest, most * total) + 1e-9

    def _token_price(self, workload: str, p: int) -> float:
        w = next(w for w in self.problem.workloads if w.name == workload)
        demand = next(d for d in self.problem.demands if d.workload == workload)
        return sum(item.usd_per_load_hour for item in token_terms(self.token_offers[p], w, demand))

    def _best_nodes(self, vector: Vector) -> frozenset[Nodes]:
        """Every set of nodes that the instances can host and no further node fits, instance by instance."""
        reached = {(0,) * len(self.columns)}
        for o, count in zip(self.offers, vector, strict=True):
            patterns = self._patterns(o, count)
            reached = _largest({tuple(map(sum, zip(a, b, strict=True))) for a in reached for b in patterns})
        return frozenset(reached)

    def _patterns(self, o: Offer, count: int) -> set[Nodes]:
        """What ``count`` instances of an offer host: nodes within one instance, and larger ones on whole servers of 8 GPUs or more."""
        nothing = (0,) * len(self.columns)
        terms = self.terms[o.offer]
        own = [
            (j, c.node_size)
            for j, (c, market, v) in enumerate(self.columns)
            if c.gpu == o.gpu and market == (terms.spot, terms.capacity_share) and v in ("", o.provider) and self.may[c.workload, o.offer]
        ]
        one = _largest(set(_fillings(o.gpus_per_instance, [(j, s) for j, s in own if s <= o.gpus_per_instance], nothing)))
        larger = [(j, s // o.gpus_per_instance) for j, s in own if s > o.gpus_per_instance >= 8 and s % o.gpus_per_instance == 0]
        result: set[Nodes] = set()
        for joined in _fillings(count, larger, nothing):
            left = count - sum(joined[j] * servers for j, servers in larger)
            reached = {joined}
            for _ in range(left):
                reached = _largest({tuple(map(sum, zip(a, b, strict=True))) for a in reached for b in one})
            result |= reached
        return _largest(result)


def _counts(offer: Offer) -> list[int]:
    assert offer.max_instances is not None
    return [n for n in range(offer.max_instances + 1) if n == 0 or n >= offer.min_instances]


def _subsets(items: range) -> list[tuple[int, ...]]:
    return [tuple(chosen) for size in range(len(items) + 1) for chosen in itertools.combinations(items, size)]


def _fillings(room: int, sizes: list[tuple[int, int]], nodes: Nodes) -> Iterator[Nodes]:
    """Every way to fill ``room`` with items of (column, size)."""
    if not sizes:
        yield nodes
        return
    (j, size), rest = sizes[0], sizes[1:]
    for n in range(room // size + 1):
        yield from _fillings(room - n * size, rest, (*nodes[:j], nodes[j] + n, *nodes[j + 1 :]))


def _largest(found: set[Nodes]) -> set[Nodes]:
    """Those to which no other adds a node."""
    kept: list[Nodes] = []
    for nodes in sorted(found, key=sum, reverse=True):
        if not any(all(a >= b for a, b in zip(other, nodes, strict=True)) for other in kept):
            kept.append(nodes)
    return set(kept)
