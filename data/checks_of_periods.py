"""What must hold between the cells of the sheets Periods and Existing."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from data.languages import noted, say
from data.problems import Problem
from data.records.settings import Period, Settings
from data.records.supply import Existing, Offer
from data.references import Draft
from data.tables import columns_of_sheet

HELD = ("reserved", "purchase")  # billing kinds whose instances are held for a term


def period_has_one_length(draft: Draft) -> Iterator[Problem]:
    """The rows of a period say the same months; case does not tell two periods apart."""
    first: dict[str, tuple[int, str]] = {}
    for entry, row in draft.rows(Period):
        months, where = first.setdefault(row.period.casefold(), (row.months, entry.at("months")))
        if row.months != months:
            what = say("the period '{period}' has {here} months here and {there} in {cell}", period=row.period[:60], here=row.months, there=months, cell=where)
            yield entry.problem("months", what, say("enter {months} in all its rows", months=months))


def period_has_a_workload_once(draft: Draft) -> Iterator[Problem]:
    """A period says of each workload, and of all that have no row of their own, at most once."""
    first: dict[tuple[str, str], str] = {}
    for entry, row in draft.rows(Period):
        where = first.setdefault((row.period.casefold(), row.workload.casefold()), entry.at("multiplier"))
        if where != entry.at("multiplier"):
            every = noted("the period '{period}' stands twice for all workloads (first in {first})")
            one = noted("the period '{period}' stands twice for the workload '{workload}' (first in {first})")
            what = say(one if row.workload else every, period=row.period[:60], workload=row.workload[:60], first=where)
            yield entry.problem("multiplier", what, say("keep one of the rows"))


def existing_instances_are_held(draft: Draft) -> Iterator[Problem]:
    """Only what is held for a term can be there already."""
    billing = {offer.offer: offer.billing for offer in (*draft.records(Offer), *draft.catalogue_offers)}
    for entry, row in draft.rows(Existing):
        kind = billing.get(row.offer)
        if kind is not None and kind not in HELD:
            tokens = noted("{offer} is billed {billing}: buys tokens, no instances")
            hourly = noted("{offer} is billed {billing}: an hourly instance can be stopped at any time and need not be listed")
            told = tokens if kind == "per_token" else hourly
            what = say(told, offer=row.offer[:60], billing=kind)
            yield entry.problem("offer", what, say("enter an offer that is reserved or purchased, or delete the row"))


def existing_instances_end_after_the_start(draft: Draft) -> Iterator[Problem]:
    """An end needs the first day of the horizon, and does not lie before it."""
    title = columns_of_sheet("Settings")["start_date"].title
    settings = next(iter(draft.records(Settings)), None)
    for entry, row in draft.rows(Existing):
        if row.until is None or settings is None:
            continue
        if settings.start_date is None:
            until = columns_of_sheet("Existing")["until"].title
            what = say("{until} is filled and Settings has no {start} (start_date)", until=until, start=title)
            yield entry.problem("until", what, say("enter the first day of the horizon there"))
        elif row.until < settings.start_date:
            start, cell = settings.start_date.isoformat(), draft.settings.at("start_date")
            what = say("{until} is before the {title} {start} ({cell})", until=row.until.isoformat(), title=title, start=start, cell=cell)
            yield entry.problem("until", what, say("enter a later day, or delete the row: what has ended is not there"))


CHECKS_OF_PERIODS: tuple[Callable[[Draft], Iterator[Problem]], ...] = (
    period_has_one_length,
    period_has_a_workload_once,
    existing_instances_are_held,
    existing_instances_end_after_the_start,
)
