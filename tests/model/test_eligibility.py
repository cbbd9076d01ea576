"""Which offer may serve which workload, with the exact reason where it may not."""

import pytest

from data.records.supply import Offer
from data.records.workload import Workload
from model.eligibility import eligibility

HIRED = {"offer": "o", "provider": "Acme", "region": "eu-west-1", "gpu": "H100", "billing": "on_demand", "usd_per_instance_hour": 2.0, "tags": ("eu",)}
TOKENS = {"offer": "t", "provider": "Acme", "billing": "per_token", "model": "m", "usd_per_m_input_tokens": 1.0, "usd_per_m_output_tokens": 1.0}


@pytest.mark.parametrize(
    ("workload", "offer", "reason"),
    [
        ({}, {}, None),
        ({"allowed_gpus": ("h100",), "allowed_providers": ("ACME",), "allowed_regions": ("EU-west-1",), "required_tags": ("EU",)}, {}, None),
        ({"allowed_gpus": ("L4",)}, {}, "GPU H100 is not among the allowed GPUs"),
        ({"allowed_providers": ("AWS",)}, {}, "provider Acme is not among the allowed providers"),
        ({"allowed_regions": ("us",)}, {}, "region eu-west-1 is not among the allowed regions"),
        ({"required_tags": ("eu", "hipaa", "green")}, {}, "the offer lacks the tag hipaa and the tag green"),
        ({}, {"usd_per_instance_hour": None}, "the offer states no usd_per_instance_hour"),
        ({}, {"billing": "purchase"}, "the offer states no usd_per_instance and no life_months"),
        ({}, {"max_instances": 0}, "the offer has no stock"),
        ({}, {"max_instances": 3, "min_instances": 4}, "the offer sells at least 4 instances and has 3"),
    ],
)
def test_offer_by_the_instance(workload: dict[str, object], offer: dict[str, object], reason: str | None) -> None:
    made = Workload(**({"name": "w", "model": "m", "input_tokens": 1, "output_tokens": 1} | workload))  # type: ignore[arg-type]
    assert eligibility(made, Offer(**(HIRED | offer))) == reason  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("workload", "offer", "reason"),
    [
        ({"ttft_target_ms": 100.0}, {}, None),
        ({"ttft_target_ms": 1.0}, {}, "a hosted interface is not taken to answer within 1 ms (less than 100 ms)"),
        ({"allowed_gpus": ("L4",)}, {}, "the GPUs behind a per-token offer are not stated, and only some are allowed"),
        ({}, {"model": "other"}, "the per-token offer serves other"),
        ({}, {"tags": ("batch_api",)}, "a batch interface serves offline work only"),
        ({"serving_mode": "offline"}, {"tags": ("batch_api",)}, None),
        ({}, {"usd_per_m_output_tokens": None}, "the offer states no usd_per_m_output_tokens"),
    ],
)
def test_offer_by_the_token(workload: dict[str, object], offer: dict[str, object], reason: str | None) -> None:
    made = Workload(**({"name": "w", "model": "m", "input_tokens": 1, "output_tokens": 1} | workload))  # type: ignore[arg-type]
    assert eligibility(made, Offer(**(TOKENS | offer))) == reason  # type: ignore[arg-type]
