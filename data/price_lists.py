"""Offers from a provider's price list (CSV) or from gpuhunt's catalogue, each row read or left out with its reason."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from data.fields import columns_of
from data.languages import noted, say
from data.library import shipped_gpus
from data.names import Names, UnknownName, resolve
from data.parse import CellError, record_from_strings
from data.price_text import amount, count, currency_said, months
from data.problems import BadInput, Problem
from data.records.settings import Settings
from data.records.supply import Offer
from data.tables import Cell, Table, Tables

Row = Mapping[str, str]

# What a price list may call a column, letters and digits alone.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "name": ("offer", "instance", "instancename", "instancetype", "sku", "plan", "product", "name", "flavor", "flavour"),
    "provider": ("provider", "vendor", "cloud"),
    "gpu": ("gpu", "gpumodel", "gputype", "gpuname", "accelerator", "card"),
    "memory": ("gpumemory", "gpumemorygb", "vram", "vramgb"),
    "gpus": ("gpus", "gpucount", "numberofgpus", "numgpus", "gpusperinstance"),
    "hour": ("price", "priceperhour", "pricehour", "hourly", "hourlyprice", "ondemand", "ondemandprice", "ondemandpriceperhour", "usdperhour", "usdh"),
    "gpu_hour": ("pricepergpuhour", "pricegpuhour", "pergpuhour", "usdpergpuhour", "gpuhour"),
    "month": ("pricepermonth", "pricemonth", "monthly", "monthlyprice", "usdpermonth"),
    "spot": ("spot", "spotprice", "spotpriceperhour", "preemptible"),
    "term": ("term", "termmonths", "commitment", "commitmentmonths"),
    "upfront": ("upfront", "upfrontusd", "upfrontprice"),
    "region": ("region", "location", "zone", "datacenter", "datacentre"),
    "currency": ("currency",),
}
PRICES = ("hour", "gpu_hour", "month", "spot", "upfront")
GPUHUNT = frozenset({"instance_name", "location", "price", "gpu_count", "gpu_name", "gpu_memory", "spot"})  # columns that its catalogue files have
SAVE_AS_CSV = noted("save the price list as CSV (UTF-8)")
SAME_MEMORY = 0.1  # relative: lists give a GPU's memory in GB or GiB, with or without what ECC takes


@dataclass(frozen=True, kw_only=True)
class Sold:
    """One price of a list as it stands there; prices in ``currency``."""

    where: str
    name: str
    provider: str
    region: str = ""
    gpu: str
    memory_gb: float | None = None
    gpus: int = 1
    per_hour: float
    spot: bool = False
    term_months: int | None = None
    upfront: float = 0.0
    currency: str = "USD"

    @property
    def called(self) -> str:
        """What the list calls the GPU, with its memory where it says it."""
        return f"{self.gpu} {self.memory_gb:g}GB" if self.memory_gb else self.gpu


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What a list does not say itself: its provider, currency and day, and which catalogue GPU its names stand for."""

    provider: str = ""
    currency: str = "USD"
    day: date
    gpus: Mapping[str, str] = field(default_factory=dict)
    names: Names


@dataclass(frozen=True)
class Imported:
    """The offers of a list, and the rows left out with the reason in words."""

    offers: tuple[Offer, ...]
    left_out: tuple[str, ...]


def read_price_list(path: Path, reading: Reading) -> Imported:
    """The offers of a CSV, or of the CSVs in a zip (gpuhunt's catalog.zip).

    Raises OSError, and BadInput for a file that is neither or has no column of GPUs or prices.
    """
    sold: list[Sold] = []
    left_out: list[str] = []
    for name, text in _files(path):
        for found in _rows(name, text, reading):
            if isinstance(found, Sold):
                sold.append(found)
            else:
                left_out.append(found)
    return _offers(sold, path.name, reading, left_out)


def offers_of(sold: Iterable[Sold], source: str, reading: Reading) -> Imported:
    """Prices from elsewhere (gpuhunt's own query) as offers."""
    return _offers(list(sold), source, reading, [])


