"""From a row of the reference tables to a shipped row."""

from datetime import date

import pytest

from data.catalogue.gpu_rows import gpu_rows
from data.catalogue.measurement_rows import COLUMNS, measurement_rows
from data.catalogue.offer_rows import offer_rows
from data.catalogue.tables import cleaned

OFFER = {
    "offer_id": "x1", "provider": "P", "provider_class": "neocloud", "offer_name": "8x H100", "gpu": "H100-SXM5-80GB", "gpus_per_instance": "8.0",
    "region": "eu-north1", "billing": "on_demand", "price_usd_per_hour_instance": "20", "model": "", "price_usd_mtok_in": "", "price_usd_mtok_out": "",
    "tax_basis": "", "upfront_usd": "", "min_commitment": "", "stock_quota_note": "", "price_date": "2026-10-06", "date_basis": "read", "confidence": "high",
    "current": "1", "source": "price page", "note": "",
}  # fmt: skip
TOKENS = OFFER | {
    "gpu": "",
    "gpus_per_instance": "",
    "billing": "serverless_per_token",
    "price_usd_mtok_in": "1",
    "price_usd_mtok_out": "2",
    "region": "global",
}


@pytest.mark.parametrize(
    ("changes", "field", "value"),
    [
        ({}, "offer", "P 8x H100 eu-north1"),
        ({}, "tags", ("neocloud", "eu")),
        ({"region": "unstated"}, "offer", "P 8x H100"),
        ({"region": "n/a"}, "region", "unstated"),
        ({"billing": "reserved_3y"}, "term_months", 36),
        ({"billing": "reserved_lt1y", "min_commitment": "91-180 days"}, "term_months", 3),
        ({"billing": "spot"}, "interruption_share", 0.15),
        ({"billing": "autoscaling_per_second"}, "startup_s", 390),
        ({"price_date": "2025/2026"}, "price_date", date(2025, 1, 1)),
        ({"price_date": "2024-12"}, "price_date", date(2024, 12, 1)),
        ({"billing": "reserved_term_unstated"}, "source", "price page; read 2026-10-06; confidence high; term not stated: 12 months assumed"),
    ],
)
def test_an_offer_is_translated(changes: dict[str, str], field: str, value: object) -> None:
    offers, left_out = offer_rows([OFFER | changes])
    assert [getattr(offer, field) for offer in offers] == [value]
    assert left_out == []


def test_old_and_doubtful_offers_are_not_shipped() -> None:
    assert offer_rows([OFFER | {"current": "0"}, OFFER | {"confidence": "low"}]) == ([], [])


def test_an_unreviewed_api_name_is_left_out_not_guessed() -> None:
    offers, left_out = offer_rows([TOKENS | {"model": "kimi-k2p6"}])
    assert offers == []
    assert left_out == ["x1 P 8x H100: kimi-k2p6 is no model of the catalogue"]


def test_a_provider_with_a_batch_interface_has_two_offers() -> None:
    offers, _ = offer_rows([TOKENS | {"model": "gpt-oss-20b", "stock_quota_note": "batch API 50% off"}])
    assert [(offer.usd_per_m_output_tokens, "batch_api" in offer.tags) for offer in offers] == [(2, False), (1, True)]


def test_several_regions_are_several_offers_and_a_repeated_price_is_one() -> None:
    offers, _ = offer_rows([OFFER | {"region": "eu-north1/us-central1"}])
    assert [offer.region for offer in offers] == ["eu-north1", "us-central1"]
    offers, left_out = offer_rows([OFFER, OFFER | {"offer_name": "node", "price_date": "2026-11-01"}])
    assert [offer.offer for offer in offers] == ["P node eu-north1"]
    assert left_out == ["P 8x H100 eu-north1 of 2026-10-06: same price again at a later date"]


def test_a_gpu_without_a_figure_that_a_plan_needs_is_left_out() -> None:
    row = {"gpu": "X1", "memory_gb": "", "mem_bw_gbs": "1000", "fp16_bf16_tflops": "100", "scaleup_gbs_unidir_per_gpu": "31", "memory_visible_gib": "",
           "max_gpus_scaleup_domain": "1", "gpus_per_node_typical": "8", "source": "datasheet", "note": ""}  # fmt: skip
    assert gpu_rows([row]) == ([], ["X1: no memory_gb"])
    (gpu,), _ = gpu_rows([row | {"memory_gb": "80"}])
    assert (gpu.memory_gb, gpu.memory_kind, gpu.bridge_size) == (80, "HBM", 1)


def test_only_runs_whose_licence_allows_it_are_shipped() -> None:
    run = dict.fromkeys(COLUMNS.values(), "") | {"catalogue_model": "M", "catalogue_gpu": "G", "shippable": "1", "run_note": "notes; aic id r7", "source": "S"}
    (shipped,) = measurement_rows([run, run | {"shippable": "0"}, run | {"catalogue_gpu": ""}])
    assert (shipped["model"], shipped["gpu"], shipped["run_id"]) == ("M", "G", "r7")


def test_sources_lose_the_readers_own_notes_only() -> None:
    assert cleaned("docs/perf.md (v0.15.0; index id 5939417815)") == "docs/perf.md (v0.15.0)"
    assert cleaned("general knowledge, not seen in a source so far: verify") == "general knowledge, not checked against a source"
