"""The bill of a plan, line by line, from what is paid for: instances by offer and block, tokens by workload, offer and block."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from data.billing import BillingItem, billing_terms, token_terms
from data.languages import noted
from data.periods import periods_of
from data.records.plan import Block, CostLine, WorkloadDemand
from data.records.settings import Settings
from data.records.supply import Offer
from data.records.workload import Workload


def mean_hours(blocks: Sequence[Block]) -> dict[str, float]:
    """Hours of each block in the mean month of the horizon: hours of its period's month × the period's share of the months."""
    months = {block.period: block.months for block in blocks}
    horizon = sum(months.values())
    return {block.name: block.hours_per_month * block.months / horizon for block in blocks}


def usd_of_periods(costs: Iterable[CostLine], blocks: Sequence[Block]) -> dict[str, float]:
    """Period → USD in all its months; what does not depend on the period falls on its months alike."""
    lines, periods = tuple(costs), periods_of(blocks)
    horizon = sum(period.months for period in periods)
    shared = sum(line.usd_per_month for line in lines if not line.period)
    own = {period.name: sum(line.usd_per_month for line in lines if line.period and line.period == period.name) for period in periods}
    return {period.name: horizon * own[period.name] + period.months * shared for period in periods}


def instance_costs(offer: Offer, instances_by_block: Mapping[str, int], blocks: Sequence[Block], settings: Settings) -> tuple[CostLine, ...]:
    """What instances of an offer cost, on in the blocks as ``instances_by_block`` says; nothing without any.

    Held ones are paid all hours of a period, as many as in its fullest block; each commitment is paid exactly in the periods in which it stands, so that the
    instances held in each period say the bill. Starts are those of each period. A setup fee is paid once.
    """
    if not any(instances_by_block.values()):
        return ()
    hours, periods = mean_hours(blocks), periods_of(blocks)
    lines: list[CostLine] = []
    for item in billing_terms(offer, settings).items:
        if item.basis == "used":
            lines.append(_line(offer, item, 1, item.times_per_month))
            continue
        for period in periods:
            counts = {block: instances_by_block.get(block, 0) for block in period.blocks}
            named = _Named(period.name if len(periods) > 1 else "")
            if item.basis == "on":
                lines += [_line(offer, item, count, hours[block], replace(named, block=block)) for block, count in counts.items() if count]
                continue
            count = max(counts.values()) if item.basis == "held" else max(counts.values()) - min(counts.values())
            if count:
                lines.append(_line(offer, item, count, item.times_per_month * period.share, named))
    return tuple(lines)


def token_costs(
    offer: Offer,
    workload: Workload,
    demand: WorkloadDemand,
    load_by_block: Mapping[str, float],
    blocks: Sequence[Block],
    *,
    tokens_by_block: Mapping[str, tuple[float, float]] | None = None,
) -> tuple[CostLine, ...]:
    """What the tokens of a workload's load on a per-token offer cost (load in the workload's demand unit); without the offer's setup fee.

    ``tokens_by_block``: mean input and output tokens of what is bought in a block, where they are not the workload's.
    """
    hours, several = mean_hours(blocks), len(periods_of(blocks)) > 1
    own = (workload.input_tokens, workload.output_tokens)
    bought = {block.name: (tokens_by_block or {}).get(block.name, own) for block in blocks}
    terms = {tokens: token_terms(offer, replace(workload, input_tokens=tokens[0], output_tokens=tokens[1]), demand) for tokens in {own, *bought.values()}}
    return tuple(
        CostLine(
            offer=offer.offer,
            provider=offer.provider,
            billing=offer.billing,
            item=item.item,
            block=block.name,
            quantity=load_by_block[block.name] * item.million_tokens_per_load_hour,
            unit=noted("million tokens/h"),
            hours_per_month=hours[block.name],
            usd_per_unit=item.usd_per_million_tokens,
            usd_per_month=load_by_block[block.name] * item.usd_per_load_hour * hours[block.name],
            workload=workload.name,
            period=block.period if several else "",
        )
        for kind in range(len(terms[own]))
        for block in blocks
        for item in (terms[bought[block.name]][kind],)
        if load_by_block.get(block.name, 0.0) > 0
    )


def setup_costs(offer: Offer, settings: Settings) -> tuple[CostLine, ...]:
    """The setup fee of a per-token offer that is used."""
    return tuple(_line(offer, item, 1, item.times_per_month) for item in billing_terms(offer, settings).items if item.basis == "used")


@dataclass(frozen=True)
class _Named:
    """Which period and block a line is of ("" for none)."""

    period: str = ""
    block: str = ""


def _line(offer: Offer, item: BillingItem, quantity: int, times: float, named: _Named = _Named()) -> CostLine:
    return CostLine(
        offer=offer.offer,
        provider=offer.provider,
        billing=offer.billing,
        item=item.item,
        block=named.block,
        quantity=quantity,
        unit=noted("fee") if item.basis == "used" else noted("instances"),
        hours_per_month=times,
        usd_per_unit=item.usd_per_unit,
        usd_per_month=quantity * item.usd_per_unit * times,
        period=named.period,
    )
