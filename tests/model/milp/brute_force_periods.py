"""The optimum of a small problem over several periods by trying everything: orders of held offers by the period in which they start. No Pyomo, no filters."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace

from brute_force import BruteForce, Vector, _counts

from data.records.supply import Offer
from model.problem import Problem


class BruteForcePeriods(BruteForce):
    """Tries every order of every held offer in every period, beside what exists, and every number of instances by the hour."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        held = {holding.offer for holding in problem.existing}
        hosting = {o.offer for o in self.offers}
        self.offers = [o for o in problem.offers if o.offer in hosting or o.offer in held]
        self.months = {b.period: b.months for b in problem.blocks}

    def cheapest(self) -> float | None:
        """USD a month of the best plan. Under a rule on the number of providers, what exists with one that is not used stands unused, and is paid."""
        most, existing = self.settings.max_providers, self.problem.existing
        if most is None or not existing:
            return super().cheapest()
        providers = sorted({o.provider for o in self.problem.offers})
        costs = [self._from(set(chosen)) for chosen in itertools.combinations(providers, min(most, len(providers)))]
        return min((usd for usd in costs if usd is not None), default=None)

    def _from(self, providers: set[str]) -> float | None:
        """USD a month of the best plan that uses some providers only."""
        unused = [o for o in self.problem.offers if o.provider not in providers]
        paid = sum(self._offer_usd(o, [self._existing(o, b.period) for b in self.problem.blocks]) for o in unused)
        budget = self.settings.monthly_budget_usd
        settings = replace(self.settings, max_providers=None, monthly_budget_usd=None if budget is None else budget - paid)
        offers = tuple(o for o in self.problem.offers if o.provider in providers)
        existing = tuple(h for h in self.problem.existing if h.offer in {o.offer for o in offers})
        rest = BruteForcePeriods(replace(self.problem, offers=offers, existing=existing, settings=settings)).cheapest()
        return None if rest is None else rest + paid

    def _plans(self) -> Iterator[tuple[Vector, ...]]:
        blocks = self.problem.blocks
        held = [o for o in self.offers if self.terms[o.offer].held]
        free = [o for o in self.offers if not self.terms[o.offer].held]
        rentals = [itertools.product(*(_counts(o) if self._hosts(o, t) else [0] for o in free)) for t in range(len(blocks))]
        schedules = list(itertools.product(*rentals))
        for standing in itertools.product(*(self._standing(o) for o in held)):
            count = [dict(zip([o.offer for o in held], (by_period[b.period] for by_period in standing), strict=True)) for b in blocks]
            for rented in schedules:
                whole = [count[t] | dict(zip([o.offer for o in free], rented[t], strict=True)) for t in range(len(blocks))]
                yield tuple(tuple(by_offer[o.offer] for o in self.offers) for by_offer in whole)

    def _standing(self, o: Offer) -> list[dict[str, int]]:
        """Every way to hold instances of an offer, by period: each order runs its term, at least one period, and a month that it runs into is held whole."""
        names = list(self.months)
        ends = {name: sum(list(self.months.values())[: place + 1]) for place, name in enumerate(names)}
        term = (o.life_months if o.billing == "purchase" else o.term_months) or 1
        hosted = any(self._hosts(o, t) for t in range(len(self.problem.blocks)))
        ways = set()
        for orders in itertools.product(*(_counts(o) if hosted else [0] for _ in names)):
            bought = dict.fromkeys(names, 0)
            for place, count in enumerate(orders):
                over = ends[names[place]] - self.months[names[place]] + term  # the month after which the term is over
                for name in names[place:]:
                    if ends[name] - self.months[name] < over:
                        bought[name] += count
            if max(bought.values()) <= (o.max_instances or 0):
                ways.add(tuple(n + self._existing(o, name) for name, n in bought.items()))
        return [dict(zip(names, way, strict=True)) for way in sorted(ways)]

    def _existing(self, o: Offer, period: str) -> int:
        names = list(self.months)
        return sum(h.instances for h in self.problem.existing if h.offer == o.offer and names.index(h.last_period) >= names.index(period))
