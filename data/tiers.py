"""Volume tiers: rows of Offers that sell another row's product at a price of their own from a number of instances on, out of the same stock."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from data.entries import Entry
from data.languages import say
from data.problems import Problem
from data.records.supply import Offer
from data.references import Draft
from data.tables import columns_of_sheet

_SAME = ("gpu", "gpus_per_instance", "provider")  # what makes two rows one product


def with_base_stock(offers: Iterable[Offer]) -> tuple[Offer, ...]:
    """The offers, each tier with the stock of the offer whose tier it is."""
    given = tuple(offers)
    stock = {offer.offer: offer.max_instances for offer in given}
    return tuple(replace(offer, max_instances=stock[offer.tier_of]) if offer.tier_of in stock else offer for offer in given)


def tiers_are_of_an_offer(draft: Draft) -> Iterator[Problem]:
    """A tier is of an offer that is none itself, sells the same product, has its own threshold and no stock of its own."""
    named = {offer.offer: offer for offer in draft.catalogue_offers} | {offer.offer: offer for offer in draft.records(Offer)}
    for entry, offer in draft.rows(Offer):
        base = named.get(offer.tier_of)
        if base is None:
            continue
        name = base.offer[:60]
        if base.offer == offer.offer:
            yield entry.problem("tier_of", say("the offer is a tier of itself"), say("name the offer whose price holds below its threshold, or clear it"))
            continue
        if base.tier_of:
            yield entry.problem("tier_of", say("'{offer}' is itself a tier", offer=name), say("enter {names}", names=base.tier_of[:60]))
            continue
        yield from _differences(entry, offer, base)
        if offer.max_instances is not None:
            yield entry.problem("max_instances", say("a tier has the stock of '{offer}'", offer=name), say("clear it"))
        if offer.min_instances < 1:
            cell = "min_instances" if "min_instances" in entry.where else "tier_of"
            enter = say("enter it in {column}", column=columns_of_sheet("Offers")["min_instances"].title)
            yield entry.problem(cell, say("a tier needs the number of instances from which its price holds"), enter)
        elif base.max_instances is not None and offer.min_instances > base.max_instances:
            first, stock = offer.min_instances, base.max_instances
            what = say("the tier begins at {first:,} instances, and '{offer}' has {stock:,}", first=first, offer=name, stock=stock)
            yield entry.problem("min_instances", what, say("enter a number within the stock"))


def _differences(entry: Entry[Offer], offer: Offer, base: Offer) -> Iterator[Problem]:
    columns = columns_of_sheet("Offers")
    for field in _SAME:
        own, other = getattr(offer, field), getattr(base, field)
        if own != other:
            cell = field if field in entry.where else "tier_of"
            what = say(
                "{title} is {own}, and '{offer}', whose tier it is, has {other}", title=columns[field].title, own=own, offer=base.offer[:60], other=other
            )
            yield entry.problem(cell, what, say("enter {names}", names=other))
