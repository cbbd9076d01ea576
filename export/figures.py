"""Figures and words that every view of a plan shares: how numbers read, and the plan in sentences."""

from __future__ import annotations

import math
from collections.abc import Sequence

from data.exchange import usd_of_one
from data.languages import ENGLISH, figure, noted, say, say_count, spoken
from data.periods import periods_of
from data.records.plan import CommitmentLine, Deployment, Limit, PercentileCost, Plan, Remedy, WorkloadDemand
from data.records.settings import Settings
from data.units import MILLION
from data.words import clauses

BILLING_WORDS = {
    "on_demand": noted("on demand"),
    "reserved": noted("reserved"),
    "spot": noted("spot"),
    "purchase": noted("purchased"),
    "autoscaling": noted("autoscaling"),
    "per_token": noted("per token"),
}
STATUS_WORDS = (noted("optimal"), noted("feasible"), noted("infeasible"), noted("unsolved"), noted("bad input"), noted("failed"), noted("not run"))
# The units of demands, limits and cost lines, which the records hold in English.
UNIT_WORDS = (
    noted("req/s"), noted("requests in flight"), noted("users"), noted("USD/month"), noted("providers"), noted("instances"),
    noted("share"), noted("ms"), noted("GB"), noted("fee"), noted("million tokens/h"),
)  # fmt: skip


def finite(value: float | None) -> float | None:
    """``value``, or None where it is missing, NaN or infinite (which neither JSON nor a cell can hold)."""
    return value if value is not None and math.isfinite(value) else None


def readable(value: float | None) -> str:
    """A figure with three or more significant digits and thousands separators; a dash where there is none."""
    if (number := finite(value)) is None:
        return "–"
    if number == 0 or abs(number) >= 1000 or float(number).is_integer():
        return figure(number, ",.0f")
    digits = min(max(0, 2 - math.floor(math.log10(abs(number)))), 6)
    needed = len(f"{number:.{digits}f}".rstrip("0").partition(".")[2])
    return figure(number, f",.{needed}f")


def dollars(value: float | None) -> str:
    """An amount in USD to the cent; a dash where there is none."""
    return "–" if (number := finite(value)) is None else say("{amount:,.2f} USD", amount=number)


def also_in_currency(usd: float, settings: Settings) -> str:
    """The amount in the settings' currency, with its rate: " (1,000 EUR at 1.08 USD)"; nothing where that is USD."""
    rate, code = usd_of_one(settings), settings.currency.upper()
    return "" if code == "USD" else " " + say("({amount:,.0f} {currency} at {rate:g} USD)", amount=usd / rate, currency=code, rate=rate)


def percent(share: float | None, digits: int = 1) -> str:
    """A share as a percentage; a dash where there is none."""
    return "–" if (number := finite(share)) is None else say("{figure} %", figure=figure(100 * number, f".{digits}f"))


def nodes_words(count: float) -> str:
    """A count of nodes: "1 node", "2 nodes"."""
    return say_count("{number} node", "{number} nodes", count, number=readable(count))


def instances_words(count: float) -> str:
    """A count of instances: "0.75 instances"."""
    return say_count("{number} instance", "{number} instances", count, number=readable(count))


def listed_figures(values: Sequence[float]) -> str:
    """Figures in a row; with semicolons between them where the comma is the decimal sign."""
    return (", " if spoken() == ENGLISH else "; ").join(readable(value) for value in values)


def billing_words(billing: str) -> str:
    """A billing kind in words."""
    return say(BILLING_WORDS[billing]) if billing in BILLING_WORDS else billing


def status_word(status: str) -> str:
    """The status of a solution in a word."""
    return say(status) if status in STATUS_WORDS else status


def unit_words(unit: str) -> str:
    """The unit of a demand, a limit or a cost line in words ("" of none)."""
    return say(unit) if unit in UNIT_WORDS else unit


def status_words(plan: Plan) -> str:
    """What the solver proved, in one sentence; where not all demand is served, that comes first."""
    if plan.short:
        return say("Not all demand is served: {served}. {proven}", served=short_words(plan), proven=_proven_words(plan))
    return _proven_words(plan)


def short_words(plan: Plan) -> str:
    """The workloads that are not served in full with what is served of them: "66.7 % of batch, 0.0 % of chat"."""
    return ", ".join(say("{share} of {workload}", share=percent(share), workload=name) for name, share in plan.short.items())


def _proven_words(plan: Plan) -> str:
    bound = dollars(plan.bound_usd_per_month)
    if plan.status == "optimal":
        return say("Optimal within the gap asked for: no plan costs less than {bound} a month (gap {gap}).", bound=bound, gap=percent(plan.gap, 3))
    if plan.status == "feasible":
        return say(
            "Best plan found in the time given, not proven cheapest: no plan costs less than {bound} a month (gap {gap}).",
            bound=bound, gap=percent(plan.gap, 2),
        )  # fmt: skip
    if plan.status == "infeasible":
        return say("No plan exists: the scenario is proven infeasible. What rules it out is said below.")
    return say("No plan was found in the time given, and none was ruled out: raise time_limit_s, or allow a larger optimality_gap.")


