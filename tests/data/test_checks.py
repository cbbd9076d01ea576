"""Rules across cells: each contradiction with its exact words, told at the cell to change."""

from datetime import date

import pytest

from data.billing_fields import BILLING_FIELDS, KIND_FIELDS
from data.fields import columns_of
from data.library import shipped_offers
from data.records.supply import BILLING_KINDS, Offer
from tests.data.cells import problems_of, sheet_of, workloads

OFFER = {"offer": "mine", "provider": "Acme", "billing": "on_demand", "gpu": "H100-SXM5-80GB", "usd_per_instance_hour": 2.5}  # columns A to E
RESERVED = {**OFFER, "billing": "reserved", "term_months": 12}


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"requests_per_s": None}, "Workloads!A2: the workload has no demand; fill one of Request rate, Concurrent requests, Users or Tokens per day"),
        ({"concurrent_requests": 4}, "Workloads!F2: Concurrent requests and Request rate (Workloads!C2) are both filled; fill exactly one demand column"),
        (
            {"requests_per_s": None, "users": 50},
            "Workloads!F2: Users is filled without their activity; fill Active share, Requests per user and hour or Think time",
        ),
        (
            {"requests_per_s": None, "users": 50, "active_share": 0.1, "requests_per_user_per_hour": 2},
            "Workloads!H2: Requests per user and hour and Active share (Workloads!G2) are both filled; keep one of them",
        ),
        (
            {"requests_per_s": None, "users": 50, "active_share": 0.1, "think_time_s": 20},
            "Workloads!H2: Think time and Active share (Workloads!G2) are both filled; keep one of them",
        ),
        (
            {"serving_mode": "offline", "requests_per_s": None, "users": 50, "think_time_s": 20},
            (
                "Workloads!H2: Think time counts users who wait for their answers, and offline work is a volume; "
                "fill Request rate, Requests per user and hour or Tokens per day instead"
            ),
        ),
        ({"active_share": 0.1}, "Workloads!F2: Active share is filled without Users; fill Users or clear it"),
        (
            {"requests_per_s": None, "tokens_per_day": 1e6, "demand_is": "peak"},
            "Workloads!G2: Tokens per day is a mean, not a peak; enter mean or leave it blank",
        ),
        (
            {"tpot_target_ms": 50, "tokens_per_s_per_user": 20},
            "Workloads!G2: Tokens per second and user and TPOT target (Workloads!F2) are both filled; keep one of them",
        ),
        (
            {"serving_mode": "offline", "ttft_target_ms": 500},
            "Workloads!G2: TTFT target is filled, and offline work has no latency target; clear it, or enter streaming or sequential in Serving mode",
        ),
        (
            {"offline_hours_per_day": 8},
            "Workloads!F2: Offline hours per day is filled, and the workload is streaming; clear it, or enter offline in Serving mode",
        ),
        (
            {"serving_mode": "offline", "requests_per_s": None, "concurrent_requests": 8},
            (
                "Workloads!G2: Concurrent requests counts requests in flight, and offline work is a volume; "
                "fill Request rate, Requests per user and hour or Tokens per day instead"
            ),
        ),
        ({"cached_prefix_tokens": 1001}, "Workloads!F2: a cached prefix of 1,001 tokens is longer than the input (Workloads!D2); enter at most 1,000"),
        (
            {"max_context_tokens": 1100},
            "Workloads!F2: the longest request (1,100 tokens) is shorter than the mean input and output (1,200); enter at least 1,200 or leave it blank",
        ),
        ({"serving_mode": "offline", "burst_factor": 2}, "Workloads!G2: Burst factor is filled, and offline work is spread over its hours; clear it"),
        (
            {"requests_per_s": None, "concurrent_requests": 4, "burst_factor": 2},
            "Workloads!G2: Burst factor is filled, and Concurrent requests counts requests in flight; clear it",
        ),
        ({"precision": "auto, fp8"}, "Workloads!F2: auto is mixed with other precisions; enter auto alone, or the precisions allowed"),
        (
            {"accepted_tokens_per_step": 2.5, "draft_tokens": 1},
            "Workloads!F2: 2.5 accepted tokens a step need more than 1 draft tokens; enter at most 2, or more Draft tokens",
        ),
        (
            {"input_tokens": 131000},
            "Workloads!D2: requests of 131,200 tokens are longer than the 131,072 that Llama-3.1-8B takes; enter fewer tokens or another model in Workloads!B2",
        ),
        (
            {"max_context_tokens": 200000},
            "Workloads!F2: requests of 200,000 tokens are longer than the 131,072 that Llama-3.1-8B takes; enter fewer tokens or another model in Workloads!B2",
        ),
    ],
)
def test_a_workload_that_contradicts_itself(fields: dict[str, object], said: str) -> None:
    assert problems_of(Workloads=workloads(fields)) == [said]


