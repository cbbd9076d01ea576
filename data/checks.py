"""What must hold across the cells of a workbook, one small function a rule; rows with a broken cell are left out, so no error causes another.

A new rule on one row is a function in the list of its record (``CHECKS_OF_A_WORKLOAD`` …), a rule across rows or sheets one in ``CHECKS``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from data.billing_fields import BILLING_FIELDS, KIND_FIELDS
from data.checks_of_periods import CHECKS_OF_PERIODS
from data.checks_of_workloads import CHECKS_OF_A_WORKLOAD, both_filled
from data.entries import Entry
from data.exchange import rates_of
from data.languages import say
from data.problems import Problem
from data.records.settings import Settings
from data.records.supply import Measurement, Model, Offer
from data.records.workload import DEMAND_FIELDS, LengthBin, Workload
from data.references import Draft
from data.tables import columns_of_sheet
from data.tiers import tiers_are_of_an_offer
from data.words import either

SHARE_TOLERANCE = 0.001  # shares typed with three decimals
HOURS_TOLERANCE = 0.01  # 720, 730 and 730.5 hours a month are all in use


def workload_has_one_demand(draft: Draft) -> Iterator[Problem]:
    """Demand is said in exactly one way (told of rows with other errors too: what counts is which cells are filled)."""
    titles = {name: column.title for name, column in columns_of_sheet("Workloads").items() if name in DEMAND_FIELDS}
    misnamed = "Workloads" in draft.sheets and draft.sheets["Workloads"].guessed & set(DEMAND_FIELDS)
    for entry in draft.entries("Workloads"):
        filled = [name for name in DEMAND_FIELDS if name in entry.given]
        if not filled and not misnamed:
            yield entry.problem("name", say("the workload has no demand"), say("fill one of {columns}", columns=either(titles.values())))
        for name in filled[1:]:
            yield entry.problem(name, both_filled(titles[name], titles[filled[0]], entry.at(filled[0])), say("fill exactly one demand column"))


def workload_rows(draft: Draft) -> Iterator[Problem]:
    """Every rule on one workload."""
    for entry, workload in draft.rows(Workload):
        for check in CHECKS_OF_A_WORKLOAD:
            yield from check(entry, workload)


def names_are_unique(draft: Draft) -> Iterator[Problem]:
    """A name stands once in its sheet (a block once in its profile); case does not tell two names apart."""
    for sheet, fields in (("Workloads", ("name",)), ("Offers", ("offer",)), ("GPUs", ("gpu",)), ("Models", ("model",)), ("Profiles", ("profile", "block"))):
        first: dict[tuple[str, ...], str] = {}
        for entry in draft.entries(sheet):
            texts = [entry.values.get(name) for name in fields]
            if not all(texts):
                continue
            key = tuple(str(text).casefold() for text in texts)
            if key in first:
                title = columns_of_sheet(sheet)[fields[-1]].title
                what = say("{title} '{name}' stands twice (first in {first})", title=title, name=str(texts[-1])[:60], first=first[key])
                yield entry.problem(fields[-1], what, say("give each a name of its own"))
            else:
                first[key] = entry.at(fields[-1])


def context_fits_the_model(draft: Draft) -> Iterator[Problem]:
    """No request is longer than the model takes."""
    for entry, workload in draft.rows(Workload):
        model = draft.models.get(workload.model)
        if model is None or model.max_context is None:
            continue
        longest, cell = workload.input_tokens + workload.output_tokens, "input_tokens"
        if workload.max_context_tokens is not None and workload.max_context_tokens > longest:
            longest, cell = workload.max_context_tokens, "max_context_tokens"
        if longest > model.max_context:
            yield entry.problem(cell, _too_long(longest, model), say("enter fewer tokens or another model in {cell}", cell=entry.at("model")))


def pool_has_one_model(draft: Draft) -> Iterator[Problem]:
    """Workloads that share nodes run one model."""
    first: dict[str, tuple[Entry[Workload], Workload]] = {}
    for entry, workload in draft.rows(Workload):
        if not workload.pool:
            continue
        other, lead = first.setdefault(workload.pool.casefold(), (entry, workload))
        if lead.model != workload.model:
            what = say(
                "the pool '{pool}' has {first_model} ({first}) and {model}",
                pool=workload.pool[:60],
                first_model=lead.model,
                first=other.at("model"),
                model=workload.model,
            )
            yield entry.problem("pool", what, say("give workloads of different models different pools"))


def length_shares_add_to_1(draft: Draft) -> Iterator[Problem]:
    """The bars of a workload's histogram are all its requests."""
    for name, rows in _groups(draft, "Lengths", "workload").items():
        total = sum(entry.values["share"] for entry in rows)
        if abs(total - 1) > SHARE_TOLERANCE:
            what = say("the shares of '{workload}' add up to {total:.4g}", workload=name[:60], total=total)
            yield rows[0].problem("share", what, say("enter shares that add up to 1"))


