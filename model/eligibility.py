"""Which offer may serve which workload, and in words why another may not."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from data.languages import say
from data.records.supply import Offer
from data.records.workload import Workload

# Says the reason in the language then spoken: most pairs of workload and offer are asked for a yes or no alone.
Refusal = Callable[[], str]
Rule = Callable[[Workload, Offer], Refusal | None]

# A per-token offer states no latency. Below this TTFT target it is not taken to answer in time: assumed, one wide-area round trip with TLS set up (2 × 50 ms).
HOSTED_TTFT_FLOOR_MS = 100.0
# The tag of per-token offers that answer within hours instead of seconds.
BATCH_TAG = "batch_api"


def _allowed(names: tuple[str, ...], name: str) -> bool:
    """Whether a list of allowed names (empty: all) has a name, in any case."""
    return not names or name.casefold() in {allowed.casefold() for allowed in names}


def has_a_price(_workload: Workload, offer: Offer) -> Refusal | None:
    """An offer without the price its billing needs cannot be bought."""
    needed = {
        "per_token": ("usd_per_m_input_tokens", "usd_per_m_output_tokens"),
        "purchase": ("usd_per_instance", "life_months"),
    }.get(offer.billing, ("usd_per_instance_hour",))
    missing = [field for field in needed if getattr(offer, field) is None]
    if len(missing) > 1:
        return lambda: say("the offer states no {first} and no {second}", first=missing[0], second=missing[1])
    return (lambda: say("the offer states no {field}", field=missing[0])) if missing else None


def has_stock(_workload: Workload, offer: Offer) -> Refusal | None:
    """An offer with no instance left, or fewer than it sells at least, cannot be bought; instances held already serve all the same."""
    if offer.billing == "per_token" or offer.max_instances is None or offer.held_instances:
        return None
    if offer.max_instances == 0:
        return lambda: say("the offer has no stock")
    if offer.max_instances < offer.min_instances:
        return lambda: say("the offer sells at least {least:,} instances and has {stock:,}", least=offer.min_instances, stock=offer.max_instances)
    return None


def gpu_is_allowed(workload: Workload, offer: Offer) -> Refusal | None:
    """Only the GPU types the workload allows; what a per-token offer runs on is not stated, so it is none of them."""
    if _allowed(workload.allowed_gpus, offer.gpu or ""):
        return None
    if offer.gpu:
        return lambda: say("GPU {gpu} is not among the allowed GPUs", gpu=offer.gpu)
    return lambda: say("the GPUs behind a per-token offer are not stated, and only some are allowed")


def provider_is_allowed(workload: Workload, offer: Offer) -> Refusal | None:
    """Only the providers the workload allows."""
    if _allowed(workload.allowed_providers, offer.provider):
        return None
    return lambda: say("provider {provider} is not among the allowed providers", provider=offer.provider)


def region_is_allowed(workload: Workload, offer: Offer) -> Refusal | None:
    """Only the regions the workload allows; a region not stated is none of them."""
    if _allowed(workload.allowed_regions, offer.region):
        return None
    return lambda: say("region {region} is not among the allowed regions", region=offer.region)


def tags_are_carried(workload: Workload, offer: Offer) -> Refusal | None:
    """The offer carries every tag the workload requires."""
    carried = {tag.casefold() for tag in offer.tags}
    missing = [tag for tag in workload.required_tags if tag.casefold() not in carried]
    return (lambda: _lacking(missing)) if missing else None


def _lacking(tags: Sequence[str]) -> str:
    words = say("the offer lacks the tag {tag}", tag=tags[0])
    for tag in tags[1:]:
        words = say("{so_far} and the tag {tag}", so_far=words, tag=tag)
    return words


def serves_the_model(workload: Workload, offer: Offer) -> Refusal | None:
    """A per-token offer serves its own model only."""
    if offer.billing != "per_token" or offer.model == workload.model:
        return None
    if not offer.model:
        return lambda: say("the per-token offer serves no stated model")
    return lambda: say("the per-token offer serves {model}", model=offer.model)


def answers_in_time(workload: Workload, offer: Offer) -> Refusal | None:
    """A batch interface answers within hours, so serves offline work only; a hosted one not within less than a round trip."""
    if offer.billing != "per_token" or workload.serving_mode == "offline":
        return None
    if BATCH_TAG in offer.tags:
        return lambda: say("a batch interface serves offline work only")
    targets = [target for target in (workload.ttft_target_ms, workload.e2e_target_ms) if target is not None]
    if targets and min(targets) < HOSTED_TTFT_FLOOR_MS:
        return lambda: say(
            "a hosted interface is not taken to answer within {target:g} ms (less than {floor:g} ms)", target=min(targets), floor=HOSTED_TTFT_FLOOR_MS
        )
    return None


def no_tag_is_excluded(workload: Workload, offer: Offer) -> Refusal | None:
    """The offer carries none of the tags the workload excludes."""
    excluded = {tag.casefold() for tag in workload.excluded_tags}
    carried = [tag for tag in offer.tags if tag.casefold() in excluded]
    return (lambda: say("the offer carries the excluded tag {tag}", tag=carried[0])) if carried else None


RULES: tuple[Rule, ...] = (
    has_a_price,
    has_stock,
    serves_the_model,
    answers_in_time,
    gpu_is_allowed,
    provider_is_allowed,
    region_is_allowed,
    tags_are_carried,
    no_tag_is_excluded,
)


def eligibility(workload: Workload, offer: Offer) -> str | None:
    """Why an offer may not serve a workload, in words; None if it may."""
    refused = refusal(workload, offer)
    return refused() if refused else None


def may_serve(workload: Workload, offer: Offer) -> bool:
    """Whether an offer may serve a workload."""
    return refusal(workload, offer) is None


def refusal(workload: Workload, offer: Offer) -> Refusal | None:
    """What says why an offer may not serve a workload; None if it may."""
    return next((found for rule in RULES if (found := rule(workload, offer)) is not None), None)
