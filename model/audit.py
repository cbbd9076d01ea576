"""Recomputes a finished plan without Pyomo — memory, latency, capacity, packing, stock, rules and cost — and refuses one that does not hold.

Deliberately written a second time, from the plan's integers and the raw offers, so that an error in the optimisation model cannot hide itself.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator

from data.records.candidate import Candidate
from data.records.plan import Block, Deployment, Plan
from data.records.supply import Offer
from data.units import DAY_HOURS, HOUR, MILLION, MONTHS_PER_YEAR
from model.audit_commitments import HELD, commitments_hold
from model.audit_providers import provider_loss_is_survived, provider_share_holds
from model.commitments import existing_by_block
from model.problem import Problem
from model.spares import availability_holds

TOLERANCE = 1e-6  # relative; the solver's own feasibility tolerance is 1e-6 (HiGHS: primal_feasibility_tolerance 1e-7)


class AuditError(Exception):
    """A plan that does not hold when recomputed: a bug of the program, never written as a result."""

    def __init__(self, violations: tuple[str, ...]) -> None:
        self.violations = violations
        super().__init__("the plan failed its audit: " + "; ".join(violations))


def audit(problem: Problem, plan: Plan) -> None:
    """Recompute ``plan`` and raise :class:`AuditError` with every violation found; returns silently where it holds."""
    violations = tuple(sentence for check in CHECKS for sentence in check(problem, plan))
    if violations:
        raise AuditError(violations)


def _more(value: float, bound: float) -> bool:
    """Whether ``value`` exceeds ``bound`` beyond rounding."""
    return value > bound + TOLERANCE * max(1.0, abs(bound))


def _candidates(problem: Problem) -> dict[str, Candidate]:
    return {candidate.key: candidate for candidate in problem.candidates}


def _predicted(problem: Problem) -> frozenset[str]:
    """Keys of the candidates whose capacity is the performance model's."""
    return frozenset(candidate.key for candidate in problem.candidates if candidate.measured is None)


def _offers(problem: Problem) -> dict[str, Offer]:
    return {offer.offer: offer for offer in problem.offers}


def memory_fits(problem: Problem, plan: Plan) -> Iterator[str]:
    """Weights, KV cache at the batch size and overhead fit the usable memory of a GPU; where a capacity was measured, that it runs is the user's word."""
    predicted = _predicted(problem)
    for row in plan.deployments:
        if row.memory and row.candidate in predicted and _more(row.memory.used_gb, row.memory.usable_gb):
            yield f"{row.workload} on {row.gpu}: {row.memory.used_gb:.2f} GB in use of {row.memory.usable_gb:.2f} GB usable"


def latency_holds(problem: Problem, plan: Plan) -> Iterator[str]:
    """The predicted TTFT and TPOT of every deployment meet the workload's targets; a measured capacity is one within them."""
    workloads, predicted = {workload.name: workload for workload in problem.served}, _predicted(problem)
    for row in plan.deployments:
        workload = workloads[row.workload]
        if workload.serving_mode == "offline" or not row.node_count or row.candidate not in predicted:
            continue
        if workload.ttft_target_ms and _more(row.ttft_ms, workload.ttft_target_ms):
            yield f"{row.workload} on {row.gpu}: TTFT {row.ttft_ms:.0f} ms above its target of {workload.ttft_target_ms:.0f} ms"
        if workload.tpot_target_ms and _more(row.tpot_ms, workload.tpot_target_ms):
            yield f"{row.workload} on {row.gpu}: TPOT {row.tpot_ms:.1f} ms above its target of {workload.tpot_target_ms:.1f} ms"


def capacity_covers_demand(problem: Problem, plan: Plan) -> Iterator[str]:
    """In every block the pools of a workload, spare nodes and spot interruptions taken off, its tokens and what is routed to shared pools carry its load."""
    for block in problem.blocks:
        carried = _capacity_by_workload(problem, plan, block)
        for route in plan.routes:
            carried[route.workload] += route.load_by_block.get(block.name, 0.0)
        for workload, demand in _served_load(plan, block).items():
            if demand > carried[workload] + TOLERANCE * demand:  # relative, however small the load
                yield f"{workload}, block {block.name}: capacity {carried[workload]:.4f} below the load {demand:.4f}"


def _served_load(plan: Plan, block: Block) -> dict[str, float]:
    """Load of each workload in a block that the plan says it serves."""
    return {workload: demand * plan.served_share.get(workload, 1.0) for workload, demand in block.demand.items()}


