"""Billing kinds: each one function that turns an offer into what it costs, item by item, in terms that are linear in its instances."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from data.languages import noted
from data.records.plan import WorkloadDemand
from data.records.settings import Settings
from data.records.supply import Offer
from data.records.workload import Workload
from data.units import DAY_HOURS, HOUR, MILLION, MONTHS_PER_YEAR

# What an item multiplies: instances on in a block (for its hours), instances held (for the whole month), the offer being used at all, and the
# instances that are on in the busiest block but not in the quietest (for the starts of the month).
Basis = Literal["on", "held", "used", "started"]


@dataclass(frozen=True, kw_only=True)
class BillingItem:
    """One item of an offer's bill: ``usd_per_unit`` × ``times_per_month`` for each unit of its basis.

    ``times_per_month`` is in hours for items by the hour (0 for the basis "on": the block's own hours), in starts for start-ups, 1 for fixed amounts.
    ``item`` is in English: who shows it says it. ``committed`` says of an item of held instances whether it is owed to the end of the term, used or not.
    """

    item: str
    basis: Basis
    usd_per_unit: float
    times_per_month: float = 1.0
    committed: bool = True

    @property
    def usd_per_month(self) -> float:
        """USD a month for each unit of the basis (0 for hours on, which are the block's)."""
        return self.usd_per_unit * self.times_per_month


@dataclass(frozen=True, kw_only=True)
class BillingTerms:
    """What instances of an offer cost.

    ``held`` instances are paid and usable in every block; the others follow the blocks. ``capacity_share`` is the share of a node's capacity that counts
    on them (below 1 where instances are interrupted), ``spot`` whether a cap on spot applies.
    """

    items: tuple[BillingItem, ...] = ()
    held: bool = False
    spot: bool = False
    capacity_share: float = 1.0

    def _usd(self, basis: Basis) -> float:
        return sum(item.usd_per_month for item in self.items if item.basis == basis)

    @property
    def usd_per_instance_hour_on(self) -> float:
        """USD for an instance for each hour it is on (0 for held instances)."""
        return sum(item.usd_per_unit for item in self.items if item.basis == "on")

    @property
    def usd_per_instance_month_held(self) -> float:
        """USD a month for an instance held."""
        return self._usd("held")

    @property
    def usd_per_instance_month_owed(self) -> float:
        """USD a month for an instance held that is owed to the end of the term, used or not."""
        return sum(item.usd_per_month for item in self.items if item.basis == "held" and item.committed)

    @property
    def usd_per_month_if_used(self) -> float:
        """USD a month if the offer is used at all."""
        return self._usd("used")

    @property
    def usd_per_instance_month_started(self) -> float:
        """USD a month for an instance that is switched on and off every day."""
        return self._usd("started")


def annuity_share(months: int, discount_rate_per_year: float) -> float:
    """Share of an amount paid now that falls on each of the ``months`` after it.

    r / (1 − (1 + r)^−months) with the monthly rate r = (1 + rate)^(1/12) − 1; 1/months without a rate.
    """
    rate = (1.0 + discount_rate_per_year) ** (1.0 / MONTHS_PER_YEAR) - 1.0
    return rate / (1.0 - (1.0 + rate) ** -months) if rate > 0 else 1.0 / months


def starts_per_month(settings: Settings) -> float:
    """Starts of an instance that does not run all day: one a day (an assumption: blocks say how much is on, not when)."""
    return settings.hours_per_month / DAY_HOURS


def on_demand(offer: Offer, settings: Settings) -> BillingTerms:
    """Paid for each hour an instance is on; nothing is committed."""
    return BillingTerms(items=(_hours_on(offer), *_setup(offer, settings, offer.term_months)))


def spot(offer: Offer, settings: Settings) -> BillingTerms:
    """Paid like on demand, all hours of the block (a lost instance is replaced); only the hours it is not away count as capacity."""
    items = (_hours_on(offer), *_setup(offer, settings, offer.term_months))
    return BillingTerms(items=items, spot=True, capacity_share=1.0 - offer.interruption_share)


def autoscaling(offer: Offer, settings: Settings) -> BillingTerms:
    """Paid by the second while on, the start-up included: each instance beyond those on in every block starts once a day."""
    start_usd = (offer.usd_per_instance_hour or 0.0) * offer.startup_s / HOUR
    starts = BillingItem(item=noted("start-up"), basis="started", usd_per_unit=start_usd, times_per_month=starts_per_month(settings))
    return BillingTerms(items=(_hours_on(offer), *((starts,) if start_usd else ()), *_setup(offer, settings, offer.term_months)))


def reserved(offer: Offer, settings: Settings) -> BillingTerms:
    """Paid for all hours of the month, used or not; what is paid upfront is spread over the term at the discount rate."""
    hours = BillingItem(item=noted("instance hours"), basis="held", usd_per_unit=offer.usd_per_instance_hour or 0.0, times_per_month=settings.hours_per_month)
    upfront = _spread(noted("upfront"), "held", offer.upfront_usd, offer.term_months, settings)
    return BillingTerms(items=(hours, *upfront, *_setup(offer, settings, offer.term_months)), held=True)


def purchase(offer: Offer, settings: Settings) -> BillingTerms:
    """Owned: the capital spread over its life at the discount rate, the power of all hours (a server held stays on), and hosting."""
    capital = _spread(noted("capital"), "held", (offer.usd_per_instance or 0.0) + offer.upfront_usd, offer.life_months, settings)
    usd_per_hour = offer.power_kw * settings.pue * settings.electricity_usd_per_kwh
    power = BillingItem(item=noted("power"), basis="held", usd_per_unit=usd_per_hour, times_per_month=settings.hours_per_month, committed=False)
    hosting = BillingItem(item=noted("hosting"), basis="held", usd_per_unit=offer.hosting_usd_per_month, committed=False)
    return BillingTerms(items=(*capital, power, hosting, *_setup(offer, settings, offer.life_months)), held=True)


def per_token(offer: Offer, settings: Settings) -> BillingTerms:
    """Paid by the token (see :func:`token_terms`): no instances, only a setup fee."""
    return BillingTerms(items=_setup(offer, settings, offer.term_months))


# A new billing kind is one function here and its name in ``data.records.supply.BILLING_KINDS``.
BILLING: dict[str, Callable[[Offer, Settings], BillingTerms]] = {
    "on_demand": on_demand,
    "reserved": reserved,
    "spot": spot,
    "purchase": purchase,
    "autoscaling": autoscaling,
    "per_token": per_token,
}


def billing_terms(offer: Offer, settings: Settings) -> BillingTerms:
    """The terms of an offer by its billing kind."""
    return BILLING[offer.billing](offer, settings)


@dataclass(frozen=True, kw_only=True)
class TokenItem:
    """Tokens of one side that a unit of load makes in an hour, and their price."""

    item: str
    million_tokens_per_load_hour: float
    usd_per_million_tokens: float

    @property
    def usd_per_load_hour(self) -> float:
        """USD an hour for a unit of load."""
        return self.million_tokens_per_load_hour * self.usd_per_million_tokens


def token_terms(offer: Offer, workload: Workload, demand: WorkloadDemand) -> tuple[TokenItem, ...]:
    """What a unit of a workload's load costs an hour on a per-token offer: requests an hour × mean tokens × price, input and output apart.

    Cached prefix tokens are paid in full: the catalogue has no cached prices.
    """
    million_requests = demand.requests_per_unit_hour / MILLION
    return (
        TokenItem(
            item=noted("input tokens"),
            million_tokens_per_load_hour=million_requests * workload.input_tokens,
            usd_per_million_tokens=offer.usd_per_m_input_tokens or 0.0,
        ),
        TokenItem(
            item=noted("output tokens"),
            million_tokens_per_load_hour=million_requests * workload.output_tokens,
            usd_per_million_tokens=offer.usd_per_m_output_tokens or 0.0,
        ),
    )


def _hours_on(offer: Offer) -> BillingItem:
    return BillingItem(item=noted("instance hours"), basis="on", usd_per_unit=offer.usd_per_instance_hour or 0.0, times_per_month=0.0)


def _setup(offer: Offer, settings: Settings, months: int | None) -> tuple[BillingItem, ...]:
    return _spread(noted("setup"), "used", offer.setup_usd, months, settings)


def _spread(item: str, basis: Basis, usd: float, months: int | None, settings: Settings) -> tuple[BillingItem, ...]:
    """An amount paid once, spread over ``months`` (one month where no term is stated: never too cheap); nothing for 0."""
    share = annuity_share(months, settings.discount_rate_per_year) if months else 1.0
    return (BillingItem(item=item, basis=basis, usd_per_unit=usd, times_per_month=share),) if usd else ()
