"""Rules of procurement under which nothing is routed to shared pools."""

from __future__ import annotations

from data.languages import say
from data.records.settings import Settings
from data.tables import column_title


def why_not_routed(settings: Settings) -> str:
    """Why requests are not routed by size and nodes are not shared under some rules, in words; "" where they are."""
    if settings.survive_provider_loss or settings.max_provider_share < 1.0:
        names = ", ".join(column_title("Settings", name) for name in ("survive_provider_loss", "max_provider_share"))
        return say("a rule on what each provider carries counts nodes of one workload ({settings})", settings=names)
    return ""