def _capacity_by_workload(problem: Problem, plan: Plan, block: Block) -> defaultdict[str, float]:
    """Load each workload's pools carry in a block. A pool is one candidate on stable offers, or on spot offers of one interruption share; its spare nodes
    carry nothing.
    """
    candidates, offers = _candidates(problem), _offers(problem)
    workloads = {workload.name: workload for workload in problem.workloads}
    nodes: defaultdict[tuple[str, bool, float], int] = defaultdict(int)
    carried: defaultdict[str, float] = defaultdict(float)
    for row in plan.deployments:
        if row.candidate:
            spot = offers[row.offer].billing == "spot"
            nodes[row.candidate, spot, 1 - offers[row.offer].interruption_share if spot else 1.0] += row.nodes_by_block.get(block.name, 0)
        else:
            carried[row.workload] += row.load_by_block.get(block.name, 0.0)
    for (key, _, there), count in nodes.items():
        candidate = candidates[key]
        if candidate.members:  # carries what is routed to it
            continue
        working = count - candidate.spares(workloads[candidate.workload])
        carried[candidate.workload] += candidate.capacity(working) * there * problem.settings.max_utilization
    return carried


def shared_pools_carry_what_is_routed(problem: Problem, plan: Plan) -> Iterator[str]:
    """In every block the loads routed to a shared pool, each over what a node carries of it alone, take no more nodes' worth than there are.

    Each stream's part of its workload goes somewhere: none is served in the place of another.
    """
    workloads, offers = {workload.name: workload for workload in problem.served}, _offers(problem)
    pools: defaultdict[tuple[str, str], list[Deployment]] = defaultdict(list)
    for row in plan.deployments:
        if row.candidate:
            offer = offers[row.offer]
            pools[row.candidate, f"spot {1 - offer.interruption_share:g}" if offer.billing == "spot" else "stable"].append(row)
    members = {c.key: {m.stream: m.capacity_per_node for m in c.members} for c in problem.candidates if c.members}
    lost = {c.key: c.pooling_loss / c.capacity_per_node + c.spares(workloads[c.workload]) for c in problem.candidates if c.members}
    for block in problem.blocks:
        work: defaultdict[tuple[str, str], float] = defaultdict(float)
        for route in plan.routes:
            load = route.load_by_block.get(block.name, 0.0)
            work[route.candidate, route.market] += load / members[route.candidate][route.stream] if load else 0.0
        for (candidate, market), needed in work.items():
            rows = pools[candidate, market]
            share = min((1 - offers[row.offer].interruption_share for row in rows if row.billing == "spot"), default=1.0) * problem.settings.max_utilization
            working = share * max(0.0, sum(row.nodes_by_block.get(block.name, 0) for row in rows) - lost[candidate])
            if _more(needed, working):
                yield f"{candidate}, block {block.name}: loads worth {needed:.4f} nodes on {working:.4f} that work"


def parts_of_workloads_are_carried(problem: Problem, plan: Plan) -> Iterator[str]:
    """In every block what is routed and bought of each part of a workload routed by size is its load."""
    bought: defaultdict[tuple[str, str], float] = defaultdict(float)
    for row in plan.deployments:
        for name, load in row.load_by_block.items() if not row.candidate else ():
            bought[row.workload, name] += load
    for block in problem.blocks:
        missing: defaultdict[str, float] = defaultdict(float)
        served = _served_load(plan, block)
        for stream in problem.streams:
            if stream.is_part:
                routed = sum(route.load_by_block.get(block.name, 0.0) for route in plan.routes if route.stream == stream.name)
                missing[stream.workload] += max(0.0, stream.share * served.get(stream.workload, 0.0) - routed)
        for workload, load in missing.items():
            if _more(load, bought[workload, block.name]):
                yield f"{workload}, block {block.name}: {load:.4f} of its requests' load is routed to no pool and bought nowhere"


def nodes_fit_instances(problem: Problem, plan: Plan) -> Iterator[str]:
    """In every block the nodes placed on an offer fit its instances: the largest first, each within one instance or on whole ones."""
    offers = _offers(problem)
    for block in problem.blocks:
        sizes: defaultdict[str, Counter[int]] = defaultdict(Counter)
        for row in plan.deployments:
            if row.node_size:
                sizes[row.offer][row.node_size] += row.nodes_by_block.get(block.name, 0)
        for name, nodes in sizes.items():
            paid = plan.instances.get(name, {}).get(block.name, 0)
            if _instances_needed(nodes, offers[name].gpus_per_instance) > paid:
                gpus = sum(size * count for size, count in nodes.items())
                yield f"{name}, block {block.name}: {nodes.total()} nodes of {gpus} GPUs do not fit {paid} instances"