def tables_of(offers: Sequence[Offer]) -> Tables:
    """A workbook's sheet Offers with these rows; fields at their default stay blank."""
    defaults = {name: column.default for name, column in columns_of(Offer).items()}
    used = [name for name, default in defaults.items() if any(getattr(offer, name) != default for offer in offers)]
    header = tuple(Cell(name, f"Offers.{name}") for name in used)
    rows = tuple(tuple(Cell(_raw(getattr(offer, name), defaults[name]), f"Offers[{number}].{name}") for name in used) for number, offer in enumerate(offers, 1))
    return Tables(path="", sheets={"Offers": Table("Offers", header, rows)})


def _raw(value: object, default: object) -> object:
    return None if value == default else ", ".join(value) if isinstance(value, tuple) else value


def _files(path: Path) -> Iterator[tuple[str, str]]:
    content = path.read_bytes()
    no_text = BadInput([Problem(path.name, say("is no text"), say(SAVE_AS_CSV))])
    try:
        if not zipfile.is_zipfile(io.BytesIO(content)):
            yield path.name, content.decode("utf-8-sig")
            return
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = [name for name in sorted(archive.namelist()) if name.endswith(".csv")]
            if not names:  # a workbook is a zip too
                raise no_text
            yield from ((name, archive.read(name).decode("utf-8-sig")) for name in names)
    except (UnicodeDecodeError, zipfile.BadZipFile):
        raise no_text from None


def _rows(file: str, text: str, reading: Reading) -> Iterator[Sold | str]:
    """Each price of a file, or why it is none."""
    delimiter = max(",;\t", key=text.partition("\n")[0].count)
    rows = csv.DictReader(io.StringIO(text, newline=None), delimiter=delimiter)
    header = [name for name in rows.fieldnames or () if name]
    if header and set(header) >= GPUHUNT:
        reads: Callable[[str, Row], Sequence[Sold]] = lambda where, row: _of_gpuhunt(where, row, reading.provider or Path(file).stem)  # noqa: E731
    else:
        reads = _reader_of(file, header, reading, decimal_comma=delimiter == ";")
    for where, row in _told_apart(file, rows):
        try:
            yield from reads(where, {name: (row.get(name) or "").strip() for name in header})
        except (CellError, ValueError) as error:
            yield say("{where}: {what}", where=where, what=error)


def _told_apart(file: str, rows: csv.DictReader[str]) -> Iterator[tuple[str, Mapping[str, str | None]]]:
    """Each row with the words for where it stands; raises BadInput where the text is no CSV."""
    try:
        for number, row in enumerate(rows, start=2):  # row 1 is the header
            yield say("{file} row {number}", file=file, number=number), row
    except csv.Error as error:
        raise BadInput([Problem(file, say("cannot be read as CSV ({error})", error=error), say(SAVE_AS_CSV))]) from None


def _of_gpuhunt(where: str, row: Row, provider: str) -> Sequence[Sold]:
    """A row of gpuhunt's catalogue; machines without a GPU are none of ours and pass in silence."""
    if not row["gpu_name"] or row["gpu_count"] in ("", "0"):
        return ()
    return (
        Sold(
            where=where,
            name=row["instance_name"],
            provider=row.get("provider") or provider,
            region=row["location"],
            gpu=row["gpu_name"],
            memory_gb=float(row["gpu_memory"]) if row["gpu_memory"] else None,
            gpus=int(row["gpu_count"]),
            per_hour=float(row["price"]),
            spot=row["spot"].lower() == "true",
        ),
    )


def _reader_of(file: str, header: Sequence[str], reading: Reading, *, decimal_comma: bool) -> Callable[[str, Row], Sequence[Sold]]:
    """How the rows of a provider's own list are read; raises BadInput where it has no GPUs or prices, or nobody says whose it is."""
    column = {known: name for known, names in COLUMNS.items() for name in header if re.sub(r"[^a-z0-9]", "", name.casefold()) in names}
    if "gpu" not in column or not column.keys() & {"hour", "gpu_hour", "month", "spot"}:
        what = noted("has no column of prices that is understood") if "gpu" in column else noted("has no column of GPUs that is understood")
        enter = say("give it a column called GPU, and one called Price per hour, Price per GPU hour or Price per month")
        raise BadInput([Problem(file, say(what), enter)])
    if not reading.provider and "provider" not in column:
        raise BadInput([Problem(file, say("does not say who sells it"), say("name the provider with --provider"))])

    def reads(where: str, row: Row) -> Sequence[Sold]:
        cell = {known: row[name] for known, name in column.items()}
        return _prices(where, cell, reading, lambda text: amount(text, decimal_comma=decimal_comma))

    return reads


