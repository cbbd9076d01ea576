"""Price lists as offers: a provider's CSV, gpuhunt's catalogue files and its answers; what cannot be read is left out with its reason."""

from __future__ import annotations

import sys
import zipfile
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pytest

from data.gpuhunt_query import sold_by_gpuhunt
from data.library import shipped_gpu_names
from data.price_lists import Imported, Reading, offers_of, read_price_list, tables_of
from data.problems import BadInput
from data.reader import scenario_from_tables
from data.tables import Cell, Table, Tables

READING = Reading(provider="Acme", day=date(2026, 11, 20), names=shipped_gpu_names())

PRICES = """Instance type,GPU model,GPU count,Region,Price per hour,Spot price,vCPU
h100.8,H100 SXM,8,fr-1,$21.60,$9.10,192
l40s.1,L40S,1,fr-1,1.35,,16
h100.8,H100 SXM,8,fr-1,22.00,,192
x.1,Voodoo 2,1,fr-1,0.10,,4
a.1,L4,1,fr-1,on request,,4
"""
EUROS = "Produit;GPU;GPUs;Monthly price;Commitment;Currency\nserver;H200;8;15.330,00 €;12;EUR\n"
GPUHUNT = """instance_name,location,price,cpu,memory,gpu_count,gpu_name,gpu_memory,spot,disk_size,gpu_vendor,flags,cpu_arch,provider_data
p5.48xlarge,us-east-1,55.04,192,2048.0,8,H100,80.0,False,,nvidia,[],x86,{}
p5.48xlarge,us-east-1,20.5,192,2048.0,8,H100,80.0,True,,nvidia,[],x86,{}
g6.xlarge,us-east-1,0.8048,4,16.0,1,L4,24.0,False,,nvidia,[],x86,{}
g9.half,us-east-1,1.06,26,234.0,1,L40S,24.0,False,,nvidia,[],x86,{}
m5.large,us-east-1,0.096,2,8.0,0,,,False,,,[],x86,{}
"""


def imported(tmp_path: Path, text: str, name: str = "prices.csv", reading: Reading = READING) -> Imported:
    (tmp_path / name).write_text(text, encoding="utf-8")
    return read_price_list(tmp_path / name, reading)


def test_a_providers_list_becomes_offers_and_says_what_it_leaves_out(tmp_path: Path) -> None:
    found = imported(tmp_path, PRICES)
    assert [(o.offer, o.gpu, o.gpus_per_instance, o.billing, o.usd_per_instance_hour) for o in found.offers] == [
        ("Acme h100.8 fr-1", "H100-SXM5-80GB", 8, "on_demand", 21.6),
        ("Acme h100.8 fr-1 spot", "H100-SXM5-80GB", 8, "spot", 9.1),
        ("Acme l40s.1 fr-1", "L40S", 1, "on_demand", 1.35),
    ]
    assert {(o.provider, o.region, o.price_date) for o in found.offers} == {("Acme", "fr-1", date(2026, 11, 20))}
    assert found.left_out == (
        "prices.csv row 6: 'on request' is no number",
        "prices.csv row 4: Acme h100.8 fr-1 stands twice; give each row a name or a region of its own",
        "prices.csv row 5: no GPU is called 'Voodoo 2'; enter the name of a GPU of the catalogue",
    )


def test_euros_by_the_month_for_a_year_are_a_reservation_by_the_hour(tmp_path: Path) -> None:
    (offer,) = imported(tmp_path, EUROS, reading=Reading(provider="Acme", day=READING.day, names=READING.names, gpus={"H200": "H200-SXM-141GB"})).offers
    assert (offer.billing, offer.term_months, offer.currency, offer.gpus_per_instance) == ("reserved", 12, "EUR", 8)
    assert offer.usd_per_instance_hour == pytest.approx(15330 / 730)


@pytest.mark.parametrize(
    ("text", "price"),
    [
        ("GPU,Price\nL4,$1.35\n", (1.35, "USD")),
        ('GPU,Price\nL4,"1,299.5"\n', (1299.5, "USD")),
        ('GPU,Price\nL4,"1,299"\n', (1299, "USD")),
        ('GPU,Price\nL4,"1.299,00 €"\n', (1299, "EUR")),
        ('GPU,Price\nL4,"4,50 EUR"\n', (4.5, "EUR")),
        ("GPU;Price\nL4;1,299\n", (1.299, "USD")),
        ("GPU\tPrice\nL4\t2,49\n", (2.49, "USD")),
        ("GPU\tPrice\nL4\t£1 299,5\n", (1299.5, "GBP")),
        ("GPU,Price\rL4,2\r", (2, "USD")),  # lines as an old Mac ends them
    ],
)
def test_a_price_is_read_in_either_way_of_writing_it_and_in_the_currency_that_it_says(text: str, price: tuple[float, str], tmp_path: Path) -> None:
    (offer,) = imported(tmp_path, text).offers
    assert (offer.usd_per_instance_hour, offer.currency) == price


