"""Audits the rules on what stands at other providers, from the plan's rows and the raw offers: a second time, apart from the model and the report."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import chain, combinations

from data.records.plan import Block, Deployment, Plan
from data.records.supply import Offer
from model.problem import Problem

SLACK = 1e-6  # relative; the solver's own feasibility tolerance


def provider_loss_is_survived(problem: Problem, plan: Plan) -> Iterator[str]:
    """Without any one provider's rows, the others carry every workload's load in every block, spare nodes idle; tokens as they are bought."""
    if not problem.settings.survive_provider_loss:
        return
    for block in problem.blocks:
        for lost in sorted({row.provider for row in plan.deployments}):
            left = [row for row in plan.deployments if row.provider != lost]
            for workload, demand in block.demand.items():
                load = demand * plan.served_share.get(workload, 1.0)
                carried = _carried(problem, [row for row in left if row.workload == workload], block)
                if load > carried * (1 + SLACK) + SLACK:
                    yield f"{workload}, block {block.name}: without {lost} the others carry {carried:.4f} of the load {load:.4f}"


def provider_share_holds(problem: Problem, plan: Plan) -> Iterator[str]:
    """In no busy block any set of providers has to carry more than its share each because the others cannot."""
    most = problem.settings.max_provider_share
    if most >= 1.0:
        return
    gpus = {demand.workload: demand.gpus_per_load for demand in problem.demands}
    providers = sorted({row.provider for row in plan.deployments})
    for block in _busy(problem):
        loads = {name: demand * plan.served_share.get(name, 1.0) for name, demand in block.demand.items()}
        total = sum(gpus[name] * load for name, load in loads.items())
        for some in chain.from_iterable(combinations(providers, count) for count in range(1, len(providers) + 1)):
            must = 0.0
            for name, load in loads.items():
                rows = [row for row in plan.deployments if row.workload == name and row.provider not in some]
                must += gpus[name] * max(0.0, load - sum(_most(problem, row, block) for row in rows))
            if must > most * len(some) * total * (1 + SLACK) + SLACK * total:
                yield f"block {block.name}: {' and '.join(some)} must carry {must / total:.1%} of the load, {most:.1%} each allowed"


def _carried(problem: Problem, rows: list[Deployment], block: Block) -> float:
    """Load that rows of one workload carry in a block: pools by candidate and market, each with its loss and its spare nodes."""
    offers = {offer.offer: offer for offer in problem.offers}
    pools: defaultdict[tuple[str, bool, float], int] = defaultdict(int)
    tokens = 0.0
    for row in rows:
        if row.candidate:
            pools[row.candidate, row.billing == "spot", _there(offers[row.offer])] += row.nodes_by_block.get(block.name, 0)
        else:
            tokens += row.load_by_block.get(block.name, 0.0)
    candidates, workloads = {made.key: made for made in problem.candidates}, {w.name: w for w in problem.served}
    found = 0.0
    for (key, _, there), nodes in pools.items():
        made = candidates[key]
        if made.members:  # what is routed to shared pools is not counted
            continue
        working = nodes - made.spares(workloads[made.workload])
        if working > 0:
            found += max(0.0, made.capacity_per_node * working - made.pooling_loss) * there * problem.settings.max_utilization
    return found + tokens


def _most(problem: Problem, row: Deployment, block: Block) -> float:
    """Load that a row could carry in a block, its pool's loss not counted."""
    if not row.candidate:
        return row.load_by_block.get(block.name, 0.0)
    made = next(made for made in problem.candidates if made.key == row.candidate)
    offer = next(offer for offer in problem.offers if offer.offer == row.offer)
    return 0.0 if made.members else row.nodes_by_block.get(block.name, 0) * made.capacity_per_node * _there(offer) * problem.settings.max_utilization


def _there(offer: Offer) -> float:
    """Share of the hours in which an instance is there."""
    return 1.0 - offer.interruption_share if offer.billing == "spot" else 1.0


def _busy(problem: Problem) -> Iterator[Block]:
    for block in problem.blocks:
        if any(load > 0 and load == max(other.demand.get(name, 0.0) for other in problem.blocks) for name, load in block.demand.items()):
            yield block