def routed_sizes_are_given(draft: Draft) -> Iterator[Problem]:
    """Requests routed by size have sizes to be told by."""
    sizes: dict[str, int] = {}
    for row in draft.records(LengthBin):
        sizes[row.workload] = sizes.get(row.workload, 0) + (row.share > 0)
    for entry, workload in draft.rows(Workload):
        if workload.route_by_size and sizes.get(workload.name, 0) < 2:
            what = say("requests are routed by size, and Lengths has fewer than two rows of them")
            yield entry.problem("route_by_size", what, say("enter the sizes in Lengths, or clear it"))


def lengths_fit_the_model(draft: Draft) -> Iterator[Problem]:
    """No bar of a histogram is longer than its workload's model takes."""
    models = {workload.name: draft.models.get(workload.model) for workload in draft.records(Workload)}
    for entry, row in draft.rows(LengthBin):
        model = models.get(row.workload)
        longest = row.input_tokens + row.output_tokens
        if model is not None and model.max_context is not None and longest > model.max_context:
            yield entry.problem("input_tokens", _too_long(longest, model), say("enter fewer tokens or choose another model"))


def profile_hours_make_a_month(draft: Draft) -> Iterator[Problem]:
    """The blocks of a profile are all hours of the month."""
    hours = draft.settings.values.get("hours_per_month", Settings.hours_per_month)
    for name, rows in _groups(draft, "Profiles", "profile").items():
        total = sum(entry.values["hours_per_month"] for entry in rows)
        if abs(total - hours) > HOURS_TOLERANCE * hours:
            what = say("the hours of the profile '{profile}' add up to {total:g}, not to the {hours:g} of a month", profile=name[:60], total=total, hours=hours)
            yield rows[0].problem("hours_per_month", what, say("correct the hours of its blocks, or hours_per_month in Settings"))


def profile_has_load(draft: Draft) -> Iterator[Problem]:
    """A profile has a block with load."""
    for name, rows in _groups(draft, "Profiles", "profile").items():
        if not any(entry.values["multiplier"] for entry in rows):
            what = say("every block of the profile '{profile}' has the multiplier 0", profile=name[:60])
            yield rows[0].problem("multiplier", what, say("enter 1 for its busiest block"))


def offer_fills_its_billing_kind(draft: Draft) -> Iterator[Problem]:
    """An offer has what its billing kind needs and nothing that its kind would ignore."""
    columns = columns_of_sheet("Offers")
    for entry, offer in draft.rows(Offer):
        kind = BILLING_FIELDS[offer.billing]
        for name in kind.needs:
            if getattr(offer, name) is None:
                what = say("{title} is blank, and an offer billed {billing} needs it", title=columns[name].title, billing=offer.billing)
                yield entry.problem(name if name in entry.where else "billing", what, say("fill it"))
        for name in KIND_FIELDS:
            if name not in kind.allowed and getattr(offer, name) != columns[name].default:
                others = either(other for other, fields in BILLING_FIELDS.items() if name in fields.allowed)
                what = say("{title} is filled, and an offer billed {billing} has none", title=columns[name].title, billing=offer.billing)
                yield entry.problem(name, what, say("clear it, or make the billing {billing}", billing=others))


def offer_stock_covers_its_minimum(draft: Draft) -> Iterator[Problem]:
    """The fewest instances sold are not more than there are."""
    for entry, offer in draft.rows(Offer):
        if offer.max_instances is not None and offer.min_instances > offer.max_instances:
            most, cell = offer.max_instances, entry.at("max_instances")
            what = say("at least {fewest:,} instances but at most {most:,} ({cell})", fewest=offer.min_instances, most=most, cell=cell)
            yield entry.problem("min_instances", what, say("enter a minimum that is not above the maximum"))


def offer_currency_has_a_rate(draft: Draft) -> Iterator[Problem]:
    """Every price can be turned into USD."""
    rates, wrong = rates_of(draft.settings)
    if wrong:
        return
    for entry, offer in draft.rows(Offer):
        if offer.currency.upper() not in rates:
            what = say("there is no exchange rate for {currency}", currency=offer.currency[:20])
            code = offer.currency[:20].upper()
            enter = say("enter one in Settings, {title}, such as {currency}=1.08 (USD for one)", title=_rates_title(), currency=code)
            yield entry.problem("currency", what, enter)


def settings_have_their_rates(draft: Draft) -> Iterator[Problem]:
    """Exchange rates can be read, and the result's currency has one."""
    rates, wrong = rates_of(draft.settings)
    yield from wrong
    currency = str(draft.settings.values.get("currency", "USD"))
    if not wrong and currency.upper() not in rates:
        what = say("there is no exchange rate for {currency}", currency=currency[:20])
        enter = say("enter one in {title}, such as {currency}=1.08 (USD for one)", title=_rates_title(), currency=currency[:20].upper())
        yield draft.settings.problem("currency", what, enter)


