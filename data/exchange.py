"""Exchange rates, and offers turned into USD."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import replace

from data.entries import Entry
from data.fields import columns_of
from data.languages import say
from data.problems import Problem
from data.records.settings import Settings
from data.records.supply import Offer

_RATE = re.compile(r"([A-Za-z]{3})\s*=\s*([0-9.eE+-]+)")


def rates_of(settings: Entry[Settings]) -> tuple[Mapping[str, float], tuple[Problem, ...]]:
    """USD for one unit of each currency by its ISO code, and the rates that cannot be read."""
    rates = {"USD": 1.0}
    problems = []
    for text in settings.values.get("usd_per_currency", ()):
        match = _RATE.fullmatch(text)
        rate = _positive(match[2]) if match else None
        if match is None or rate is None or (match[1].upper() == "USD" and rate != 1.0):
            what = say("'{text}' is not an exchange rate", text=text[:60])
            problems.append(settings.problem("usd_per_currency", what, say("enter rates such as EUR=1.08, GBP=1.27 (USD for one)")))
        else:
            rates[match[1].upper()] = rate
    return rates, tuple(problems)


def usd_of_one(settings: Settings) -> float:
    """USD for one unit of the settings' currency, which has a rate (checked when the workbook was read)."""
    rates = dict(text.replace(" ", "").upper().split("=") for text in settings.usd_per_currency)
    return float(rates.get(settings.currency.upper(), 1.0))


def _positive(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0 < value < math.inf else None


def in_usd(offer: Offer, rates: Mapping[str, float]) -> Offer:
    """The offer with its prices in USD; its source says the rate."""
    code = offer.currency.upper()
    if code == "USD":
        return offer
    prices = {name: getattr(offer, name) for name, column in columns_of(Offer).items() if column.unit.startswith("USD")}
    converted = {name: price * rates[code] for name, price in prices.items() if price is not None}
    source = say("{source} (prices in {currency} at {rate:g} USD)", source=offer.source, currency=code, rate=rates[code])
    return replace(offer, **converted, currency="USD", source=source)
