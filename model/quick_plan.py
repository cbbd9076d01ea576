"""A plan without any search, for when the time is over before the solver has one: workload after workload where it adds least, by the hour or by the token."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.billing import billing_terms, token_terms
from data.cost_lines import instance_costs, mean_hours, setup_costs, token_costs
from data.records.candidate import Candidate
from data.records.supply import Offer
from data.records.workload import Workload
from model.classes import allowed_workloads
from model.fleet import Fleet
from model.problem import Incumbent, Placement, Problem, TokenPurchase

# The rounds of each of two plans, of which the cheaper counts. In each round every workload goes where it adds least to the bill; "in parts" where its parts of
# instances cost least, as if others filled the rest, which the next round corrects.
ROUNDS_IN_PARTS = ((False, False), (True, False))

Counts = NDArray[np.int64]


@dataclass(frozen=True)
class _Way:
    """One way to serve a workload in every block: nodes of a candidate on instances of one offer, or the load bought as tokens (no candidate)."""

    usd: float  # what it adds
    offer: Offer
    made: Candidate | None = None
    nodes: Counts | None = None  # by block


def quick_plan(problem: Problem) -> Incumbent | None:
    """A plan that keeps every limit, with no bound of its own; None where a rule ties workloads together or this simple search finds none.

    Rules on providers, workloads' own budgets, instances that exist and parts of workloads need the solver.
    """
    if _needs_the_solver(problem):
        return None
    allowed, budget = allowed_workloads(problem), problem.settings.monthly_budget_usd
    plans = [plan for rounds in ROUNDS_IN_PARTS if (plan := _placed(_Market(problem, allowed), rounds)) is not None]
    return min((plan for plan in plans if budget is None or (plan.usd_per_month or 0.0) <= budget), key=lambda plan: plan.usd_per_month or 0.0, default=None)


def _placed(market: _Market, rounds: Iterable[bool]) -> Incumbent | None:
    """A plan by placing one workload after another in each of some rounds; None where one finds nothing left."""
    chosen: dict[str, _Way] = {}
    for in_parts, workload in itertools.product(rounds, market.largest_first()):
        market.take_back(chosen.pop(workload.name, None))
        used = {way.offer.offer for way in chosen.values()}
        best = min(market.ways(workload, used, in_parts=in_parts), key=lambda way: (way.usd, way.offer.offer), default=None)
        if best is None:
            return None
        market.take(best)
        chosen[workload.name] = best
    return _incumbent(market, dict(sorted(chosen.items())))


def _needs_the_solver(problem: Problem) -> bool:
    settings = problem.settings
    counted = settings.min_providers > 0 or settings.max_providers is not None or settings.max_provider_share < 1.0 or settings.survive_provider_loss
    budgets = any(w.max_monthly_usd is not None for w in problem.workloads)
    return counted or budgets or bool(problem.existing) or any(stream.is_part for stream in problem.streams)


class _Market:
    """What is sold by the hour or the token, and what of it is taken."""

    def __init__(self, problem: Problem, allowed: Mapping[str, frozenset[str]]) -> None:
        self.problem, self._hours, self._allowed = problem, mean_hours(problem.blocks), allowed
        self._candidates: defaultdict[str, list[Candidate]] = defaultdict(list)
        for made in problem.candidates:
            if not made.members and made.capacity_per_node > 0:
                self._candidates[made.workload].append(made)
        by_gpu: defaultdict[str, list[Offer]] = defaultdict(list)
        for offer in problem.offers:
            terms = billing_terms(offer, problem.settings)
            if offer.billing != "per_token" and not terms.held and not terms.spot and self._allowed[offer.offer]:
                by_gpu[offer.gpu or ""].append(offer)
        sizes = {gpu: {made.node_size for made in problem.candidates if made.gpu == gpu} for gpu in by_gpu}
        self.fleets = {gpu: Fleet(offers, sizes[gpu], problem) for gpu, offers in by_gpu.items() if sizes[gpu]}

    def largest_first(self) -> list[Workload]:
        """The workloads that need anything, by the GPUs that their peak takes at best: the small ones fill what the large ones leave."""
        demands = {d.workload: d.peak * d.gpus_per_load for d in self.problem.demands}
        needed = (w for w in self.problem.workloads if w.min_nodes or any(b.demand.get(w.name, 0.0) > 0 for b in self.problem.blocks))
        return sorted(needed, key=lambda w: (-demands[w.name], w.name))

    def ways(self, workload: Workload, used: set[str], *, in_parts: bool) -> Iterator[_Way]:
        """The ways to serve a workload with what is left: on stable instances by the hour, or by the token; some offers are ``used`` already."""
        for made in self._candidates[workload.name]:
            if fleet := self.fleets.get(made.gpu):
                nodes = self._nodes(workload, made)
                usable = np.array([workload.name in self._allowed[o.offer] for o in fleet.offers], dtype=bool)
                usd = np.where(usable, fleet.usd_of_more(made.node_size, nodes, in_parts=in_parts), np.inf)
                if np.isfinite(best := usd.min()):
                    yield _Way(float(best), fleet.offers[int(usd.argmin())], made, nodes)
        demand = next(d for d in self.problem.demands if d.workload == workload.name)
        load_hours = sum(b.demand.get(workload.name, 0.0) * self._hours[b.name] for b in self.problem.blocks)
        for offer in self.problem.offers:
            if offer.billing == "per_token" and workload.min_nodes == 0 and workload.name in self._allowed[offer.offer]:
                fee = 0.0 if offer.offer in used else billing_terms(offer, self.problem.settings).usd_per_month_if_used
                yield _Way(load_hours * sum(item.usd_per_load_hour for item in token_terms(offer, workload, demand)) + fee, offer)

    def _nodes(self, workload: Workload, made: Candidate) -> Counts:
        """Nodes of one candidate that serve a workload alone, by block."""
        load = np.array([b.demand.get(workload.name, 0.0) for b in self.problem.blocks]) / self.problem.settings.max_utilization
        loss = made.pooling_loss + made.spares(workload) * made.capacity_per_node
        needed = np.where(load > 0, np.ceil((load + loss) / made.capacity_per_node - 1e-9), 0.0)
        return np.maximum(needed, workload.min_nodes).astype(np.int64)

    def take(self, way: _Way) -> None:
        """Put a way's nodes on its offer's instances."""
        if way.made is not None and way.nodes is not None:
            self.fleets[way.made.gpu].add(way.offer, way.made.node_size, way.nodes)

    def take_back(self, way: _Way | None) -> None:
        """Take them off again."""
        if way is not None and way.made is not None and way.nodes is not None:
            self.fleets[way.made.gpu].add(way.offer, way.made.node_size, -way.nodes)


def _incumbent(market: _Market, chosen: Mapping[str, _Way]) -> Incumbent:
    problem = market.problem
    names = [block.name for block in problem.blocks]
    on = ((o.offer, by_block) for fleet in market.fleets.values() for o, by_block in zip(fleet.offers, fleet.instances, strict=True))
    instances = {o: dict(zip(names, by_block.tolist(), strict=True)) for o, by_block in on if by_block.any()}
    placements, tokens = [], []
    for name, way in chosen.items():
        if way.made is None or way.nodes is None:
            tokens.append(TokenPurchase(workload=name, offer=way.offer.offer, load_by_block={b.name: b.demand.get(name, 0.0) for b in problem.blocks}))
        else:
            nodes = dict(zip(names, way.nodes.tolist(), strict=True))
            placements.append(Placement(candidate=way.made.key, offer=way.offer.offer, nodes_by_block=nodes))
    cost = _usd(problem, instances, tokens)
    return Incumbent(status="feasible", usd_per_month=cost, placements=tuple(placements), tokens=tuple(tokens), instances=instances)


def _usd(problem: Problem, instances: Mapping[str, Mapping[str, int]], tokens: Iterable[TokenPurchase]) -> float:
    offers, bought = {o.offer: o for o in problem.offers}, list(tokens)
    workloads, demands = {w.name: w for w in problem.workloads}, {d.workload: d for d in problem.demands}
    lines = [line for o, by_block in instances.items() for line in instance_costs(offers[o], by_block, problem.blocks, problem.settings)]
    for one in bought:
        lines += token_costs(offers[one.offer], workloads[one.workload], demands[one.workload], one.load_by_block, problem.blocks)
    for o in dict.fromkeys(one.offer for one in bought):
        lines += setup_costs(offers[o], problem.settings)
    return sum(line.usd_per_month for line in lines)