def test_a_term_may_be_in_years_and_what_is_not_one_number_is_told(tmp_path: Path) -> None:
    found = imported(tmp_path, "GPU,Price,Term,GPUs\nL4,2,1 year,\nL4,2,3 ans,\nL4,2,6 months,\nL4,2,30 days,\nL4,$2 for 8,,\nL4,2-3,,\nL4,2,,1.5\n")
    assert [offer.term_months for offer in found.offers] == [12, 36, 6]
    assert found.left_out == (
        "prices.csv row 5: '30 days' is no number of months or years",
        "prices.csv row 6: '$2 for 8' is no number",
        "prices.csv row 7: '2-3' is no number",
        "prices.csv row 8: '1.5' is not a whole number",
    )


def test_gpuhunts_catalogue_is_known_by_its_columns_and_its_provider_by_the_files_name(tmp_path: Path) -> None:
    """A name and its memory are a GPU of the catalogue, as the source says; machines without GPUs are none of ours."""
    found = imported(tmp_path, GPUHUNT, "aws.csv", Reading(day=READING.day, names=READING.names))
    assert [(o.offer, o.gpu, o.billing, o.source) for o in found.offers] == [
        ("aws p5.48xlarge us-east-1", "H100-SXM5-80GB", "on_demand", "aws.csv: H100 80GB"),
        ("aws p5.48xlarge us-east-1 spot", "H100-SXM5-80GB", "spot", "aws.csv: H100 80GB"),
        ("aws g6.xlarge us-east-1", "L4", "on_demand", "aws.csv: L4 24GB"),
    ]
    assert found.left_out == ("aws.csv row 5: L40S 24GB is no L40S, which has 48 GB; name the GPU with --gpu",)
    named = Reading(day=READING.day, names=READING.names, gpus={"L40S 24GB": "L4"})
    assert len(imported(tmp_path, GPUHUNT, "aws.csv", named).offers) == 4


def test_its_zip_is_read_as_it_is_published(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "catalog.zip", "w") as archive:
        archive.writestr("aws.csv", GPUHUNT)
        archive.writestr("lambdalabs.csv", GPUHUNT.replace("us-east-1", "us-west-1"))
    found = read_price_list(tmp_path / "catalog.zip", Reading(day=READING.day, names=READING.names))
    assert {offer.provider for offer in found.offers} == {"aws", "lambdalabs"}
    assert len(found.offers) == 6


def test_its_answers_become_offers(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library as it was recorded: items with the attributes of its catalogue."""
    item = SimpleNamespace(
        instance_name="gpu_8x_h100_sxm5", location="us-west-1", price=23.92, gpu_count=8, gpu_name="H100", gpu_memory=80.0, spot=False, provider="lambdalabs"
    )
    asked: dict[str, object] = {}
    monkeypatch.setitem(sys.modules, "gpuhunt", SimpleNamespace(query=lambda **how: asked.update(how) or [item]))
    (offer,) = offers_of(sold_by_gpuhunt(["lambdalabs"]), "gpuhunt", READING).offers
    assert asked == {"provider": ["lambdalabs"], "min_gpu_count": 1}
    assert (offer.provider, offer.gpu, offer.usd_per_instance_hour) == ("lambdalabs", "H100-SXM5-80GB", 23.92)


def test_without_the_library_the_way_out_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gpuhunt", None)
    with pytest.raises(BadInput, match="gpuhunt: is not installed; install it"):
        sold_by_gpuhunt()


def test_where_the_library_fails_the_reason_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def query(**_how: object) -> None:
        raise OSError("no route to host")

    monkeypatch.setitem(sys.modules, "gpuhunt", SimpleNamespace(query=query))
    with pytest.raises(BadInput, match=r"gpuhunt: could not be asked \(OSError: no route to host\); check the network"):
        sold_by_gpuhunt()


@pytest.mark.parametrize(
    ("text", "reading", "said"),
    [
        ("a,b\n1,2\n", READING, "prices.csv: has no column of GPUs that is understood; give it a column called GPU, and one called Price per hour"),
        ("GPU,b\nL4,2\n", READING, "prices.csv: has no column of prices that is understood"),
        (f'GPU,Price\n"{"x" * 200_000}",2\n', READING, "prices.csv: cannot be read as CSV (field larger than field limit (131072)); save the price list"),
        ("GPU,Price\nL4,2\n", Reading(day=READING.day, names=READING.names), "prices.csv: does not say who sells it; name the provider with --provider"),
    ],
)
def test_a_list_that_lacks_what_an_offer_needs(tmp_path: Path, text: str, reading: Reading, said: str) -> None:
    with pytest.raises(BadInput) as bad:
        imported(tmp_path, text, reading=reading)
    assert str(bad.value).startswith(said)


def test_the_sheet_of_offers_is_read_back_as_it_was_imported(tmp_path: Path) -> None:
    offers = imported(tmp_path, PRICES).offers
    names = ("name", "model", "requests_per_s", "input_tokens", "output_tokens")
    cells = tuple(Cell(value, f"Workloads!{name}2") for name, value in zip(names, ("chat", "Llama-3.1-8B", 1, 100, 100), strict=True))
    work = Table("Workloads", tuple(Cell(name, f"Workloads!{name}1") for name in names), (cells,))
    scenario = scenario_from_tables(Tables(path="x", sheets={**tables_of(offers).sheets, "Workloads": work}))
    assert scenario.offers[: len(offers)] == offers
