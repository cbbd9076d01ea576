"""Which offer's instances host which nodes: the MILP counts nodes by hardware class, a plan names offers."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from data.records.candidate import Candidate
from data.records.supply import Offer
from model.classes import HardwareClass, instances_per_node, nodes_per_instance
from model.problem import Placement


class PlacementError(Exception):
    """Nodes that do not fit the instances they were counted on: a bug of the program."""


@dataclass(frozen=True, kw_only=True)
class Counts:
    """The integers of a solution."""

    nodes: Mapping[tuple[str, str, str], int]  # (candidate, class, block)
    instances: Mapping[tuple[str, str, str], int]  # (class, offer, block)
    blocks: tuple[str, ...]  # the busiest first


@dataclass
class _Server:
    """The instances of one offer in one block, and the nodes placed on them in decreasing size."""

    gpus_per_instance: int
    instances: int
    placed: list[tuple[int, int]] = field(default_factory=list)  # (node size, nodes)

    def places(self, size: int) -> int:
        """Places left for nodes of a size no larger than any placed: one placed of size S took S/size of them (sizes divide one another)."""
        several = instances_per_node(self.gpus_per_instance, size)
        every = self.instances // several if several else self.instances * nodes_per_instance(self.gpus_per_instance, size)
        return every - sum(count * (placed // size) for placed, count in self.placed)


def place(counts: Counts, classes: Mapping[str, HardwareClass], candidates: Mapping[str, Candidate], offers: Mapping[str, Offer]) -> tuple[Placement, ...]:
    """Nodes of every candidate by offer and block, in decreasing node size; held instances fill first, and a node stays where it stood in a busier block.

    Raises :class:`PlacementError` where nodes are left over.
    """
    standing: defaultdict[tuple[str, str], dict[str, int]] = defaultdict(dict)  # (candidate, offer) → block → nodes
    for h, made in classes.items():
        first_held = sorted(made.offers, key=lambda o: (offers[o].billing not in ("reserved", "purchase"), o))
        earlier: dict[tuple[str, str], int] = {}
        for t in counts.blocks:
            servers = {o: _Server(offers[o].gpus_per_instance, counts.instances.get((h, o, t), 0)) for o in first_held}
            nodes = {candidates[c]: n for (c, on, block), n in counts.nodes.items() if (on, block) == (h, t) and n}
            for (c, o), count in _place_block(nodes, servers, earlier, f"{h}, {t}").items():
                standing[c, o][t] = standing[c, o].get(t, 0) + count
                earlier[c, o] = max(earlier.get((c, o), 0), count)
    return tuple(
        Placement(candidate=c, offer=o, nodes_by_block={t: by_block.get(t, 0) for t in counts.blocks}) for (c, o), by_block in sorted(standing.items())
    )


def _place_block(
    nodes: Mapping[Candidate, int], servers: Mapping[str, _Server], earlier: Mapping[tuple[str, str], int], where: str
) -> dict[tuple[str, str], int]:  # fmt: skip
    """(candidate, offer) → nodes of one class in one block."""
    left = {made.key: count for made, count in nodes.items()}
    placed: defaultdict[tuple[str, str], int] = defaultdict(int)
    for size in sorted({made.node_size for made in nodes}, reverse=True):
        of_size = sorted(made.key for made in nodes if made.node_size == size)
        for where_it_stood in (True, False):  # then wherever there is room
            for c, (o, server) in itertools.product(of_size, servers.items()):
                wanted = min(left[c], earlier.get((c, o), 0)) if where_it_stood else left[c]
                count = min(wanted, server.places(size))
                if count > 0:
                    server.placed.append((size, count))
                    placed[c, o] += count
                    left[c] -= count
    if any(left.values()):
        raise PlacementError(f"{where}: nodes without an instance: {left}")
    return placed
