"""Volume tiers and rules on providers: what is told of those that cannot be, and the stock that tiers share."""

from typing import Any

import pytest

from data.reader import scenario_from_tables
from tests.data.cells import problems_of, sheet_of, tables, workloads

BASE = {
    "offer": "servers",
    "provider": "Acme",
    "billing": "on_demand",
    "gpu": "H100-SXM5-80GB",
    "usd_per_instance_hour": 20,
    "gpus_per_instance": 8,
    "max_instances": 10,
    "tier_of": None,
    "min_instances": None,
}  # columns A to I
TIER = {**BASE, "offer": "from five", "usd_per_instance_hour": 16, "max_instances": None, "tier_of": "servers", "min_instances": 5}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"tier_of": "from five"}, "Offers!H3: the offer is a tier of itself; name the offer whose price holds below its threshold, or clear it"),
        ({"gpu": "L4"}, "Offers!D3: GPU is L4, and 'servers', whose tier it is, has H100-SXM5-80GB; enter H100-SXM5-80GB"),
        ({"gpus_per_instance": 4}, "Offers!F3: GPUs per instance is 4, and 'servers', whose tier it is, has 8; enter 8"),
        ({"provider": "Other"}, "Offers!B3: Provider is Other, and 'servers', whose tier it is, has Acme; enter Acme"),
        ({"max_instances": 4}, "Offers!G3: a tier has the stock of 'servers'; clear it"),
        ({"min_instances": None}, "Offers!I3: a tier needs the number of instances from which its price holds; enter it in Minimum instances"),
        ({"min_instances": 12}, "Offers!I3: the tier begins at 12 instances, and 'servers' has 10; enter a number within the stock"),
    ],
)
def test_a_tier_that_cannot_be(changes: dict[str, Any], said: str) -> None:
    assert said in problems_of(Workloads=workloads(), Offers=sheet_of(BASE, {**TIER, **changes}))


def test_a_tier_of_an_offer_that_there_is_not() -> None:
    only_these = [["setting", "value"], ["offers", "workbook"]]
    said = problems_of(Workloads=workloads(), Offers=sheet_of(BASE, {**TIER, "tier_of": "server"}), Settings=only_these)
    assert said == ["Offers!H3: no offer is called 'server'; enter servers or from five"]


def test_a_tier_of_a_tier() -> None:
    further = {**TIER, "offer": "from eight", "tier_of": "from five", "min_instances": 8}
    assert problems_of(Workloads=workloads(), Offers=sheet_of(BASE, TIER, further)) == ["Offers!H4: 'from five' is itself a tier; enter servers"]


def test_tokens_have_no_tiers() -> None:
    tokens = {"offer": "api", "provider": "Acme", "billing": "per_token", "model": "Llama-3.1-8B", "usd_per_m_input_tokens": 1, "usd_per_m_output_tokens": 1}
    cheaper = {**tokens, "offer": "much", "tier_of": "api"}
    said = problems_of(Workloads=workloads(), Offers=sheet_of(tokens, cheaper))
    assert any(text.startswith("Offers!G3: Tier of is filled, and an offer billed per_token has none") for text in said)


def test_a_tier_has_the_stock_of_its_offer() -> None:
    scenario = scenario_from_tables(tables(Workloads=workloads(), Offers=sheet_of(BASE, TIER)))
    assert {offer.offer: (offer.max_instances, offer.stock_of) for offer in scenario.offers[:2]} == {"servers": (10, "servers"), "from five": (10, "servers")}


def test_sizes_and_a_rule_on_what_stands_elsewhere() -> None:
    sizes = sheet_of(*({"workload": "chat", "input_tokens": tokens, "output_tokens": 100, "share": 0.5} for tokens in (100, 1000)))
    rule = [["setting", "value"], ["survive_provider_loss", "yes"]]
    assert problems_of(Workloads=workloads({"route_by_size": "yes"}), Lengths=sizes, Settings=rule) == [
        (
            "Settings!B2: Survive provider loss asks what stands at each provider, and requests routed by size are not counted there (Workloads!F2); "
            "clear it, or Route by size"
        )
    ]