@pytest.mark.parametrize(
    "fields",
    [
        {"requests_per_s": None, "users": 50, "active_share": 0.1},
        {"requests_per_s": None, "tokens_per_day": 1e6, "serving_mode": "offline", "offline_hours_per_day": 8},
        {"requests_per_s": None, "concurrent_requests": 4, "serving_mode": "sequential", "e2e_target_ms": 9000},
        {"demand_is": "mean", "peak_to_mean": 3, "cached_prefix_tokens": 1000, "max_context_tokens": 1200},
        {"accepted_tokens_per_step": 2.5, "draft_tokens": 3, "draft_cost_share": 0.1},
        {"precision": "fp8, bf16", "tokens_per_s_per_user": 20},
    ],
)
def test_a_workload_that_does_not(fields: dict[str, object]) -> None:
    assert problems_of(Workloads=workloads(fields)) == []


def test_workloads_of_one_pool_run_one_model() -> None:
    given = workloads({"pool": "a"}, {"name": "other", "pool": "A", "model": "Llama-3.1-70B"}, {"name": "third", "pool": "a"})
    assert problems_of(Workloads=given) == [
        "Workloads!F3: the pool 'A' has Llama-3.1-8B (Workloads!B2) and Llama-3.1-70B; give workloads of different models different pools"
    ]


@pytest.mark.parametrize(
    ("sheet", "rows", "said"),
    [
        ("Workloads", workloads({}, {"name": "CHAT"}), "Workloads!A3: Workload 'CHAT' stands twice (first in Workloads!A2); give each a name of its own"),
        ("Offers", sheet_of(OFFER, OFFER), "Offers!A3: Offer 'mine' stands twice (first in Offers!A2); give each a name of its own"),
        (
            "Profiles",
            sheet_of(*({"profile": "p", "block": "day", "hours_per_month": 365, "multiplier": 1} for _ in "ab")),
            "Profiles!B3: Block 'day' stands twice (first in Profiles!B2); give each a name of its own",
        ),
        (
            "Profiles",
            sheet_of({"profile": "p", "block": "day", "hours_per_month": 700, "multiplier": 1}),
            (
                "Profiles!C2: the hours of the profile 'p' add up to 700, not to the 730 of a month; "
                "correct the hours of its blocks, or hours_per_month in Settings"
            ),
        ),
        (
            "Profiles",
            sheet_of({"profile": "p", "block": "day", "hours_per_month": 728, "multiplier": 0}),
            "Profiles!D2: every block of the profile 'p' has the multiplier 0; enter 1 for its busiest block",
        ),
        (
            "Lengths",
            sheet_of(*({"workload": "Chat", "input_tokens": 10, "output_tokens": 10, "share": 0.4} for _ in "ab")),
            "Lengths!D2: the shares of 'chat' add up to 0.8; enter shares that add up to 1",
        ),
        (
            "Lengths",
            sheet_of({"workload": "chat", "input_tokens": 131000, "output_tokens": 100, "share": 1}),
            "Lengths!B2: requests of 131,100 tokens are longer than the 131,072 that Llama-3.1-8B takes; enter fewer tokens or choose another model",
        ),
        (
            "Settings",
            [["setting", "value"], ["node_sizes", "1, 3"]],
            "Settings!B2: 3 is not a power of two; enter node sizes out of 1, 2, 4, 8, 16, 32, 64",
        ),
        (
            "Settings",
            [["setting", "value"], ["min_providers", 3], ["max_providers", 2]],
            "Settings!B2: at least 3 providers but at most 2 (Settings!B3); enter a minimum that is not above the maximum",
        ),
        (
            "Settings",
            [["setting", "value"], ["offers", "workbook"]],
            "Settings!B2: only the workbook's offers are used, and the sheet Offers has none; fill the sheet Offers, or enter both or catalogue",
        ),
        (
            "Settings",
            [["setting", "value"], ["currency", "eur"]],
            "Settings!B2: there is no exchange rate for eur; enter one in Exchange rates, such as EUR=1.08 (USD for one)",
        ),
        (
            "Settings",
            [["setting", "value"], ["usd_per_currency", "EUR=1.08, GBP: 1.27"]],
            "Settings!B2: 'GBP: 1.27' is not an exchange rate; enter rates such as EUR=1.08, GBP=1.27 (USD for one)",
        ),
    ],
)
def test_rules_across_rows(sheet: str, rows: list[list[object]], said: str) -> None:
    assert problems_of(**{"Workloads": workloads(), sheet: rows}) == [said]


