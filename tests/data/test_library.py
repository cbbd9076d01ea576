"""The shipped tables keep their promises, and the check notices when one does not."""

import shutil
from collections import Counter
from pathlib import Path

import pytest

from data.catalogue.build import CATALOGUE, MEASUREMENTS
from data.catalogue.check import checked
from data.catalogue.tables import read_rows, write_records, write_rows
from data.library import shipped_gpus, shipped_models, shipped_offers, shipped_profiles


def test_the_shipped_tables_keep_every_promise() -> None:
    assert checked(CATALOGUE, MEASUREMENTS) == []


@pytest.mark.parametrize(
    ("table", "records"), [("gpus", lambda: shipped_gpus().values()), ("models", lambda: shipped_models().values()), ("offers", shipped_offers)]
)
def test_a_table_read_and_written_again_is_the_same_file(tmp_path: Path, table: str, records) -> None:  # type: ignore[no-untyped-def]
    write_records(tmp_path / "again.csv", list(records()))
    assert (tmp_path / "again.csv").read_bytes() == (CATALOGUE / f"{table}.csv").read_bytes()


@pytest.mark.parametrize(
    ("model", "bytes_per_token", "window_cap"),
    [
        ("Llama-3.1-8B", 131_072, 0),
        ("Llama-3.1-405B", 516_096, 0),
        ("DeepSeek-V3", 70_272, 0),
        ("GLM-4.5", 376_832, 0),
        ("gpt-oss-120b", 36_864, 18 * 2 * 8 * 64 * 2 * 128),  # 18 window layers, K and V, 8 heads of 64, 2 bytes, 128 tokens
        ("Gemma-3-27B", 81_920, 52 * 2 * 16 * 128 * 2 * 1024),
    ],
)
def test_kv_bytes_are_those_of_the_configuration(model: str, bytes_per_token: int, window_cap: int) -> None:
    shipped = shipped_models()[model]
    assert (shipped.kv_bytes_per_token_fp16, shipped.kv_window_cap_bytes_per_seq_fp16) == (bytes_per_token, window_cap)


def test_falcon_and_gpt_j_are_the_parallel_block_models() -> None:
    assert {model.model for model in shipped_models().values() if model.parallel_block} == {"Falcon-180B", "GPT-J-6B"}


def test_bridged_cards_say_how_many_and_how_fast() -> None:
    bridged = {gpu.gpu: (gpu.bridge_size, gpu.bridge_gbs_unidir) for gpu in shipped_gpus().values() if gpu.bridge_size > 1}
    assert bridged["H100-NVL-94GB"] == (2, 300)
    assert bridged["H200-NVL-141GB"] == (4, 450)
    assert "H100-SXM5-80GB" not in bridged


def test_eu_means_a_stated_place_in_the_eu() -> None:
    by_name = {offer.offer: offer for offer in shipped_offers()}
    assert "eu" in by_name["AWS p4d.24xlarge eu-central-1"].tags
    assert "eu" not in by_name["Hyperstack L40"].tags  # an EU provider, its region not stated
    assert "eu_provider" in by_name["Hyperstack L40"].tags


def test_a_batch_interface_costs_half_and_is_tagged() -> None:
    by_name = {offer.offer: offer for offer in shipped_offers()}
    batch = [offer for offer in shipped_offers() if "batch_api" in offer.tags]
    assert batch
    for offer in batch:
        assert offer.usd_per_m_input_tokens == 0.5 * (by_name[offer.offer.removesuffix(" batch")].usd_per_m_input_tokens or 0)


@pytest.mark.parametrize(
    ("profile", "peak_to_mean"),
    [("steady", 1), ("business_hours", 1 / 0.238), ("office_day", 3.01), ("consumer_day", 1.66), ("bursty", 3 / 0.40)],
)
def test_a_profile_has_the_peak_over_mean_of_its_source(profile: str, peak_to_mean: float) -> None:
    blocks = [block for block in shipped_profiles() if block.profile == profile]
    hours = sum(block.hours_per_month for block in blocks)
    assert hours == pytest.approx(730)
    assert hours / sum(block.hours_per_month * block.multiplier for block in blocks) == pytest.approx(peak_to_mean, rel=1e-3)
    assert len(blocks) <= 8


def test_the_measured_runs_are_those_whose_licence_allows_it() -> None:
    runs = read_rows(MEASUREMENTS / "calibration.csv")
    assert len(runs) == 2025
    owners = Counter(run["source"].partition("/")[0] for run in runs)
    assert owners.keys() == {"NVIDIA", "ai-dynamo", "Mutinifni"}  # Apache-2.0, Apache-2.0, MIT


def test_the_check_names_what_is_wrong(tmp_path: Path) -> None:
    shutil.copytree(CATALOGUE, tmp_path / "catalogue", ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    offers = read_rows(CATALOGUE / "offers.csv")
    broken = dict(offers[0]) | {"gpu": "H900", "price_date": "", "source": ""}
    write_rows(tmp_path / "catalogue" / "offers.csv", [*offers, broken])
    name = broken["offer"]
    assert [str(problem) for problem in checked(tmp_path / "catalogue", MEASUREMENTS)] == [
        f"offers.csv: '{name}' stands 2 times; keep one row of each name",
        f"offers.csv: '{name}' has no source; enter where the figures come from",
        f"offers.csv: '{name}' names the GPU 'H900'; enter a GPU of the catalogue",
        f"offers.csv: '{name}' has no price date; enter the day the price was read",
    ]
    write_rows(tmp_path / "catalogue" / "offers.csv", [offers[0] | {"usd_per_instance_hour": "-1"}])
    assert [str(problem) for problem in checked(tmp_path / "catalogue", MEASUREMENTS)] == [
        "offers.csv row 2: usd_per_instance_hour '-1' is below 0; enter a number from 0 to 10,000,000 (USD/h)",
    ]