def deployment_words(row: Deployment) -> str:
    """One row of the plan in words: nodes, GPUs, batch, offer and terms."""
    seller = f"{row.offer} ({row.provider}, {billing_words(row.billing)})"
    if row.node_count == 0:
        return say("tokens of {model} from {seller}", model=row.model, seller=seller)
    return say(
        "{nodes} of {gpus} ({precision}, batch {batch}) on {instances} of {seller}", nodes=nodes_words(row.node_count),
        gpus=f"{row.node_size} × {row.gpu}" if row.node_size > 1 else row.gpu, precision=row.precision, batch=row.batch_size,
        instances=instances_words(row.instances), seller=seller,
    )  # fmt: skip


def workload_words(rows: Sequence[Deployment], demand: WorkloadDemand | None, most: int = 3) -> str:
    """The plan of one workload in one sentence: its ``most`` largest rows at the peak, and how many more there are."""
    if not rows:
        return say("nothing is planned for it")
    largest = sorted(rows, key=lambda row: (-row.share_of_demand, -row.usd_per_month))[:most]
    parts = [f"{deployment_words(row)}, {share_words(row.share_of_demand)}" for row in largest]
    if len(rows) > most:
        parts.append(say("and {count} more on Plan", count=len(rows) - most))
    planned = clauses(parts)
    return say("{peak} {unit} at the peak: {plan}", peak=readable(demand.peak), unit=unit_words(demand.unit), plan=planned) if demand else planned


def share_words(share: float) -> str:
    """A share of the peak's demand in words."""
    return say("{share} of the demand", share=percent(share, 0)) if share >= 0.005 else say("off the peak")


def limit_words(limit: Limit) -> str:
    """A limit with its value, bound and unit in words."""
    words = noted("{limit}: {value} of at most {bound}") if limit.sense == "<=" else noted("{limit}: {value} of at least {bound}")
    name = f"{limit.called} ({limit.workload})" if limit.workload else limit.called
    return say(words, limit=name, value=readable(limit.value), bound=f"{readable(limit.bound)} {unit_words(limit.unit)}".rstrip())


def binding_words(plan: Plan) -> list[str]:
    """The limits that bind, in words; the tightest first."""
    tight = [limit for limit in plan.limits if limit.binding]
    return [limit_words(limit) for limit in sorted(tight, key=lambda limit: limit.slack / max(abs(limit.bound), 1e-9))]


def commitment_words(line: CommitmentLine) -> str:
    """A commitment in a sentence: what to order when, how long it runs, what it costs and what is owed beyond the horizon."""
    seller = f"{line.offer} ({line.provider}, {billing_words(line.billing)})"
    owed = 0.0 if line.existing else line.usd_beyond_horizon or 0.0
    cost = noted("{month:,.0f} USD a month, {total:,.0f} USD in all")
    if owed:
        cost = noted("{month:,.0f} USD a month, {total:,.0f} USD in all, {owed:,.0f} USD more owed after the horizon")
    words = noted("order for month {first}: {what} until month {last}: {cost}")
    if line.existing:
        words = noted("held already: {what} until month {last}: {cost}")
    elif line.first_month == 1:
        words = noted("order now: {what} until month {last}: {cost}")
    return say(
        words, first=line.first_month, last=line.last_month, what=say("{instances} of {seller}", instances=instances_words(line.instances), seller=seller),
        cost=say(cost, month=line.usd_per_month, total=line.usd_in_horizon, owed=owed),
    )  # fmt: skip


def commitments_matter(plan: Plan) -> bool:
    """Whether what to commit to when is a question: there are several months, or something is held already."""
    return bool(plan.commitments) and (sum(period.months for period in periods_of(plan.blocks)) > 1 or any(line.existing for line in plan.commitments))


def percentile_cost_words(cost: PercentileCost) -> str:
    """What a percentile costs beside the mean, in a sentence."""
    words = noted("{workload}: p{percentile} takes {nodes} of {size} × {gpu}, {gpus} more than the mean, for which {mean} would do if requests came evenly")
    if cost.extra_gpus < 0:
        words = noted(
            "{workload}: p{percentile} takes {nodes} of {size} × {gpu}, {gpus} fewer than the mean, for which {mean} would do if requests came evenly"
        )
    gpus = abs(cost.extra_gpus)
    return say(
        words, workload=cost.workload, percentile=cost.percentile, nodes=nodes_words(cost.nodes_for_percentile), size=cost.node_size, gpu=cost.gpu,
        gpus=say_count("{number} GPU", "{number} GPUs", gpus, number=readable(gpus)), mean=cost.nodes_for_mean,
    )  # fmt: skip


def remedy_words(remedy: Remedy) -> str:
    """A remedy in a sentence: what to change, and what the plan then costs."""
    words = noted("{change}: the plan then costs {usd:,.0f} USD a month")
    if remedy.workload:
        words = noted("{change}: {workload}, on its own, then costs {usd:,.0f} USD a month")
    return say(words, change=remedy.change, workload=remedy.workload, usd=remedy.usd_per_month)


def tokens_per_month(plan: Plan) -> float:
    """Input and output tokens of all workloads in a month."""
    return sum(demand.tokens_per_month for demand in plan.demands)


def usd_per_million_tokens(plan: Plan) -> float | None:
    """Cost of a million tokens, input and output alike [USD]; None without cost or tokens."""
    tokens = tokens_per_month(plan)
    return None if plan.usd_per_month is None or tokens <= 0 else plan.usd_per_month / tokens * MILLION
