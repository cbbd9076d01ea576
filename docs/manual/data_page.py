"""The page Data: what is shipped, counted from the tables themselves, with source, date, licence and how to refresh it."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path

from data.library import shipped_gpus, shipped_models, shipped_offers, shipped_profiles
from data.measured import SHIPPED, read_runs
from data.records.settings import Settings
from docs.manual.markdown import table

HAND_WRITTEN = Path(__file__).resolve().parents[1] / "data.md"
_MARK = "<!-- the tables below are written when the manual is built -->"


def data_page() -> str:
    """The page: words by hand, then what is shipped."""
    words, _, after = HAND_WRITTEN.read_text(encoding="utf-8").partition(_MARK)
    return "\n\n".join([words.rstrip(), *_tables(), after.strip()]) + "\n"


def _tables() -> list[str]:
    offers = shipped_offers()
    dated = sorted(offer.price_date for offer in offers if offer.price_date)
    rows = [
        ("`data/catalogue/gpus.csv`", f"{len(shipped_gpus())} GPUs", "datasheets, a source in each row", "November 2026", "facts, cited"),
        ("`data/catalogue/models.csv`", f"{len(shipped_models())} models", "published configurations, a source in each row", "November 2026", "facts, cited"),
        (
            "`data/catalogue/offers.csv`",
            f"{len(offers)} offers of {len({offer.provider for offer in offers})} providers",
            "price pages and catalogues under Apache-2.0 or MIT, a source in each row",
            f"{dated[0]} to {dated[-1]}",
            "facts, cited",
        ),
        (
            "`data/catalogue/profiles.csv`",
            f"{len({block.profile for block in shipped_profiles()})} demand profiles",
            "Azure LLM inference traces 2024; InferenceAtlas",
            "2024",
            "CC-BY (traces), Apache-2.0",
        ),
        (
            "`data/measurements/calibration.csv`",
            f"{len(read_runs(SHIPPED)):,} measured runs",
            "published benchmarks, a source in each row",
            "2023 to 2026",
            "Apache-2.0 or MIT",
        ),
        ("`data/measurements/simulated_capacity.csv`", "simulated pools", "this project's simulations", "2026", "Apache-2.0"),
    ]
    return [
        "## What is shipped",
        table(("table", "rows", "source", "date", "licence"), rows),
        "### Age of the prices",
        table(("read", "offers"), _ages(list(dated))),
        f"A plan flags prices older than `price_max_age_days` ({Settings.price_max_age_days} days) in its warnings and on its sheet Sources.",
    ]


def _ages(days: list[date]) -> list[tuple[str, int]]:
    months = Counter(f"{day:%Y-%m}" for day in days)
    return sorted(months.items(), reverse=True)
