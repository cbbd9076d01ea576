"""From a workbook to a scenario: every problem at once, by sheet and cell, in exact words."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from data.library import shipped_gpus, shipped_offers, shipped_profiles
from data.problems import BadInput, Problem
from data.reader import read_scenario, scenario_from_tables, with_overrides
from data.records.settings import Settings
from data.tables import Cell, tables_with
from tests.data.cells import problems_of, said, sheet_of, tables, workbook, workloads

OFFER = {"offer": "mine", "provider": "Acme", "billing": "on_demand", "gpu": "h100 sxm5", "usd_per_instance_hour": 2.5, "tags": "gold"}


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"requests_per_s": "many"}, "Workloads!C2: Request rate 'many' is not a number; enter a number above 0 to 1,000,000,000 (req/s)"),
        ({"requests_per_s": "1,5"}, "Workloads!C2: Request rate '1,5' is not a number; enter a number above 0 to 1,000,000,000 (req/s)"),
        ({"ttft_target_ms": -5}, "Workloads!F2: TTFT target '-5' is not above 0; enter a number above 0 to 100,000,000 (ms)"),
        ({"input_tokens": None}, "Workloads!D2: Input tokens is blank; enter a number from 1 to 10,000,000 (tokens)"),
        ({"input_tokens": "  "}, "Workloads!D2: Input tokens is blank; enter a number from 1 to 10,000,000 (tokens)"),
        ({"input_tokens": date(2026, 5, 1)}, "Workloads!D2: Input tokens '2026-05-01' is not a number; enter a number from 1 to 10,000,000 (tokens)"),
        ({"min_nodes": 1.5}, "Workloads!F2: Minimum nodes '1.5' is not a whole number; enter a whole number from 0 to 100,000 (nodes)"),
        ({"slo_percentile": 97}, "Workloads!F2: Percentile '97' is not one of the choices; enter one of 50, 90, 95, 99"),
        (
            {"serving_mode": "stream"},
            "Workloads!F2: Serving mode 'stream' is not one of the choices (did you mean streaming?); enter one of streaming, sequential, offline",
        ),
        ({"model": "GPT-J-6C"}, "Workloads!B2: no model is called 'GPT-J-6C'; enter GPT-J-6B"),
        ({"allowed_gpus": "H100 NVL, Z9"}, "Workloads!F2: no GPU is called 'Z9'; enter the name of a GPU of the catalogue"),
        ({"profile": "office day!"}, "Workloads!F2: no profile is called 'office day!'; enter steady, business_hours, office_day, consumer_day or bursty"),
    ],
)
def test_a_bad_cell_is_named_with_what_to_enter(fields: dict[str, object], said: str) -> None:
    found = problems_of(Workloads=workloads(fields))
    assert found == [said]


@pytest.mark.parametrize(
    ("sheets", "said"),
    [
        ({}, "Workloads: the sheet is missing; add it, with a header and one row a workload (the template command writes one)"),
        ({"Workloads": workloads()[:1]}, "Workloads: the sheet has no workloads; fill one row for each workload"),
        (
            {"Workloads": [["My plan", "draft"], workloads()[1][:2]]},
            "Workloads!A1: the first filled row of Workloads names none of its columns; put the template's column titles there",
        ),
        (
            {"Workloads": workloads(), "Offers": sheet_of({**OFFER, "usd_per_instance_hour": -2.5})},
            "Offers!E2: Price per instance hour '-2.5' is below 0; enter a number from 0 to 10,000,000 (USD/h)",
        ),
        (
            {"Workloads": workloads(), "Settings": [["setting", "value"], ["Spot share", 1.5]]},
            "Settings!A2: 'Spot share' is not a setting; name it Maximum spot share or delete the row",
        ),
        (
            {"Workloads": workloads(), "Settings": [["setting", "value"], ["max_spot_share", 1.5]]},
            "Settings!B2: Maximum spot share '1.5' is above 1; enter a number from 0 to 1 (share)",
        ),
        (
            {"Workloads": workloads(), "Settings": [["setting", "value"], ["Seed", 1], ["seed", 2]]},
            "Settings!A3: the setting Seed stands twice (first in Settings!A2); keep one of them",
        ),
        (
            {"Workloads": workloads(), "Settings": [["setting", "value"], [None, 2]]},
            "Settings!B2: has no setting beside it; enter the setting's name or clear the value",
        ),
        (
            {"Workloads": workloads(), "Lengths": sheet_of({"workload": "chatt", "input_tokens": 9, "output_tokens": 9, "share": 1})},
            "Lengths!A2: no workload is called 'chatt'; enter chat",
        ),
        (
            {"Workloads": workloads({"allowed_providers": "Acne"}), "Offers": sheet_of(OFFER), "Settings": [["setting", "value"], ["offers", "workbook"]]},
            "Workloads!F2: no offer has the provider 'Acne'; enter Acme",
        ),
    ],
)
def test_a_bad_sheet_is_named_with_what_to_do(sheets: dict[str, list[list[object]]], said: str) -> None:
    assert problems_of(**sheets) == [said]


def test_every_problem_is_told_at_once_in_reading_order() -> None:
    given = tables(
        Workloads=sheet_of(
            {"name": "a", "model": "Llama-3.1-8B", "requests_per_s": "x", "input_tokens": -1, "output_tokens": 5},
            {"name": "A", "model": "no such", "requests_per_s": 1, "users": 5, "input_tokens": 10, "output_tokens": None},
        ),
        Settings=[["setting", "value"], ["optimality_gap", 2]],
        Offers=sheet_of({**OFFER, "gpu": "?"}),
    )
    assert [line.partition(" ")[0] for line in said(given)] == [
        "Workloads!C2:", "Workloads!D2:", "Workloads!A3:", "Workloads!B3:", "Workloads!E3:", "Workloads!F3:", "Offers!D2:", "Settings!B2:",
    ]  # fmt: skip


def test_one_error_causes_no_other() -> None:
    """A broken workload is still a name that Lengths may use, a broken GPU one that an offer may; a misspelt column is not also a missing one."""
    broken = workloads({"input_tokens": "x"})
    length = sheet_of({"workload": "chat", "input_tokens": 9, "output_tokens": 9, "share": 1})
    gpu = sheet_of({"gpu": "X1", "memory_gb": "big", "mem_bw_gbs": 900, "fp16_bf16_tflops": 100})
    found = problems_of(Workloads=broken, Lengths=length, GPUs=gpu, Offers=sheet_of({**OFFER, "gpu": "X1"}))
    assert [line.partition(":")[0] for line in found] == ["Workloads!D2", "GPUs!B2"]
    misspelt = workloads()
    misspelt[0][2] = "Request rat"
    assert problems_of(Workloads=misspelt) == ["Workloads!C1: 'Request rat' is not a column of Workloads; name it Request rate or delete the column"]


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("Colour", "'Colour' is not a column of Workloads; use one of the template's or delete the column"),
        ("TTFT target [s]", "'TTFT target [s]' has another unit; give it in ms and name it 'TTFT target [ms]'"),
        ("MODEL", "the column Model stands twice (first in Workloads!B1); keep one of them"),
    ],
)
def test_a_bad_header(header: str, said: str) -> None:
    given = workloads({"ttft_target_ms": 500})
    given[0][5] = header
    assert problems_of(Workloads=given) == [f"Workloads!F1: {said}"]


def test_a_missing_column() -> None:
    assert problems_of(Workloads=[row[:4] for row in workloads()]) == ["Workloads: the column Output tokens is missing; add it"]


def test_headers_are_fields_or_titles_in_any_case_and_order() -> None:
    given = [["output tokens [TOKENS]", "Request Rate", "Workload", "MODEL", "input_tokens"], [200, 2, "chat", "meta-llama/Llama-3.1-8B-Instruct", 1000]]
    (workload,) = scenario_from_tables(tables(Workloads=given)).workloads
    assert (workload.name, workload.model, workload.requests_per_s, workload.input_tokens, workload.output_tokens) == ("chat", "Llama-3.1-8B", 2, 1000, 200)


def test_names_become_catalogue_names_and_prices_dollars() -> None:
    given = tables(
        Workloads=workloads({"allowed_gpus": "h100 sxm5", "allowed_providers": "ACME", "required_tags": "Gold", "profile": "Office_Day"}),
        Offers=sheet_of({**OFFER, "currency": "EUR", "billing": "On demand", "source": "quote 7"}),
        Settings=[["setting", "value"], ["usd_per_currency", "EUR=1.2"]],
    )
    scenario = scenario_from_tables(given)
    workload, offer = scenario.workloads[0], scenario.offers[0]
    assert (workload.allowed_gpus, workload.allowed_providers, workload.required_tags) == (("H100-SXM5-80GB",), ("Acme",), ("gold",))
    assert workload.profile == "office_day"
    assert (offer.gpu, offer.usd_per_instance_hour, offer.currency, offer.source) == (
        "H100-SXM5-80GB", pytest.approx(3.0), "USD", "quote 7 (prices in EUR at 1.2 USD)",
    )  # fmt: skip


def test_the_settings_say_which_offers_are_used() -> None:
    shipped = shipped_offers()
    sheets = {"Workloads": workloads(), "Offers": sheet_of({**OFFER, "offer": shipped[0].offer.upper()})}

    def offers(use: str) -> tuple[list[str], tuple[str, ...]]:
        scenario = scenario_from_tables(tables(**sheets, Settings=[["setting", "value"], ["offers", use]]))
        return [offer.offer for offer in scenario.offers], scenario.warnings

    assert offers("workbook") == ([shipped[0].offer.upper()], ())
    assert offers("both") == ([shipped[0].offer.upper(), *(offer.offer for offer in shipped[1:])], ())
    assert offers("catalogue") == ([offer.offer for offer in shipped], ("the 1 row of the sheet Offers is not used: Settings, offers is catalogue",))


def test_an_excluded_tag_that_no_offer_carries_is_a_warning_a_required_one_an_error() -> None:
    sheets = {"Offers": sheet_of({**OFFER, "tags": "eu, Spot"}), "Settings": [["setting", "value"], ["offers", "workbook"]]}
    scenario = scenario_from_tables(tables(Workloads=workloads({"excluded_tags": "spot, spots, us"}), **sheets))
    assert scenario.workloads[0].excluded_tags == ("Spot", "spots", "us")
    assert [warning.partition(": ")[2] for warning in scenario.warnings] == [
        "no offer has the tag 'spots', so nothing is excluded by it; is it Spot?",
        "no offer has the tag 'us', so nothing is excluded by it",
    ]
    assert [problem.partition(": ")[2] for problem in problems_of(Workloads=workloads({"required_tags": "us"}), **sheets)] == [
        "no offer has the tag 'us'; enter eu or Spot"
    ]


def test_a_row_of_a_known_gpu_changes_only_what_it_fills() -> None:
    known = shipped_gpus()["L4"]
    scenario = scenario_from_tables(tables(Workloads=workloads(), GPUs=sheet_of({"gpu": "l4", "mem_bw_gbs": 310})))
    assert scenario.gpus["L4"] == replace(known, mem_bw_gbs=310)
    assert problems_of(Workloads=workloads(), GPUs=sheet_of({"gpu": "L4-ish", "mem_bw_gbs": 310, "fp16_bf16_tflops": 1})) == [
        "GPUs!A2: Memory is blank; enter a number from 1 to 100,000 (GB)"
    ]


def test_shipped_profiles_fill_the_month_of_the_settings() -> None:
    scenario = scenario_from_tables(tables(Workloads=workloads(), Settings=[["setting", "value"], ["hours_per_month", 720]]))
    names = {block.profile for block in shipped_profiles()}
    assert {name: pytest.approx(720) for name in names} == {name: sum(b.hours_per_month for b in scenario.profiles if b.profile == name) for name in names}


def test_what_was_filled_is_known_and_a_daily_volume_is_a_mean() -> None:
    scenario = scenario_from_tables(tables(Workloads=workloads({"requests_per_s": None, "tokens_per_day": 1e6, "pool": " "})))
    assert scenario.given == {("Workloads", 0, name) for name in ("name", "model", "input_tokens", "output_tokens", "tokens_per_day")}
    assert scenario.workloads[0].demand_is == "mean"
    assert scenario.name == "plan"


def test_options_beat_settings() -> None:
    scenario = scenario_from_tables(tables(Workloads=workloads(), Settings=[["setting", "value"], ["seed", 7], ["time_limit_s", 5]]))
    changed = with_overrides(scenario, time_limit_s=9, optimality_gap=None)
    assert changed.settings == Settings(seed=7, time_limit_s=9)
    assert ("Settings", 0, "time_limit_s") in changed.given
    with pytest.raises(BadInput, match=r"^Optimality gap: '2' is above 0.5; enter a number from 0 to 0.5 \(share\)$"):
        with_overrides(scenario, optimality_gap=2)
    with pytest.raises(ValueError, match="override offers with tables_with"):
        with_overrides(scenario, offers="both")


def test_a_cell_overridden_is_read_like_any_other() -> None:
    given = tables(Workloads=workloads({}, {"name": "rag"}))
    more = tables_with(tables_with(given, "workloads", "RAG", "Request rate", "5"), "Settings", "", "hours_per_month", 720)
    more = tables_with(more, "GPUs", "L4", "mem_bw_gbs", 310)
    scenario = scenario_from_tables(more)
    assert [workload.requests_per_s for workload in scenario.workloads] == [2, 5]
    assert (scenario.settings.hours_per_month, scenario.gpus["L4"].mem_bw_gbs) == (720, 310)
    assert said(tables_with(given, "Workloads", "chat", "users", 5, where="Variants!E2")) == [
        "Variants!E2: Users and Request rate (Workloads!C2) are both filled; fill exactly one demand column",
        "Variants!E2: Users is filled without their activity; fill Active share, Requests per user and hour or Think time",
    ]


@pytest.mark.parametrize(
    ("variant", "said"),
    [
        ({"sheet": "Workload"}, "Variants!B2: there is no input sheet 'Workload'; enter Workloads, or the name of another input sheet"),
        ({"field": "user"}, "Variants!D2: 'user' is not a field of Workloads; enter users, or another field of that sheet"),
        ({"row": "chatt"}, "Variants!C2: Workloads has no row named 'chatt'; enter chat, or another name of its first column"),
        ({"value": "many"}, "Variants!E2: 'many' is not a number; enter a number above 0 to 1,000,000,000 (req/s)"),
    ],
)
def test_a_variant_overrides_a_cell_there_is(variant: dict[str, str], said: str) -> None:
    right = {"variant": "v", "sheet": "Workloads", "row": "chat", "field": "requests_per_s", "value": "4"}
    assert problems_of(Workloads=workloads(), Variants=sheet_of(right)) == []
    assert problems_of(Workloads=workloads(), Variants=sheet_of({**right, **variant})) == [said]


def test_a_workbook_is_read_to_the_end(tmp_path: Path) -> None:
    path = tmp_path / "größe 1.XLSX"
    book = workbook(WORKLOADS=workloads(), _notes=[["anything"]], Ofers=[["x"]], Settings=[["Value", "Meaning", "SETTING"], [3, "note", "seed"]])
    book.save(path)
    scenario = read_scenario(path)
    assert scenario.settings.seed == 3
    assert scenario.warnings == ("the sheet 'Ofers' is not an input sheet and is ignored (did you mean Offers?)",)
    assert (scenario.name, scenario.path) == ("größe 1", str(path))


def test_a_cell_that_cannot_be_read_is_told_like_any_other() -> None:
    given = tables(Workloads=workloads())
    problem = Problem("Workloads!C2", "holds the error #REF!", "correct its formula or enter a value")
    sheet = given.sheets["Workloads"]
    row = (*sheet.rows[0][:2], Cell(None, "Workloads!C2", problem), *sheet.rows[0][3:])
    assert said(replace(given, sheets={"Workloads": replace(sheet, rows=(row,))})) == [str(problem)]
