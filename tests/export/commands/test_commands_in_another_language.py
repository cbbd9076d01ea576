"""Commands in the reader's language: what they print, and the workbooks of studies, simulations and batches."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from batch_scenario import CASES, CHAT_ALONE, VARIANTS, workbook

from data.fields import columns_of
from data.records.scenario import SHEETS
from data.records.settings import Settings
from tests.command_line import run
from tests.other_language import Bracketed, shown, unsaid

FRENCH = 'language = "fr"\n'
NAMES = (
    "inferplan", "chat", "bid", "server of eight", "single", "reserved", "A", "B", "quiet", "busy", "half the load", "no singles", "too tight", "wrong",
    "Llama-3.1-8B", "H100-SXM5-80GB", "H100", "L40S", "fp8", "bf16", "vllm", "sglang", "tensorrt-llm", "nim", "always", "unstated", "USD", "p50", "p95", "p99",
    "Q", "xlsx", "result", "--variants", "--lp",
)  # fmt: skip
STUDIES = {
    "sweep": ("--set", "Workloads.chat.requests_per_s=5:40:3"),
    "sweep over two": ("--set", "Workloads.chat.requests_per_s=5:25:2", "--set", "Offers.single.usd_per_instance_hour=1:9:2:log"),
    "sensitivity": (),
    "pareto": (),
    "robust": ("--with-base",),
}


@pytest.fixture(autouse=True)
def no_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("INFERPLAN_LANGUAGE", raising=False)


@pytest.fixture
def bracketed(monkeypatch: pytest.MonkeyPatch) -> None:
    """French as the language made here."""
    words = Bracketed()
    monkeypatch.setenv("INFERPLAN_LANGUAGE", "fr")
    monkeypatch.setattr("data.languages.words", lambda _: words)


def names(folder: Path) -> re.Pattern[str]:
    """What is the same in every language."""
    fields = {name for record in (*(record for record, _ in SHEETS.values()), Settings) for name in columns_of(record)}
    choices = {choice for record, _ in SHEETS.values() for column in columns_of(record).values() for choice in column.choices}
    return re.compile("|".join(map(re.escape, sorted({str(folder), *NAMES, *fields, *choices}, key=len, reverse=True))))


def left_unsaid(folder: Path, printed: str, *books: Path) -> list[str]:
    """What stands in English on the terminal and in workbooks."""
    allowed, texts = names(folder), [("terminal", line) for line in printed.splitlines()]
    texts += [found for book in books for found in shown(book)]
    return [f"{where}: {text}" for where, text in texts if unsaid(text, allowed)]


@pytest.mark.usefixtures("bracketed")
@pytest.mark.parametrize("study", STUDIES)
def test_every_text_of_a_study_is_said_or_a_name(study: str, tmp_path: Path) -> None:
    command = study.partition(" ")[0]
    workers = () if command == "robust" else ("--workers", 1)
    result = run(command, workbook(tmp_path, text=CHAT_ALONE + CASES), *STUDIES[study], *workers)
    assert result.exit_code == 0, result.output
    assert left_unsaid(tmp_path, result.output, tmp_path / f"bid.{command}.xlsx") == []


@pytest.mark.usefixtures("bracketed")
def test_every_text_of_a_batch_and_of_a_simulation_is_said_or_a_name(tmp_path: Path) -> None:
    result = run(workbook(tmp_path, text=CHAT_ALONE + VARIANTS), "--variants", "--workers", 1)
    assert result.exit_code == 3, result.output
    printed = [line for line in result.output.splitlines() if "⟦infeasible" not in line]  # whose reason is cut to a terminal's width, brackets and all
    assert left_unsaid(tmp_path, "\n".join(printed), tmp_path / "comparison.xlsx") == []
    result = run("simulate", tmp_path / "bid.result.xlsx", "--workers", 1, "--seeds", 1)
    assert result.exit_code == 0, result.output
    assert left_unsaid(tmp_path, result.output, tmp_path / "bid.result.simulation.xlsx") == []


def test_what_is_kept_is_in_the_language_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    arguments = (workbook(tmp_path, "one", CHAT_ALONE), workbook(tmp_path, "two", CHAT_ALONE + FRENCH), "--workers", 1, "--resume", "--json", "-")

    def kept() -> list[int]:
        before = [(tmp_path / f"{name}.result.xlsx").stat().st_mtime_ns for name in ("one", "two")]
        run(*arguments)
        return [was == (tmp_path / f"{name}.result.xlsx").stat().st_mtime_ns for was, name in zip(before, ("one", "two"), strict=True)]

    run(*arguments)
    assert kept() == [True, True]
    monkeypatch.setenv("INFERPLAN_LANGUAGE", "fr")
    assert kept() == [False, True]


def test_a_language_that_is_not_there_is_told_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INFERPLAN_LANGUAGE", "de_DE")
    result = run(workbook(tmp_path))
    assert (result.exit_code, result.stderr) == (2, "INFERPLAN_LANGUAGE: there is no language 'de_DE'; enter en or fr\n")
    assert [file.name for file in tmp_path.iterdir()] == ["bid.xlsx"]