def _instances_needed(nodes: Counter[int], gpus_per_instance: int) -> int:
    """Instances opened by placing nodes (size → count) in decreasing size, first into free room, then into new instances.

    The fewest for sizes that divide one another: free room then comes in multiples of the size placed. Instances with equal room are counted together.
    """
    opened, rooms = 0, Counter[int]()  # free GPUs → instances
    for size, count in sorted(nodes.items(), reverse=True):
        if size > gpus_per_instance:
            opened += count * -(-size // gpus_per_instance)
            continue
        left = count
        for room in sorted(rooms):
            left = _fill(rooms, room, size, left)
        fresh = -(-left // (gpus_per_instance // size))
        opened += fresh
        rooms[gpus_per_instance] += fresh
        _fill(rooms, gpus_per_instance, size, left)
    return opened


def _fill(rooms: Counter[int], room: int, size: int, left: int) -> int:
    """Put up to ``left`` nodes of ``size`` into the instances with ``room`` free GPUs each; returns how many are still left."""
    each = room // size
    full = min(rooms[room], left // each) if each else 0
    rest = left - full * each
    partly = rest if each and rest < each and rooms[room] > full else 0
    rooms[room] -= full + (partly > 0)
    rooms[room - each * size] += full
    if partly:
        rooms[room - partly * size] += 1
    return rest - partly


def stock_holds(problem: Problem, plan: Plan) -> Iterator[str]:
    """Instances by the hour stay within each offer's minimum and maximum (held ones: :func:`commitments_hold`)."""
    offers = _offers(problem)
    for name, by_block in plan.instances.items():
        offer, most = offers[name], max(by_block.values(), default=0)
        if offer.billing in HELD:
            continue
        if offer.max_instances is not None and most > offer.max_instances:
            yield f"{name}: {most} instances of {offer.max_instances} in stock"
        if 0 < most < offer.min_instances:
            yield f"{name}: {most} instances below the minimum of {offer.min_instances}"
    yield from _tiers_hold(problem, plan)


def _tiers_hold(problem: Problem, plan: Plan) -> Iterator[str]:
    """An offer and its tiers together keep its stock in every block."""
    offers = _offers(problem)
    for base in offers.values():
        tiers = [name for name in plan.instances if name == base.offer or offers[name].tier_of == base.offer]
        for block in problem.blocks:
            taken = sum(plan.instances[name].get(block.name, 0) - existing_by_block(problem, name)[block.name] for name in tiers)
            if len(tiers) > 1 and base.max_instances is not None and taken > base.max_instances:
                yield f"{base.offer} and its tiers, block {block.name}: {taken} instances of {base.max_instances} in stock"


def rules_hold(problem: Problem, plan: Plan) -> Iterator[str]:
    """Number of providers and of deployments, budgets."""
    settings, offers = problem.settings, _offers(problem)
    gpus: defaultdict[str, int] = defaultdict(int)
    used = {row.provider for row in plan.deployments}
    for name, by_block in plan.instances.items():
        gpus[offers[name].provider] += max(by_block.values(), default=0) * offers[name].gpus_per_instance
    if settings.max_providers is not None and len(used) > settings.max_providers:
        yield f"{len(used)} providers, at most {settings.max_providers} allowed"
    if len(used) < settings.min_providers:
        yield f"{len(used)} providers, at least {settings.min_providers} asked for"
    if plan.usd_per_month is not None and settings.monthly_budget_usd is not None and _more(plan.usd_per_month, settings.monthly_budget_usd):
        yield f"cost {plan.usd_per_month:,.2f} USD above the budget of {settings.monthly_budget_usd:,.2f} USD"
    for workload in problem.workloads:
        choices = {row.candidate for row in plan.deployments if row.workload == workload.name and row.candidate}
        choices |= {route.candidate for route in plan.routes if route.workload == workload.name}
        if settings.max_deployments_per_workload is not None and len(choices) > settings.max_deployments_per_workload:
            yield f"{workload.name}: {len(choices)} hardware choices, at most {settings.max_deployments_per_workload} allowed"
        cost = sum(row.usd_per_month for row in plan.deployments if row.workload == workload.name)
        # What exists and nobody uses is paid all the same: where every workload has a budget it is on rows of theirs, beyond what a budget can rule.
        shared = not problem.existing or any(other.max_monthly_usd is None for other in problem.workloads)
        if workload.max_monthly_usd is not None and shared and _more(cost, workload.max_monthly_usd):
            yield f"{workload.name}: cost {cost:,.2f} USD above its budget of {workload.max_monthly_usd:,.2f} USD"


def cost_is_right(problem: Problem, plan: Plan) -> Iterator[str]:
    """The plan's cost equals the raw offers' prices times its integers, and so do the rows of Plan and Costs in sum."""
    total = sum(_offer_cost(problem, plan, offer) for offer in problem.offers)
    sums = {
        "the cost from prices and counts": total,
        "the sum of the cost lines": sum(line.usd_per_month for line in plan.costs),
    }
    if plan.deployments:
        sums["the sum of the plan's rows"] = sum(row.usd_per_month for row in plan.deployments)
    for what, value in sums.items():
        if plan.usd_per_month is None or abs(value - plan.usd_per_month) > TOLERANCE * max(1.0, abs(total)):
            yield f"{what} is {value:,.4f} USD, the plan says {plan.usd_per_month or 0.0:,.4f} USD"


def _offer_cost(problem: Problem, plan: Plan, offer: Offer) -> float:
    """USD a month that an offer costs in the plan, from its raw fields."""
    settings = problem.settings
    if offer.billing == "per_token":
        return _token_cost(problem, plan, offer)
    by_block = plan.instances.get(offer.offer, {})
    most = max(by_block.values(), default=0)
    if not most:
        return 0.0
    hourly = offer.usd_per_instance_hour or 0.0
    rate = settings.discount_rate_per_year
    life = offer.life_months if offer.billing == "purchase" else offer.term_months
    cost = _annuity(offer.setup_usd, life, rate)
    hours = _hours(problem)
    held = starts = 0.0  # of the mean month
    months = {block.period: block.months for block in problem.blocks}
    for period, count in months.items():
        on = [by_block.get(block.name, 0) for block in problem.blocks if block.period == period]
        held += max(on) * count / sum(months.values())
        starts += (max(on) - min(on)) * count / sum(months.values())  # instances that start every day
    if offer.billing == "reserved":
        return cost + held * (hourly * settings.hours_per_month + _annuity(offer.upfront_usd, life, rate))
    if offer.billing == "purchase":
        capital = _annuity((offer.usd_per_instance or 0.0) + offer.upfront_usd, life, rate)
        power = offer.power_kw * settings.pue * settings.electricity_usd_per_kwh * settings.hours_per_month
        return cost + held * (capital + power + offer.hosting_usd_per_month)
    used_hours = sum(by_block.get(block, 0) * hours[block] for block in hours)
    if offer.billing == "autoscaling":
        used_hours += starts * settings.hours_per_month / DAY_HOURS * offer.startup_s / HOUR
    return cost + used_hours * hourly


def _hours(problem: Problem) -> dict[str, float]:
    """Hours of each block in the horizon's mean month."""
    horizon = sum({block.period: block.months for block in problem.blocks}.values())
    return {block.name: block.hours_per_month * block.months / horizon for block in problem.blocks}


def _annuity(amount: float, months: int | None, rate_per_year: float) -> float:
    """Equal monthly payments that repay ``amount`` over ``months`` at a yearly rate compounded monthly; all of it without a term."""
    if not months:
        return amount
    monthly = (1 + rate_per_year) ** (1 / MONTHS_PER_YEAR) - 1
    return amount / months if monthly == 0 else amount * monthly / (1 - (1 + monthly) ** -months)


def _token_cost(problem: Problem, plan: Plan, offer: Offer) -> float:
    """USD a month of the tokens bought from a per-token offer."""
    workloads, demands = {w.name: w for w in problem.workloads}, {d.workload: d for d in problem.demands}
    hours = _hours(problem)
    bought = any(row.offer == offer.offer for row in plan.deployments)
    cost = _annuity(offer.setup_usd, offer.term_months, problem.settings.discount_rate_per_year) if bought else 0.0
    for row in plan.deployments:
        if row.offer == offer.offer and not row.candidate:
            workload = workloads[row.workload]
            for block in problem.blocks:
                inputs, outputs = row.tokens_by_block.get(block.name, (workload.input_tokens, workload.output_tokens))
                per_request = inputs * (offer.usd_per_m_input_tokens or 0.0) + outputs * (offer.usd_per_m_output_tokens or 0.0)
                requests = row.load_by_block.get(block.name, 0.0) * hours[block.name] * demands[row.workload].requests_per_unit_hour
                cost += requests * per_request / MILLION
    return cost


CHECKS: tuple[Callable[[Problem, Plan], Iterator[str]], ...] = (
    memory_fits,
    latency_holds,
    capacity_covers_demand,
    shared_pools_carry_what_is_routed,
    parts_of_workloads_are_carried,
    nodes_fit_instances,
    stock_holds,
    commitments_hold,
    rules_hold,
    availability_holds,
    provider_loss_is_survived,
    provider_share_holds,
    cost_is_right,
)
