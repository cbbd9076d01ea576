"""Names that begin with = + - @, long ones, emoji, right-to-left script and markup, through the whole program, as workloads and as offers."""

from __future__ import annotations

import json
import subprocess
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner
from openpyxl import load_workbook

from data.reader import read_scenario
from data.template import write_template
from solve import cli
from tests.data.cells import CHAT, sheet_of, tables

NAMES = (
    "=1+1",
    "+x",
    "-2+3",
    "@SUM(A1)",
    "x" * 32_000,
    "bell _x0007_",
    "naïve 🚀",
    "مرحبا بالعالم",
    "<r>&bad</r>",
    "_x0041_",
    "two\nlines",
    "'quoted",
    "[red]x",
    "]]>",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The scenario and its result: each name is a workload's and with " sold" an offer's, its provider's and its source's; one node of an offer serves one."""
    found = tmp_path_factory.mktemp("hostile")
    served = [{**CHAT, "name": name, "required_tags": f"tag{number}"} for number, name in enumerate(NAMES)]
    sold = [
        {"offer": f"{name} sold", "provider": name, "region": name, "gpu": "L40S", "billing": "on_demand", "usd_per_instance_hour": 1, "source": name}
        for name in NAMES
    ]
    sold = [{**offer, "tags": f"tag{number}"} for number, offer in enumerate(sold)]
    settings = [["setting", "value"], ["scenario_name", '=HYPERLINK("x")'], ["offers", "workbook"], ["alternatives", "no"]]
    write_template(found / "plan.xlsx", tables(Workloads=sheet_of(*served), Offers=sheet_of(*sold), Settings=settings))
    outcome = CliRunner().invoke(cli, [str(found / "plan.xlsx"), "--json", str(found / "plan.json")])
    assert (outcome.exit_code, outcome.stderr) == (0, "")
    return found


def test_names_come_out_as_they_went_in(folder: Path) -> None:
    rows = list(load_workbook(folder / "plan.result.xlsx", data_only=True)["Plan"].iter_rows(min_row=2, max_row=1 + len(NAMES), values_only=True))
    assert sorted((row[0], row[4]) for row in rows) == sorted((name, f"{name} sold") for name in NAMES)
    plan = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    assert {(row["workload"], row["offer"], row["provider"]) for row in plan["plan"]} == {(name, f"{name} sold", name) for name in NAMES}


def test_no_name_is_in_a_formula_a_link_or_a_header(folder: Path) -> None:
    for file in ("plan.xlsx", "plan.result.xlsx"):
        with zipfile.ZipFile(folder / file) as archive:
            sheets = [archive.read(name).decode() for name in archive.namelist() if name.startswith("xl/worksheets/sheet")]
        assert not any("<hyperlink" in sheet for sheet in sheets)
        formulas = [str(cell.value) for sheet in load_workbook(folder / file) for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
        assert not [formula for formula in formulas if formula in NAMES or "xxxx" in formula or "HYPERLINK" in formula or "🚀" in formula]


def test_the_result_is_the_same_scenario(folder: Path) -> None:
    once, again = read_scenario(folder / "plan.xlsx"), read_scenario(folder / "plan.result.xlsx")
    assert (once.workloads, once.offers, once.settings, once.given) == (again.workloads, again.offers, again.settings, again.given)


@pytest.mark.libreoffice
def test_libreoffice_shows_the_same_names_and_no_error(folder: Path) -> None:
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    files = [folder / "plan.result.xlsx", folder / "plan.xlsx"]
    subprocess.run(
        ["soffice", profile, "--headless", "--convert-to", "xlsx", "--outdir", folder / "saved", *files], check=True, capture_output=True, timeout=240
    )
    book = load_workbook(folder / "saved" / "plan.result.xlsx", data_only=True)
    assert {row[0] for row in book["Plan"].iter_rows(min_row=2, max_row=1 + len(NAMES), values_only=True)} == set(NAMES)
    assert not [cell.coordinate for sheet in book for row in sheet.iter_rows() for cell in row if cell.data_type == "e"]
    assert read_scenario(folder / "saved" / "plan.xlsx").workloads == read_scenario(folder / "plan.xlsx").workloads