def _prices(where: str, cell: Mapping[str, str], reading: Reading, number: Callable[[str], float]) -> Sequence[Sold]:
    """The prices of one row of a provider's list: the usual one, and the one on spot."""
    gpus = count(cell["gpus"]) if cell.get("gpus") else 1
    base = Sold(
        where=where,
        name=cell.get("name") or f"{gpus} × {cell['gpu']}",
        provider=cell.get("provider") or reading.provider,
        region=cell.get("region", ""),
        gpu=cell["gpu"],
        memory_gb=number(cell["memory"]) if cell.get("memory") else None,
        gpus=gpus,
        per_hour=0.0,
        term_months=months(cell["term"]) if cell.get("term") else None,
        upfront=number(cell["upfront"]) if cell.get("upfront") else 0.0,
        currency=cell.get("currency") or currency_said(*(cell.get(name, "") for name in PRICES)) or reading.currency,
    )
    hours = Settings.hours_per_month
    usual = next((number(cell[name]) * times for name, times in (("hour", 1.0), ("gpu_hour", gpus), ("month", 1 / hours)) if cell.get(name)), None)
    found = [] if usual is None else [replace(base, per_hour=usual)]
    if cell.get("spot"):
        found.append(replace(base, per_hour=number(cell["spot"]), spot=True, term_months=None, upfront=0.0))
    if not found:
        raise ValueError(say("has no price"))
    return found


def _offers(sold: Sequence[Sold], source: str, reading: Reading, left_out: list[str]) -> Imported:
    offers: dict[str, Offer] = {}
    for price in sold:
        try:
            offer = _offer(price, source, reading)
        except CellError as error:
            left_out.append(str(Problem(price.where, error.what, error.enter)))
            continue
        if offer.offer.casefold() in offers:
            what = say("{offer} stands twice", offer=offer.offer)
            left_out.append(str(Problem(price.where, what, say("give each row a name or a region of its own"))))
        else:
            offers[offer.offer.casefold()] = offer
    return Imported(tuple(offers.values()), tuple(left_out))


def _offer(price: Sold, source: str, reading: Reading) -> Offer:
    """A price as an offer, its values checked as in a workbook; raises CellError."""
    billing = "spot" if price.spot else "reserved" if price.term_months else "on_demand"
    words = (price.provider, price.name, price.region, "spot" if price.spot else f"{price.term_months} months" if price.term_months else "")
    values: dict[str, Any] = {
        "offer": " ".join(word for word in words if word),
        "provider": price.provider,
        "region": price.region or Offer.region,
        "gpu": _gpu_of(price, reading),
        "gpus_per_instance": price.gpus,
        "billing": billing,
        "usd_per_instance_hour": f"{price.per_hour:.10g}",
        "upfront_usd": f"{price.upfront:.10g}",
        "term_months": price.term_months or "",
        "currency": price.currency,
        "price_date": reading.day.isoformat(),
        "source": f"{source}: {price.called}",
    }
    return record_from_strings(Offer, {name: str(value) for name, value in values.items()})


def _gpu_of(price: Sold, reading: Reading) -> str:
    """The catalogue name of a GPU: by what the user says, by name and memory, or by its name alone if the memory agrees; raises CellError."""
    named = {text.casefold(): name for text, name in reading.gpus.items()}
    if chosen := named.get(price.called.casefold()) or named.get(price.gpu.casefold()):
        return resolve(chosen, reading.names)
    try:
        return resolve(price.called, reading.names)
    except UnknownName:
        gpu = shipped_gpus()[resolve(price.gpu, reading.names)]
    if price.memory_gb and abs(price.memory_gb - gpu.memory_gb) > SAME_MEMORY * gpu.memory_gb:
        what = say("{listed} is no {gpu}, which has {memory:g} GB", listed=price.called, gpu=gpu.gpu, memory=gpu.memory_gb)
        raise CellError(what, say("name the GPU with --gpu"))
    return gpu.gpu
