"""The result as JSON: the plan, its bill and limits, and every candidate with its capacity and step time, so that anyone can solve the problem again."""

from __future__ import annotations

import dataclasses
import json
import math
import sys
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from itertools import chain
from pathlib import Path
from typing import Any

from data.atomic import replacing
from data.billing import billing_terms
from data.cost_lines import usd_of_periods
from data.languages import spoken
from data.periods import periods_of
from data.records.candidate import Candidate, SharedPool
from data.records.plan import Deployment, Limit, Plan, WorkloadDemand
from data.records.scenario import Scenario
from data.records.supply import Offer
from data.records.workload import Workload
from export.deploy import commands_of
from export.plan_columns import PLAN_COLUMNS
from export.pools import pools_told
from export.version import program_version
from model.demand import REQUEST_RATE

SCHEMA = 1
# Capacities are listed for this many nodes at least, and for as many as the peak needs up to the second figure (beyond it s·N − d holds just as well).
FEWEST_NODES, MOST_NODES = 64, 1000

# What candidates, offers and blocks do not say by themselves and a second solution needs (the audit's own rules, in model/audit.py).
POOL_RULES = {
    "pool": "The nodes of one candidate on stable offers are one pool in each block, those on spot offers of one interruption share another.",
    "capacity": "A pool of N nodes carries ((N - spare_nodes) * capacity_per_node - pooling_loss) * capacity_share * max_utilization; capacity_share is "
    "that of its spot offers, 1 on stable ones.",
    "spare_nodes": "Every pool that carries load in a block keeps its workload's spare_nodes there without load.",
    "min_nodes": "The nodes of a workload, over its pools in a block, are at least min_nodes.",
    "tenancy": "Nodes of different workloads share the instances of an offer; those of a workload with own_instances stand on instances of their own, "
    "which are on its account under max_monthly_usd, while the stock is one.",
}


def write_json(path: Path | str, scenario: Scenario, plan: Plan) -> None:
    """Write the result as JSON to ``path`` ("-": standard output), whole or not at all; raises OSError.

    Row by row: the candidates on their offers are hundreds of megabytes in a large problem.
    """
    text = chain(_text_of(_result(scenario, plan), {"candidates": _candidate_texts(scenario, plan)}), "\n")
    if str(path) == "-":
        sys.stdout.writelines(text)
        return
    with replacing(Path(path)) as part, part.open("w", encoding="utf-8") as file:
        file.writelines(text)


def result_json(scenario: Scenario, plan: Plan) -> dict[str, Any]:
    """The result as what JSON can hold: a missing, NaN or infinite number is null, money in full precision, dates as ISO text."""
    candidates = [{**own, **on_offer} for own, offers in _candidates(scenario, plan) for on_offer in offers]
    return {name: plain(value) for name, value in _result(scenario, plan).items()} | {"candidates": candidates}


def _result(scenario: Scenario, plan: Plan) -> dict[str, Any]:
    """The result's fields in their order, records as they are, without the candidates."""
    return {
        "schema": SCHEMA,
        "program": f"inferplan {program_version()}",
        "language": spoken(),
        "scenario": scenario.settings.scenario_name or scenario.name,
        "status": plan.status,
        "usd_per_month": plan.usd_per_month,
        "bound_usd_per_month": plan.bound_usd_per_month,
        "gap": plan.gap,
        "served_share": {demand.workload: plan.served_share.get(demand.workload, 1.0) for demand in plan.demands},
        "gpus": plan.gpus,
        "instances": sum(max(by_block.values(), default=0) for by_block in plan.instances.values()),
        "seconds": plan.seconds,
        "problem": plan.problem,
        "solver": plan.solver,
        "plan": [_plan_row(row) for row in plan.deployments],
        "instances_by_block": plan.instances,
        "costs": plan.costs,
        "commitments": plan.commitments,
        "periods": list(_periods(plan)),
        "constraints": [_constraint(limit) for limit in plan.limits],
        "alternatives": plan.alternatives,
        "sensitivity": plan.sensitivity,
        "percentile_costs": [{**dataclasses.asdict(cost), "extra_gpus": cost.extra_gpus} for cost in plan.percentile_costs],
        "pools": pools_told(scenario, plan),
        "diagnosis": plan.diagnosis,
        "remedies": [{**dataclasses.asdict(remedy), "value": remedy.value} for remedy in plan.remedies],
        "streams": plan.streams,
        "shared": [_shared(pool) for pool in plan.shared],
        "routes": plan.routes,
        "workloads": [_workload(scenario, plan, demand) for demand in plan.demands],
        "pool_rules": POOL_RULES,
        "blocks": plan.blocks,
        "offers": [_offer(scenario, offer) for offer in _offers_over_the_horizon(scenario)],
        "settings": scenario.settings,
        "candidates": [],
        "curves": plan.curves,
        "ruled_out": plan.ruled_out,
        "deploy": commands_of(scenario, plan),
        "warnings": plan.warnings,
        "problems": [],
    }


