"""Which classes may have the instances of which commitment."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

from model.classes import tells_providers_apart

if TYPE_CHECKING:
    from model.milp.sets import Given

# In the place of a class: instances that are there already and that nobody uses.
UNUSED = ""


def holders_of(given: Given, supplies: list[tuple[str, str]], used_in_block: set[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """(h, k) where a node may stand on instances of a commitment; existing ones may also stand unused, where that can matter to a rule or a budget."""
    classes: defaultdict[str, list[str]] = defaultdict(list)
    for h, o in supplies:
        classes[o].append(h)
    used_in = {(h, given.blocks[t].period) for h, t in used_in_block}
    apart = tells_providers_apart(given.problem)
    for k, made in given.commitments.items():
        using = [h for h in classes[made.offer] if any((h, p) in used_in for p in range(made.first, made.last + 1))]
        yield from ((h, k) for h in using)
        shared = len(using) == 1 and not given.classes[using[0]].tenant and not apart
        if made.fixed is not None and not shared:
            yield UNUSED, k
