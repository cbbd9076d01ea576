"""A plan as large as the result workbook must take: 50 workloads, 1,000 offers, 24 blocks."""

from __future__ import annotations

import math
from dataclasses import replace

from sample_plan import sample

from data.cost_lines import instance_costs
from data.records.plan import Block, Deployment, Plan
from data.records.scenario import Scenario

WORKLOADS, OFFERS, BLOCKS, USED_OFFERS = 50, 1000, 24, 80


def large() -> tuple[Scenario, Plan]:
    """Two pools for each workload on 80 of the offers, with other nodes on in every block."""
    scenario, plan = sample()
    names = [f"hour {b:02d}" for b in range(BLOCKS)]
    workloads = tuple(replace(scenario.workloads[0], name=f"workload {w:02d}") for w in range(WORKLOADS))
    offers = tuple(replace(scenario.offers[o % 2], offer=f"offer {o:04d}", max_instances=None) for o in range(OFFERS))
    blocks = tuple(Block(name=name, hours_per_month=730 / BLOCKS, demand={w.name: 2.0 for w in workloads}) for name in names)
    chosen = next(candidate for candidate in plan.candidates if candidate.batch_size == 64)
    candidates, rows = [], []
    for w, workload in enumerate(workloads):
        for size in (2, 4):
            candidate = replace(chosen, workload=workload.name, node_size=size, key=f"{workload.name}|{size}")
            offer = offers[(2 * w + size // 4) % USED_OFFERS]
            nodes = {name: 1 + (b + w) % 4 for b, name in enumerate(names)}
            candidates.append(candidate)
            rows.append(_row(plan.deployments[0], candidate.key, offer.offer, size, nodes) | {"workload": workload.name, "billing": offer.billing})
    deployments = tuple(replace(plan.deployments[0], **row) for row in rows)
    instances = {offer.offer: _instances(deployments, offer.offer, names, held=offer.billing == "reserved") for offer in offers[:USED_OFFERS]}
    costs = tuple(line for offer in offers[:USED_OFFERS] for line in instance_costs(offer, instances[offer.offer], blocks, scenario.settings))
    total = sum(line.usd_per_month for line in costs)
    found = replace(
        plan, deployments=deployments, instances=instances, blocks=blocks, costs=costs, candidates=tuple(candidates), usd_per_month=total,
        bound_usd_per_month=total, demands=tuple(replace(plan.demands[0], workload=w.name) for w in workloads),
        ruled_out=tuple(replace(plan.ruled_out[0], workload=w.name) for w in workloads for _ in range(100)),
    )  # fmt: skip
    return replace(scenario, workloads=workloads, offers=offers, given=frozenset(("Offers", o, "offer") for o in range(OFFERS))), found


def _row(base: Deployment, candidate: str, offer: str, size: int, nodes: dict[str, int]) -> dict[str, object]:
    most = max(nodes.values())
    return {
        "candidate": candidate, "offer": offer, "node_size": size, "node_count": most, "gpus": most * size, "instances": most * size / 8,
        "nodes_by_block": nodes, "model": base.model,
    }  # fmt: skip


def _instances(rows: tuple[Deployment, ...], offer: str, names: list[str], *, held: bool) -> dict[str, int]:
    needed = {name: math.ceil(sum(row.nodes_by_block[name] * row.node_size / 8 for row in rows if row.offer == offer)) for name in names}
    return dict.fromkeys(names, max(needed.values())) if held else needed
