"""What must hold for the shipped tables: the promises a contributor's new row has to keep."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from data.catalogue.tables import read_rows
from data.library import read_records
from data.names import Names, gpu_names_of, model_names_of
from data.problems import BadInput, Problem
from data.records.supply import Gpu, Model, Offer
from data.records.workload import ProfileBlock

MONTH_HOURS = 730.0
LEAST = {"gpus.csv": 40, "models.csv": 90, "offers.csv": 400}
LEAST_PROVIDERS = 30

# What an offer of each billing kind must state; the kinds that have to be on sale.
STATED = {
    "on_demand": ("gpu", "usd_per_instance_hour"),
    "spot": ("gpu", "usd_per_instance_hour", "interruption_share"),
    "autoscaling": ("gpu", "usd_per_instance_hour", "startup_s"),
    "reserved": ("gpu", "usd_per_instance_hour", "term_months"),
    "per_token": ("model", "usd_per_m_input_tokens", "usd_per_m_output_tokens"),
}


def problems_of(catalogue: Path, measurements: Path) -> list[Problem]:
    """Everything wrong with the tables in these folders; empty when they keep every promise. Raises BadInput for a row that does not parse."""
    gpus = read_records(catalogue / "gpus.csv", Gpu)
    models = read_records(catalogue / "models.csv", Model)
    offers = read_records(catalogue / "offers.csv", Offer)
    profiles = read_records(catalogue / "profiles.csv", ProfileBlock)
    return [
        *_unique_and_sourced("gpus.csv", [(gpu.gpu, gpu.source) for gpu in gpus]),
        *_unique_and_sourced("models.csv", [(model.model, model.source) for model in models]),
        *_unique_and_sourced("offers.csv", [(offer.offer, offer.source) for offer in offers]),
        *_unambiguous("gpus.csv", gpu_names_of(gpus)),
        *_unambiguous("models.csv", model_names_of(models)),
        *_offers(offers, {gpu.gpu for gpu in gpus}, {model.model for model in models}),
        *_profiles(profiles),
        *_sources_of_profiles(catalogue / "profiles.csv"),
        *_measurements(measurements / "calibration.csv", {gpu.gpu for gpu in gpus}, {model.model for model in models}),
    ]


def checked(catalogue: Path, measurements: Path) -> list[Problem]:
    """As :func:`problems_of`, rows that do not parse included."""
    try:
        return problems_of(catalogue, measurements)
    except BadInput as bad:
        return list(bad.problems)


def _unique_and_sourced(file: str, rows: list[tuple[str, str]]) -> Iterator[Problem]:
    for name, count in Counter(name for name, _ in rows).items():
        if count > 1:
            yield Problem(file, f"'{name}' stands {count} times", "keep one row of each name")
    for name, source in rows:
        if source in ("", "workbook"):
            yield Problem(file, f"'{name}' has no source", "enter where the figures come from")
    if len(rows) < LEAST[file]:
        yield Problem(file, f"{len(rows)} rows", f"ship at least {LEAST[file]}")


def _unambiguous(file: str, names: Names) -> Iterator[Problem]:
    for key, meant in names.by_key.items():
        if len(meant) > 1:
            yield Problem(file, f"'{key}' names {' and '.join(meant)}", "give the alias to one of them")


def _offers(offers: tuple[Offer, ...], gpus: set[str], models: set[str]) -> Iterator[Problem]:
    known: tuple[tuple[str, Callable[[Offer], str | None], set[str]], ...] = (
        ("GPU", lambda offer: offer.gpu, gpus),
        ("model", lambda offer: offer.model, models),
    )
    for offer in offers:
        for missing in [field for field in STATED.get(offer.billing, ()) if not getattr(offer, field)]:
            yield Problem("offers.csv", f"'{offer.offer}' ({offer.billing}) has no {missing}", "enter it")
        for kind, name_of, names in known:
            if (name := name_of(offer)) is not None and name not in names:
                yield Problem("offers.csv", f"'{offer.offer}' names the {kind} '{name}'", f"enter a {kind} of the catalogue")
        if offer.price_date is None:
            yield Problem("offers.csv", f"'{offer.offer}' has no price date", "enter the day the price was read")
    for billing in STATED.keys() - {offer.billing for offer in offers}:
        yield Problem("offers.csv", f"no offer is {billing}", "ship one at least")
    if len({offer.provider for offer in offers}) < LEAST_PROVIDERS:
        yield Problem("offers.csv", "too few providers", f"ship offers of at least {LEAST_PROVIDERS}")


def _profiles(blocks: tuple[ProfileBlock, ...]) -> Iterator[Problem]:
    for profile in dict.fromkeys(block.profile for block in blocks):
        own = [block for block in blocks if block.profile == profile]
        if abs(sum(block.hours_per_month for block in own) - MONTH_HOURS) > 0.01:
            yield Problem("profiles.csv", f"the hours of '{profile}' do not add up to {MONTH_HOURS:g}", "give every hour of the month to one block")
        if max(block.multiplier for block in own) != 1:
            yield Problem("profiles.csv", f"the highest multiplier of '{profile}' is not 1", "state loads over the peak's")


def _sources_of_profiles(path: Path) -> Iterator[Problem]:
    for row in read_rows(path):
        if not row.get("source"):
            yield Problem("profiles.csv", f"block '{row['block']}' of '{row['profile']}' has no source", "enter where the figures come from")


def _measurements(path: Path, gpus: set[str], models: set[str]) -> Iterator[Problem]:
    for number, row in enumerate(read_rows(path), start=2):
        if row["gpu"] not in gpus or row["model"] not in models or not row["source"]:
            yield Problem(f"{path.name} row {number}", "names no GPU or model of the catalogue, or no source", "use catalogue names and state the source")