@pytest.mark.parametrize(
    ("offer", "said"),
    [
        (
            {**OFFER, "usd_per_instance_hour": None},
            "Offers!E2: Price per instance hour is blank, and an offer billed on_demand needs it; fill it",
        ),
        (
            {**OFFER, "gpu": None},
            "Offers!D2: GPU is blank, and an offer billed on_demand needs it; fill it",
        ),
        (
            {**OFFER, "upfront_usd": 100},
            "Offers!F2: Upfront is filled, and an offer billed on_demand has none; clear it, or make the billing reserved or purchase",
        ),
        ({**RESERVED, "term_months": None}, "Offers!F2: Term is blank, and an offer billed reserved needs it; fill it"),
        (
            {**RESERVED, "interruption_share": 0.1},
            "Offers!G2: Interruption share is filled, and an offer billed reserved has none; clear it, or make the billing spot",
        ),
        (
            {**OFFER, "billing": "purchase", "usd_per_instance_hour": None, "usd_per_instance": 250000},
            "Offers!C2: Life is blank, and an offer billed purchase needs it; fill it",
        ),
        (
            {**OFFER, "min_instances": 4, "max_instances": 2},
            "Offers!F2: at least 4 instances but at most 2 (Offers!G2); enter a minimum that is not above the maximum",
        ),
        (
            {**OFFER, "currency": "chf"},
            "Offers!F2: there is no exchange rate for chf; enter one in Settings, Exchange rates, such as CHF=1.08 (USD for one)",
        ),
    ],
)
def test_an_offer_that_does_not_fit_its_billing_kind(offer: dict[str, object], said: str) -> None:
    assert problems_of(Workloads=workloads(), Offers=sheet_of(offer)) == [said]


def test_a_per_token_offer_has_no_gpu() -> None:
    offer = {"offer": "api", "provider": "Acme", "billing": "per token", "gpu": "L4", "model": "llama 3.1 8b", "usd_per_m_input_tokens": 0.1}
    assert problems_of(Workloads=workloads(), Offers=sheet_of(offer)) == [
        "Offers!C2: Price per million output tokens is blank, and an offer billed per_token needs it; fill it",
        "Offers!D2: GPU is filled, and an offer billed per_token has none; clear it, or make the billing on_demand, reserved, spot, purchase or autoscaling",
    ]


CAPACITY = {"mode": "capacity", "model": "Llama-3.1-8B", "gpu": "L4", "input_tokens": 1000, "output_tokens": 200}  # columns A to E


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([CAPACITY], "Measurements!A2: a capacity says how many requests a second a node carries; fill Requests per second"),
        (
            [{**CAPACITY, "req_per_s": 2, "tpot_ms": 20}],
            "Measurements!G2: TPOT is filled, and a capacity is taken as it is; clear it, or enter the run as a row of its own with the mode serving",
        ),
        (
            [{**CAPACITY, "req_per_s": 2}, {**CAPACITY, "req_per_s": 3}],
            "Measurements!A3: this capacity stands twice (first in Measurements!A2); keep one of them",
        ),
    ],
)
def test_a_measured_capacity_is_a_rate_and_stands_once(rows: list[dict[str, object]], said: str) -> None:
    assert problems_of(Workloads=workloads(), Measurements=sheet_of(*rows)) == [said]


def test_every_billing_kind_says_its_fields_and_every_shipped_offer_keeps_them() -> None:
    assert tuple(BILLING_FIELDS) == BILLING_KINDS
    columns = columns_of(Offer)
    raw = [{name: _typed(getattr(offer, name)) for name in columns} for offer in shipped_offers()]
    assert problems_of(Workloads=workloads(), Offers=sheet_of(*raw)) == []
    assert all(columns[name].required is False for name in KIND_FIELDS)


def _typed(value: object) -> object:
    return ", ".join(value) if isinstance(value, tuple) else value.isoformat() if isinstance(value, date) else value
