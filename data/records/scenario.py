"""A whole scenario: what one workbook says, with the catalogue behind it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from data.records.settings import Period, Settings, Variant
from data.records.supply import Existing, Gpu, Measurement, Model, Offer
from data.records.workload import LengthBin, ProfileBlock, Workload

# The sheets of an input workbook in the template's order: sheet name → (record, field of Scenario). Settings has one row a field instead.
SHEETS: dict[str, tuple[type, str]] = {
    "Workloads": (Workload, "workloads"),
    "Lengths": (LengthBin, "lengths"),
    "Profiles": (ProfileBlock, "profiles"),
    "Offers": (Offer, "offers"),
    "GPUs": (Gpu, "gpus"),
    "Models": (Model, "models"),
    "Measurements": (Measurement, "measurements"),
    "Existing": (Existing, "existing"),
    "Periods": (Period, "periods"),
    "Variants": (Variant, "variants"),
}
SETTINGS_SHEET = "Settings"


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """Everything a plan is made from; names are resolved to catalogue names, prices are in USD.

    ``offers``, ``gpus``, ``models`` and ``profiles`` hold what the scenario may use: the workbook's rows over the shipped ones.
    ``given`` says which fields were filled: (sheet, row number from 0, field) — everything else is a default. ``cells`` holds what was typed there (names
    and currencies as they were), also on sheets that the settings leave unused. ``warnings`` are in the user's words.
    """

    name: str
    workloads: tuple[Workload, ...]
    settings: Settings = Settings()
    lengths: tuple[LengthBin, ...] = ()
    profiles: tuple[ProfileBlock, ...] = ()
    offers: tuple[Offer, ...] = ()
    gpus: Mapping[str, Gpu] = field(default_factory=dict)
    models: Mapping[str, Model] = field(default_factory=dict)
    measurements: tuple[Measurement, ...] = ()
    existing: tuple[Existing, ...] = ()
    periods: tuple[Period, ...] = ()
    variants: tuple[Variant, ...] = ()
    given: frozenset[tuple[str, int, str]] = frozenset()
    cells: Mapping[tuple[str, int, str], object] = field(default_factory=dict, compare=False)
    warnings: tuple[str, ...] = ()
    path: str = ""
