"""A result workbook is an input too: its sheet Inputs makes the scenario it was made from, and that the same plan."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from openpyxl import load_workbook

from data.cell_strings import cell_string
from data.languages import speaking
from data.problems import BadInput
from data.reader import read_scenario, scenario_from_tables, with_overrides
from data.records.plan import Plan
from data.records.scenario import Scenario
from data.scenario_text import tables_from_toml
from data.template import write_template
from export.workbook import write_result
from export.workbook.inputs import entries_of
from model.planner import plan_scenario
from solve import cli
from tests.data.cells import sheet_of, tables

ROOT = Path(__file__).resolve().parent.parent
NONE = Plan(status="unsolved")
CHAT, DOCUMENTS = "=chat, at noon", "-search 🚀 مرحبا _x0041_ <r>&</r>"
OWN: dict[str, list[list[Any]]] = {
    "Workloads": sheet_of(
        {"name": CHAT, "model": "llama 3.1 8b", "precision": "fp8; bf16", "users": 3000, "active_share": 0.1 + 0.2, "profile": "two shifts",
         "input_tokens": 900, "output_tokens": 250, "ttft_target_ms": 1500, "tpot_target_ms": 45, "required_tags": "EU", "allowed_gpus": "H100, l40s"},
        {"name": DOCUMENTS, "model": "meta-llama/Llama-3.1-8B-Instruct", "tokens_per_day": 5e7, "input_tokens": 4000, "output_tokens": 200},
    ),
    "Lengths": sheet_of(
        {"workload": CHAT, "input_tokens": 400, "output_tokens": 100, "share": 0.6},
        {"workload": CHAT, "input_tokens": 1650, "output_tokens": 475, "share": 0.4},
    ),
    "Profiles": sheet_of(
        {"profile": "two shifts", "block": "day", "hours_per_month": 400, "multiplier": 1},
        {"profile": "two shifts", "block": "night", "hours_per_month": 330, "multiplier": 0.2},
    ),
    "Offers": sheet_of(
        {"offer": "quote, 8 × H100", "provider": "+Acme", "region": "eu-1", "gpu": "H100", "gpus_per_instance": 8, "billing": "on demand",
         "usd_per_instance_hour": 19.37, "currency": "eur", "tags": "eu, green", "price_date": date(2026, 11, 1), "source": "=quote 4711"},
        {"offer": "card", "provider": "@B", "gpu": "L40S", "billing": "reserved", "usd_per_instance_hour": 0.61, "upfront_usd": 100, "term_months": 12,
         "max_instances": 40, "currency": "EUR", "tags": "eu", "price_date": "2026-10-02"},
    ),
    "GPUs": sheet_of({"gpu": "L40S", "memory_gb": 47.5}),
    "Models": sheet_of({"model": "Llama-3.1-8B", "tie_embeddings": False}),
    "Variants": sheet_of(
        {"variant": "more users", "sheet": "Workloads", "row": CHAT, "field": "users", "value": "4000"},
        {"variant": "dollars", "sheet": "Settings", "row": None, "field": "usd_per_currency", "value": "EUR=1"},
    ),
    "Settings": [["setting", "value"], ["Exchange rates", "EUR=1.13"], ["offers", "workbook"], ["alternatives", False], ["node_sizes", "1, 2, 4"], ["seed", 7]],
}  # fmt: skip


def same(one: Scenario, other: Scenario) -> bool:
    """Equal but for the file they were read from."""
    return replace(one, path="") == replace(other, path="")


def told_of(path: Path) -> list[str]:
    with pytest.raises(BadInput) as caught:
        read_scenario(path)
    return [str(problem) for problem in caught.value.problems]


def result_of(scenario: Scenario, folder: Path, plan: Plan = NONE) -> Path:
    path = folder / "renamed.xlsx"
    write_result(path, scenario, plan, date(2026, 11, 21))
    return path


@pytest.fixture
def own(tmp_path: Path) -> Scenario:
    """Own offers in EUR, lengths, profiles, catalogue rows, variants and settings, read from a workbook."""
    path = tmp_path / "own scenario.xlsx"
    write_template(path, tables(**OWN))
    return read_scenario(path)


@pytest.mark.parametrize("name", ["own", "organisation"])
def test_a_result_planned_again_is_the_same_scenario_and_costs_the_same(name: str, own: Scenario, tmp_path: Path) -> None:
    scenario = own if name == "own" else with_overrides(read_scenario(ROOT / "scenarios" / "organisation.xlsx"), alternatives=False)
    plan = plan_scenario(scenario)
    again = read_scenario(result_of(scenario, tmp_path, plan))
    assert same(again, scenario)
    assert again.cells.keys() == scenario.cells.keys()
    assert plan.usd_per_month is not None
    assert plan_scenario(again).usd_per_month == plan.usd_per_month


def test_a_result_in_french_is_the_same_scenario(tmp_path: Path) -> None:
    scenario = scenario_from_tables(tables(**{**OWN, "Settings": [*OWN["Settings"], ["language", "fr"]]}))
    assert scenario.settings.language == "fr"
    with speaking("fr"):
        path = result_of(scenario, tmp_path)
    assert same(read_scenario(path), scenario)


def test_the_echo_shows_what_was_typed_not_what_became_of_it(own: Scenario) -> None:
    shown = {(entry.sheet, entry.row, entry.field): (entry.value, entry.unit, entry.origin) for entry in entries_of(own)}
    assert own.offers[0].usd_per_instance_hour == pytest.approx(19.37 * 1.13)
    assert shown["Offers", 1, "usd_per_instance_hour"] == (19.37, "EUR/h", "given")
    assert shown["Workloads", 1, "model"] == ("llama 3.1 8b", "", "given")
    assert shown["Workloads", 2, "demand_is"] == ("mean", "", "derived")  # tokens a day are a mean
    assert shown["Settings", 1, "scenario_name"] == ("own scenario", "", "derived")
    assert shown["Settings", 1, "optimality_gap"] == (0.001, "share", "default")
    assert not any(sheet == "Models" and field == "n_layers" for sheet, _, field in shown)


def test_options_and_offers_that_the_settings_leave_out_come_back_too(own: Scenario, tmp_path: Path) -> None:
    unused = scenario_from_tables(tables(**{**OWN, "Settings": [["setting", "value"], ["usd_per_currency", "EUR=2"], ["offers", "catalogue"]]}))
    assert unused.warnings == ("the 2 rows of the sheet Offers are not used: Settings, offers is catalogue",)
    assert same(read_scenario(result_of(unused, tmp_path)), unused)
    quick = with_overrides(own, optimality_gap=0.02)
    assert same(read_scenario(result_of(quick, tmp_path)), quick)


def test_check_and_plan_take_a_result(tmp_path: Path) -> None:
    source = tmp_path / "chat.toml"
    source.write_text(
        '[[Workloads]]\nname = "chat"\nmodel = "Llama-3.1-8B"\nrequests_per_s = 5\ninput_tokens = 500\noutput_tokens = 100\nallowed_gpus = "L40S"\n'
        "[Settings]\nalternatives = false\n",
        encoding="utf-8",
    )
    write_template(tmp_path / "chat.xlsx", tables_from_toml(source))
    first = CliRunner().invoke(cli, [str(tmp_path / "chat.xlsx")])
    checked = CliRunner().invoke(cli, ["check", str(tmp_path / "chat.result.xlsx")])
    second = CliRunner().invoke(cli, [str(tmp_path / "chat.result.xlsx"), "-o", str(tmp_path / "again.xlsx")])
    assert (first.exit_code, checked.exit_code, second.exit_code) == (0, 0, 0)
    assert "1 workload," in checked.stdout
    assert checked.stderr == ""
    assert first.stdout.replace("chat.result.xlsx", "again.xlsx") == second.stdout


@pytest.mark.parametrize("text", ["🚀" * 20_000, "bell \x07"], ids=["40,000 of the 32,767 UTF-16 units of a cell", "control character"])
def test_a_text_that_no_cell_holds_whole_is_a_problem_and_not_another_plan(text: str, tmp_path: Path) -> None:
    given = tables(Workloads=sheet_of({**dict(zip(*OWN["Workloads"][::2], strict=True)), "name": text}))
    scenario = scenario_from_tables(given)
    (told,) = told_of(result_of(scenario, tmp_path))
    assert told.startswith("Inputs!F")
    assert told.endswith(": Workload is not whole: no cell of a workbook holds it as it was; enter the whole text, and given as its origin")


@pytest.mark.parametrize(
    ("field", "change", "problem"),
    [
        ("slo_percentile", ("F", 99), "Inputs!F{row}: Percentile was changed, and its origin still says default; enter given as its origin"),
        ("users", ("F", "many"), "Inputs!F{row}: Users 'many' is not a number; enter a number above 0 to 10,000,000,000 (users)"),
        ("users", ("D", "user"), "Inputs!D{row}: 'user' is not a field of Workloads; enter users, or another field of that sheet"),
        ("users", ("A", "Work"), "Inputs!A{row}: there is no input sheet 'Work'; enter Workloads, or the name of another input sheet"),
        ("users", ("B", 1.5), "Inputs!B{row}: '1.5' is not the number of a row; enter 1 for the first row of the sheet, 2 for the second"),
        ("users", ("H", "mine"), "Inputs!H{row}: 'mine' is no origin; enter given or default"),
        ("active_share", ("D", "users"), "Inputs!F{row}: the same sheet, row and field stand twice (first in Inputs!F{before}); keep one of them"),
    ],
)
def test_what_was_changed_on_the_sheet_is_told(field: str, change: tuple[str, object], problem: str, own: Scenario, tmp_path: Path) -> None:
    path = result_of(own, tmp_path)
    book = load_workbook(path)
    row = next(cells[3].row for cells in book["Inputs"].iter_rows(min_row=5) if cells[0].value == "Workloads" and cells[3].value == field)
    book["Inputs"][f"{change[0]}{row}"].value = change[1]
    book.save(path)
    assert problem.format(row=row, before=row - 1) in told_of(path)


def test_a_changed_value_that_was_given_is_read(own: Scenario, tmp_path: Path) -> None:
    path = result_of(own, tmp_path)
    book = load_workbook(path)
    cells = next(cells for cells in book["Inputs"].iter_rows(min_row=5) if cells[3].value == "users")
    cells[5].value = 4500
    book.save(path)
    assert read_scenario(path).workloads[0].users == 4500


def test_a_workbook_with_a_sheet_inputs_of_its_own_lacks_workloads(tmp_path: Path) -> None:
    path = result_of(scenario_from_tables(tables(**OWN)), tmp_path)
    book = load_workbook(path)
    book["Inputs"]["D4"].value = "something"
    book.save(path)
    assert told_of(path)[0].startswith("Workloads: the sheet is missing")


def test_text_that_looks_like_the_writers_markup_is_wrapped_or_marked() -> None:
    assert cell_string("<r>a<b</r>") == '<r><t xml:space="preserve">&lt;r&gt;a&lt;b&lt;/r&gt;</t></r>'
    assert cell_string("<r>x") == "<r>x"
    assert cell_string(f"<r>{'&' * 10_000}</r>").startswith("\u2060<r>")
