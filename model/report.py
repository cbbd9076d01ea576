"""From the solver's integers to the plan a planner reads: deployments, costs, limits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace

from data.cost_lines import instance_costs, mean_hours
from data.languages import noted
from data.records.candidate import Candidate
from data.records.plan import Deployment, Limit, Plan
from data.records.workload import Workload
from model.bill import bill_of
from model.carried import Carried, Market, carried, tightest_capacity
from model.commitments import bought_by_block, commitment_lines
from model.demand import REQUEST_RATE
from model.limits import limit_of
from model.problem import Incumbent, Placement, Problem, TokenPurchase
from model.provider_risk import provider_limits

USD_A_MONTH = noted("USD/month")
_ROUNDING = 1e-9  # relative, of sums of money


def plan_from(problem: Problem, incumbent: Incumbent, served_share: Mapping[str, float] | None = None) -> Plan:
    """The plan of an incumbent, without what is not in it (alternatives, warnings, times): deployments, bill, limits, bound and gap.

    An offer's cost is shared between the workloads on its instances by GPU-hours. ``served_share`` says what share of its demand each workload has in the
    problem, where that is not all.
    """
    market = _market(problem, incumbent, served_share or {})
    deployments = _with_idle(market, (*_node_rows(market, incumbent), *_token_rows(market, incumbent)))
    return Plan(
        status=incumbent.status,
        usd_per_month=incumbent.usd_per_month,
        bound_usd_per_month=incumbent.bound_usd_per_month,
        gap=incumbent.gap,
        gpus=sum(max(by_block.values(), default=0) * market.offers[name].gpus_per_instance for name, by_block in incumbent.instances.items()),
        deployments=deployments,
        instances=incumbent.instances,
        blocks=problem.blocks,
        demands=problem.demands,
        served_share=market.served_share,
        costs=market.costs,
        commitments=commitment_lines(problem, incumbent.commitments),
        limits=_limits(market, incumbent, deployments) if incumbent.usd_per_month is not None else (),
        candidates=problem.candidates,
        streams=problem.streams,
        shared=problem.shared,
        routes=incumbent.routes,
        problem=incumbent.size,
        solver=incumbent.solver,
    )


def _market(problem: Problem, incumbent: Incumbent, served_share: Mapping[str, float]) -> Market:
    offers = {offer.offer: offer for offer in problem.offers}
    workloads = {workload.name: workload for workload in problem.served}
    demands = {demand.workload: demand for demand in problem.demands}
    costs = bill_of(problem, incumbent.instances, incumbent.tokens)
    return Market(problem, incumbent, {c.key: c for c in problem.candidates}, offers, workloads, demands, costs, served_share)


def _gpu_hours(market: Market, placement: Placement) -> float:
    hours = mean_hours(market.blocks)
    size = market.candidates[placement.candidate].node_size
    return sum(nodes * size * hours[block] for block, nodes in placement.nodes_by_block.items())


def _node_rows(market: Market, incumbent: Incumbent) -> list[Deployment]:
    """A row for each placement, with its part by GPU-hours of what its offer costs on its account."""
    cost_of = _cost_by_account(market)
    hours_of: defaultdict[tuple[str, str], float] = defaultdict(float)
    for placement in incumbent.placements:
        hours_of[_account(market, placement)] += _gpu_hours(market, placement)
    loads = carried(market)
    rows = []
    for placement in incumbent.placements:
        account = _account(market, placement)
        share = _gpu_hours(market, placement) / hours_of[account] if hours_of[account] else 0.0
        rows.append(_node_row(market, placement, share * cost_of[account], loads[placement.candidate, placement.offer]))
    return rows


def _account(market: Market, placement: Placement) -> tuple[str, str]:
    """The offer of a placement, and the workload that pays for it alone ("" where instances are shared)."""
    workload = market.workloads[market.candidates[placement.candidate].workload]
    return placement.offer, workload.name if workload.name in market.incumbent.accounts.get(placement.offer, {}) else ""


def _cost_by_account(market: Market) -> dict[tuple[str, str], float]:
    """(offer, account) → USD a month of the offer's instances: by what those of each account would cost alone, setup fees left out.

    No account is charged more than it would be alone with the whole fee, which is what its budget counts.
    """
    cost: defaultdict[tuple[str, str], float] = defaultdict(float)
    for name in dict.fromkeys(line.offer for line in market.costs if not line.workload):
        total = sum(line.usd_per_month for line in market.costs if line.offer == name and not line.workload)
        owned = market.incumbent.accounts.get(name, {})
        alone = {account: _alone(market, name, by_block) for account, by_block in owned.items()} or {"": 1.0}
        everything = sum(alone.values())
        for account, usd in alone.items():
            cost[name, account] = total * (usd / everything if everything else 1.0 / len(alone))
    return cost


def _alone(market: Market, offer: str, instances_by_block: Mapping[str, int]) -> float:
    """USD a month of some instances of an offer by themselves, without its setup fee."""
    lines = instance_costs(market.offers[offer], instances_by_block, market.problem.blocks, market.problem.settings)
    return sum(line.usd_per_month for line in lines if line.unit != "fee")


def _with_idle(market: Market, rows: tuple[Deployment, ...]) -> tuple[Deployment, ...]:
    """The rows with what hosts nothing (bought to keep a rule, or there already) on them by their cost.

    On nodes of workloads without a budget first, else on their tokens, else on all.
    """
    idle = sum(line.usd_per_month for line in market.costs) - sum(row.usd_per_month for row in rows)
    if abs(idle) < _ROUNDING * sum(row.usd_per_month for row in rows) or not rows:
        return rows
    free = [row.usd_per_month if market.workloads[row.workload].max_monthly_usd is None else 0.0 for row in rows]
    nodes = [usd if row.node_count else 0.0 for usd, row in zip(free, rows, strict=True)]
    weights = next(found for found in (nodes, free, [row.usd_per_month for row in rows], [1.0] * len(rows)) if sum(found) > 0)
    return tuple(replace(row, usd_per_month=row.usd_per_month + idle * weight / sum(weights)) for row, weight in zip(rows, weights, strict=True))


def _node_row(market: Market, placement: Placement, usd: float, carried: Mapping[str, Carried]) -> Deployment:
    """A placement's row; its load, capacity and load ratio are those of its own busiest block, its share is of the month's demand."""
    candidate, offer = market.candidates[placement.candidate], market.offers[placement.offer]
    workload, unit = market.workloads[candidate.workload], market.unit(candidate.workload)
    nodes = max(placement.nodes_by_block.values(), default=0)
    gpus = nodes * candidate.node_size
    busiest = max(carried.values(), key=lambda c: (c.load, c.capacity))
    load_by_block = {block: c.load for block, c in carried.items()}
    return Deployment(
        workload=workload.name, model=workload.model, precision=candidate.precision, provider=offer.provider, offer=offer.offer, billing=offer.billing,
        region=offer.region, gpu=candidate.gpu, node_size=candidate.node_size, node_count=nodes, batch_size=candidate.batch_size,
        load_ratio=_load_ratio(candidate, workload, unit, busiest), gpus=gpus, instances=gpus / offer.gpus_per_instance,
        share_of_demand=_share(market, workload, load_by_block), usd_per_month=usd, req_per_s_per_node=candidate.req_per_s_per_node,
        ttft_ms=candidate.ttft_ms, tpot_ms=candidate.tpot_ms, e2e_ms=candidate.e2e_ms, memory=candidate.memory, nodes_by_block=placement.nodes_by_block,
        candidate=candidate.key, provenance=candidate.provenance, engine=candidate.engine, load=busiest.load, capacity=busiest.capacity,
        load_by_block=load_by_block,
    )  # fmt: skip


def _share(market: Market, workload: Workload, load_by_block: Mapping[str, float]) -> float:
    """Share of the workload's whole demand, or of the workloads' served together, over the hours of the month."""
    hours = mean_hours(market.blocks)
    total = sum(market.demand(workload.name, block) * hours[block.name] for block in market.blocks)
    return sum(load * hours[block] for block, load in load_by_block.items()) / total if total else 0.0


def _load_ratio(candidate: Candidate, workload: Workload, unit: str, busiest: Carried) -> float:
    """Q: requests in flight over batch slots (users/(N·2^B) of a closed system; by Little's law, at the mean field's iteration time, of an open one).

    Of a measured capacity it is the share that is asked for.
    """
    nodes, load = busiest.nodes, busiest.load
    if nodes == 0:
        return 0.0
    if unit != REQUEST_RATE:
        return load * candidate.in_flight_share(workload.think_time_s or 0.0) / (nodes * candidate.batch_size)
    if candidate.measured is not None:
        return min(load / (nodes * candidate.measured.req_per_s), 1.0)
    step, rate = candidate.step_time, load / nodes
    steps = max(workload.output_tokens - 1, 0)
    context = workload.input_tokens + workload.output_tokens * (1 + workload.length_cv**2) / 2  # mean KV tokens of a sequence met in decode
    per_sequence = step.per_sequence_s + step.per_kv_token_s * context
    prefill = step.per_prefill_token_s * (workload.input_tokens - workload.cached_prefix_tokens)
    free = 1 - rate * (prefill + steps * per_sequence)
    in_flight = rate * steps * step.iteration_s / free if free > 0 else float("inf")
    return min(in_flight / candidate.batch_size, 1.0)


def _token_rows(market: Market, incumbent: Incumbent) -> list[Deployment]:
    return [_token_row(market, bought) for bought in incumbent.tokens]


def _token_row(market: Market, bought: TokenPurchase) -> Deployment:
    offer, workload = market.offers[bought.offer], market.workloads[bought.workload]
    usd = sum(line.usd_per_month for line in market.costs if line.offer == offer.offer and line.workload == workload.name)
    fees = sum(line.usd_per_month for line in market.costs if line.offer == offer.offer and not line.workload)
    buyers = sum(1 for line in {line.workload for line in market.costs if line.offer == offer.offer and line.workload})
    load = max(bought.load_by_block.values(), default=0.0)
    return Deployment(
        workload=workload.name, model=workload.model, precision="", provider=offer.provider, offer=offer.offer, billing=offer.billing, region=offer.region,
        gpu="", node_size=0, node_count=0, batch_size=0, load_ratio=0.0, gpus=0, instances=0.0, share_of_demand=_share(market, workload, bought.load_by_block),
        usd_per_month=usd + fees / max(buyers, 1), req_per_s_per_node=0.0, ttft_ms=0.0, tpot_ms=0.0, e2e_ms=0.0, memory=None, nodes_by_block={},
        load=load, load_by_block=bought.load_by_block, tokens_by_block=bought.tokens_by_block,
    )  # fmt: skip


def _limits(market: Market, incumbent: Incumbent, deployments: tuple[Deployment, ...]) -> tuple[Limit, ...]:
    limits: list[Limit] = []
    for workload in market.problem.workloads:
        limits.append(tightest_capacity(market, market.demands[workload.name]))
        limits += _workload_limits(workload, [row for row in deployments if row.workload == workload.name], market.candidates)
    for pool in market.problem.shared:
        rows = [row for row in deployments if row.workload == pool.workload.name]
        limits += _workload_limits(pool.workload, rows, market.candidates)
    limits += _stock_limits(market, incumbent)
    settings = market.problem.settings
    providers = len({row.provider for row in deployments})
    if settings.monthly_budget_usd is not None:
        cost = incumbent.usd_per_month or 0.0
        limits.append(limit_of(noted("monthly budget"), value=cost, bound=settings.monthly_budget_usd, unit=USD_A_MONTH))
    if settings.max_providers is not None:
        limits.append(limit_of(noted("number of providers"), value=providers, bound=settings.max_providers, unit=noted("providers")))
    if settings.min_providers > 1:
        limits.append(limit_of(noted("number of providers"), value=providers, bound=settings.min_providers, unit=noted("providers"), sense=">="))
    return (*limits, *provider_limits(market.problem, incumbent))


def _stock_limits(market: Market, incumbent: Incumbent) -> list[Limit]:
    """Instances bought against the stock of each offer used, of an offer with its volume tiers together."""
    used = (market.offers[name] for name in incumbent.instances)
    stock = {offer.stock_of: offer.max_instances for offer in used if offer.max_instances is not None}
    limits = []
    for name, bound in stock.items():
        bought = max(bought_by_block(market.problem, incumbent.instances, name).values(), default=0)
        if bound or bought:
            limits.append(limit_of(noted("stock of {offer}"), value=bought, bound=bound, unit=noted("instances"), offer=name))
    return limits


def _workload_limits(workload: Workload, rows: list[Deployment], candidates: Mapping[str, Candidate]) -> list[Limit]:
    """Latency, memory and budget of one workload, each against its bound; what the performance model says against a measured capacity is no limit."""
    nodes = [row for row in rows if row.node_count and not ((measured := candidates[row.candidate].measured) and measured.model_reason)]
    limits: list[Limit] = []
    tpot = workload.tpot_target_ms or (1000.0 / workload.tokens_per_s_per_user if workload.tokens_per_s_per_user else None)
    for name, bound, values in (
        (noted("TTFT without waiting"), workload.ttft_target_ms, [row.ttft_ms for row in nodes]),
        (noted("TPOT at the batch size"), tpot, [row.tpot_ms for row in nodes]),
        (noted("end to end without waiting"), workload.e2e_target_ms, [row.e2e_ms for row in nodes]),
    ):
        if bound is not None and values:
            limits.append(limit_of(name, workload.name, value=max(values), bound=bound, unit=noted("ms")))
    for row in nodes:
        if row.memory:
            used, usable = row.memory.used_gb, row.memory.usable_gb
            limits.append(limit_of(noted("memory of a {gpu}"), workload.name, value=used, bound=usable, unit=noted("GB"), gpu=row.gpu))
    if workload.max_monthly_usd is not None:
        cost = sum(row.usd_per_month for row in rows)
        limits.append(limit_of(noted("budget"), workload.name, value=cost, bound=workload.max_monthly_usd, unit=USD_A_MONTH))
    return limits
