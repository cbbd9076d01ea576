"""Exact filters of candidates. Each is one function with its proof; :mod:`model.filters` lists them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from data.languages import say
from data.records.candidate import Candidate
from data.records.workload import Workload
from model.classes import node_slots
from model.eligibility import may_serve
from model.problem import Problem
from model.removal import Removal, candidate_removed


def candidates_without_an_offer(problem: Problem) -> Iterator[Removal]:
    """Candidates for whose nodes no offer that the workload may use has instances. Exact: no variable stands on them."""
    workloads = {w.name: w for w in problem.served}
    sizes = {key: _instance_sizes(problem, workloads[key[0]], key[1]) for key in {(c.workload, c.gpu) for c in problem.candidates}}
    for made in problem.candidates:
        sold = sizes[made.workload, made.gpu]
        if not any(node_slots(gpus, made.node_size) for gpus in sold):
            if sold:
                sizes_sold = ", ".join(map(str, sorted(sold)))
                why = say("no instance for a node of {size} GPUs: it is sold in instances of {sizes}", size=made.node_size, sizes=sizes_sold)
            else:
                why = say("no instance for a node of {size} GPUs: no offer it may use sells {gpu}", size=made.node_size, gpu=made.gpu)
            yield candidate_removed(made, why)


def candidates_dominated(problem: Problem) -> Iterator[Removal]:
    """Candidates that another one of the same workload, GPU and node size beats: other precision, engine or batch size.

    a beats b if capacity_a ≥ capacity_b and a pool of a carries at least what a pool of b does at the smallest number of nodes where b carries anything.
    Exact: put nodes of a in the places of b's, class by class and block by block. They fit. If a's pool was closed it now carries at least what b's did, at
    that number of nodes and, its slope being no less, at every larger one; if it was open each node adds its whole capacity, which is more.
    The piecewise formulation chooses the batch size itself: there only candidates of another precision or engine are removed. Of shared candidates a must
    carry each member of b no worse and lose no more nodes' worth: then whatever loads b's nodes carry, as many of a's do.
    """
    own_batch = problem.settings.formulation == "piecewise"
    served = {w.name: w for w in problem.served}
    for group in _grouped(problem.candidates).values():
        kept: list[Candidate] = []
        for made in sorted(group, key=lambda c: (-c.capacity_per_node, c.pooling_loss, c.key)):
            rivals = [c for c in kept if made.members or not (own_batch and _curve(c) == _curve(made))]
            better = next((c for c in rivals if _beats(c, made, 1, served[made.workload])), None)
            if better is None:
                kept.append(made)
            else:
                why = say(
                    "carries no more than {precision}, {engine}, batch {batch} on the same GPUs",
                    precision=better.precision, engine=better.engine, batch=better.batch_size,
                )  # fmt: skip
                yield candidate_removed(made, why)


def node_sizes_dominated(problem: Problem) -> Iterator[Removal]:
    """Node sizes that a smaller one of the same workload and GPU beats: at least the capacity a GPU, no more lost to pooling and spare nodes.

    a of S′ GPUs beats b of S = r·S′ GPUs if r·capacity_a ≥ capacity_b and r·n nodes of a in one pool carry at least what n of b do, at the smallest n where
    b carries anything. Exact: put r nodes of a into the place of each of b's. An instance with a place for S GPUs has r for S′ (both are powers of two; whole
    servers joined for one node of b are full of nodes of a), and the pools compare as for :func:`candidates_dominated`. Of shared candidates r·capacity_a ≥
    capacity_b for each member, and a's pool loses, spare nodes included, at most r times the nodes' worth that b's does.
    """
    served = {w.name: w for w in problem.served}
    by_gpu: defaultdict[tuple[str, str], list[Candidate]] = defaultdict(list)
    for made in problem.candidates:
        by_gpu[made.workload, made.gpu].append(made)
    for group in by_gpu.values():
        kept: list[Candidate] = []
        for made in sorted(group, key=lambda c: (c.node_size, -c.capacity_per_node, c.key)):
            smaller = [c for c in kept if c.node_size < made.node_size and made.node_size % c.node_size == 0]
            better = next((c for c in smaller if _beats(c, made, made.node_size // c.node_size, served[made.workload])), None)
            if better is None:
                kept.append(made)
            else:
                why = say(
                    "carries no more per GPU than nodes of {size} ({precision}, batch {batch})",
                    size=better.node_size, precision=better.precision, batch=better.batch_size,
                )  # fmt: skip
                yield candidate_removed(made, why)


def _beats(a: Candidate, b: Candidate, ratio: int, workload: Workload) -> bool:
    """Whether ``ratio`` nodes of a in the place of every node of b never carry less, each pool's own spares idle."""
    own, other = a.spares(workload), b.spares(workload)
    if b.members:
        carried = {member.stream: member.capacity_per_node for member in a.members}
        no_less = all(ratio * carried.get(member.stream, 0.0) >= member.capacity_per_node for member in b.members)
        return no_less and a.nodes_lost + own <= ratio * (b.nodes_lost + other)
    if ratio * a.capacity_per_node < b.capacity_per_node:
        return False
    first = int(b.pooling_loss // b.capacity_per_node) + 1  # nodes, beyond the spare ones, with which b begins to carry
    most = b.capacity_per_node * first - b.pooling_loss
    return a.capacity_per_node * (ratio * (first + other) - own) - a.pooling_loss >= most


def _grouped(candidates: Iterable[Candidate]) -> dict[tuple[str, str, int], list[Candidate]]:
    groups: defaultdict[tuple[str, str, int], list[Candidate]] = defaultdict(list)
    for made in candidates:
        if made.capacity_per_node > 0:
            groups[made.workload, made.gpu, made.node_size].append(made)
    return groups


def _curve(made: Candidate) -> tuple[str, str, str]:
    return made.precision, made.kv_precision, made.engine


def _instance_sizes(problem: Problem, workload: Workload, gpu: str) -> set[int]:
    """GPUs of the instances of one GPU type that a workload may use."""
    return {offer.gpus_per_instance for offer in problem.offers if offer.gpu == gpu and offer.billing != "per_token" and may_serve(workload, offer)}
