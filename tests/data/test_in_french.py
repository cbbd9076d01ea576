"""The input in another language: the template, the reader and the sheet Inputs, with a table of words made here."""

import gettext
import re
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from data import tables as headers
from data.fields import Column
from data.languages import LANGUAGES, say, speaking
from data.parse import CellError, parse_cell
from data.problems import BadInput
from data.reader import read_scenario, scenario_from_tables
from data.records.scenario import SETTINGS_SHEET, Scenario
from data.scenario_text import tables_from_toml
from data.tables import INPUT_SHEETS, columns_of_sheet, find_field
from data.template import template_sheets, write_template
from data.template_columns import PROMPT_TEXT, PROMPT_TITLE, Lists, prompt, validation
from tests.data.cells import Rows, said, sheet_of, tables, workbook, workloads

SCENARIOS = Path(__file__).parents[2] / "scenarios"
MOST_OF_A_SHEET_NAME = 31  # characters (Excel specifications and limits)
WORDS = {
    "Workloads": "Usages", "Settings": "Paramètres", "Inputs": "Données", "Users": "Utilisateurs", "users": "utilisateurs", "Input tokens": "Tokens d'entrée",
    "tokens": "tokens", "setting": "paramètre", "value": "valeur", "sheet": "feuille", "row": "ligne", "field": "champ", "origin": "origine", "given": "saisi",
    "default": "défaut", "yes": "oui", "no": "non", "true": "vrai", "false": "faux", "Language": "Langue", "Alternatives": "Autres possibilités",
    "{where}: {what}; {enter}": "{where} : {what} ; {enter}", "the workload has no demand": "l'usage n'a pas de demande",
    "fill one of {columns}": "remplissez {columns}", "{names} or {last}": "{names} ou {last}", "the sheet has no workloads": "la feuille n'a pas d'usage",
    "fill one row for each workload": "remplissez une ligne par usage", "enter {origin} as its origin": "saisissez {origin} comme origine",
    "{title} was changed, and its origin still says {origin}": "{title} a changé, et son origine est {origin}",
}  # fmt: skip
ACCENTS = str.maketrans("aeiou", "àéîôû")


class Accented(gettext.NullTranslations):
    """A language whose words are those above, or the English ones with accents: every text differs, none is longer."""

    def gettext(self, message: str) -> str:
        return WORDS.get(message) or re.sub(r"\{[^}]*\}|[aeiou]", lambda found: found[0] if found[0][0] == "{" else found[0].translate(ACCENTS), message)


