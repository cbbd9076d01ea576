"""The template: it says every column, takes every value, and comes back as it was written."""

import re
import subprocess
import zipfile
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from data import template
from data.fields import Column
from data.library import shipped_gpus, shipped_models
from data.parse import parse_cell
from data.problems import BadInput
from data.reader import read_scenario, scenario_from_tables
from data.records.scenario import SETTINGS_SHEET
from data.scenario_text import tables_from_toml
from data.sheets import read_tables
from data.tables import Tables, columns_of_sheet, find_field, match_headers
from data.template import template_sheets, write_template
from data.template_columns import PROMPT_TEXT, prompt
from data.template_guide import SHEETS as ABOUT_SHEETS
from tests.data.cells import Rows, sheet_of, tables, workloads

SCENARIOS = Path(__file__).parents[2] / "scenarios"


def typed(column: Column) -> Any:
    """Something a planner could type into a cell of the column."""
    if column.choices:
        return column.choices[-1]
    return {
        "text": "=1+1; @x",
        "texts": "a, b",
        "number": 0.5 if column.high is None or column.high <= 1 else column.low or 1.5,
        "integer": column.high,
        "integers": "1, 2",
        "flag": False,
        "date": date(2026, 5, 17),
    }[column.kind]


def values(given: Tables, sheet: str) -> list[dict[str, Any]]:
    """What the cells of a sheet mean, by field."""
    columns, table = columns_of_sheet(sheet), given.sheets[sheet]
    if sheet == SETTINGS_SHEET:
        named = {str(find_field(sheet, str(row[0].raw))): row[1].raw for row in table.rows if row[1].filled}
        return [{name: parse_cell(columns[name], raw) for name, raw in named.items()}]
    positions = match_headers(table).positions
    return [{name: parse_cell(columns[name], row[position].raw) for name, position in positions.items() if row[position].filled} for row in table.rows]


def test_every_column_of_every_sheet_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "full.xlsx"
    rows: dict[str, Rows] = {sheet: sheet_of({name: typed(column) for name, column in columns_of_sheet(sheet).items()}) for sheet in template_sheets()}
    settings = dict(zip(*rows[SETTINGS_SHEET], strict=True))
    rows[SETTINGS_SHEET] = [["setting", "value"], *([columns_of_sheet(SETTINGS_SHEET)[name].title, raw] for name, raw in settings.items())]
    written = tables(**rows)
    write_template(path, written)
    read = read_tables(path)
    assert read.problems == read.warnings == ()
    for sheet in template_sheets():
        assert values(read, sheet) == values(written, sheet)


@pytest.mark.parametrize("text", sorted(SCENARIOS.glob("*.toml")), ids=lambda path: path.stem)
def test_a_shipped_scenario_comes_back_as_the_same_records(tmp_path: Path, text: Path) -> None:
    path = tmp_path / text.with_suffix(".xlsx").name
    given = tables_from_toml(text)
    write_template(path, given)
    before, after = scenario_from_tables(given), read_scenario(path)
    assert replace(after, path="") == replace(before, path="")


def test_text_stays_text(tmp_path: Path) -> None:
    path = tmp_path / "text.xlsx"
    names = ["=1+1", "+x", "-y", "@SUM(A1)", "https://example.org", "{=A1}", "naïve 🚀", "مرحبا", "a_x0041_b", "x" * 32_767]
    write_template(path, tables(Workloads=workloads(*({"name": name} for name in names))))
    assert [workload.name for workload in read_scenario(path).workloads] == names
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    assert not any(re.search(rb"<f[ >]|<hyperlink", content) for name, content in parts.items() if "worksheets/sheet" in name)


def test_the_blank_template_lacks_only_workloads(tmp_path: Path) -> None:
    path = tmp_path / "blank.xlsx"
    write_template(path)
    with pytest.raises(BadInput) as caught:
        read_scenario(path)
    assert str(caught.value) == "Workloads: the sheet has no workloads; fill one row for each workload"


def test_the_example_row_is_a_scenario(tmp_path: Path) -> None:
    path = tmp_path / "example.xlsx"
    write_template(path, example=True)
    (workload,) = read_scenario(path).workloads
    assert (workload.name, workload.users, workload.precision) == ("chat assistant", 20000, ("fp8",))


def test_each_column_has_its_header_prompt_and_names(tmp_path: Path) -> None:
    path = tmp_path / "blank.xlsx"
    write_template(path)
    book = load_workbook(path)
    assert book.sheetnames == ["_Read me", *template_sheets(), "_lists"]
    assert set(ABOUT_SHEETS) == set(template_sheets())
    assert book["_lists"].sheet_state == "hidden"
    for sheet in template_sheets():
        columns = columns_of_sheet(sheet)
        validations = book[sheet].data_validations.dataValidation
        assert [validation.prompt for validation in validations] == [prompt(column) for column in columns.values()]
        assert book[sheet].freeze_panes is not None
        if sheet == SETTINGS_SHEET:
            assert [row[0].value for row in book[sheet].iter_rows(min_row=2)] == [column.title for column in columns.values()]
        else:
            assert [cell.value for cell in book[sheet][1]] == [column.header for column in columns.values()]
    lists = {column[0].value: [cell.value for cell in column[1:] if cell.value] for column in book["_lists"].iter_cols()}
    assert (lists["model"], lists["gpu"]) == (list(shipped_models()), list(shipped_gpus()))


def test_prompts_fit_into_excels_limit() -> None:
    assert {name for sheet in template_sheets() for name, column in columns_of_sheet(sheet).items() if len(prompt(column)) > PROMPT_TEXT} == set()
    users = prompt(columns_of_sheet("Workloads")["users"])
    assert users == (
        "People entitled to use it; needs the active share, the requests an hour or the think time. Fill exactly one demand column. "
        "Above 0 to 10,000,000,000 users. Example: 20000."
    )
    assert prompt(columns_of_sheet(SETTINGS_SHEET)["node_sizes"]).endswith("From 1 to 64. Blank: 1, 2, 4, 8, 16.")


def test_the_same_input_gives_the_same_file(tmp_path: Path) -> None:
    for name in ("a.xlsx", "b.xlsx"):
        write_template(tmp_path / name, example=True)
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()


def test_a_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "plan.xlsx"
    path.write_bytes(b"old")
    with pytest.raises(BadInput, match=r"^Workloads!A2: has more than 32,767 characters; shorten it$"):
        write_template(path, tables(Workloads=workloads({"name": "x" * 32_768})))
    monkeypatch.setattr(template._Template, "write", lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        write_template(path)
    assert [(file.name, file.read_bytes()) for file in tmp_path.iterdir()] == [("plan.xlsx", b"old")]


@pytest.mark.libreoffice
def test_libreoffice_opens_it_and_saves_the_same_scenario(tmp_path: Path) -> None:
    path = tmp_path / "plan.xlsx"
    write_template(path, tables_from_toml(SCENARIOS / "organisation.toml"))
    saved = tmp_path / "saved"
    subprocess.run(
        ["soffice", f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}", "--headless", "--convert-to", "xlsx", "--outdir", saved, path],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    before, after = read_scenario(path), read_scenario(saved / "plan.xlsx")
    assert replace(after, path="") == replace(before, path="")
