"""What a planner should know before trusting a plan, in words."""

from __future__ import annotations

from datetime import date, timedelta

from data.records.plan import Plan
from data.records.scenario import Scenario

_BUSY = 0.95  # load over capacity within the targets from which nothing is left for growth


def warnings_of(scenario: Scenario, plan: Plan) -> tuple[str, ...]:
    """Warnings about a plan: old prices, uncertain figures, pools without slack, an unproven optimum."""
    return (*_unproven(plan), *_old_prices(scenario, plan), *_uncertain(plan), *_without_slack(plan))


def _unproven(plan: Plan) -> list[str]:
    if plan.status != "feasible" or plan.gap is None:
        return []
    return [f"the time limit struck: the plan is at most {plan.gap:.1%} dearer than the best possible; give more time with --time-limit"]


def _old_prices(scenario: Scenario, plan: Plan) -> list[str]:
    oldest = date.today() - timedelta(days=scenario.settings.price_max_age_days)
    used = {row.offer for row in plan.deployments}
    old = sorted(offer.offer for offer in scenario.offers if offer.offer in used and offer.price_date is not None and offer.price_date < oldest)
    undated = sorted(offer.offer for offer in scenario.offers if offer.offer in used and offer.price_date is None)
    said = [f"prices older than {scenario.settings.price_max_age_days} days, ask for a quote: {', '.join(old)}"] if old else []
    return said + ([f"prices without a date: {', '.join(undated)}"] if undated else [])


def _uncertain(plan: Plan) -> list[str]:
    return [
        f"{row.workload}: the throughput of {row.model} on {row.gpu} is {row.provenance}, not measured: benchmark it before a commitment"
        for row in plan.deployments
        if row.provenance in ("derived", "estimated")
    ]


def _without_slack(plan: Plan) -> list[str]:
    busy = [row for row in plan.deployments if row.node_count and row.utilization > 1 + 1e-9]
    return [f"{row.workload} on {row.gpu}: loaded beyond its capacity within the targets" for row in busy]
