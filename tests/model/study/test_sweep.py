"""Sweeps: the shipped scenario's break-evens against a brute force without the optimiser, fields named in every way, points that cannot be planned."""

from __future__ import annotations

import math
from itertools import pairwise
from pathlib import Path

import pytest

from data.problems import BadInput
from data.reader import scenario_from_tables
from data.records.candidate import Candidate
from data.records.study import mix_of
from data.scenario_text import tables_from_toml
from data.sweeps import Swept, swept_of
from data.tables import Tables
from data.variants import changed
from model.parallel.spread import Where
from model.planner import pose
from model.study.sweep import sweep

ROOT = Path(__file__).resolve().parent.parent.parent.parent
HERE = Where(workers=1)
GPUS, RENT_USD_HOUR = 8, 24.0
API_USD = (1200 * 0.6 + 300 * 0.8) / 1e6  # of a request
# 280,000 USD over 48 months at 8 % a year, 10.2 kW × PUE 1.5 × 730 h × 0.15 USD, hosting 900.
RATE = 1.08 ** (1 / 12) - 1
OWN_USD_MONTH = 280_000 * RATE / (1 - (1 + RATE) ** -48) + 10.2 * 1.5 * 730 * 0.15 + 900


@pytest.fixture(scope="module")
def tables() -> Tables:
    return tables_from_toml(ROOT / "scenarios" / "api_rent_buy.toml")


def brute_force(candidates: tuple[Candidate, ...], blocks: list[tuple[float, float]]) -> tuple[float, frozenset[str]]:
    """The cheapest of every choice of node, number of own servers and, in each (hours, load), of rented servers, the rest of the load bought by the token."""
    best: tuple[float, frozenset[str]] = (math.inf, frozenset())
    for candidate in candidates:
        most = 1 + max(-(-math.ceil((load + candidate.pooling_loss) / candidate.capacity_per_node) * candidate.node_size // GPUS) for _, load in blocks)
        for own in range(most + 1):
            cost, used = own * OWN_USD_MONTH, {"own server"} if own else set()
            for hours, load in blocks:
                choices = []
                for rented in range(max(1, most - own + 1)):
                    carried = min(load, candidate.capacity((own + rented) * GPUS // candidate.node_size))
                    choices.append((hours * (rented * RENT_USD_HOUR + (load - carried) * 3600 * API_USD), rented, load - carried > 1e-9))
                usd, rented, tokens = min(choices)
                cost += usd
                used |= ({"rented server"} if rented else set()) | ({"API"} if tokens else set())
            best = min(best, (cost, frozenset(used)), key=lambda found: found[0])
    return best


def searched_at(tables: Tables, swept: Swept, users: float) -> tuple[float, frozenset[str]]:
    """The brute force for a number of users."""
    posed = pose(scenario_from_tables(changed(tables, [swept.change(users)]))).problem
    return brute_force(posed.candidates, [(block.hours_per_month, block.demand["chat"]) for block in posed.blocks])


def test_break_evens_are_those_of_a_brute_force_search(tables: Tables) -> None:
    """From 5,000 to 40,000 users the chat moves from the API to rented and on to own servers, where a search of 120 fine steps moves too."""
    swept = swept_of(tables, "users=5000:40000:8:log")
    found = sweep(tables, [swept], (), HERE)
    fine = [5000 * 8 ** (step / 120) for step in range(121)]
    searched = {users: searched_at(tables, swept, users) for users in fine}
    for point in found.points:
        cost, used = searched_at(tables, swept, point.values[0])
        assert point.outcome.usd_per_month == pytest.approx(cost, rel=2e-5)
        assert {offer for offer, _ in mix_of(point.outcome)} == used
    changes = [(low, high) for low, high in pairwise(fine) if searched[low][1] != searched[high][1]]
    located = [(change.low, change.high) for change in found.break_evens]
    assert len(located) == len(changes) >= 2
    for (low, high), (left, right) in zip(located, changes, strict=True):
        assert left <= high * (1 + 1e-3)
        assert low <= right * (1 + 1e-3)
        assert high - low <= 1e-4 * high
    assert found.break_evens[0].taken_up == (("rented server", "on_demand"),)


def test_two_fields_are_every_combination_of_their_values(tables: Tables) -> None:
    fields = [swept_of(tables, "users=5000:10000:2"), swept_of(tables, "Offers.rented server.usd_per_instance_hour=10:20:2")]
    found = sweep(tables, fields, (), HERE)
    assert [point.values for point in found.points] == [(5000, 10), (5000, 20), (10000, 10), (10000, 20)]
    costs = [point.outcome.usd_per_month or 0.0 for point in found.points]
    assert costs[0] <= costs[1] < costs[3]
    assert costs[2] < costs[3]


def test_a_point_without_a_plan_has_its_status(tables: Tables) -> None:
    found = sweep(tables, [swept_of(tables, "monthly_budget_usd=1000:20000:2")], (), HERE)
    assert [point.outcome.status for point in found.points] == ["infeasible", "optimal"]
    change = found.break_evens[0]
    assert change.low < change.after.usd_per_month <= change.high  # type: ignore[operator]  # the budget that just suffices is the plan's cost


def test_a_field_is_named_by_sheet_row_and_name_or_alone(tables: Tables) -> None:
    for name in ("users", "Workloads.chat.users", "workloads.chat.Users"):
        swept = swept_of(tables, f"{name}=10:30:3")
        assert (swept.sheet, swept.row, swept.field, swept.values) == ("Workloads", "chat", "users", (10, 20, 30))
    assert swept_of(tables, "Settings.pue=1:2:2").sheet == swept_of(tables, "pue=1:2:2").sheet == "Settings"
    assert swept_of(tables, "users=1:100:3:log").values == pytest.approx((1, 10, 100))
    assert swept_of(tables, "Offers.own server.life_months=12:14:9").values == (12, 13, 14)


def test_a_shipped_offers_price_can_be_swept(tables: Tables) -> None:
    both = changed(tables, [swept_of(tables, "pue=1:2:2").change(1.5)])
    demo = tables_from_toml(ROOT / "scenarios" / "organisation.toml")
    swept = swept_of(demo, "Offers.Scaleway H100-SXM-8-80G PAR2.usd_per_instance_hour=1:2:2")
    offers = scenario_from_tables(changed(demo, [swept.change(1.5)])).offers
    assert [offer.usd_per_instance_hour for offer in offers if offer.offer == swept.row] == [1.5]
    assert len(offers) == len(scenario_from_tables(demo).offers)
    assert len(both.sheets) == len(tables.sheets)


WRONG = {
    "users=1:2": "is no range",
    "users=nan:1:3": "has something that is no number",
    "users=1:inf:3": "has something that is no number",
    "users=a:2:3": "has something that is no number",
    "users=0:2:3:log": "is no range of 2 to 1,000 steps above 0",
    "userz=1:2:3": "no field is called 'userz'; enter users",
    "Workloads.chats.users=1:2:3": "Workloads has no row named 'chats'; enter chat",
    "Workloads.chat.model=1:2:3": "Model is not a number",
    "Offers.API=1:2:3": "'API' is not a row and a field of Offers",
}


@pytest.mark.parametrize("text", WRONG)
def test_a_wrong_range_says_what_to_write(text: str, tables: Tables) -> None:
    with pytest.raises(BadInput) as raised:
        swept_of(tables, text)
    assert str(raised.value).startswith(f"--set {text.partition('=')[0]}")
    assert WRONG[text] in str(raised.value)
