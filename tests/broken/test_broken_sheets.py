"""Sheets that contradict each other or themselves, headers, and what a spreadsheet program does to cells: exact lines, exit code 2, nothing written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from tests.broken.answers import refused
from tests.broken.cell_faults import RIGHT
from tests.data.cells import Rows, sheet_of, workbook

CHAT, OFFER = RIGHT["Workloads"], RIGHT["Offers"]
RULES: Rows = [["setting", "value"], ["offers", "workbook"]]


def book(settings: tuple[tuple[str, Any], ...] = (), **sheets: Rows) -> Workbook:
    """A right scenario but for the sheets given and the settings added."""
    return workbook(**{"Workloads": sheet_of(CHAT), "Offers": sheet_of(OFFER), "Settings": [*RULES, *map(list, settings)], **sheets})


def changed(sheet: str, edit: Callable[[Any], None], **sheets: Rows) -> Workbook:
    """The right scenario after an edit of one of its sheets."""
    made = book(**sheets)
    edit(made[sheet])
    return made


def put(cell: str, value: Any) -> Callable[[Any], None]:
    return lambda sheet: sheet.__setitem__(cell, value)


def shared(**row: Any) -> Rows:
    return sheet_of({**CHAT, **row})


def twice(sheet: str, field: str) -> Workbook:
    """Two rows of one name, which differ in case."""
    row = RIGHT[sheet]
    return book(**{sheet: sheet_of(row, {**row, field: str(row[field]).upper()})})


CONTRADICTIONS = {
    "lengths of no workload": (
        book(Lengths=sheet_of({"workload": "rag", "input_tokens": 9, "output_tokens": 9, "share": 1})),
        "Lengths!A2: no workload is called 'rag'; enter chat",
    ),
    "lengths beyond the model": (
        book(Lengths=sheet_of({"workload": "chat", "input_tokens": 2e5, "output_tokens": 9, "share": 1})),
        "Lengths!B2: requests of 200,009 tokens are longer than the 131,072 that Llama-3.1-8B takes; enter fewer tokens or choose another model",
    ),
    "context beyond the workbook's own model": (
        book(Models=sheet_of({"model": "Llama-3.1-8B", "max_context": 1024})),
        "Workloads!D2: requests of 1,200 tokens are longer than the 1,024 that Llama-3.1-8B takes; enter fewer tokens or another model in Workloads!B2",
    ),
    "profile of another month": (
        book((("hours_per_month", 720),), Profiles=sheet_of({"profile": "p", "block": "b", "hours_per_month": 744, "multiplier": 1})),
        "Profiles!C2: the hours of the profile 'p' add up to 744, not to the 720 of a month; correct the hours of its blocks, or hours_per_month in Settings",
    ),
    "currency without rate": (
        book(Offers=sheet_of({**OFFER, "currency": "EUR"})),
        "Offers!F2: there is no exchange rate for EUR; enter one in Settings, Exchange rates, such as EUR=1.08 (USD for one)",
    ),
    "result in a currency without rate": (
        book((("currency", "EUR"),)),
        "Settings!B3: there is no exchange rate for EUR; enter one in Exchange rates, such as EUR=1.08 (USD for one)",
    ),
    "only the workbook's offers and none": (
        book(Offers=sheet_of(OFFER)[:1]),
        "Settings!B2: only the workbook's offers are used, and the sheet Offers has none; fill the sheet Offers, or enter both or catalogue",
    ),
    "provider that only the catalogue has": (book(Workloads=shared(allowed_providers="AWS")), "Workloads!F2: no offer has the provider 'AWS'; enter Acme"),
    "tag of no offer": (book(Workloads=shared(required_tags="eu")), "Workloads!F2: no offer has the tag 'eu'; clear it: there is none"),
    "GPU named twice": (
        book(GPUs=sheet_of({"gpu": "L4", "tdp_w": 70}, {"gpu": "l4", "tdp_w": 72})),
        "GPUs!A3: GPU 'L4' stands twice (first in GPUs!A2); give each a name of its own",
    ),
    "workload named twice": (twice("Workloads", "name"), "Workloads!A3: Workload 'CHAT' stands twice (first in Workloads!A2); give each a name of its own"),
    "offer named twice": (twice("Offers", "offer"), "Offers!A3: Offer 'SINGLE' stands twice (first in Offers!A2); give each a name of its own"),
    "pool of two models": (
        book(Workloads=sheet_of({**CHAT, "pool": "p"}, {**CHAT, "name": "b", "model": "Qwen3-32B", "pool": "P"})),
        "Workloads!F3: the pool 'P' has Llama-3.1-8B (Workloads!B2) and Qwen3-32B; give workloads of different models different pools",
    ),
    "variant of no row": (
        book(Variants=sheet_of({"variant": "v", "sheet": "Workloads", "row": "rag", "field": "users", "value": "5"})),
        "Variants!C2: Workloads has no row named 'rag'; enter another name of its first column",
    ),
    "variant of no sheet": (
        book(Variants=sheet_of({"variant": "v", "sheet": "Loads", "row": "chat", "field": "users", "value": "5"})),
        "Variants!B2: there is no input sheet 'Loads'; enter Workloads, or the name of another input sheet",
    ),
    "fewest above most providers": (
        book((("min_providers", 2), ("max_providers", 1))),
        "Settings!B3: at least 2 providers but at most 1 (Settings!B4); enter a minimum that is not above the maximum",
    ),
    "fewest above most instances": (
        book(Offers=sheet_of({**OFFER, "min_instances": 3, "max_instances": 2})),
        "Offers!F2: at least 3 instances but at most 2 (Offers!G2); enter a minimum that is not above the maximum",
    ),
    "price of another billing kind": (
        book(Offers=sheet_of({**OFFER, "usd_per_instance": 9e4})),
        "Offers!F2: Purchase price is filled, and an offer billed on_demand has none; clear it, or make the billing purchase",
    ),
}
LAYOUT = {
    "no sheet of workloads": (
        workbook(Offers=sheet_of(OFFER)),
        "Workloads: the sheet is missing; add it, with a header and one row a workload (the template command writes one)",
    ),
    "no workloads": (book(Workloads=sheet_of(CHAT)[:1]), "Workloads: the sheet has no workloads; fill one row for each workload"),
    "blank sheet": (book(Workloads=[[None]]), "Workloads: the sheet has no workloads; fill one row for each workload"),
    "header twice": (
        changed("Workloads", put("F1", "MODEL")),
        "Workloads!F1: the column Model stands twice (first in Workloads!B1); keep one of them",
    ),
    "header twice, as field and title": (
        changed("Offers", put("F1", "Price per instance hour [USD/h]")),
        "Offers!F1: the column Price per instance hour stands twice (first in Offers!E1); keep one of them",
    ),
    "header with another unit": (
        book(Workloads=[["Workload", "Model", "Request rate [req/min]", "Input tokens", "Output tokens"], list(CHAT.values())]),
        "Workloads!C1: 'Request rate [req/min]' has another unit; give it in req/s and name it 'Request rate [req/s]'",
    ),
    "unknown header": (
        changed("Workloads", put("F1", "Colour")),
        "Workloads!F1: 'Colour' is not a column of Workloads; use one of the template's or delete the column",
    ),
    "number as a header": (
        changed("Workloads", put("F1", 42)),
        "Workloads!F1: '42' is not a column of Workloads; use one of the template's or delete the column",
    ),
    "error as a header": (changed("Workloads", put("F1", "#REF!")), "Workloads!F1: holds the error #REF!; correct its formula or enter a value"),
    "formula as a header": (
        changed("Workloads", put("F1", '="Pool"')),
        "Workloads!F1: holds a formula that was never calculated; open the workbook in Excel or LibreOffice and save it, or enter a value",
    ),
    "no header": (
        book(Workloads=sheet_of(CHAT)[1:]),
        "Workloads!A1: the first filled row of Workloads names none of its columns; put the template's column titles there",
    ),
    "content without header": (changed("Workloads", put("H2", 5)), "Workloads!H2: has no header above it; name its column or clear its cells"),
    "required column missing": (book(Workloads=[row[:4] for row in sheet_of(CHAT)]), "Workloads: the column Output tokens is missing; add it"),
    "merged cells": (changed("Workloads", lambda s: s.merge_cells("C2:D2")), "Workloads!C2:D2: the cells are merged; unmerge them and fill each cell"),
    "merged header": (changed("Workloads", lambda s: s.merge_cells("A1:B1")), "Workloads!A1:B1: the cells are merged; unmerge them and fill each cell"),
    "everything merged": (changed("Workloads", lambda s: s.merge_cells("A1:E2")), "Workloads!A1:E2: the cells are merged; unmerge them and fill each cell"),
    "division by zero": (changed("Offers", put("E2", "#DIV/0!")), "Offers!E2: holds the error #DIV/0!; correct its formula or enter a value"),
    "link to another workbook": (
        changed("Offers", put("E2", "='[prices.xlsx]Sheet1'!A1")),
        "Offers!E2: holds a formula that was never calculated; open the workbook in Excel or LibreOffice and save it, or enter a value",
    ),
    "setting twice": (
        changed("Settings", put("A3", "OFFERS")),
        "Settings!A3: the setting Offers used stands twice (first in Settings!A2); keep one of them",
    ),
    "setting unknown": (changed("Settings", put("A3", "Colour")), "Settings!A3: 'Colour' is not a setting; use one of the template's or delete the row"),
    "setting misspelt": (
        changed("Settings", put("A3", "Optimality gab")),
        "Settings!A3: 'Optimality gab' is not a setting; name it Optimality gap or delete the row",
    ),
    "value without setting": (changed("Settings", put("B3", 5)), "Settings!B3: has no setting beside it; enter the setting's name or clear the value"),
    "settings as columns": (
        book(Settings=[["offers", "seed"], ["workbook", 1]]),
        [
            "Settings: the column setting is missing; add it: one row a setting, with its value",
            "Settings: the column value is missing; add it: one row a setting, with its value",
            "Settings!A1: 'offers' is not a column of Settings; use the columns setting and value",
            "Settings!B1: 'seed' is not a column of Settings; use the columns setting and value",
        ],
    ),
    "sheet twice": (
        book(**{"Workloads ": sheet_of(CHAT)}),
        "Workloads: the sheet stands twice (spaces and case do not count); keep one of them",
    ),
    "sheet misnamed": (workbook(Workload=sheet_of(CHAT)), "Workloads: the sheet is missing; give the sheet 'Workload' that name"),
}


@pytest.mark.parametrize("name", [*CONTRADICTIONS, *LAYOUT])
def test_broken_sheets(name: str, tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    spoilt, said = {**CONTRADICTIONS, **LAYOUT}[name]
    path = tmp_path / "plan.xlsx"
    spoilt.save(path)
    assert refused(path) == ([said] if isinstance(said, str) else said)
    record_property("broken workbooks answered", 1)
