"""What need not be looked at: exact filters before the MILP. Each removes only what some optimal plan does without, says why, and proves it.

A new filter is one function in :mod:`model.candidate_filters` or :mod:`model.offer_filters`, its proof in its docstring, and its name in :data:`FILTERS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from data.records.candidate import RuledOut
from model.candidate_filters import candidates_dominated, candidates_without_an_offer, node_sizes_dominated
from model.offer_filters import (
    offers_beyond_any_use,
    offers_dominated,
    offers_not_allowed,
    offers_without_a_candidate,
    offers_worth_less_elsewhere,
    spot_without_a_share,
    token_offers_dominated,
)
from model.problem import Problem
from model.removal import Removal


@dataclass(frozen=True, kw_only=True)
class Reduction:
    """A smaller problem with the same optimum, and what was left out with the reason in words."""

    problem: Problem
    ruled_out: tuple[RuledOut, ...]


Filter = Callable[[Problem], Iterable[Removal]]

# In this order: what cannot serve, then what is beaten; offers are compared for the candidates that are left.
FILTERS: tuple[Filter, ...] = (
    offers_not_allowed,
    spot_without_a_share,
    candidates_without_an_offer,
    candidates_dominated,
    node_sizes_dominated,
    offers_without_a_candidate,
    token_offers_dominated,
    offers_dominated,
    offers_beyond_any_use,
    offers_worth_less_elsewhere,
    candidates_without_an_offer,
)


def reduce_problem(problem: Problem, filters: Iterable[Filter] = FILTERS) -> Reduction:
    """The problem without what the filters remove, one after another; the optimum is the same. Offers of instances that are there already stay."""
    ruled_out: list[RuledOut] = []
    existing = {holding.offer for holding in problem.existing}
    for remove in filters:
        removals = tuple(removal for removal in remove(problem) if removal.offer not in existing)
        keys, names = {removal.candidate for removal in removals}, {removal.offer for removal in removals}
        problem = replace(
            problem,
            candidates=tuple(c for c in problem.candidates if c.key not in keys),
            offers=tuple(o for o in problem.offers if o.offer not in names),
        )
        ruled_out += [removal.row for removal in removals]
    return Reduction(problem=problem, ruled_out=tuple(ruled_out))