def one_a_line(result: Mapping[str, Any]) -> str:
    """The result as JSON text with each field, and each entry of a list, on a line of its own."""
    return "".join(_text_of(result, {}))


def _text_of(result: Mapping[str, Any], rows: Mapping[str, Iterable[str]]) -> Iterator[str]:
    """The text of :func:`one_a_line` in pieces; ``rows`` has the entries of some lists as JSON text."""
    before = "{\n"
    for name, value in result.items():
        yield f"{before} {_dumped(name)}: "
        before = ",\n"
        listed = rows.get(name) if name in rows else (_dumped(item) for item in value) if isinstance(value, (list, tuple)) else None
        yield from [_dumped(value)] if listed is None else _list_of(listed)
    yield "\n}"


def _list_of(rows: Iterable[str]) -> Iterator[str]:
    before = "[\n  "
    for row in rows:
        yield before
        yield row
        before = ",\n  "
    yield "[]" if before.startswith("[") else "\n ]"


def _dumped(value: Any) -> str:
    return json.dumps(plain(value), ensure_ascii=False, allow_nan=False, separators=(", ", ": "))


def plain(value: Any) -> Any:
    """``value`` as JSON holds it."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(item) for item in value]
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value


def _periods(plan: Plan) -> Iterator[dict[str, Any]]:
    """The periods of the horizon with what each costs: USD a month in it, and in all its months."""
    usd = usd_of_periods(plan.costs, plan.blocks)
    for period in periods_of(plan.blocks):
        of_it = {"period": period.name, "months": period.months, "first_month": period.first_month, "last_month": period.last_month}
        yield {**of_it, "usd_per_month": usd[period.name] / period.months, "usd": usd[period.name]}


def _plan_row(row: Deployment) -> dict[str, Any]:
    more = ("req_per_s_per_node", "ttft_ms", "tpot_ms", "e2e_ms", "nodes_by_block", "load_by_block", "load", "capacity", "engine", "provenance", "candidate")
    return {name: getattr(row, name) for name in (*PLAN_COLUMNS, *more)} | {"memory_gb_per_gpu": row.memory.used_gb if row.memory else None}


def _constraint(limit: Limit) -> dict[str, Any]:
    return {**dataclasses.asdict(limit), "slack": limit.slack, "binding": limit.binding}


def _workload(scenario: Scenario, plan: Plan, demand: WorkloadDemand) -> dict[str, Any]:
    """A workload's demand with its load in each block, and what else bears on the choice."""
    workload = next(workload for workload in scenario.workloads if workload.name == demand.workload)
    rules = ("model", "serving_mode", "input_tokens", "output_tokens", "spare_nodes", "min_nodes", "max_monthly_usd", "priority", "users", "slo_percentile")
    load = {block.name: block.demand.get(demand.workload, 0.0) for block in plan.blocks}
    own = workload.max_monthly_usd is not None
    return {**dataclasses.asdict(demand), "load_by_block": load, **{name: getattr(workload, name) for name in rules}, "own_instances": own}


def _shared(pool: SharedPool) -> dict[str, Any]:
    """A shared pool: whose, at which targets and with which spare nodes."""
    rules = ("model", "serving_mode", "input_tokens", "output_tokens", "ttft_target_ms", "tpot_target_ms", "e2e_target_ms", "slo_percentile", "spare_nodes")
    return {"workload": pool.workload.name, "members": pool.members, **{name: getattr(pool.workload, name) for name in rules}}


