"""Nodes placed on offers fit, instance by instance, and a node stays where it stood."""

import pytest
from milp_factory import candidate, offer, problem
from random_problems import random_problem

from model.classes import HardwareClass
from model.milp.solve import solve
from model.placement import Counts, PlacementError, place
from model.problem import Incumbent, Problem

SIZES = {"s1": 1, "s2": 2, "s4": 4, "s16": 16}


def placed(nodes: dict[tuple[str, str], int], instances: dict[tuple[str, str], int], offers: list, blocks: tuple[str, ...]) -> dict:  # type: ignore[type-arg]
    """(candidate, offer) → nodes by block, in one class."""
    candidates = {c: candidate(size=size) for c, size in SIZES.items()}
    by_key = {made.key: made for made in candidates.values()}
    made = HardwareClass(
        name="h", gpu="G", spot=False, capacity_share=1.0, workloads=frozenset("w"), tenant="", provider="", offers=tuple(o.offer for o in offers)
    )  # fmt: skip
    counts = Counts(
        nodes={(candidates[c].key, "h", t): n for (c, t), n in nodes.items()},
        instances={("h", o, t): n for (o, t), n in instances.items()},
        blocks=blocks,
    )
    found = place(counts, {"h": made}, by_key, {o.offer: o for o in offers})
    names = {made.key: c for c, made in candidates.items()}
    return {(names[p.candidate], p.offer): dict(p.nodes_by_block) for p in found}


def test_larger_nodes_are_placed_first_so_that_the_smaller_fill_the_rest() -> None:
    """6 + 3 GPUs hold a node of 4, two of 2 and one of 1: 4 and 2 on the six, 2 and 1 on the three."""
    offers = [offer("six", gpus=6), offer("three", gpus=3)]
    found = placed({("s4", "b"): 1, ("s2", "b"): 2, ("s1", "b"): 1}, {("six", "b"): 1, ("three", "b"): 1}, offers, ("b",))
    assert found == {("s4", "six"): {"b": 1}, ("s2", "six"): {"b": 1}, ("s2", "three"): {"b": 1}, ("s1", "three"): {"b": 1}}


def test_held_instances_fill_first_and_a_node_stays_where_it_stood_by_day() -> None:
    offers = [offer("hired"), offer("held", billing="reserved")]
    instances = {("held", "day"): 2, ("held", "night"): 2, ("hired", "day"): 1, ("hired", "night"): 1}
    found = placed({("s1", "day"): 3, ("s1", "night"): 1}, instances, offers, ("day", "night"))
    assert found == {("s1", "held"): {"day": 2, "night": 1}, ("s1", "hired"): {"day": 1, "night": 0}}


def test_nodes_that_do_not_fit_are_a_bug_and_said_to_be_one() -> None:
    with pytest.raises(PlacementError, match="h, b: nodes without an instance"):
        placed({("s16", "b"): 1}, {("o", "b"): 1}, [offer("o", gpus=8)], ("b",))


@pytest.mark.parametrize("first", range(0, 100, 25))
def test_placed_nodes_are_those_of_the_plan_and_fit_their_instances(first: int) -> None:
    for seed in range(first, first + 25):
        posed = random_problem(seed)
        found = solve(posed)
        for t in [b.name for b in posed.blocks] if found.usd_per_month is not None else ():
            assert fits(posed, found, t), seed


def fits(posed: Problem, found: Incumbent, block: str) -> bool:
    """Whether the nodes placed on each offer pack into its instances: first fit in decreasing size, which is exact for sizes that divide one another."""
    sizes = {c.key: c.node_size for c in posed.candidates}
    for sold in posed.offers:
        nodes = [sizes[p.candidate] for p in found.placements if p.offer == sold.offer for _ in range(p.nodes_by_block[block])]
        free = [sold.gpus_per_instance] * found.instances.get(sold.offer, {}).get(block, 0)
        for size in sorted(nodes, reverse=True):
            if size > sold.gpus_per_instance:
                whole = [i for i, gpus in enumerate(free) if gpus == sold.gpus_per_instance][: size // sold.gpus_per_instance]
                if len(whole) * sold.gpus_per_instance < size:
                    return False
                free = [0 if i in whole else gpus for i, gpus in enumerate(free)]
                continue
            room = next((i for i, gpus in enumerate(free) if gpus >= size), None)
            if room is None:
                return False
            free[room] -= size
    return True


def test_placements_name_every_block_of_the_problem_though_equal_blocks_are_one_in_the_model() -> None:
    found = solve(problem({"w": [2, 1, 2]}, [candidate()], [offer()], hours=(30, 40, 30)))
    assert dict(found.placements[0].nodes_by_block) == {"b0": 2, "b1": 1, "b2": 2}
    assert dict(found.instances["o"]) == {"b0": 2, "b1": 1, "b2": 2}
