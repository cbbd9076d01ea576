"""What a planner should know before trusting a plan, in words."""

from __future__ import annotations

from datetime import date, timedelta

from data.languages import noted, say, say_count
from data.records.plan import Plan
from data.records.scenario import Scenario
from data.tables import column_title, sheet_title
from data.words import all_of
from model.caveats_of_commitments import commitment_warnings
from model.demand import with_mean_lengths
from model.eligibility import may_serve
from model.measured_capacity import unused_capacities
from model.performance.parameters import Parameters
from model.performance.provenance import range_notes
from model.request_sizes import by_size
from model.together import together

# Where a node stands alone and arrivals or lengths vary more than this, simulated plans missed targets that the queueing rule had promised
# (up to 3.4 times the target at an arrival CV of 3, from 1.1 times up at a length CV of 1.6); in pools the variation averages out.
MOST_VARIED = 1.5
# Throughputs that nobody measured, in words.
# Share of the time limit from which on building is told to be what took the time.
SLOW_SHARE = 0.3
_UNCERTAIN = {"derived": noted("derived"), "estimated": noted("estimated")}


def warnings_of(scenario: Scenario, plan: Plan, parameters: Parameters) -> tuple[str, ...]:
    """Warnings about a plan: an unproven optimum, old prices, uncertain figures, targets too tight to promise, what lies beyond the calibrated range."""
    return (
        *_short(scenario, plan),
        *_unproven(scenario, plan),
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
        *_uneven(scenario, plan),
        *_out_of_range(scenario, plan, parameters),
    )


def _short(scenario: Scenario, plan: Plan) -> list[str]:
    """Workloads that are not served in full, the most important first."""
    workloads = {workload.name: workload for workload in scenario.workloads}
    said = []
    for name, share in sorted(plan.short.items(), key=lambda cut: (-workloads[cut[0]].priority, cut[0])):
        known = any(made.workload == name for made in plan.candidates) or any(
            o.billing == "per_token" and may_serve(workloads[name], o) for o in scenario.offers
        )
        why = say("stock or money does not suffice for all") if known else say("nothing can serve it, the sheet {sheet} says why", sheet=say("Ruled out"))
        partly = noted("{workload}: only {share:.1%} of its demand is served (priority {priority}): {why}")
        words = partly if share else noted("{workload}: not served: {why}")
        said.append(say(words, workload=name, share=share, priority=workloads[name].priority, why=why))
    return said


def _unproven(scenario: Scenario, plan: Plan) -> list[str]:
    if plan.status != "feasible" or plan.gap is None:
        return []
    words = noted("the time limit struck: a plan that costs up to {gap:.1%} less may exist; give more time with --time-limit")
    slow = noted("building the MILP took {build:.0f} s of the time limit of {limit:.0f} s: give more, or fewer workloads, demand blocks or node sizes")
    limit_s = scenario.settings.time_limit_s
    built = [say(slow, build=plan.seconds.build, limit=limit_s)] if plan.seconds.build > SLOW_SHARE * limit_s else []
    return [say(words, gap=plan.gap), *built]


def _unused(scenario: Scenario) -> list[str]:
    """What the workbook says and this version does not plan with: told, never dropped in silence."""
    return [say("the variants of the sheet {sheet} are planned with --variants", sheet=sheet_title("Variants"))] if scenario.variants else []


def _indicative(scenario: Scenario, plan: Plan) -> list[str]:
    used = {row.offer for row in plan.deployments}
    shaky = sorted(offer.offer for offer in scenario.offers if offer.offer in used and "indicative_price" in offer.tags)
    return [say('prices that are "from" prices or move by the hour, ask for a quote: {offers}', offers=", ".join(shaky))] if shaky else []


def _available(scenario: Scenario, plan: Plan) -> list[str]:
    """Availability targets of workloads that stand on spot: spares are for failures."""
    asked = {workload.name for workload in scenario.workloads if workload.availability_target is not None}
    spot = dict.fromkeys(row.workload for row in plan.deployments if row.billing == "spot" and row.workload in asked)
    return [say("{workload}: its availability target covers node failures; spot interruptions count by their mean share only", workload=name) for name in spot]


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
                say_count(
                    "{workload}: stands on spot alone, {count} node that the provider may take back at once: lower {setting} or add spare nodes",
                    "{workload}: stands on spot alone, {count} nodes that the provider may take back at once: lower {setting} or add spare nodes",
                    nodes, workload=name, setting=column_title("Settings", "max_spot_share"),
                )
            )  # fmt: skip
    return said


