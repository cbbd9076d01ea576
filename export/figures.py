"""Figures and words that every view of a plan shares: how numbers read, and the plan in sentences."""

from __future__ import annotations

import math
from collections.abc import Sequence

from data.exchange import usd_of_one
from data.periods import periods_of
from data.records.plan import CommitmentLine, Deployment, Limit, PercentileCost, Plan, Remedy, WorkloadDemand
from data.records.settings import Settings
from data.units import MILLION

BILLING_WORDS = {
    "on_demand": "on demand",
    "reserved": "reserved",
    "spot": "spot",
    "purchase": "purchased",
    "autoscaling": "autoscaling",
    "per_token": "per token",
}


def finite(value: float | None) -> float | None:
    """``value``, or None where it is missing, NaN or infinite (which neither JSON nor a cell can hold)."""
    return value if value is not None and math.isfinite(value) else None


def readable(value: float | None) -> str:
    """A figure with three or more significant digits and thousands separators; a dash where there is none."""
    if (number := finite(value)) is None:
        return "–"
    if number == 0 or abs(number) >= 1000 or float(number).is_integer():
        return f"{number:,.0f}"
    digits = max(0, 2 - math.floor(math.log10(abs(number))))
    shown = f"{number:,.{min(digits, 6)}f}"
    return shown.rstrip("0").rstrip(".") if "." in shown else shown


def dollars(value: float | None) -> str:
    """An amount in USD to the cent; a dash where there is none."""
    return "–" if (number := finite(value)) is None else f"{number:,.2f} USD"


def also_in_currency(usd: float, settings: Settings) -> str:
    """The amount in the settings' currency, with its rate: " (1,000 EUR at 1.08 USD)"; nothing where that is USD."""
    rate, code = usd_of_one(settings), settings.currency.upper()
    return "" if code == "USD" else f" ({usd / rate:,.0f} {code} at {rate:g} USD)"


def percent(share: float | None, digits: int = 1) -> str:
    """A share as a percentage; a dash where there is none."""
    return "–" if (number := finite(share)) is None else f"{100 * number:.{digits}f} %"


def plural(count: float, noun: str) -> str:
    """Counts with their noun: "1 node", "2 nodes", "0.75 instances"."""
    return f"{readable(count)} {noun}{'' if count == 1 else 's'}"


def listed_figures(values: Sequence[float]) -> str:
    """Figures in a row."""
    return ", ".join(readable(value) for value in values)


def status_words(plan: Plan) -> str:
    """What the solver proved, in one sentence; where not all demand is served, that comes first."""
    return f"Not all demand is served: {short_words(plan)}. {_proven_words(plan)}" if plan.short else _proven_words(plan)


def short_words(plan: Plan) -> str:
    """The workloads that are not served in full with what is served of them: "66.7 % of batch, 0.0 % of chat"."""
    return ", ".join(f"{percent(share)} of {name}" for name, share in plan.short.items())


def _proven_words(plan: Plan) -> str:
    if plan.status == "optimal":
        return f"Optimal within the gap asked for: no plan costs less than {dollars(plan.bound_usd_per_month)} a month (gap {percent(plan.gap, 3)})."
    if plan.status == "feasible":
        bound = f"no plan costs less than {dollars(plan.bound_usd_per_month)} a month (gap {percent(plan.gap, 2)})"
        return f"Best plan found in the time given, not proven cheapest: {bound}."
    if plan.status == "infeasible":
        return "No plan exists: the scenario is proven infeasible. What rules it out is said below."
    return "No plan was found in the time given, and none was ruled out: raise time_limit_s, or allow a larger optimality_gap."


def deployment_words(row: Deployment) -> str:
    """One row of the plan in words: nodes, GPUs, batch, offer and terms."""
    seller = f"{row.offer} ({row.provider}, {BILLING_WORDS.get(row.billing, row.billing)})"
    if row.node_count == 0:
        return f"tokens of {row.model} from {seller}"
    gpus = f"{row.node_size} × {row.gpu}" if row.node_size > 1 else row.gpu
    return f"{plural(row.node_count, 'node')} of {gpus} ({row.precision}, batch {row.batch_size}) on {plural(row.instances, 'instance')} of {seller}"


