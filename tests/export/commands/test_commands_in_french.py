"""Commands in French: a plan, a batch and its comparison, errors before a workbook is read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from batch_scenario import CHAT_ALONE, run, workbook
from openpyxl import load_workbook

FRENCH = 'language = "fr"\n'
TOO_TIGHT = CHAT_ALONE.replace("ttft_target_ms = 1000", "ttft_target_ms = 1")


@pytest.fixture(autouse=True)
def no_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("INFERPLAN_LANGUAGE", raising=False)


def test_a_french_batch_on_two_processes_gives_a_french_comparison(tmp_path: Path) -> None:
    """The processes take the language over from this one, which has it from the option; the reasons are made there."""
    one, two = workbook(tmp_path, "one", CHAT_ALONE), workbook(tmp_path, "two", TOO_TIGHT)
    result = run(one, two, "--language", "fr", "--workers", 2, "--json", tmp_path / "all.json")
    assert result.exit_code == 3, result.output
    assert result.stdout.splitlines()[3:] == ["1 scénario sur 2 a un plan", f"Comparaison\N{NO-BREAK SPACE}: {tmp_path / 'comparison.xlsx'}"]
    book = load_workbook(tmp_path / "comparison.xlsx")
    assert book.sheetnames == ["Comparaison", "Graphiques", "Plans", "Déploiements", "Données", "Sans plan"]
    assert [book["Comparaison"].cell(row, 2).value for row in (7, 8)] == ["optimal", "irréalisable"]
    found = json.loads((tmp_path / "all.json").read_text(encoding="utf-8"))
    assert (found["language"], [row["status"] for row in found["scenarios"]]) == ("fr", ["optimal", "infeasible"])
    assert found["scenarios"][1]["reason"].startswith("chat\N{NO-BREAK SPACE}: rien ne peut le servir")
    assert load_workbook(tmp_path / "one.result.xlsx").sheetnames[0] == "Synthèse"


def test_a_comparison_takes_the_first_language_that_a_scenario_asks_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each result is in its own scenario's; the variable and the option go before."""
    one, two = workbook(tmp_path, "one", CHAT_ALONE), workbook(tmp_path, "two", CHAT_ALONE + FRENCH)
    arguments = (one, two, "--workers", 1, "--json", "-")
    assert json.loads(run(*arguments).stdout)["language"] == "fr"
    assert [load_workbook(tmp_path / f"{name}.result.xlsx").sheetnames[0] for name in ("one", "two")] == ["Summary", "Synthèse"]
    assert json.loads(run(*arguments, "--language", "en").stdout)["language"] == "en"
    monkeypatch.setenv("INFERPLAN_LANGUAGE", "en_GB")
    assert json.loads(run(*arguments).stdout)["language"] == "en"


def test_a_plan_is_told_in_the_workbooks_language_and_simulated_in_it(tmp_path: Path) -> None:
    result = run(workbook(tmp_path, text=CHAT_ALONE + FRENCH))
    assert result.exit_code == 0, result.output
    assert result.stdout.replace("\N{NARROW NO-BREAK SPACE}", "_").replace("\N{NO-BREAK SPACE}", "~").splitlines()[1:6] == [
        "Optimal dans l'écart demandé~: aucun plan ne coûte moins de 2_190,00 USD par mois (écart 0,000~%).",
        "2_190,00 USD par mois · 3 GPU payés · 0,0347 USD le million de tokens",
        "",
        "usage  nœuds                       offre                        charge  USD/mois",
        "chat   3 × 1 L40S, fp8, lot de 64  3 × single, B, à la demande   100~%     2_190",
    ]
    for name in ("bid.result.xlsx", "bid.json"):
        run(tmp_path / "bid.xlsx", "--json", tmp_path / "bid.json")
        simulated = run("simulate", tmp_path / name, "--seeds", 1, "--workers", 1)
        assert "Le plan tient tous ses objectifs." in simulated.stdout


def test_what_is_wrong_before_a_workbook_is_read_is_told_in_the_variables_language(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INFERPLAN_LANGUAGE", "fr_FR.UTF-8")
    path = tmp_path / "gone.xlsx"
    for result in (run(path), run("check", path), run("sweep", path, "--set", "users=1:2:3")):
        assert result.exit_code == 2
        said = f"{path} : n'existe pas ; vérifiez le chemin, ou écrivez un nouveau classeur avec la commande template\n"
        assert result.stderr.replace("\N{NO-BREAK SPACE}", " ") == said
