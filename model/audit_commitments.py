"""Recomputes what a finished plan has committed to: from the raw offers, month by month, a second time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from data.records.plan import CommitmentLine, Plan
from data.records.supply import Offer
from model.problem import Problem

HELD = ("reserved", "purchase")  # billing kinds that are committed to


def commitments_hold(problem: Problem, plan: Plan) -> Iterator[str]:
    """The instances of held offers paid in each block are those of the stated commitments; terms, stock and minimum quantities are kept."""
    lines: dict[str, list[CommitmentLine]] = {}
    for line in plan.commitments:
        lines.setdefault(line.offer, []).append(line)
    for offer in problem.offers:
        own = lines.pop(offer.offer, [])
        if offer.billing in HELD:
            yield from _standing(problem, plan, offer, own)
            yield from (text for line in own if not line.existing for text in _order(problem, offer, line))
            yield from _there(problem, offer, own)
        elif own:
            yield f"{offer.offer}: a commitment, and it is billed {offer.billing}"
    yield from (f"{name}: a commitment to no offer" for name in lines)


def _ends(problem: Problem) -> dict[str, int]:
    """Period → its last month, from 1."""
    ends, month = {}, 0
    for period, months in {block.period: block.months for block in problem.blocks}.items():
        month += months
        ends[period] = month
    return ends


def _standing(problem: Problem, plan: Plan, offer: Offer, lines: list[CommitmentLine]) -> Iterator[str]:
    """Paid in every block what stands in its last month; bought no more than the stock in any."""
    ends = _ends(problem)
    for block in problem.blocks:
        month = ends[block.period]
        standing = [line for line in lines if line.first_month <= month <= line.last_month]
        paid, committed = plan.instances.get(offer.offer, {}).get(block.name, 0), sum(line.instances for line in standing)
        if paid != committed:
            yield f"{offer.offer}, block {block.name}: {paid} instances paid and {committed} committed to"
        bought = sum(line.instances for line in standing if not line.existing)
        if offer.max_instances is not None and bought > offer.max_instances:
            yield f"{offer.offer}, block {block.name}: {bought} instances of {offer.max_instances} in stock"


def _order(problem: Problem, offer: Offer, line: CommitmentLine) -> Iterator[str]:
    """An order has the minimum quantity, begins with a period and runs to the end of the one in which its term ends, or to the horizon."""
    ends = _ends(problem)
    begins = {1} | {month + 1 for month in ends.values()}
    term = (offer.life_months if offer.billing == "purchase" else offer.term_months) or 1
    over = line.first_month + term - 1
    last = min((month for month in ends.values() if month >= over), default=max(ends.values()))
    if line.instances < offer.min_instances:
        yield f"{offer.offer}: an order of {line.instances} instances below the minimum of {offer.min_instances}"
    if line.first_month not in begins or line.last_month != last:
        yield f"{offer.offer}: an order of {term} months from month {line.first_month} to {line.last_month}, not to {last}"


def _there(problem: Problem, offer: Offer, lines: list[CommitmentLine]) -> Iterator[str]:
    """What exists stands from the first month to its end, whole."""
    ends, given, stated = _ends(problem), Counter[tuple[int, int]](), Counter[tuple[int, int]]()
    for holding in problem.existing:
        if holding.offer == offer.offer:
            given[1, ends[holding.last_period]] += holding.instances
    for line in lines:
        if line.existing:
            stated[line.first_month, line.last_month] += line.instances
    if given != stated:
        yield f"{offer.offer}: {dict(stated)} instances there by first and last month, and {dict(given)} exist"
