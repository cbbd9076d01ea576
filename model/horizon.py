"""The horizon of a plan: its periods, the demand in each, and what is there already.

Demand is stated for the first month; with growth g month k has (1 + g)^(k − 1) of it, times the period's multiplier. A period is planned for its largest month,
so that targets hold throughout. Without growth, periods and ends of what exists there is one period, the month as it is stated.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from data.languages import noted, say
from data.months import after_months
from data.periods import hours_title, months_name
from data.records.plan import Block, WorkloadDemand
from data.records.scenario import Scenario
from data.records.supply import Offer
from data.records.workload import Workload
from data.units import MONTHS_PER_YEAR
from data.words import clauses
from model.demand import blocks_of, growth_multiplier
from model.problem import Holding


@dataclass(frozen=True, kw_only=True)
class HorizonPeriod:
    """Months planned together; ``multipliers`` are each workload's load in the largest of them over the load stated."""

    name: str  # "" where there is only one, the month as it is stated
    months: int
    first_month: int  # from 1
    multipliers: Mapping[str, float]

    @property
    def last_month(self) -> int:
        """Its last month, from 1."""
        return self.first_month + self.months - 1


def horizon_of(scenario: Scenario) -> tuple[HorizonPeriod, ...]:
    """The periods of a scenario: those of its sheet Periods, else its horizon cut into periods where demand or what exists changes in it, else one month."""
    months = _months(scenario)
    first, found = 1, []
    for name, count in months.items():
        grown = {w.name: _growth(w, first, count) * _multiplier(scenario, name, w.name) for w in scenario.workloads}
        found.append(HorizonPeriod(name=name, months=count, first_month=first, multipliers=grown))
        first += count
    return tuple(found)


def _months(scenario: Scenario) -> dict[str, int]:
    """Period → its months, in order."""
    if scenario.periods:
        return {row.period: row.months for row in scenario.periods}
    if not (any(w.growth_per_month_share for w in scenario.workloads) or any(row.until is not None for row in scenario.existing)):
        return {"": 1}
    horizon, step = scenario.settings.horizon_months, scenario.settings.months_per_period
    starts = range(1, horizon + 1, step)
    return {months_name(start, min(step, horizon + 1 - start)): min(step, horizon + 1 - start) for start in starts}


def _growth(workload: Workload, first: int, months: int) -> float:
    """The demand of the largest of some months over that of month 1."""
    return max(growth_multiplier(workload, first - 1), growth_multiplier(workload, first + months - 2))


def _multiplier(scenario: Scenario, period: str, workload: str) -> float:
    """What the sheet Periods says of a workload in a period: its own row, else the one for all, else 1."""
    said = {row.workload: row.multiplier for row in scenario.periods if row.period == period}
    return said.get(workload, said.get("", 1.0))


def demand_over(horizon: Sequence[HorizonPeriod], demand: WorkloadDemand) -> WorkloadDemand:
    """A workload's demand over the horizon: the peak of its largest period, the mean of what is planned for."""
    total = sum(period.months for period in horizon)
    largest = max(horizon, key=lambda period: period.multipliers[demand.workload])
    most = largest.multipliers[demand.workload]
    mean = sum(period.months * period.multipliers[demand.workload] for period in horizon) / total
    if most == mean == 1.0:
        return demand
    in_one = noted("× {most:.4g} in {period} (the largest month of each period counts), × {mean:.4g} in the mean of {months} months")
    alone = noted("× {most:.4g} (the largest month of each period counts), × {mean:.4g} in the mean of {months} months")
    growth = say(in_one if len(horizon) > 1 else alone, most=most, period=hours_title(largest.name), mean=mean, months=total)
    return replace(
        demand,
        peak=demand.peak * most,
        mean=demand.mean * mean,
        requests_per_month=demand.requests_per_month * mean,
        tokens_per_month=demand.tokens_per_month * mean,
        formula=clauses((demand.formula, growth)),
    )


def blocks_over(horizon: Sequence[HorizonPeriod], scenario: Scenario, demands: Sequence[WorkloadDemand]) -> tuple[Block, ...]:
    """The blocks of every period, each named after it where there are several; ``demands`` are those of the first month."""
    found: list[Block] = []
    for period in horizon:
        scaled = tuple(_scaled(demand, period.multipliers[demand.workload]) for demand in demands)
        own = blocks_of(scenario.workloads, scaled, scenario.profiles, scenario.settings)
        for block in own:
            name = block.name if len(horizon) == 1 else period.name if len(own) == 1 else f"{period.name}, {block.name}"
            found.append(replace(block, name=name, period=period.name, months=period.months))
    return tuple(found)


def _scaled(demand: WorkloadDemand, factor: float) -> WorkloadDemand:
    return replace(demand, peak=demand.peak * factor, mean=demand.mean * factor, tokens_per_month=demand.tokens_per_month * factor)


def offers_over(horizon: Sequence[HorizonPeriod], offers: Iterable[Offer]) -> tuple[Offer, ...]:
    """The offers with a setup fee that nothing says the term of spread over the months of the horizon, in which it is paid once."""
    months = horizon[-1].last_month
    return tuple(replace(offer, term_months=months) if _unspread(offer) else offer for offer in offers)


def _unspread(offer: Offer) -> bool:
    return offer.setup_usd > 0 and offer.term_months is None and offer.life_months is None


def holdings_of(scenario: Scenario, horizon: Sequence[HorizonPeriod]) -> tuple[Holding, ...]:
    """What is there already, to the end of the last period that it is held through; what is not held through the first is left out."""
    found = []
    for row in scenario.existing:
        held = [period for period in horizon if held_through(scenario, row.until, period)]
        if held:
            beyond = None if row.until is None else _months_beyond(scenario, row.until, horizon[-1].last_month)
            found.append(Holding(offer=row.offer, instances=row.instances, last_period=held[-1].name, months_beyond=beyond))
    return tuple(found)


def held_through(scenario: Scenario, until: date | None, period: HorizonPeriod) -> bool:
    """Whether what is held until a day is held to the end of a period."""
    return until is None or scenario.settings.start_date is None or until >= after_months(scenario.settings.start_date, period.last_month) - timedelta(days=1)


def _months_beyond(scenario: Scenario, until: date, horizon: int) -> int:
    """Months after the horizon in which something is still held, the last of them counted whole."""
    start = scenario.settings.start_date or until
    months = MONTHS_PER_YEAR * (until.year - start.year) + until.month - start.month + (until.day >= start.day)
    return max(0, months - horizon)
