"""Offers of the shipped catalogue, from the reference table: the current and trustworthy ones, with billing, terms, tags and names of this project."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from data.catalogue.tables import cleaned, joined
from data.catalogue.token_models import MODEL_OF_API_NAME
from data.records.supply import Offer

# Billing of the reference table → billing here and the term in months (None: no commitment).
BILLING: dict[str, tuple[str, int | None]] = {
    "on_demand": ("on_demand", None),
    "spot": ("spot", None),
    "autoscaling_per_second": ("autoscaling", None),
    "serverless_per_token": ("per_token", None),
    "reserved_1y": ("reserved", 12),
    "reserved_3y": ("reserved", 36),
    "reserved_term_unstated": ("reserved", 12),
}
# Shorter commitments as the reference table words them → the shortest whole months that keep them.
SHORT_TERMS = {
    "91-180 days": 3,
    "1 calendar month": 1,
    "monthly dedicated server": 12,  # cancelled monthly, but the set-up fee of each server is paid once: spread over a year's stay
    "from one node for one hour; market price; resale possible": 1,
}
TERM_NOTES = {
    "reserved_term_unstated": "term not stated: 12 months assumed",
    "from one node for one hour; market price; resale possible": "market price of the day: a month assumed",
    "monthly dedicated server": "cancelled monthly: a stay of 12 months assumed, over which the set-up fee is spread",
}

SPOT_INTERRUPTION_SHARE = 0.15  # share of hours; the capacity study's spot case, the catalogues give none
AUTOSCALING_STARTUP_S = 390.0  # s; middle of the 5 to 8 minutes of the capacity study

# Regions in the European Union (data stay there), as the providers write them; and in the United States.
EU_REGIONS = re.compile(r"^(eu-(central|north|west|south)-?[13]|eu-south-2|europe-west[14]|FIN|DE|PAR2|Gravelines \(FR\))$")
US_REGIONS = re.compile(r"^(us(-(east|west|central)-?\d)?|eastus|centralus)$")
NOT_A_PLACE = frozenset({"unstated", "global"})

# Rows left out one by one, with the reason.
NOT_TAKEN = {
    "o137": "only spot can be ordered for this shape",
    "o139": "only spot can be ordered for this shape",
    "o140": "only spot can be ordered for this shape",
    "o141": "only spot can be ordered for this shape",
    "o143": "only spot can be ordered for this shape",
    "o144": "only spot can be ordered for this shape",
    "o238": "a third of a GPU, scaled up: no such instance",
    "o339": "a marketplace median superseded by o338 twelve days later",
}
BATCH_PRICE_SHARE = 0.5  # "batch API 50% off" of the price page


def offer_rows(table: list[dict[str, str]]) -> tuple[list[Offer], list[str]]:
    """The offers shipped, and in words those that were left out although current. ``table`` is the reference offers.csv."""
    left_out: list[str] = []
    offers: list[Offer] = []
    for row in table:
        if row["current"] != "1" or row["confidence"] == "low":
            continue
        if reason := _why_not(row):
            left_out.append(f"{row['offer_id']} {row['provider']} {row['offer_name']}: {reason}")
            continue
        regions = ["unstated"] if row["region"] in ("", "n/a") else row["region"].split("/")
        offers += [_offer(row, region) for region in regions]
        if "batch API 50% off" in row["stock_quota_note"]:
            offers.append(_batch(offers[-1]))
    kept = _latest_of_same(offers)
    left_out += [f"{offer.offer} of {offer.price_date}: same price again at a later date" for offer in offers if offer not in kept]
    return kept, left_out


def _why_not(row: dict[str, str]) -> str:
    if row["offer_id"] in NOT_TAKEN:
        return NOT_TAKEN[row["offer_id"]]
    if row["model"] and row["model"] not in MODEL_OF_API_NAME:
        return f"{row['model']} is no model of the catalogue"
    if row["billing"] not in BILLING and row["min_commitment"] not in SHORT_TERMS:
        return f"billing {row['billing']} has no counterpart"
    return ""


def _offer(row: dict[str, str], region: str) -> Offer:
    billing, term = BILLING.get(row["billing"], ("reserved", SHORT_TERMS.get(row["min_commitment"])))
    per_token = billing == "per_token"
    return Offer(
        offer=_name(row, region),
        provider=row["provider"],
        region=region,
        gpu=None if per_token else row["gpu"],
        gpus_per_instance=1 if per_token else int(float(row["gpus_per_instance"])),
        billing=billing,
        usd_per_instance_hour=None if per_token else float(row["price_usd_per_hour_instance"]),
        upfront_usd=float(row["upfront_usd"] or 0),
        term_months=term,
        interruption_share=SPOT_INTERRUPTION_SHARE if billing == "spot" else 0.0,
        startup_s=AUTOSCALING_STARTUP_S if billing == "autoscaling" else 0.0,
        model=MODEL_OF_API_NAME[row["model"]] if per_token else None,
        usd_per_m_input_tokens=float(row["price_usd_mtok_in"]) if per_token else None,
        usd_per_m_output_tokens=float(row["price_usd_mtok_out"]) if per_token else None,
        tags=tuple(_tags(row, region)),
        price_date=_first_day(row["price_date"]),
        source=_source(row, billing),
    )


def _name(row: dict[str, str], region: str) -> str:
    """Provider, what the provider calls it, and the place where one is stated: "AWS p5.48xlarge us-east-1"."""
    what = re.sub(r" \(1y standard RI, no upfront\)$", " 1y RI", row["offer_name"])
    what = re.sub(r" \(list from 2026-10-01\)$", "", what)
    return f"{row['provider']} {what}" if region in NOT_A_PLACE else f"{row['provider']} {what} {region}"


def _tags(row: dict[str, str], region: str) -> Iterable[str]:
    yield row["provider_class"]
    if EU_REGIONS.match(region):
        yield "eu"
    if US_REGIONS.match(region):
        yield "us"
    if row["provider_class"] in ("eu_sovereign", "neocloud_eu"):
        yield "eu_provider"
    if row["provider_class"] in ("marketplace", "decentralised") or row["offer_name"].startswith("Community "):
        yield "third_party_hosts"
    if re.search(r"\(from\)|starting at|median|market average|preemptible \(from\)", row["offer_name"]) or '"from" price' in row["note"]:
        yield "indicative_price"


def _source(row: dict[str, str], billing: str) -> str:
    return joined(
        [
            cleaned(row["source"]),
            f"{cleaned(row['date_basis'])} {row['price_date']}",
            f"confidence {row['confidence']}",
            row["tax_basis"],
            cleaned(row["note"]),
            cleaned(row["stock_quota_note"]),
            TERM_NOTES.get(row["billing"], TERM_NOTES.get(row["min_commitment"], "")),
            f"serves {row['model']}" if row["model"] else "",
            "interruptions: 15 % of the hours assumed, none published" if billing == "spot" else "",
            "start-up: 390 s assumed, middle of 5 to 8 minutes" if billing == "autoscaling" else "",
        ]
    )


def _first_day(text: str) -> date:
    """The first day of a date given as year, month or day ("2025/2026", "2024-12"), so that the price counts as its oldest."""
    year, month, day = (*(int(part) for part in text.partition("/")[0].split("-")), 1, 1)[:3]
    return date(year, month, day)


def _batch(offer: Offer) -> Offer:
    """The same model over the provider's batch API: half price, answers within a day, so for offline work only."""
    if offer.usd_per_m_input_tokens is None or offer.usd_per_m_output_tokens is None:
        raise ValueError(f"{offer.offer} has no price per token to halve")
    return replace(
        offer,
        offer=f"{offer.offer} batch",
        usd_per_m_input_tokens=BATCH_PRICE_SHARE * offer.usd_per_m_input_tokens,
        usd_per_m_output_tokens=BATCH_PRICE_SHARE * offer.usd_per_m_output_tokens,
        tags=(*offer.tags, "batch_api"),
        source=f"{offer.source}; half of the list price: batch API, for offline work only",
    )


def _latest_of_same(offers: list[Offer]) -> list[Offer]:
    """Without the offers that another source lists again, at the same price and a later date."""
    latest: dict[Offer, Offer] = {}
    for offer in offers:
        same = replace(offer, offer="", price_date=None, source="")
        known = latest.get(same)
        if known is None or (offer.price_date or date.min) > (known.price_date or date.min):
            latest[same] = offer
    kept = set(latest.values())
    return [offer for offer in offers if offer in kept]
