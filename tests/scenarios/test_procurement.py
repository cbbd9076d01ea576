"""Scenarios of procurement: the optimum of each by hand, on either side of its break-even."""

from __future__ import annotations

from dataclasses import replace

import pytest

from data.records.plan import Plan
from scenarios.sources.plans import plan_of, planned, scenario


def paid(plan: Plan) -> dict[str, tuple[int, ...]]:
    """Offer → instances in each block, the busiest first."""
    return {offer: tuple(by_block[block.name] for block in plan.blocks) for offer, by_block in plan.instances.items()}


def test_reserved_for_the_base_and_on_demand_for_the_peak() -> None:
    """Servers of 5 req/s: 10 by day (240 h), 6 in the evening (250 h), 2 by night. Reserved pays beyond 38.864381/88.49 = 43.9 % of 730 h: the 6 that are on
    for 490 h or more (67 %), not the other 4 (33 %): 6 × 38.864381 × 730 + 4 × 88.49 × 240 USD."""
    plan = planned("reserved_base")
    assert (plan.status, plan.usd_per_month) == ("optimal", pytest.approx(6 * 38.864381 * 730 + 4 * 88.49 * 240))
    assert paid(plan) == {"a3-highgpu-8g": (4, 0, 0), "a3-highgpu-8g 3 years": (6, 6, 6)}


MONTHLY_RATE = 1.08 ** (1 / 12) - 1
# 250,000 USD over 48 months at 8 % a year, 10.2 kW × PUE 1.5 × 0.15 USD × 730 h, 2,000 USD hosting: 9,743 USD a month
OWN = 250_000 * MONTHLY_RATE / (1 - (1 + MONTHLY_RATE) ** -48) + 10.2 * 1.5 * 0.15 * 730 + 2000


@pytest.mark.parametrize(
    ("usd_per_hour", "bought"),
    [
        (25.6, 3),  # as shipped: 380 h pay a server; three are on for 730 h, two for 240 h
        (OWN / 730 - 0.05, 0),  # at 13.30 USD/h renting all month is as dear as owning: below, all are rented
        (OWN / 730 + 0.05, 3),
        (OWN / 240 - 0.1, 3),  # at 40.60 USD/h even 240 h a month are
        (OWN / 240 + 0.1, 5),
    ],
)
def test_purchase_and_rental_break_even(usd_per_hour: float, bought: int) -> None:
    """25 req/s on servers of 5: five in office hours (240 h), three (12.5/5 rounded up) in the other 490 h."""
    asked = scenario("buy_or_rent")
    rented = tuple(replace(o, usd_per_instance_hour=usd_per_hour) if o.billing == "on_demand" else o for o in asked.offers)
    plan = plan_of(replace(asked, offers=rented))
    assert plan.usd_per_month == pytest.approx(bought * OWN + (5 - bought) * usd_per_hour * 240 + max(0, 3 - bought) * usd_per_hour * 490)
    assert paid(plan).get("own server", (0, 0)) == (bought, bought)


@pytest.mark.parametrize(("requests_per_s", "usd", "gpus"), [(1.2, 1.2 * 3600 * 730 * 1800 * 0.2e-6, 0), (1.7, 1.861 * 730, 1)])
def test_tokens_below_a_volume_and_a_gpu_above_it(requests_per_s: float, usd: float, gpus: int) -> None:
    """A request costs 1,800 × 0.20/10⁶ USD in tokens, a GPU 1.861 × 730 USD a month: as much as 1.436 req/s."""
    asked = scenario("tokens_or_gpus")
    plan = plan_of(replace(asked, workloads=(replace(asked.workloads[0], requests_per_s=requests_per_s),)))
    assert (plan.status, plan.gpus, plan.usd_per_month) == ("optimal", gpus, pytest.approx(usd))
