"""Why a scenario has no plan: for each workload what rules it out, each claim proven by solving the problem without the limit it blames."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from data.languages import figure, noted, say, say_count
from data.records.candidate import RuledOut
from data.records.workload import Workload
from data.tables import column_title, sheet_title
from data.words import all_of, clauses
from model.commitments import bought_by_block
from model.eligibility import may_serve
from model.problem import Incumbent, Problem

Solve = Callable[[Problem], Incumbent]
Relax = Callable[[Problem], Problem]


def without_stock_limits(problem: Problem) -> Problem:
    """The problem with unlimited stock of every offer."""
    return replace(problem, offers=tuple(replace(offer, max_instances=None) for offer in problem.offers))


def without_minimum_instances(problem: Problem) -> Problem:
    """The problem with no offer asking for a minimum number of instances."""
    return replace(problem, offers=tuple(replace(offer, min_instances=0) for offer in problem.offers))


def without_total_budget(problem: Problem) -> Problem:
    """The problem without the monthly budget."""
    return replace(problem, settings=replace(problem.settings, monthly_budget_usd=None))


def without_workload_budgets(problem: Problem) -> Problem:
    """The problem without any workload's own budget."""
    return replace(problem, workloads=tuple(replace(workload, max_monthly_usd=None) for workload in problem.workloads))


def without_provider_rules(problem: Problem) -> Problem:
    """The problem without a number of providers or a share of one."""
    return replace(problem, settings=replace(problem.settings, min_providers=0, max_providers=None, max_provider_share=1.0))


def without_provider_loss(problem: Problem) -> Problem:
    """The problem without a provider's loss to survive."""
    return replace(problem, settings=replace(problem.settings, survive_provider_loss=False))


def without_deployment_rule(problem: Problem) -> Problem:
    """The problem with as many hardware choices for a workload as one likes."""
    return replace(problem, settings=replace(problem.settings, max_deployments_per_workload=None))


def without_spot_limit(problem: Problem) -> Problem:
    """The problem with as much spot capacity as one likes."""
    return replace(problem, settings=replace(problem.settings, max_spot_share=1.0))


@dataclass(frozen=True)
class Relaxation:
    """A limit in words, its cells, and the problem without it."""

    words: str
    sheet: str
    fields: tuple[str, ...]
    relax: Relax

    @property
    def limit(self) -> str:
        """The limit with its cells: "the share of spot (Settings: Maximum spot share)"."""
        titles = ", ".join(column_title(self.sheet, name) for name in self.fields)
        return say("{limit} ({sheet}: {columns})", limit=say(self.words), sheet=sheet_title(self.sheet), columns=titles)


# What to blame. Order: what is asked for least is tried first.
RELAXATIONS = (
    Relaxation(noted("the stock of the offers"), "Offers", ("max_instances",), without_stock_limits),
    Relaxation(noted("the monthly budget"), "Settings", ("monthly_budget_usd",), without_total_budget),
    Relaxation(noted("the workloads' budgets"), "Workloads", ("max_monthly_usd",), without_workload_budgets),
    Relaxation(noted("the rules on providers"), "Settings", ("min_providers", "max_providers", "max_provider_share"), without_provider_rules),
    Relaxation(noted("the loss of a provider to be survived"), "Settings", ("survive_provider_loss",), without_provider_loss),
    Relaxation(noted("the rule on deployments"), "Settings", ("max_deployments_per_workload",), without_deployment_rule),
    Relaxation(noted("the share of spot"), "Settings", ("max_spot_share",), without_spot_limit),
    Relaxation(noted("the minimum quantities"), "Offers", ("min_instances",), without_minimum_instances),
)


_SIZES_TOLD = 5  # request sizes named in a sentence

# Limits in the order in which options are tried against them, the last first.
_STAGES = (noted("batch"), noted("end to end"), noted("TPOT"), noted("TTFT"), noted("memory"))


def diagnose(problem: Problem, ruled_out: Sequence[RuledOut], solve: Solve) -> tuple[str, ...]:
    """One sentence or more for each workload of an infeasible ``problem``: what rules it out.

    A workload without any candidate or per-token offer is explained by the reasons that struck its candidates; the others by the limits without which they
    could be served, alone first, then together. ``solve`` is called once for each claim.
    """
    served = {candidate.workload for candidate in problem.candidates}
    servable = [w for w in problem.workloads if w.name in served or _has_tokens(problem, w.name, solve)]
    said = [
        say("{workload}: nothing can serve it: {reasons}", workload=w.name, reasons=reasons_in_words(w.name, ruled_out))
        for w in problem.workloads
        if w not in servable
    ]
    unserved = {w.name: sizes for w in servable if (sizes := sizes_unserved(problem, w))}
    said += [
        say("{workload}: nothing keeps the targets for its requests of {sizes}; routed by size, each size keeps them by itself", workload=name, sizes=sizes)
        for name, sizes in unserved.items()
    ]
    servable = [w for w in servable if w.name not in unserved]
    alone = [(w.name, _blame(only(problem, {w.name}), solve)) for w in servable]
    said += [say("{workload}: {reasons}", workload=name, reasons=text) for name, text in alone if text]
    if said:
        return tuple(said + [say("{workload}: it could be served on its own", workload=name) for name, text in alone if not text])
    together = _blame(problem, solve) or say("no single limit explains it: several bind at once")
    return tuple(say("{workload}: it could be served alone, but not together with the others: {reasons}", workload=w.name, reasons=together) for w in servable)


