"""A plan without any search, for when the time is over before the solver has one: each workload alone, on its cheapest offer by the hour or its tokens."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from data.billing import billing_terms, token_terms
from data.cost_lines import instance_costs, mean_hours, setup_costs, token_costs
from data.records.candidate import Candidate
from data.records.supply import Offer
from data.records.workload import Workload
from model.classes import node_slots
from model.eligibility import may_serve
from model.problem import Incumbent, Placement, Problem, TokenPurchase


@dataclass(frozen=True)
class _Way:
    """One way to serve a workload alone in every block: nodes and instances by block, or the load bought as tokens (no candidate)."""

    usd: float
    offer: Offer
    candidate: str = ""
    nodes: Mapping[str, int] | None = None
    instances: Mapping[str, int] | None = None


def quick_plan(problem: Problem) -> Incumbent | None:
    """A plan that keeps every limit, with no bound of its own; None where a rule ties workloads together or this simple search finds none.

    Rules on providers, workloads' own budgets, instances that exist and parts of workloads need the solver.
    """
    if _needs_the_solver(problem):
        return None
    left = {o.stock_of: o.max_instances for o in problem.offers if o.max_instances is not None}
    chosen: dict[str, _Way] = {}
    for workload in sorted(problem.workloads, key=lambda w: w.name):
        if workload.min_nodes == 0 and not any(b.demand.get(workload.name, 0.0) > 0 for b in problem.blocks):
            continue
        best = min(_ways(problem, workload, left), key=lambda way: (way.usd, way.offer.offer), default=None)
        if best is None:
            return None
        if best.offer.stock_of in left and best.instances:
            left[best.offer.stock_of] -= max(best.instances.values())
        chosen[workload.name] = best
    plan = _incumbent(problem, chosen)
    budget = problem.settings.monthly_budget_usd
    return plan if budget is None or (plan.usd_per_month or 0.0) <= budget else None


def _needs_the_solver(problem: Problem) -> bool:
    settings = problem.settings
    counted = settings.min_providers > 0 or settings.max_providers is not None or settings.max_provider_share < 1.0 or settings.survive_provider_loss
    budgets = any(w.max_monthly_usd is not None for w in problem.workloads)
    return counted or budgets or bool(problem.existing) or any(stream.is_part for stream in problem.streams)


def _ways(problem: Problem, workload: Workload, left: Mapping[str, int]) -> Iterator[_Way]:
    """Every way to serve a workload alone with what is left of the stock: by the hour on stable instances, or by the token."""
    demand = next(d for d in problem.demands if d.workload == workload.name)
    hours = mean_hours(problem.blocks)
    for offer in problem.offers:
        if not may_serve(workload, offer):
            continue
        terms = billing_terms(offer, problem.settings)
        if offer.billing == "per_token" and workload.min_nodes == 0:
            load_hours = sum(b.demand.get(workload.name, 0.0) * hours[b.name] for b in problem.blocks)
            yield _Way(load_hours * sum(i.usd_per_load_hour for i in token_terms(offer, workload, demand)) + terms.usd_per_month_if_used, offer)
        elif offer.billing != "per_token" and not terms.held and not terms.spot:
            made = (c for c in problem.candidates if c.workload == workload.name and c.gpu == offer.gpu and not c.members and c.capacity_per_node > 0)
            yield from (way for c in made if (way := _on(problem, workload, c, offer)) and _is_left(way, left))


def _on(problem: Problem, workload: Workload, made: Candidate, offer: Offer) -> _Way | None:
    """A workload's nodes of one candidate on instances of their own of one offer."""
    slots = node_slots(offer.gpus_per_instance, made.node_size)
    if not slots:
        return None
    loss = made.pooling_loss + made.spares(workload) * made.capacity_per_node
    nodes, instances = {}, {}
    for block in problem.blocks:
        load = block.demand.get(workload.name, 0.0) / problem.settings.max_utilization
        needed = math.ceil((load + loss) / made.capacity_per_node - 1e-9) if load > 0 else 0
        nodes[block.name] = max(needed, workload.min_nodes)
        least = math.ceil(nodes[block.name] / slots - 1e-9)
        instances[block.name] = max(least, offer.min_instances) if least else 0
    usd = sum(line.usd_per_month for line in instance_costs(offer, instances, problem.blocks, problem.settings))
    return _Way(usd, offer, made.key, nodes, instances)


def _is_left(way: _Way, left: Mapping[str, int]) -> bool:
    return max((way.instances or {}).values(), default=0) <= left.get(way.offer.stock_of, math.inf)


def _incumbent(problem: Problem, chosen: Mapping[str, _Way]) -> Incumbent:
    instances: defaultdict[str, dict[str, int]] = defaultdict(lambda: {b.name: 0 for b in problem.blocks})
    workloads, demands = {w.name: w for w in problem.workloads}, {d.workload: d for d in problem.demands}
    placements, tokens = [], []
    for name, way in chosen.items():
        if way.nodes is None:
            tokens.append(TokenPurchase(workload=name, offer=way.offer.offer, load_by_block={b.name: b.demand.get(name, 0.0) for b in problem.blocks}))
            continue
        placements.append(Placement(candidate=way.candidate, offer=way.offer.offer, nodes_by_block=way.nodes))
        for block, count in (way.instances or {}).items():
            instances[way.offer.offer][block] += count
    offers = {o.offer: o for o in problem.offers}
    lines = [line for o, by_block in instances.items() for line in instance_costs(offers[o], by_block, problem.blocks, problem.settings)]
    for bought in tokens:
        lines += token_costs(offers[bought.offer], workloads[bought.workload], demands[bought.workload], bought.load_by_block, problem.blocks)
    for o in dict.fromkeys(bought.offer for bought in tokens):
        lines += setup_costs(offers[o], problem.settings)
    return Incumbent(
        status="feasible",
        usd_per_month=sum(line.usd_per_month for line in lines),
        placements=tuple(placements),
        tokens=tuple(tokens),
        instances=dict(instances),
    )
