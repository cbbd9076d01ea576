"""Spare nodes that keep enough nodes of a pool up for the availability that a workload asks for."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

from data.records.candidate import Candidate
from data.records.plan import STABLE, Block, Plan
from data.records.workload import Workload
from model.problem import Problem
from model.queueing.spares import spare_nodes, unavailability

_WHOLE = 1e-9  # what a division may exceed a whole number of nodes by, and a sum of probabilities fall short


def with_spares(problem: Problem) -> Problem:
    """The problem with the spare nodes of every candidate whose workload states an availability target; the same where none does.

    A linear form that is safe: a pool keeps as many spares as one that carries the whole largest load needs, whatever part of it the pool carries, for the
    binomial asks no fewer spares of more nodes. A node of S GPUs is down u/(1 + u) of the time, u = 2·10⁻⁵ failures a GPU-hour × S × repair hours.
    """
    served = {w.name: w for w in problem.served}
    if not any(w.availability_target for w in served.values()):
        return problem
    members = {pool.workload.name: pool.members for pool in problem.shared}
    peak = {name: max(sum(b.demand.get(w, 0.0) for w in members.get(name, (name,))) for b in problem.blocks) for name in served}
    return replace(problem, candidates=tuple(_with_spares(problem, made, served[made.workload], peak[made.workload]) for made in problem.candidates))


def _with_spares(problem: Problem, made: Candidate, workload: Workload, peak: float) -> Candidate:
    if workload.availability_target is None or made.capacity_per_node <= 0 or peak <= 0:
        return made
    nodes = math.ceil((peak / problem.settings.max_utilization + made.pooling_loss) / made.capacity_per_node - _WHOLE)
    down = unavailability(made.node_size, problem.settings.node_repair_hours)
    return replace(made, spare_nodes=spare_nodes(nodes, down, workload.availability_target))


def availability_holds(problem: Problem, plan: Plan) -> Iterator[str]:
    """Audits the pools on stable instances: with the nodes up that the binomial leaves them with the probability asked for, they carry what the plan says."""
    workloads, candidates = {w.name: w for w in problem.served}, {made.key: made for made in problem.candidates}
    for key in dict.fromkeys(row.candidate for row in plan.deployments if row.candidate):
        made, target = candidates[key], workloads[candidates[key].workload].availability_target
        rows = [row for row in plan.deployments if row.candidate == key and row.billing != "spot"]
        for block in problem.blocks if target is not None else ():
            nodes = sum(row.nodes_by_block.get(block.name, 0) for row in rows)
            working = min(nodes - made.spares(workloads[made.workload]), _nodes_loaded(problem, plan, made, block))
            if working > 0 and _up(nodes, working, unavailability(made.node_size, problem.settings.node_repair_hours)) < (target or 0.0) - _WHOLE:
                yield f"{made.workload}, block {block.name}: {working} of {nodes} nodes are not up {target:.4%} of the time"


def _nodes_loaded(problem: Problem, plan: Plan, made: Candidate, block: Block) -> int:
    """Nodes that carry what the plan says of a candidate's stable pool in a block; rules on providers may let more stand."""
    if made.members:
        work = sum(made.nodes_of({r.stream: r.load_by_block.get(block.name, 0.0)}) for r in plan.routes if r.candidate == made.key and r.market == STABLE)
    else:
        rows = [row for row in plan.deployments if row.candidate == made.key and row.billing != "spot"]
        work = sum(row.load_by_block.get(block.name, 0.0) for row in rows) / made.capacity_per_node
    return math.ceil(work / problem.settings.max_utilization + made.nodes_lost - _WHOLE) if work > 0 else 0


def _up(nodes: int, working: int, down_share: float) -> float:
    """Probability that at least ``working`` of ``nodes`` are up, summed term by term."""
    return sum(math.comb(nodes, down) * down_share**down * (1 - down_share) ** (nodes - down) for down in range(nodes - working + 1))
