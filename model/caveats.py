"""What a planner should know before trusting a plan, in words."""

from __future__ import annotations

from datetime import date, timedelta

from data.records.plan import Plan
from data.records.scenario import Scenario
from model.caveats_of_commitments import commitment_warnings
from model.demand import with_mean_lengths
from model.eligibility import eligibility
from model.measured_capacity import unused_capacities
from model.performance.parameters import Parameters
from model.performance.provenance import range_notes
from model.request_sizes import by_size
from model.together import together


def warnings_of(scenario: Scenario, plan: Plan, parameters: Parameters) -> tuple[str, ...]:
    """Warnings about a plan: an unproven optimum, old prices, uncertain figures, targets too tight to promise, what lies beyond the calibrated range."""
    return (
        *_short(scenario, plan),
        *_unproven(plan),
        *_unused(scenario),
        *together(with_mean_lengths(scenario), plan.demands).refused,
        *_old_prices(scenario, plan),
        *_indicative(scenario, plan),
        *_spot(scenario, plan),
        *_available(scenario, plan),
        *_mixed(plan),
        *commitment_warnings(scenario, plan),
        *_uncertain(plan),
        *_measured(plan),
        *unused_capacities(by_size(with_mean_lengths(scenario)), plan.demands),
        *_ill_posed(plan),
        *_out_of_range(scenario, plan, parameters),
    )


def _short(scenario: Scenario, plan: Plan) -> list[str]:
    """Workloads that are not served in full, the most important first."""
    workloads = {workload.name: workload for workload in scenario.workloads}
    said = []
    for name, share in sorted(plan.short.items(), key=lambda cut: (-workloads[cut[0]].priority, cut[0])):
        known = any(made.workload == name for made in plan.candidates) or any(
            o.billing == "per_token" and eligibility(workloads[name], o) is None for o in scenario.offers
        )
        why = "stock or money does not suffice for all" if known else "nothing can serve it, the sheet Ruled out says why"
        said.append(f"{name}: only {share:.1%} of its demand is served (priority {workloads[name].priority}): {why}" if share else f"{name}: not served: {why}")
    return said


def _unproven(plan: Plan) -> list[str]:
    if plan.status != "feasible" or plan.gap is None:
        return []
    return [f"the time limit struck: the plan is at most {plan.gap:.1%} dearer than the best possible; give more time with --time-limit"]


def _unused(scenario: Scenario) -> list[str]:
    """What the workbook says and this version does not plan with: told, never dropped in silence."""
    return ["the variants of the sheet Variants are planned with --variants"] if scenario.variants else []


def _indicative(scenario: Scenario, plan: Plan) -> list[str]:
    used = {row.offer for row in plan.deployments}
    shaky = sorted(offer.offer for offer in scenario.offers if offer.offer in used and "indicative_price" in offer.tags)
    return [f'prices that are "from" prices or move by the hour, ask for a quote: {", ".join(shaky)}'] if shaky else []


def _available(scenario: Scenario, plan: Plan) -> list[str]:
    """Availability targets of workloads that stand on spot: spares are for failures."""
    asked = {workload.name for workload in scenario.workloads if workload.availability_target is not None}
    spot = dict.fromkeys(row.workload for row in plan.deployments if row.billing == "spot" and row.workload in asked)
    return [f"{name}: its availability target covers node failures; spot interruptions count by their mean share only" for name in spot]


def _spot(scenario: Scenario, plan: Plan) -> list[str]:
    """Workloads that answer users and stand on spot alone, or on so few spot nodes that one interruption is felt."""
    answering = {workload.name for workload in scenario.workloads if workload.serving_mode != "offline"}
    said = []
    for name in sorted(answering):
        rows = [row for row in plan.deployments if row.workload == name]
        spot = [row for row in rows if row.billing == "spot"]
        if spot and len(spot) == len(rows):
            nodes = sum(row.node_count for row in spot)
            said.append(
                f"{name}: stands on spot alone, {nodes} node{'s' if nodes > 1 else ''} that the provider may take back at once: "
                "lower Maximum spot share or add spare nodes"
            )
    return said


def _mixed(plan: Plan) -> list[str]:
    """Workloads whose answers would differ in quality by the node that gives them."""
    precisions: dict[str, set[str]] = {}
    for row in plan.deployments:
        if row.node_count:
            precisions.setdefault(row.workload, set()).add(row.precision)
    return [
        f"{name}: runs in {' and '.join(sorted(found))} at once: answers may differ by the node; name one precision or set Deployments per workload to 1"
        for name, found in precisions.items()
        if len(found) > 1
    ]


def _old_prices(scenario: Scenario, plan: Plan) -> list[str]:
    oldest = date.today() - timedelta(days=scenario.settings.price_max_age_days)
    used = {row.offer for row in plan.deployments}
    old = sorted(offer.offer for offer in scenario.offers if offer.offer in used and offer.price_date is not None and offer.price_date < oldest)
    undated = sorted(offer.offer for offer in scenario.offers if offer.offer in used and offer.price_date is None)
    said = [f"prices older than {scenario.settings.price_max_age_days} days, ask for a quote: {', '.join(old)}"] if old else []
    return said + ([f"prices without a date: {', '.join(undated)}"] if undated else [])


def _uncertain(plan: Plan) -> list[str]:
    said = [
        f"{row.workload}: the throughput of {row.model} on {row.gpu} is {row.provenance}, not measured: benchmark it before a commitment"
        for row in plan.deployments
        if row.provenance in ("derived", "estimated")
    ]
    return list(dict.fromkeys(said))


def _measured(plan: Plan) -> list[str]:
    """What stands on a measured capacity, and what the performance model would have said."""
    measured = {candidate.key: candidate.measured for candidate in plan.candidates if candidate.measured is not None}
    said = []
    for row in plan.deployments:
        if (own := measured.get(row.candidate)) is None:
            continue
        if own.model_reason:
            model = f"the performance model would have ruled it out ({own.model_reason}): check that the measurement kept the targets"
        else:
            pooled = f", less {own.model_pooling_loss:.3g} a pool" if own.model_pooling_loss else ""
            model = f"the performance model would have said {own.model_capacity_per_node:.3g}{pooled}"
        said.append(f"{row.workload}: {own.req_per_s:g} req/s a node of {row.node_size} × {row.gpu} is measured, taken as it is and not simulated; {model}")
    return list(dict.fromkeys(said))


def _ill_posed(plan: Plan) -> list[str]:
    candidates = {candidate.key: candidate for candidate in plan.candidates}
    said = [
        f"{row.workload}: a target is below 1.5 times the latency of an unloaded node of {row.node_size} × {row.gpu}, where no queueing rule is reliable: "
        "run the simulate command on this result, and benchmark it before a commitment"
        for row in plan.deployments
        if row.candidate in candidates and not candidates[row.candidate].well_posed
    ]
    return list(dict.fromkeys(said))


def _out_of_range(scenario: Scenario, plan: Plan, parameters: Parameters) -> list[str]:
    batch = {row.workload: row.batch_size for row in plan.deployments if row.node_count}
    return [
        f"{workload.name}: {note}"
        for workload in scenario.workloads
        if workload.name in batch
        for note in range_notes(workload.input_tokens, workload.output_tokens, batch[workload.name], parameters)
    ]
