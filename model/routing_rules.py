"""Rules of procurement under which nothing is routed to shared pools."""

from __future__ import annotations

from data.records.settings import Settings


def why_not_routed(settings: Settings) -> str:
    """Why requests are not routed by size and nodes are not shared under some rules, in words; "" where they are."""
    if settings.survive_provider_loss or settings.max_provider_share < 1.0:
        return "a rule on what each provider carries counts nodes of one workload (Survive the loss of a provider, Maximum provider share)"
    return ""
