"""What carries the load of a workload or a stream, as terms of a row: pools of its own, shared pools, tokens."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from model.milp.rows import Term
from model.milp.sets import CurveKey, Sets
from model.milp.variables import needs_open


def capacity_terms(model: Any, sets: Sets, workload: str, block: str, without: frozenset[str] = frozenset()) -> Iterator[Term]:
    """What a workload's own pools carry in a block, but for those in some markets."""
    counted: set[CurveKey] = set()
    for pool in sets.pools_of.get((workload, block), ()):
        if pool.members or pool.market in without:
            continue
        curve = sets.curve_of.get(pool.key)
        if curve is None:
            for h in pool.classes:
                yield pool.share * pool.capacity_per_node, model.Nodes[pool.candidate, h, block]
        elif curve not in counted:
            counted.add(curve)
            yield pool.share, model.Rate[curve]
        if needs_open(sets, pool.key):
            yield -pool.share * pool.fixed_loss, model.Open[pool.key]


def load_terms(model: Any, sets: Sets, stream: str, block: str, without: frozenset[str] = frozenset()) -> Iterator[Term]:
    """What shared pools carry of a stream in a block, but for those in some markets."""
    for pool in sets.shared_of.get((stream, block), ()):
        if pool.market not in without:
            yield 1.0, model.Load[stream, pool.candidate, pool.market, block]


def token_terms(model: Any, sets: Sets, buyer: str, block: str) -> Iterator[Term]:
    """Load of a workload, or of a stream that is a part of one, on per-token offers."""
    for w, p in sets.usd_per_load_hour:
        if w == buyer and (w, p, block) in model.Tokens:
            yield 1.0, model.Tokens[w, p, block]
