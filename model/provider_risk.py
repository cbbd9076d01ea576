"""What a plan loses with a provider: the share of the load that one carries, and what the others carry without it. From the plan's nodes, not the MILP."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Mapping

from data.billing import billing_terms
from data.languages import noted
from data.records.plan import Block, Limit, WorkloadDemand
from model.limits import limit_of
from model.problem import Incumbent, Problem

Hosted = Mapping[str, Mapping[str, float]]  # workload → provider → load that what stands there could carry, pools' losses not counted


def largest_share(loads: Mapping[str, float], hosted: Hosted) -> float:
    """The largest share of the load that a provider carries where the loads are split over the providers as evenly as what stands there allows.

    ``loads`` and ``hosted`` in one unit for all workloads. By max-flow and min-cut: the largest, over all sets V of providers, of
    Σ_w max(0, load_w − Σ_{v not in V} hosted_wv) / (|V|·Σ_w load_w), what V must carry a provider. 0 without load.
    """
    total = sum(loads.values())
    providers = sorted({v for by_provider in hosted.values() for v in by_provider})
    largest = 0.0
    for count in range(1, len(providers) + 1):
        for chosen in itertools.combinations(providers, count):
            left = sum(max(0.0, load - sum(x for v, x in hosted.get(w, {}).items() if v not in chosen)) for w, load in loads.items())
            largest = max(largest, left / (count * total) if total else 0.0)
    return largest


def provider_limits(problem: Problem, incumbent: Incumbent) -> tuple[Limit, ...]:
    """The limits on what stands at other providers, as far as the settings ask for them: the tightest of each workload, and of the plan."""
    settings = problem.settings
    limits = [limit for demand in problem.demands if (limit := _loss_limit(problem, incumbent, demand))] if settings.survive_provider_loss else []
    if settings.max_provider_share < 1.0:
        value = max((_largest_in(problem, incumbent, block) for block in busy_blocks(problem)), default=0.0)
        limits.append(limit_of(noted("load on one provider at the peak"), value=value, bound=settings.max_provider_share, unit=noted("share")))
    return tuple(limits)


def busy_blocks(problem: Problem) -> tuple[Block, ...]:
    """Blocks in which some workload has its largest load."""
    peak = {d.workload: max((b.demand.get(d.workload, 0.0) for b in problem.blocks), default=0.0) for d in problem.demands}
    return tuple(block for block in problem.blocks if any(load > 0 and load == peak[name] for name, load in block.demand.items()))


def _loss_limit(problem: Problem, incumbent: Incumbent, demand: WorkloadDemand) -> Limit | None:
    """What the others carry where the loss of a provider leaves least of a workload's load; None without load."""
    providers = {o.offer: o.provider for o in problem.offers}
    used = sorted({providers[p.offer] for p in incumbent.placements} | {providers[t.offer] for t in incumbent.tokens})
    cases = []
    for block in problem.blocks:
        load = block.demand.get(demand.workload, 0.0)
        cases += [(_elsewhere(problem, incumbent, demand.workload, block, v), load, v, block.name) for v in used if load > 0]
    if not cases:
        return None
    carried, load, v, block_name = min(cases, key=lambda case: case[0] / case[1])
    words, where = noted("capacity without {provider}"), block_name if len(problem.blocks) > 1 else ""
    return limit_of(words, demand.workload, value=carried, bound=load, unit=demand.unit, sense=">=", block=where, provider=v)


def _elsewhere(problem: Problem, incumbent: Incumbent, workload: str, block: Block, lost: str) -> float:
    """Load that a workload's pools and tokens at other providers than the one lost carry in a block, spare nodes kept."""
    offers = {o.offer: o for o in problem.offers}
    served = next(w for w in problem.workloads if w.name == workload)
    candidates = {c.key: c for c in problem.candidates if c.workload == workload and not c.members}
    nodes: Counter[tuple[str, bool, float]] = Counter()
    for p in incumbent.placements:
        if p.candidate in candidates and offers[p.offer].provider != lost:
            terms = billing_terms(offers[p.offer], problem.settings)
            nodes[p.candidate, terms.spot, terms.capacity_share] += p.nodes_by_block.get(block.name, 0)
    pools = (
        sum(candidates[key].capacity(count - candidates[key].spares(served)) * share for (key, _, share), count in nodes.items())
        * problem.settings.max_utilization
    )
    return pools + sum(t.load_by_block.get(block.name, 0.0) for t in incumbent.tokens if t.workload == workload and offers[t.offer].provider != lost)


def _largest_in(problem: Problem, incumbent: Incumbent, block: Block) -> float:
    offers, candidates = {o.offer: o for o in problem.offers}, {c.key: c for c in problem.candidates}
    gpus = {d.workload: d.gpus_per_load for d in problem.demands}
    hosted: defaultdict[str, defaultdict[str, float]] = defaultdict(lambda: defaultdict(float))
    for p in incumbent.placements:
        made, offer = candidates[p.candidate], offers[p.offer]
        if made.members:
            continue
        share = billing_terms(offer, problem.settings).capacity_share * problem.settings.max_utilization
        hosted[made.workload][offer.provider] += gpus[made.workload] * made.capacity_per_node * share * p.nodes_by_block.get(block.name, 0)
    for t in incumbent.tokens:
        hosted[t.workload][offers[t.offer].provider] += gpus[t.workload] * t.load_by_block.get(block.name, 0.0)
    return largest_share({w: gpus[w] * load for w, load in block.demand.items()}, hosted)
