"""What may be committed to when: the orders of held offers (reserved, purchased) by the period in which they start, and the instances that are there already.

An order runs for its term, rounded up to whole periods and cut at the horizon; it may be placed again. It stands and is paid in every block of those periods,
so a plan's cost depends only on how many instances are held in each period. Without a term it is one month, renewed freely: one period.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from data.billing import billing_terms
from data.periods import PlannedPeriod, periods_of
from data.records.plan import CommitmentLine
from data.records.supply import Offer
from model.problem import Holding, Problem


@dataclass(frozen=True, kw_only=True)
class Commitment:
    """Instances of a held offer that stand in consecutive periods: an order, of any number, or ``fixed`` instances that are there already."""

    name: str  # unique; that of the offer where a plan has one period and nothing exists
    offer: str
    first: int  # places in the order of periods
    last: int
    share: float  # of the horizon's months
    fixed: int | None = None
    months_beyond: int | None = 0  # of the term, after the horizon

    def stands_in(self, period: int) -> bool:
        """Whether its instances stand in a period."""
        return self.first <= period <= self.last


def term_months(offer: Offer) -> int:
    """Months that an order of a held offer runs: its term, or its life; one month where none is stated."""
    return (offer.life_months if offer.billing == "purchase" else offer.term_months) or 1


def last_period(periods: Sequence[PlannedPeriod], first: int, months: int) -> int:
    """Place of the period in which a term of some months ends that begins with the period at ``first``; the last one if it ends later."""
    covered = periods[first].first_month + months - 1
    return next((p for p in range(first, len(periods)) if periods[p].last_month >= covered), len(periods) - 1)


def spans(offer: Offer, periods: Sequence[PlannedPeriod]) -> tuple[tuple[int, int], ...]:
    """First and last period of the orders of a held offer, one that starts with each period."""
    return tuple((first, last_period(periods, first, term_months(offer))) for first in range(len(periods)))


def can_be_ordered(offer: Offer) -> bool:
    """Whether there is stock for an order."""
    return offer.max_instances is None or offer.max_instances >= max(offer.min_instances, 1)


def commitments_of(problem: Problem) -> tuple[Commitment, ...]:
    """Every commitment of a problem, by offer and first period, with the instances that are there already."""
    periods = periods_of(problem.blocks)
    offers = {o.offer: o for o in problem.offers}
    held = [o for _, o in sorted(offers.items()) if billing_terms(o, problem.settings).held]
    plainly = len(periods) == 1 and not problem.existing
    orders = [made for o in held if can_be_ordered(o) for made in _orders(o, periods, plainly=plainly)]
    return (*orders, *_existing(problem.existing, offers, periods))


def _orders(offer: Offer, periods: Sequence[PlannedPeriod], *, plainly: bool) -> Iterator[Commitment]:
    horizon = periods[-1].last_month if periods else 0
    for first, last in spans(offer, periods):
        name = offer.offer if plainly else f"{offer.offer}@{first + 1}"
        end = periods[first].first_month + term_months(offer) - 1
        beyond = max(0, end - horizon)
        yield Commitment(name=name, offer=offer.offer, first=first, last=last, share=_share(periods, first, last), months_beyond=beyond)


def _existing(holdings: Sequence[Holding], offers: Mapping[str, Offer], periods: Sequence[PlannedPeriod]) -> Iterator[Commitment]:
    """One for each holding of an offer that the problem has; two rows are two commitments."""
    places = {period.name: place for place, period in enumerate(periods)}
    for number, holding in enumerate(sorted(holdings, key=lambda h: (h.offer, places[h.last_period], h.instances)), start=1):
        if holding.offer in offers:
            last = places[holding.last_period]
            yield Commitment(
                name=f"{holding.offer}@existing{number}", offer=holding.offer, first=0, last=last, share=_share(periods, 0, last),
                fixed=holding.instances, months_beyond=holding.months_beyond,
            )  # fmt: skip


def _share(periods: Sequence[PlannedPeriod], first: int, last: int) -> float:
    return sum(period.share for period in periods[first : last + 1])


def existing_by_block(problem: Problem, offer: str) -> dict[str, int]:
    """Block → instances of an offer that are there already."""
    periods = periods_of(problem.blocks)
    places = {period.name: place for place, period in enumerate(periods)}
    held = [(places[holding.last_period], holding.instances) for holding in problem.existing if holding.offer == offer]
    return {block: sum(count for last, count in held if place <= last) for place, period in enumerate(periods) for block in period.blocks}


def bought_by_block(problem: Problem, instances: Mapping[str, Mapping[str, int]], stock: str) -> dict[str, int]:
    """Block → instances out of one offer's stock, its own and those of its volume tiers, without those that are there already."""
    bought = dict.fromkeys((block.name for block in problem.blocks), 0)
    for offer in (offer.offer for offer in problem.offers if offer.stock_of == stock and offer.offer in instances):
        there = existing_by_block(problem, offer)
        bought = {block: count + instances[offer].get(block, 0) - there[block] for block, count in bought.items()}
    return bought


def commitment_lines(problem: Problem, taken: Mapping[str, int]) -> tuple[CommitmentLine, ...]:
    """The commitments taken (name → instances), as a reader wants them: the existing ones, then orders by month and offer."""
    offers, periods = {o.offer: o for o in problem.offers}, periods_of(problem.blocks)
    lines = [_line(problem, made, taken[made.name], offers[made.offer], periods) for made in commitments_of(problem) if taken.get(made.name)]
    return tuple(sorted(lines, key=lambda line: (not line.existing, line.first_month, line.offer, line.last_month)))


def _line(problem: Problem, made: Commitment, instances: int, offer: Offer, periods: Sequence[PlannedPeriod]) -> CommitmentLine:
    terms = billing_terms(offer, problem.settings)
    first, last = periods[made.first], periods[made.last]
    month = terms.usd_per_instance_month_held * instances
    owed = terms.usd_per_instance_month_owed * instances
    return CommitmentLine(
        offer=offer.offer, provider=offer.provider, billing=offer.billing, gpu=offer.gpu or "", instances=instances, gpus=instances * offer.gpus_per_instance,
        existing=made.fixed is not None, first_period=first.name, last_period=last.name, first_month=first.first_month, last_month=last.last_month,
        term_months=offer.life_months if offer.billing == "purchase" else offer.term_months, usd_per_month=month,
        usd_in_horizon=month * (last.last_month - first.first_month + 1),
        usd_beyond_horizon=None if made.months_beyond is None else owed * made.months_beyond,
    )  # fmt: skip