def _mixed(plan: Plan) -> list[str]:
    """Workloads whose answers would differ in quality by the node that gives them."""
    precisions: dict[str, set[str]] = {}
    for row in plan.deployments:
        if row.node_count:
            precisions.setdefault(row.workload, set()).add(row.precision)
    words = noted("{workload}: runs in {precisions} at once: answers may differ by the node; name one precision or set {setting} to 1")
    setting = column_title("Settings", "max_deployments_per_workload")
    return [say(words, workload=name, precisions=all_of(sorted(found)), setting=setting) for name, found in precisions.items() if len(found) > 1]


def _old_prices(scenario: Scenario, plan: Plan) -> list[str]:
    oldest = date.today() - timedelta(days=scenario.settings.price_max_age_days)
    used = {row.offer for row in plan.deployments}
    old = sorted(offer.offer for offer in scenario.offers if offer.offer in used and offer.price_date is not None and offer.price_date < oldest)
    undated = sorted(offer.offer for offer in scenario.offers if offer.offer in used and offer.price_date is None)
    days, said = scenario.settings.price_max_age_days, []
    if old:
        said.append(say("prices older than {days} days, ask for a quote: {offers}", days=days, offers=", ".join(old)))
    if undated:
        said.append(say("prices without a date: {offers}", offers=", ".join(undated)))
    return said


def _uncertain(plan: Plan) -> list[str]:
    words = noted("{workload}: the throughput of {model} on {gpu} is {provenance}, not measured: benchmark it before a commitment")
    said = [
        say(words, workload=row.workload, model=row.model, gpu=row.gpu, provenance=say(_UNCERTAIN[row.provenance]))
        for row in plan.deployments
        if row.provenance in _UNCERTAIN
    ]
    return list(dict.fromkeys(said))


def _uneven(scenario: Scenario, plan: Plan) -> list[str]:
    """Lone nodes under arrivals or lengths so uneven that a few requests decide the percentile."""
    varied = {w.name: max(w.arrival_cv, w.length_cv) for w in scenario.workloads if w.serving_mode != "offline"}
    alone = dict.fromkeys(row.workload for row in plan.deployments if row.node_count == 1 and varied.get(row.workload, 0.0) > MOST_VARIED)
    words = noted(
        "{workload}: a node stands alone under arrivals or lengths with a coefficient of variation of {cv:g}, where the queueing rule may promise too much: "
        "run the simulate command on this result"
    )
    return [say(words, workload=name, cv=varied[name]) for name in alone]


def _measured(plan: Plan) -> list[str]:
    """What stands on a measured capacity, and what the performance model would have said."""
    measured = {candidate.key: candidate.measured for candidate in plan.candidates if candidate.measured is not None}
    said = []
    for row in plan.deployments:
        if (own := measured.get(row.candidate)) is None:
            continue
        if own.model_reason:
            model = say("the performance model would have ruled it out ({reason}): check that the measurement kept the targets", reason=own.model_reason)
        elif own.model_pooling_loss:
            less = noted("the performance model would have said {capacity:.3g}, less {loss:.3g} a pool")
            model = say(less, capacity=own.model_capacity_per_node, loss=own.model_pooling_loss)
        else:
            model = say("the performance model would have said {capacity:.3g}", capacity=own.model_capacity_per_node)
        words = noted("{workload}: {rate:g} req/s a node of {node} is measured, taken as it is and not simulated; {model}")
        said.append(say(words, workload=row.workload, rate=own.req_per_s, node=f"{row.node_size} × {row.gpu}", model=model))
    return list(dict.fromkeys(said))


def _ill_posed(plan: Plan) -> list[str]:
    candidates = {candidate.key: candidate for candidate in plan.candidates}
    words = noted(
        "{workload}: a target is below 1.5 times the latency of an unloaded node of {node}, where no queueing rule is reliable: "
        "run the simulate command on this result, and benchmark it before a commitment"
    )
    said = [
        say(words, workload=row.workload, node=f"{row.node_size} × {row.gpu}")
        for row in plan.deployments
        if row.candidate in candidates and not candidates[row.candidate].well_posed
    ]
    return list(dict.fromkeys(said))


def _out_of_range(scenario: Scenario, plan: Plan, parameters: Parameters) -> list[str]:
    batch = {row.workload: row.batch_size for row in plan.deployments if row.node_count}
    return [
        say("{workload}: {reasons}", workload=workload.name, reasons=note)
        for workload in scenario.workloads
        if workload.name in batch
        for note in range_notes(workload.input_tokens, workload.output_tokens, batch[workload.name], parameters)
    ]
