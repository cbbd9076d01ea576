"""From a plan to its row of a comparison."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import fields

from data.languages import say
from data.records.outcome import GivenCell, Outcome
from data.records.plan import Plan, PlanRow
from data.records.scenario import SETTINGS_SHEET, Scenario
from data.records.supply import Gpu, Offer
from data.tables import key_field
from data.units import MILLION

_UNKNOWN_GPU_KW = 0.7  # of a GPU without a stated power: an H100 SXM's (NVIDIA's datasheet)
WATTS = 1000.0  # of a kW


def outcome_of(scenario: Scenario, plan: Plan, name: str, exit_code: int) -> Outcome:
    """The figures of a plan, its rows and the inputs it was made from; without a plan, the reason in words."""
    cost = plan.usd_per_month
    tokens = sum(demand.tokens_per_month for demand in plan.demands)
    users = sum(workload.users or 0.0 for workload in scenario.workloads)
    of_users = sum(row.usd_per_month for row in plan.deployments if any(w.users for w in scenario.workloads if w.name == row.workload))
    return Outcome(
        name=name,
        status=plan.status,
        exit_code=exit_code,
        reason="" if cost is not None else "\n".join(plan.diagnosis) or say("no plan was found in the time given"),
        usd_per_month=cost,
        bound_usd_per_month=plan.bound_usd_per_month,
        gap=plan.gap,
        gpus=plan.gpus,
        instances=sum(max(by_block.values(), default=0) for by_block in plan.instances.values()),
        power_kw=power_kw_of(scenario, plan),
        usd_per_million_tokens=cost / tokens * MILLION if cost is not None and tokens > 0 else None,
        usd_per_user=of_users / users if cost is not None and users > 0 else None,
        usd_by_billing=usd_by_billing(plan),
        plan=tuple(PlanRow(**{field.name: getattr(row, field.name) for field in fields(PlanRow)}) for row in plan.deployments),
        inputs=given_cells(scenario),
        warnings=len(plan.warnings),
    )


def usd_by_billing(plan: Plan) -> dict[str, float]:
    """USD a month of each billing kind on the bill."""
    costs: defaultdict[str, float] = defaultdict(float)
    for line in plan.costs:
        costs[line.billing] += line.usd_per_month
    return dict(sorted(costs.items()))


def power_kw_of(scenario: Scenario, plan: Plan) -> float:
    """Electrical power of the instances paid for, all under load, before PUE [kW]."""
    offers = {offer.offer: offer for offer in scenario.offers}
    return sum(max(by_block.values(), default=0) * instance_kw(offers[name], scenario.gpus) for name, by_block in plan.instances.items())


def instance_kw(offer: Offer, gpus: Mapping[str, Gpu]) -> float:
    """Power of one instance under load, before PUE [kW]: as the offer states it, else its GPUs' TDP."""
    if offer.power_kw:
        return offer.power_kw
    gpu = gpus.get(offer.gpu or "")
    return offer.gpus_per_instance * (gpu.tdp_w / WATTS if gpu and gpu.tdp_w else _UNKNOWN_GPU_KW)


def given_cells(scenario: Scenario) -> tuple[GivenCell, ...]:
    """The filled cells of a scenario, each under the name of its row (its number is added where several rows have the same)."""
    names: dict[tuple[str, int], str] = {}
    taken: set[tuple[str, str]] = set()
    found = []
    for (sheet, row, field), raw in sorted(scenario.cells.items(), key=lambda cell: cell[0][:2]):
        if (sheet, row) not in names:
            name = "" if sheet == SETTINGS_SHEET else str(scenario.cells.get((sheet, row, key_field(sheet)), ""))
            names[sheet, row] = f"{name} ({row + 1})" if (sheet, name.casefold()) in taken else name
            taken.add((sheet, name.casefold()))
        found.append(GivenCell(sheet=sheet, row=names[sheet, row], field=field, value=_text(raw)))
    return tuple(found)


def _text(raw: object) -> str:
    if isinstance(raw, bool):
        return "yes" if raw else "no"
    if isinstance(raw, float) and raw.is_integer():
        return str(int(raw))
    return str(raw).strip()