@pytest.fixture
def french(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """French as that language."""
    caches = (headers._sheets_by_name, headers._fields_by_header)
    for cache in caches:
        cache.cache_clear()
    with monkeypatch.context() as patched:
        patched.setattr("data.languages.words", lambda _: Accented())
        yield
    for cache in caches:
        cache.cache_clear()


def template_of(name: str, path: Path) -> Path:
    """A shipped scenario in the French template."""
    with speaking("fr"):
        write_template(path, tables_from_toml(SCENARIOS / f"{name}.toml"))
    return path


def without_language(scenario: Scenario) -> Scenario:
    """A scenario but for its file and the language it is told in."""
    settings = replace(scenario.settings, language="")
    return replace(scenario, path="", settings=settings, given=scenario.given - {(SETTINGS_SHEET, 0, "language")})


def settings_of(**values: Any) -> Rows:
    return [["setting", "value"], *([name, value] for name, value in values.items())]


@pytest.mark.usefixtures("french")
@pytest.mark.parametrize("name", ["organisation", "commitment_in_month_4", "path5_quotes"])
def test_a_french_template_comes_back_as_the_same_scenario(tmp_path: Path, name: str) -> None:
    read = read_scenario(template_of(name, tmp_path / f"{name}.xlsx"))
    assert read.settings.language == "fr"
    assert without_language(read) == without_language(scenario_from_tables(tables_from_toml(SCENARIOS / f"{name}.toml")))


@pytest.mark.usefixtures("french")
def test_everything_on_the_french_template_is_french(tmp_path: Path) -> None:
    with speaking("fr"):
        write_template(tmp_path / "blank.xlsx")
        sheets = [say("_Read me"), *(say(sheet) for sheet in template_sheets()), "_lists"]
        prompts = {say(sheet): [prompt(column) for column in columns_of_sheet(sheet).values()] for sheet in template_sheets()}
    book = load_workbook(tmp_path / "blank.xlsx")
    assert book.sheetnames == sheets
    assert {name: [found.prompt for found in book[name].data_validations.dataValidation] for name in prompts} == prompts
    usages, settings = book["Usages"], book["Paramètres"]
    assert {"Utilisateurs [utilisateurs]", "Tokens d'entrée [tokens]"} <= {cell.value for cell in usages[1]}
    assert [cell.value for cell in settings[1]][:2] == ["paramètre", "valeur"]
    assert {row[0].value: row[1].value for row in settings.iter_rows(min_row=2) if row[1].value is not None} == {"Langue": "fr"}
    lists = [found.formula1 for sheet in book for found in sheet.data_validations.dataValidation if found.type == "list"]
    assert '"oui,non"' in lists
    assert '"yes,no"' not in lists
    assert any(formula.startswith("Usages!$A$2:") for formula in lists)
    assert {cell.number_format for cell in usages[2]} == {"General", "[$-40C]#,##0", "[$-40C]#,##0.00##"}


@pytest.mark.usefixtures("french")
def test_the_blank_french_template_lacks_only_workloads(tmp_path: Path) -> None:
    with speaking("fr"):
        write_template(tmp_path / "blank.xlsx")
    with pytest.raises(BadInput, match=r"^Usages : la feuille n'a pas d'usage ; remplissez une ligne par usage$"):
        read_scenario(tmp_path / "blank.xlsx")


@pytest.mark.usefixtures("french")
def test_names_stand_in_either_language_whatever_the_setting(tmp_path: Path) -> None:
    mixed = sheet_of(
        {"Wôrklôàd": "chat", "model": "Llama-3.1-8B", "UTILISATEURS": 50, "active_share": 0.5, "Tokens d'entrée [tokens]": 900, "Output tokens": 90}
    )
    for title in ("Usages", "workloads"):
        for language in (None, "en", "fr"):
            path = tmp_path / f"{title} {language}.xlsx"
            workbook(**{title: mixed, "paramètres": [["setting", "valeur"], ["Langue", language], ["alternatives", "non"]]}).save(path)
            scenario = read_scenario(path)
            assert (scenario.workloads[0].users, scenario.settings.alternatives, scenario.settings.language) == (50, False, language or "")


@pytest.mark.usefixtures("french")
def test_a_problem_names_the_sheet_as_it_stands_in_the_language_of_the_settings(tmp_path: Path) -> None:
    rows = workloads({"requests_per_s": None})
    expected = {
        ("Usages", "en"): "Usages!A2: the workload has no demand; fill one of Request rate, Concurrent requests, Users or Tokens per day",
        ("Workloads", "fr"): "Workloads!A2 : l'usage n'a pas de demande ; remplissez Réqûést ràté, Côncûrrént réqûésts, Utilisateurs ou Tôkéns pér dày",
    }
    for (title, language), told in expected.items():
        path = tmp_path / f"{title}.xlsx"
        workbook(**{title: rows, "Settings": settings_of(language=language)}).save(path)
        with pytest.raises(BadInput, match=f"^{re.escape(told)}$"):
            read_scenario(path)


@pytest.mark.usefixtures("french")
@pytest.mark.parametrize(("text", "value"), [("1 500,5", 1500.5), ("1\u202f500", 1500), ("1\u00a0500", 1500), ("1,5", 1.5), ("1.5", 1.5)])
def test_a_number_typed_the_french_way_is_one_in_a_french_workbook_only(text: str, value: float) -> None:
    rows = workloads({"input_tokens": text})
    assert scenario_from_tables(tables(Workloads=rows, Settings=settings_of(language="fr"))).workloads[0].input_tokens == value
    told = said(tables(Workloads=rows))
    assert told == ([] if text == "1.5" else [f"Workloads!D2: Input tokens '{text}' is not a number; enter a number from 1 to 10,000,000 (tokens)"])


@pytest.mark.usefixtures("french")
def test_a_list_of_numbers_may_have_decimal_commas_between_semicolons() -> None:
    column = Column("Shares", "numbers", "Shares of it.")
    with speaking("fr"):
        assert parse_cell(column, "0,5; 1 000,25") == (0.5, 1000.25)
    with pytest.raises(CellError):
        parse_cell(column, "0 5; 1")


@pytest.mark.usefixtures("french")
@pytest.mark.parametrize(("text", "value"), [("oui", True), ("VRAI", True), ("yes", True), ("non", False), ("faux", False), ("false", False)])
def test_a_flag_is_read_in_either_language(text: str, value: bool) -> None:
    for language in LANGUAGES:
        read = scenario_from_tables(tables(Workloads=workloads(), Settings=settings_of(language=language, alternatives=text)))
        assert read.settings.alternatives is value


def test_a_wrong_language_is_an_ordinary_problem() -> None:
    assert said(tables(Workloads=workloads(), Settings=settings_of(language="german"))) == [
        "Settings!B2: Language 'german' is not one of the choices; enter one of en, fr"
    ]


@pytest.mark.usefixtures("french")
def test_the_sheet_inputs_is_read_in_either_language(tmp_path: Path) -> None:
    shown = [
        ("feuille", "ligne", "champ", "valeur", "origine"),
        *(("Usages", 1, field, value, "saisi") for field, value in zip(*workloads(), strict=True)),
        ("Usages", 1, "length_cv", "0,96", "Défaut"),
        ("Paramètres", 1, "language", "fr", "given"),
        ("Paramètres", 1, "Alternatives", "non", "saisi"),
    ]
    workbook(Données=[list(row) for row in shown]).save(tmp_path / "result.xlsx")
    read = read_scenario(tmp_path / "result.xlsx")
    own = tables(Workloads=workloads(), Settings=settings_of(language="fr", alternatives=False))
    assert replace(read, path="", name="") == replace(scenario_from_tables(own), path="", name="")
    shown[6] = ("Usages", 1, "length_cv", 2, "défaut")
    workbook(Données=[list(row) for row in shown]).save(tmp_path / "changed.xlsx")
    with pytest.raises(BadInput, match=r"^Données!D7 : Léngth spréàd a changé, et son origine est défaut ; saisissez saisi comme origine$"):
        read_scenario(tmp_path / "changed.xlsx")


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_fits_into_excels_limits_in_every_language(language: str) -> None:
    with speaking(language):
        names = [say(sheet) for sheet in (*INPUT_SHEETS, "_Read me", "Inputs")]
        assert [name for name in names if len(name) > MOST_OF_A_SHEET_NAME or set(name) & set("[]:*?/\\'")] == []
        assert len({name.casefold() for name in names}) == len(names)
        for sheet in template_sheets():
            for field, column in columns_of_sheet(sheet).items():
                found = validation(column, Lists({}))
                sizes = {name: len(str(found[name])) for name in ("input_title", "error_title", "input_message", "error_message")}
                limits = {"input_title": PROMPT_TITLE, "error_title": PROMPT_TITLE, "input_message": PROMPT_TEXT, "error_message": PROMPT_TEXT}
                assert {name: size for name, size in sizes.items() if size > limits[name]} == {}, (sheet, field, found)


def test_a_header_means_one_column_in_all_languages() -> None:
    for sheet in INPUT_SHEETS:
        for language in LANGUAGES:
            with speaking(language):
                for field, column in columns_of_sheet(sheet).items():
                    assert [find_field(sheet, text) for text in (field, column.title, column.header)] == [field] * 3


@pytest.mark.libreoffice
@pytest.mark.usefixtures("french")
def test_libreoffice_saves_the_french_template_as_the_same_scenario(tmp_path: Path) -> None:
    path = template_of("organisation", tmp_path / "plan.xlsx")
    subprocess.run(
        ["soffice", f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}", "--headless", "--convert-to", "xlsx", "--outdir", tmp_path / "saved", path],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    assert replace(read_scenario(tmp_path / "saved" / "plan.xlsx"), path="") == replace(read_scenario(path), path="")
