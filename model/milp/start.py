"""Where the solver begins: a rough size of the cost, and a known plan as values of columns."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from model.classes import node_slots
from model.milp.matrix import Matrix
from model.milp.sets import Sets
from model.problem import Incumbent


def cheapest_cost(sets: Sets) -> float:
    """USD a month if every load were served at the least price of a unit of load, by parts of nodes: below any plan's cost, and of its size."""
    hours = {t: block.hours_per_month for t, block in sets.blocks.items()}
    routed = [(s, t) for s in sets.streams for t in sets.blocks]
    own = [(w, t) for w, t in sets.demanded if w not in sets.routed]
    return sum(sets.load(w, t) * hours[t] * min(_prices_per_load_hour(sets, w, t), default=0.0) for w, t in (*own, *routed))


def _prices_per_load_hour(sets: Sets, workload: str, block: str) -> Iterator[float]:
    yield from (price for (w, _), price in sets.usd_per_load_hour.items() if w == workload)
    month = sum(made.hours_per_month for made in sets.blocks.values())
    own = (pool for pool in sets.pools_of.get((sets.workload_of(workload), block), ()) if not pool.members)
    for pool in (*own, *sets.shared_of.get((workload, block), ())):
        size, capacity = sets.candidates[pool.candidate].node_size, pool.members.get(workload, pool.capacity_per_node)
        for o in {o for h in pool.classes for o in sets.classes[h].offers}:
            slots, terms = node_slots(sets.offers[o].gpus_per_instance, size), sets.terms[o]
            if slots:
                usd_per_hour = terms.usd_per_instance_month_held / month if terms.held else terms.usd_per_instance_hour_on
                yield usd_per_hour / (slots * pool.share * capacity)


def start_values(matrix: Matrix, sets: Sets, known: Incumbent) -> dict[int, float]:
    """Column → value for what a known plan says: nodes, instances and tokens; the solver completes the rest."""
    values = _supplied(sets, known)
    for placement in known.placements:
        candidate = sets.candidates.get(placement.candidate)
        for h in sets.classes_of.get(placement.offer, ()):
            if candidate and candidate.workload in sets.classes[h].workloads:
                for t, block in sets.blocks.items():
                    values["Nodes", (candidate.key, h, t)] += placement.nodes_by_block.get(block.members[0], 0)
    values |= dict(_loads(sets, known))
    families = {family for family, _ in values}
    return {j: min(values.get(column, 0.0), matrix.upper[j]) for j, column in enumerate(matrix.columns) if column[0] in families}


def _loads(sets: Sets, known: Incumbent) -> Iterator[tuple[tuple[str, object], float]]:
    """What a known plan sends to shared pools and buys by the token."""
    for t, block in sets.blocks.items():
        for route in known.routes:
            yield ("Load", (route.stream, route.candidate, route.market, t)), route.load_by_block.get(block.members[0], 0.0)
        for bought in known.tokens:
            yield ("Tokens", (bought.workload, bought.offer, t)), bought.load_by_block.get(block.members[0], 0.0)


def _supplied(sets: Sets, known: Incumbent) -> defaultdict[tuple[str, object], float]:
    """The instances of a known plan that only one class can have."""
    values: defaultdict[tuple[str, object], float] = defaultdict(float)
    for o, by_block in known.instances.items():
        classes = sets.classes_of.get(o, ())
        if len(classes) == 1:
            for t, block in sets.blocks.items():
                values["Rented", (classes[0], o, t)] = by_block.get(block.members[0], 0)
    for k, count in known.commitments.items():
        if len(holders := sets.holders.get(k, ())) == 1:
            values["Held", (holders[0], k)] = count
    return values