def sizes_unserved(problem: Problem, workload: Workload) -> str:
    """The request sizes of a workload routed by size that no candidate and no per-token offer serves, as input/output tokens; "" where there is none."""
    if any(o.billing == "per_token" and may_serve(workload, o) for o in problem.offers):
        return ""
    members = {member.stream for candidate in problem.candidates for member in candidate.members}
    missing = [s for s in problem.streams if s.is_part and s.workload == workload.name and s.name not in members]
    told = ", ".join(f"{figure(s.input_tokens, ',.6g')}/{figure(s.output_tokens, ',.6g')}" for s in missing[:_SIZES_TOLD])
    if len(missing) > _SIZES_TOLD:
        return say_count("{sizes} and {count:,} more size", "{sizes} and {count:,} more sizes", len(missing) - _SIZES_TOLD, sizes=told)
    return say("{sizes} tokens", sizes=told) if told else ""


def reasons_in_words(workload: str, ruled_out: Sequence[RuledOut]) -> str:
    """What struck a workload's candidates: for each limit the option that came closest, then what the workload itself excludes, commonest first."""
    rows = [row for row in ruled_out if row.workload == workload]
    if not rows:
        return say("no offer is open to it")
    closest: dict[str, RuledOut] = {}
    for row in rows:
        if row.limit and (row.limit not in closest or row.excess < closest[row.limit].excess):
            closest[row.limit] = row
    counts = Counter(row.limit for row in rows)
    last = min((_STAGES.index(limit) for limit in closest), default=0)  # the options that got furthest say what to change
    said = [
        say("{reason} ({precision}; the closest of {count:,})", reason=row.reason, precision=row.precision, count=counts[limit])
        for limit, row in closest.items()
        if _STAGES.index(limit) == last
    ]
    if not said:
        others = Counter(row.reason for row in rows if not row.limit)
        said = [say("{reason} ({count:,} times)", reason=reason, count=count) if count > 1 else reason for reason, count in others.most_common(3)]
    excluded = sum(1 for row in rows if row.offer)
    said += [say_count("{count:,} offer is not open to it", "{count:,} offers are not open to it", excluded)] if excluded and closest else []
    return clauses((*said, say("all reasons are on the sheet {sheet}", sheet=say("Ruled out"))))


def only(problem: Problem, names: set[str]) -> Problem:
    """The problem of some workloads alone; they share nodes with each other only."""
    shared = tuple(pool for pool in problem.shared if names.issuperset(pool.members))
    kept = names | {pool.workload.name for pool in shared}
    return replace(
        problem,
        shared=shared,
        streams=tuple(s for s in problem.streams if s.workload in names),
        workloads=tuple(w for w in problem.workloads if w.name in names),
        demands=tuple(d for d in problem.demands if d.workload in names),
        candidates=tuple(c for c in problem.candidates if c.workload in kept),
        blocks=tuple(replace(b, demand={n: v for n, v in b.demand.items() if n in names}) for b in problem.blocks),
    )


def _has_tokens(problem: Problem, workload: str, solve: Solve) -> bool:
    """Whether per-token offers alone can serve a workload (proven by solving)."""
    tokens = replace(only(problem, {workload}), candidates=(), existing=(), offers=tuple(o for o in problem.offers if o.billing == "per_token"))
    return bool(tokens.offers) and solve(without_total_budget(without_workload_budgets(tokens))).usd_per_month is not None


def _blame(problem: Problem, solve: Solve) -> str:
    """Which limits rule ``problem`` out ("" if none does: it is feasible), each with what a plan without it would take."""
    if solve(problem).status != "infeasible":
        return ""
    blamed = []
    for limit in RELAXATIONS:
        relaxed = limit.relax(problem)
        if relaxed == problem:
            continue
        found = solve(relaxed)
        if found.usd_per_month is not None:
            words = say(
                "ruled out by {limit}: without that limit the plan takes {taken} for {usd:,.0f} USD a month",
                limit=limit.limit + _one_seller(problem, relaxed), taken=_taken(relaxed, found), usd=found.usd_per_month,
            )  # fmt: skip
            blamed.append(words + _stock(problem, found))
    return clauses(blamed)


def _one_seller(problem: Problem, relaxed: Problem) -> str:
    """Where a provider's loss is to be survived, the workloads that only one provider can serve: "" if there are none."""
    if problem.settings.survive_provider_loss == relaxed.settings.survive_provider_loss:
        return ""
    sizes = {(c.workload, c.gpu) for c in problem.candidates}
    said = []
    for w in problem.workloads:
        usable = (o for o in problem.offers if may_serve(w, o) and (o.billing == "per_token" or (w.name, o.gpu) in sizes))
        sellers = {o.provider for o in usable}
        said += [say("{provider} alone sells what can serve {workload}", provider=sellers.pop(), workload=w.name)] if len(sellers) == 1 else []
    return f" ({clauses(said)})" if said else ""


def _taken(problem: Problem, found: Incumbent) -> str:
    """The GPUs of a plan in words: "64 × H100-SXM5-80GB and 2 × L4"."""
    offers = {offer.offer: offer for offer in problem.offers}
    gpus: Counter[str] = Counter()
    for name, by_block in found.instances.items():
        offer = offers[name]
        gpus[offer.gpu or ""] += max(by_block.values(), default=0) * offer.gpus_per_instance
    parts = [f"{figure(count, ',')} × {gpu}" for gpu, count in gpus.most_common() if count]
    return all_of(parts) if parts else say("per-token offers")


def _stock(problem: Problem, found: Incumbent) -> str:
    """What the stock of the offers used by a plan falls short by: "" where it suffices."""
    short = []
    for offer in problem.offers:
        needed = 0 if offer.tier_of else max(bought_by_block(problem, found.instances, offer.offer).values(), default=0)
        if offer.max_instances is not None and needed > offer.max_instances:
            short.append(say("{offer} has {stock:,} of the {needed:,} instances", offer=offer.offer, stock=offer.max_instances, needed=needed))
    return f" ({clauses(short)})" if short else ""
