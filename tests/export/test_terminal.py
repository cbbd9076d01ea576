"""What the terminal shows: readable, plain and stable where the output is no terminal."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sample_plan import CHAT, infeasible, sample

from export.terminal import WIDTH, summary


def test_the_summary_says_what_a_planner_asks_first(capsys: pytest.CaptureFixture[str]) -> None:
    summary(*sample(), Path("plan.result.xlsx"))
    shown = capsys.readouterr().out
    assert "no plan costs less than 76,234.23 USD a month (gap 0.050 %)" in shown
    assert "76,272.37 USD a month · 46 GPUs paid" in shown
    assert "- memory of a L40S (nightly batch): 71.9 of at most 72 GB" in shown
    assert shown.endswith("Workbook: plan.result.xlsx\n")
    assert max(len(line) for line in shown.splitlines()) <= WIDTH
    assert "\x1b" not in shown


def test_the_total_is_told_in_the_settings_currency_too(capsys: pytest.CaptureFixture[str]) -> None:
    """76,272.37 USD at 1.08 USD a euro are 70,623 EUR."""
    scenario, plan = sample()
    summary(replace(scenario, settings=replace(scenario.settings, currency="eur", usd_per_currency=("GBP=1.27", "EUR = 1.08"))), plan)
    assert "76,272.37 USD a month (70,623 EUR at 1.08 USD) · 46 GPUs paid" in capsys.readouterr().out


def test_without_a_plan_it_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    summary(*infeasible())
    shown = capsys.readouterr().out
    assert "proven infeasible" in shown
    assert f"- {CHAT}: nothing can serve it" in shown
    assert "- add 8 to Node sizes (Settings): the plan then costs 91,250 USD a month" in shown


def test_names_from_the_workbook_are_shown_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    scenario, plan = sample()
    evil = "[red]loud[/red] \x1b[31m :smile:"
    summary(replace(scenario, settings=replace(scenario.settings, scenario_name=evil)), plan)
    assert capsys.readouterr().out.startswith("[red]loud[/red] \ufffd[31m :smile:\n")
