"""Plans in another language: every text said, and what others look up by name the same, with a table of words made here."""

import gettext
import re
from collections.abc import Iterator
from dataclasses import asdict, replace
from typing import Any

import pytest
from test_remedies import CHAT, EIGHT_H100, SETTINGS

from data import languages
from data.languages import speaking
from data.periods import hours_title
from data.reader import scenario_from_tables, with_overrides
from data.records.plan import Plan
from data.records.scenario import Scenario
from model.eligibility import eligibility
from model.planner import plan_scenario
from tests.data.cells import sheet_of, tables

SAID = {"title", "plan", "change", "formula", "reason", "warnings", "diagnosis"}  # fields of a plan's records that hold sentences
MEASURED = {"seconds"}


class Bracketed(gettext.NullTranslations):
    """A language in which every text is the English one in brackets."""

    def gettext(self, message: str) -> str:
        return f"⟦{message}⟧"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return f"⟦{msgid1 if n < 2 else msgid2}⟧"


@pytest.fixture(autouse=True)
def bracketed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """French as that language."""
    monkeypatch.setattr(languages, "words", lambda _language: Bracketed())
    return


def scenario(**offer: object) -> Scenario:
    """A chat that grows, beside a batch at night."""
    chat = {**CHAT, "growth_per_month_share": 0.05, "e2e_target_ms": 60_000}
    batch = {**CHAT, "name": "batch", "serving_mode": "offline", "requests_per_s": 20}
    rows = [*SETTINGS, ["monthly_budget_usd", 1e6], ["horizon_months", 6]]
    return scenario_from_tables(tables(Workloads=sheet_of(chat, batch), Offers=sheet_of({**EIGHT_H100, **offer}), Settings=rows))


def unsaid(value: Any) -> Any:
    """A plan without its sentences and times."""
    if isinstance(value, dict):
        return {key: unsaid(item) for key, item in value.items() if key not in SAID | MEASURED}
    return [unsaid(item) for item in value] if isinstance(value, (list, tuple)) else value


def sentences(plan: Plan) -> list[str]:
    """The sentences of a plan."""
    return [
        *plan.warnings, *plan.diagnosis, *(row.reason for row in plan.ruled_out), *(remedy.change for remedy in plan.remedies),
        *(text for other in plan.alternatives for text in (other.called, other.plan)), *(what.change for what in plan.sensitivity),
        *(limit.called for limit in plan.limits), *(demand.formula for demand in plan.demands),
    ]  # fmt: skip


@pytest.mark.parametrize(("offer", "status"), [({}, "optimal"), ({"max_instances": 1, "usd_per_instance_hour": 9999.0}, "infeasible")])
def test_a_plan_differs_by_its_sentences_alone(offer: dict[str, object], status: str) -> None:
    english, french = (plan_scenario(with_overrides(scenario(**offer), language=language, alternatives=True)) for language in ("en", "fr"))
    assert english.status == status
    assert english.remedies if status == "infeasible" else english.alternatives
    assert unsaid(asdict(french)) == unsaid(asdict(english))
    told = sentences(french)
    assert len(told) > 10
    assert [text for text in told if "⟦" not in text and re.search("[a-z]{3}", text)] == []


def test_what_the_program_calls_hours_is_said_where_it_is_shown() -> None:
    """Names of blocks are keys, the same in every language; what the input calls them stays."""
    name = "months 4–6, all hours, with batch"
    assert hours_title(name) == name
    with speaking("fr"):
        assert hours_title(name) == "⟦months 4–6⟧, ⟦all hours⟧, ⟦with batch⟧"
        assert hours_title("month 4, office hours") == "⟦month 4⟧, ⟦office hours⟧"
        assert hours_title("") == ""


def test_a_refusal_is_said_in_the_language_of_who_asks() -> None:
    made = scenario()
    hired, none = made.offers[0], replace(made.offers[0], max_instances=0)
    assert eligibility(made.workloads[0], hired) is None
    assert eligibility(made.workloads[0], none) == "the offer has no stock"
    with speaking("fr"):
        assert eligibility(made.workloads[0], none) == "⟦the offer has no stock⟧"
