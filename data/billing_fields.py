"""Which fields an offer of each billing kind needs and may fill (a term without a reservation is what a setup fee is spread over)."""

from __future__ import annotations

from dataclasses import dataclass

_WHOLE_INSTANCES = ("gpus_per_instance", "min_instances", "max_instances", "tier_of", "setup_usd")


@dataclass(frozen=True, kw_only=True)
class BillingFields:
    """Fields of an offer that only some billing kinds have: all of ``needs`` are filled, any of ``may`` may be."""

    needs: tuple[str, ...]
    may: tuple[str, ...] = ()

    @property
    def allowed(self) -> frozenset[str]:
        """Every field this kind may fill."""
        return frozenset((*self.needs, *self.may))


BILLING_FIELDS = {
    "on_demand": BillingFields(needs=("gpu", "usd_per_instance_hour"), may=(*_WHOLE_INSTANCES, "term_months")),
    "reserved": BillingFields(needs=("gpu", "term_months", "usd_per_instance_hour"), may=(*_WHOLE_INSTANCES, "upfront_usd")),
    "spot": BillingFields(needs=("gpu", "usd_per_instance_hour"), may=(*_WHOLE_INSTANCES, "term_months", "interruption_share")),
    "purchase": BillingFields(needs=("gpu", "usd_per_instance", "life_months"), may=(*_WHOLE_INSTANCES, "upfront_usd", "power_kw", "hosting_usd_per_month")),
    "autoscaling": BillingFields(needs=("gpu", "usd_per_instance_hour"), may=(*_WHOLE_INSTANCES, "term_months", "startup_s")),
    "per_token": BillingFields(needs=("model", "usd_per_m_input_tokens", "usd_per_m_output_tokens"), may=("setup_usd", "term_months")),
}
# Fields that belong to some kinds only; provider, region, currency, tags and origin belong to all.
KIND_FIELDS = tuple(dict.fromkeys(name for fields in BILLING_FIELDS.values() for name in (*fields.needs, *fields.may)))