def node_sizes_are_powers_of_two(draft: Draft) -> Iterator[Problem]:
    """Tensor parallelism splits a model over 1, 2, 4 … GPUs."""
    if odd := [size for size in draft.settings.values.get("node_sizes", ()) if size & (size - 1)]:
        what = say("{size} is not a power of two", size=odd[0])
        yield draft.settings.problem("node_sizes", what, say("enter node sizes out of 1, 2, 4, 8, 16, 32, 64"))


def fewest_providers_are_not_above_the_most(draft: Draft) -> Iterator[Problem]:
    """The fewest providers are not more than the most."""
    low, high = draft.settings.values.get("min_providers", 0), draft.settings.values.get("max_providers")
    if high is not None and low > high:
        what = say("at least {fewest} providers but at most {most} ({cell})", fewest=low, most=high, cell=draft.settings.at("max_providers"))
        yield draft.settings.problem("min_providers", what, say("enter a minimum that is not above the maximum"))


def measured_capacity_is_a_rate(draft: Draft) -> Iterator[Problem]:
    """A measured capacity is a rate of requests and nothing else, said once."""
    columns, first = columns_of_sheet("Measurements"), dict[Measurement, str]()
    for entry, row in draft.rows(Measurement):
        if not row.is_capacity:
            continue
        if row.req_per_s is None:
            what = say("a capacity says how many requests a second a node carries")
            yield entry.problem("mode", what, say("fill {columns}", columns=columns["req_per_s"].title))
        for name in ("concurrency", "ttft_ms", "tpot_ms", "output_tok_per_s"):
            if getattr(row, name) is not None:
                what = say("{title} is filled, and a capacity is taken as it is", title=columns[name].title)
                yield entry.problem(name, what, say("clear it, or enter the run as a row of its own with the mode serving"))
        twin = first.setdefault(replace(row, req_per_s=None), entry.at("mode"))
        if twin != entry.at("mode"):
            yield entry.problem("mode", say("this capacity stands twice (first in {first})", first=twin), say("keep one of them"))


def sizes_have_no_rule_on_what_stands_elsewhere(draft: Draft) -> Iterator[Problem]:
    """What is routed by size to shared pools is not counted at each provider."""
    values = draft.settings.values
    rules = {"survive_provider_loss": bool(values.get("survive_provider_loss")), "max_provider_share": values.get("max_provider_share", 1.0) < 1.0}
    for entry, workload in draft.rows(Workload):
        for name in (name for name, asked in rules.items() if asked and workload.route_by_size):
            what = say(
                "{title} asks what stands at each provider, and requests routed by size are not counted there ({cell})",
                title=columns_of_sheet("Settings")[name].title,
                cell=entry.at("route_by_size"),
            )
            yield draft.settings.problem(name, what, say("clear it, or {other}", other=columns_of_sheet("Workloads")["route_by_size"].title))


def there_are_offers(draft: Draft) -> Iterator[Problem]:
    """Where only the workbook's offers are used, it has some."""
    if draft.offers_used == "workbook" and not draft.entries("Offers"):
        what = say("only the workbook's offers are used, and the sheet Offers has none")
        yield draft.settings.problem("offers", what, say("fill the sheet Offers, or enter both or catalogue"))


def _rates_title() -> str:
    return columns_of_sheet("Settings")["usd_per_currency"].title


def _too_long(tokens: float, model: Model) -> str:
    """That a model does not take requests of so many tokens."""
    return say("requests of {tokens:,.0f} tokens are longer than the {most:,} that {model} takes", tokens=tokens, most=model.max_context, model=model.model)


def _groups(draft: Draft, sheet: str, name: str) -> dict[str, list[Entry[Any]]]:
    """The rows of a sheet by one of their fields; groups with a broken row are left out."""
    groups: dict[str, list[Entry[Any]]] = defaultdict(list)
    for entry in draft.entries(sheet):
        groups[str(entry.values.get(name, "")).casefold()].append(entry)
    return {str(rows[0].values[name]): rows for rows in groups.values() if all(entry.record is not None for entry in rows)}


CHECKS: tuple[Callable[[Draft], Iterator[Problem]], ...] = (
    workload_has_one_demand,
    workload_rows,
    names_are_unique,
    context_fits_the_model,
    pool_has_one_model,
    length_shares_add_to_1,
    routed_sizes_are_given,
    lengths_fit_the_model,
    profile_hours_make_a_month,
    profile_has_load,
    offer_fills_its_billing_kind,
    offer_stock_covers_its_minimum,
    tiers_are_of_an_offer,
    offer_currency_has_a_rate,
    settings_have_their_rates,
    node_sizes_are_powers_of_two,
    fewest_providers_are_not_above_the_most,
    measured_capacity_is_a_rate,
    sizes_have_no_rule_on_what_stands_elsewhere,
    there_are_offers,
    *CHECKS_OF_PERIODS,
)