def _offers_over_the_horizon(scenario: Scenario) -> tuple[Offer, ...]:
    """The offers as they were planned with."""
    from model.horizon import horizon_of, offers_over  # noqa: PLC0415

    return offers_over(horizon_of(scenario), scenario.offers)


def _offer(scenario: Scenario, offer: Offer) -> dict[str, Any]:
    """An offer as given and its terms: what an instance costs an hour on, a month held, once used, and for its starts."""
    terms = billing_terms(offer, scenario.settings)
    return {
        **{field.name: getattr(offer, field.name) for field in dataclasses.fields(offer)},
        "held": terms.held,
        "spot": terms.spot,
        "capacity_share": terms.capacity_share,
        "usd_per_instance_hour_on": terms.usd_per_instance_hour_on,
        "usd_per_instance_month_held": terms.usd_per_instance_month_held,
        "usd_per_month_if_used": terms.usd_per_month_if_used,
        "usd_per_instance_month_started": terms.usd_per_instance_month_started,
    }


def _candidate_texts(scenario: Scenario, plan: Plan) -> Iterator[str]:
    """The rows of the candidates as JSON text; what a candidate does is written out once for all its offers."""
    for own, offers in _candidates(scenario, plan):
        begun = _dumped(own).removesuffix("}")
        yield from (f"{begun}, {_dumped(on_offer).removeprefix('{')}" for on_offer in offers)


def _candidates(scenario: Scenario, plan: Plan) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """What each candidate does, and what differs by the offers that may serve it: a row each."""
    from model.classes import node_slots  # noqa: PLC0415
    from model.eligibility import may_serve  # noqa: PLC0415

    demands = {demand.workload: demand for demand in plan.demands}
    by_gpu: dict[tuple[str, str], list[Offer]] = {}
    workloads = plan.served(scenario.workloads)
    for workload in workloads.values():
        for offer in scenario.offers:
            if offer.gpu and may_serve(workload, offer):
                by_gpu.setdefault((workload.name, offer.gpu), []).append(offer)
    for candidate in plan.candidates:
        offers = [o for o in by_gpu.get((candidate.workload, candidate.gpu), []) if node_slots(o.gpus_per_instance, candidate.node_size) > 0]
        own = plain(_candidate(candidate, workloads[candidate.workload], demands.get(candidate.workload))) if offers else {}
        yield own, [{"offer": o.offer, "usd_per_node_hour": plain(usd_per_node_hour(scenario, o, candidate.node_size))} for o in offers]


def usd_per_node_hour(scenario: Scenario, offer: Offer, node_size: int) -> float:
    """What a node costs an hour on an offer: the instance's price × S/G, a commitment's month spread over its hours."""
    terms = billing_terms(offer, scenario.settings)
    hourly = terms.usd_per_instance_hour_on + terms.usd_per_instance_month_held / scenario.settings.hours_per_month
    return hourly * node_size / offer.gpus_per_instance


def _candidate(candidate: Candidate, workload: Workload, demand: WorkloadDemand | None) -> dict[str, Any]:
    """What a candidate does, whatever the offer.

    ``capacity_req_per_s`` is what N nodes take in requests a second; for a closed loop ``capacity`` is the same in requests in flight.
    """
    slope = candidate.capacity_per_node
    useful = math.ceil(((demand.peak if demand else 0.0) + candidate.pooling_loss) / slope) + candidate.spares(workload) if slope > 0 else FEWEST_NODES
    nodes = range(1, min(max(useful, FEWEST_NODES), MOST_NODES) + 1)
    capacity = {n: candidate.capacity(n) for n in nodes}
    rate = candidate.req_per_s_per_node / slope if slope > 0 else 0.0
    names = ("workload", "gpu", "precision", "kv_precision", "engine", "node_size", "batch_size", "max_batch", "req_per_s_per_node", "ttft_ms", "tpot_ms",
             "e2e_ms", "output_tok_per_s_per_node", "provenance", "well_posed", "capacity_per_node", "pooling_loss", "measured", "members", "spare_nodes",
             "memory",
             "step_time")  # fmt: skip
    return {
        "candidate": candidate.key,
        **{name: getattr(candidate, name) for name in names},
        "unit": demand.unit if demand else REQUEST_RATE if candidate.members else None,
        **({} if rate == 1 else {"capacity": capacity}),
        "capacity_req_per_s": {n: load * rate for n, load in capacity.items()},
    }
