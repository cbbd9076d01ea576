"""Offers that cost nothing, such as hardware already owned, under rules that count money."""

import pytest
from milp_factory import candidate, offer, problem, tokens

from model.milp.solve import solve


@pytest.mark.parametrize("budget", [0.0, 5.0])
def test_a_free_offer_serves_within_any_budget(budget: float) -> None:
    """One node at 0 USD carries the load: the plan costs 0, also where nothing may be spent."""
    found = solve(problem({"w": [1.0]}, [candidate(rate=2.0)], [offer(usd=0.0), tokens(usd=1.0)], monthly_budget_usd=budget))
    assert found.usd_per_month == 0.0
    assert [dict(p.nodes_by_block) for p in found.placements] == [{"b0": 1}]
