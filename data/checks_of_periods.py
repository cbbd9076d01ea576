"""What must hold between the cells of the sheets Periods and Existing."""

from __future__ import annotations

from collections.abc import Callable, Iterator

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
            yield entry.problem(
                "months", f"the period '{row.period[:60]}' has {row.months} months here and {months} in {where}", f"enter {months} in all its rows"
            )


def period_has_a_workload_once(draft: Draft) -> Iterator[Problem]:
    """A period says of each workload, and of all that have no row of their own, at most once."""
    first: dict[tuple[str, str], str] = {}
    for entry, row in draft.rows(Period):
        where = first.setdefault((row.period.casefold(), row.workload.casefold()), entry.at("multiplier"))
        if where != entry.at("multiplier"):
            of = f"for the workload '{row.workload[:60]}'" if row.workload else "for all workloads"
            yield entry.problem("multiplier", f"the period '{row.period[:60]}' stands twice {of} (first in {where})", "keep one of the rows")


def existing_instances_are_held(draft: Draft) -> Iterator[Problem]:
    """Only what is held for a term can be there already."""
    billing = {offer.offer: offer.billing for offer in (*draft.records(Offer), *draft.catalogue_offers)}
    for entry, row in draft.rows(Existing):
        kind = billing.get(row.offer)
        if kind is not None and kind not in HELD:
            stops = "buys tokens, no instances" if kind == "per_token" else "an hourly instance can be stopped at any time and need not be listed"
            what = f"{row.offer[:60]} is billed {kind}: {stops}"
            yield entry.problem("offer", what, "enter an offer that is reserved or purchased, or delete the row")


def existing_instances_end_after_the_start(draft: Draft) -> Iterator[Problem]:
    """An end needs the first day of the horizon, and does not lie before it."""
    title = columns_of_sheet("Settings")["start_date"].title
    settings = next(iter(draft.records(Settings)), None)
    for entry, row in draft.rows(Existing):
        if row.until is None or settings is None:
            continue
        if settings.start_date is None:
            yield entry.problem("until", f"Until is filled and Settings has no {title} (start_date)", "enter the first day of the horizon there")
        elif row.until < settings.start_date:
            start = settings.start_date.isoformat()
            what = f"{row.until.isoformat()} is before the {title} {start} ({draft.settings.at('start_date')})"
            yield entry.problem("until", what, "enter a later day, or delete the row: what has ended is not there")


CHECKS_OF_PERIODS: tuple[Callable[[Draft], Iterator[Problem]], ...] = (
    period_has_one_length,
    period_has_a_workload_once,
    existing_instances_are_held,
    existing_instances_end_after_the_start,
)