def workload_words(rows: Sequence[Deployment], demand: WorkloadDemand | None, most: int = 3) -> str:
    """The plan of one workload in one sentence: its ``most`` largest rows at the peak, and how many more there are."""
    if not rows:
        return "nothing is planned for it"
    largest = sorted(rows, key=lambda row: (-row.share_of_demand, -row.usd_per_month))[:most]
    parts = [f"{deployment_words(row)}, {share_words(row.share_of_demand)}" for row in largest]
    if len(rows) > most:
        parts.append(f"and {len(rows) - most} more on Plan")
    load = f"{readable(demand.peak)} {demand.unit} at the peak: " if demand else ""
    return load + "; ".join(parts)


def share_words(share: float) -> str:
    """A share of the peak's demand in words."""
    return f"{percent(share, 0)} of the demand" if share >= 0.005 else "off the peak"


def limit_words(limit: Limit) -> str:
    """A limit with its value, bound and unit in words."""
    of = f" ({limit.workload})" if limit.workload else ""
    sense = "of at most" if limit.sense == "<=" else "of at least"
    return f"{limit.name}{of}: {readable(limit.value)} {sense} {readable(limit.bound)} {limit.unit}".rstrip()


def binding_words(plan: Plan) -> list[str]:
    """The limits that bind, in words; the tightest first."""
    tight = [limit for limit in plan.limits if limit.binding]
    return [limit_words(limit) for limit in sorted(tight, key=lambda limit: limit.slack / max(abs(limit.bound), 1e-9))]


def commitment_words(line: CommitmentLine) -> str:
    """A commitment in a sentence: what to order when, how long it runs, what it costs and what is owed beyond the horizon."""
    what = f"{plural(line.instances, 'instance')} of {line.offer} ({line.provider}, {BILLING_WORDS.get(line.billing, line.billing)})"
    cost = f"{line.usd_per_month:,.0f} USD a month, {line.usd_in_horizon:,.0f} USD in all"
    if line.existing:
        return f"held already: {what} until month {line.last_month}: {cost}"
    when = "order now" if line.first_month == 1 else f"order for month {line.first_month}"
    owed = f", {line.usd_beyond_horizon:,.0f} USD more owed after the horizon" if line.usd_beyond_horizon else ""
    return f"{when}: {what} until month {line.last_month}: {cost}{owed}"


def commitments_matter(plan: Plan) -> bool:
    """Whether what to commit to when is a question: there are several months, or something is held already."""
    return bool(plan.commitments) and (sum(period.months for period in periods_of(plan.blocks)) > 1 or any(line.existing for line in plan.commitments))


def percentile_cost_words(cost: PercentileCost) -> str:
    """What a percentile costs beside the mean, in a sentence."""
    nodes = f"{plural(cost.nodes_for_percentile, 'node')} of {cost.node_size} × {cost.gpu}"
    more = f"{plural(abs(cost.extra_gpus), 'GPU')} {'more' if cost.extra_gpus >= 0 else 'fewer'}"
    return f"{cost.workload}: p{cost.percentile} takes {nodes}, {more} than the mean, for which {cost.nodes_for_mean} would do if requests came evenly"


def remedy_words(remedy: Remedy) -> str:
    """A remedy in a sentence: what to change, and what the plan then costs."""
    then = f"{remedy.workload}, on its own, then costs" if remedy.workload else "the plan then costs"
    return f"{remedy.change}: {then} {remedy.usd_per_month:,.0f} USD a month"


def tokens_per_month(plan: Plan) -> float:
    """Input and output tokens of all workloads in a month."""
    return sum(demand.tokens_per_month for demand in plan.demands)


def usd_per_million_tokens(plan: Plan) -> float | None:
    """Cost of a million tokens, input and output alike [USD]; None without cost or tokens."""
    tokens = tokens_per_month(plan)
    return None if plan.usd_per_month is None or tokens <= 0 else plan.usd_per_month / tokens * MILLION
