"""What to commit to before it is known which case comes: reserved and bought instances are held in all cases, all else follows each case's blocks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from data.billing import billing_terms
from data.cost_lines import instance_costs
from data.languages import noted, say
from data.problems import BadInput
from data.problems import Problem as InputProblem
from data.records.plan import Plan
from data.records.supply import Offer
from data.tables import sheet_title
from model.audit import audit
from model.filters import reduce_problem
from model.milp.light import import_pyomo
from model.problem import Problem
from model.report import plan_from


@dataclass(frozen=True)
class Case:
    """One case that may come: its name, its probability and its own problem."""

    name: str
    probability: float
    problem: Problem


@dataclass(frozen=True)
class Committed:
    """Instances held (offer → count) and the proven bound of the measure they were chosen by [USD a month]."""

    held: Mapping[str, int]
    bound_usd_per_month: float | None
    status: str


def joined(cases: Sequence[Case], weights: Sequence[float]) -> Problem:
    """All cases as one problem: each case's blocks with their hours times its weight and its own workloads, the offers held in all of them.

    An offer by the hour or by the token that differs between cases is one offer for each, which the others' workloads exclude by its tag. Raises BadInput
    where a case says something of what is decided before it is known.
    """
    _check(cases)
    tags = {case.name: f"case:{number}" for number, case in enumerate(cases)}
    parts = [_renamed(case, weight, tuple(tag for name, tag in tags.items() if name != case.name)) for case, weight in zip(cases, weights, strict=True)]
    return Problem(
        workloads=tuple(workload for part in parts for workload in part.workloads),
        demands=tuple(demand for part in parts for demand in part.demands),
        blocks=tuple(
            replace(block, demand={name: 0.0 for p in parts for name in p.blocks[0].demand} | dict(block.demand)) for part in parts for block in part.blocks
        ),
        candidates=tuple(candidate for part in parts for candidate in part.candidates),
        offers=tuple(_offers(cases, tags)),
        settings=cases[0].problem.settings,
    )


def of_case(name: str, case: str) -> str:
    """The name of a workload or a block in the joined problem."""
    return f"{name} [{case}]"


def _renamed(case: Case, weight: float, others: tuple[str, ...]) -> Problem:
    problem = case.problem
    return replace(
        problem,
        workloads=tuple(replace(w, name=of_case(w.name, case.name), excluded_tags=(*w.excluded_tags, *others)) for w in problem.workloads),
        demands=tuple(replace(d, workload=of_case(d.workload, case.name)) for d in problem.demands),
        blocks=tuple(
            replace(b, name=of_case(b.name, case.name), hours_per_month=b.hours_per_month * weight,
                    demand={of_case(name, case.name): load for name, load in b.demand.items()})
            for b in problem.blocks
        ),
        candidates=tuple(replace(c, key=of_case(c.key, case.name), workload=of_case(c.workload, case.name)) for c in problem.candidates),
    )  # fmt: skip


def _offers(cases: Sequence[Case], tags: Mapping[str, str]) -> list[Offer]:
    """Offers as all cases have them, once; those that differ once a case."""
    versions: dict[str, list[tuple[str, Offer]]] = {}
    for case in cases:
        for offer in case.problem.offers:
            if offer.billing != "autoscaling":
                versions.setdefault(offer.offer, []).append((case.name, offer))
    found = []
    for name, each in versions.items():
        if len(each) == len(cases) and len({offer for _, offer in each}) == 1:
            found.append(each[0][1])
            continue
        if any(offer.billing in ("reserved", "purchase") for _, offer in each):
            what = say("the offer {offer} is held before it is known which variant comes, and variants change it", offer=name)
            raise BadInput([InputProblem(sheet_title("Variants"), what, say(_CHANGE))])
        found += [replace(offer, offer=of_case(name, case), tags=(*offer.tags, tags[case])) for case, offer in each]
    return found


_CHANGE = noted("leave it the same in all of them, or plan them apart with --variants")
# Settings that speak of a whole bill or fleet, of which each case has its own.
_OF_ONE_CASE = ("monthly_budget_usd", "max_providers", "min_providers")


def _check(cases: Sequence[Case]) -> None:
    """Refuse what cannot be said of cases together."""
    problems = []
    first = replace(cases[0].problem.settings, scenario_name="")
    for case in cases:
        settings, workloads = replace(case.problem.settings, scenario_name=""), case.problem.workloads
        if settings != first:
            what = say("{variant} changes {sheet}, which hold for all variants together", variant=case.name, sheet=sheet_title("Settings"))
            problems.append(InputProblem(sheet_title("Variants"), what, say(_CHANGE)))
        if case.problem.shared or case.problem.streams:
            what = say("{variant} has pools that workloads share, which are not joined", variant=case.name)
            problems.append(InputProblem(sheet_title("Workloads"), what, say("clear their pools")))
        if any(w.min_nodes or w.max_monthly_usd is not None for w in workloads):
            what = say("{variant} has a minimum of nodes or a budget of its own", variant=case.name)
            problems.append(InputProblem(sheet_title("Workloads"), what, say("clear them for this study")))
        if not has_one_period(case.problem):
            what = say("{variant} plans several periods, or instances that exist", variant=case.name)
            clear = say("clear {periods} and {existing} for this study", periods=sheet_title("Periods"), existing=sheet_title("Existing"))
            problems.append(InputProblem(sheet_title("Periods"), what, clear))
    problems += [
        InputProblem(sheet_title("Settings"), say("{setting} speaks of one bill", setting=name), say("clear it for this study"))
        for name in _OF_ONE_CASE
        if getattr(first, name)
    ]
    if problems:
        raise BadInput(problems)


def cheapest_on_average(cases: Sequence[Case]) -> Committed:
    """The commitments with the lowest expected cost: one MILP, each case's hours weighted with its probability (a two-stage stochastic program).

    Setup fees are paid once, whichever case comes.
    """
    import_pyomo()
    from model.milp.solve import solve  # noqa: PLC0415 - Pyomo is heavy

    reduced = reduce_problem(joined(cases, [case.probability for case in cases])).problem
    found = solve(reduced)
    return Committed(_held(reduced, found.instances), found.bound_usd_per_month, found.status)


def cheapest_in_the_worst_case(cases: Sequence[Case]) -> Committed:
    """The commitments with the lowest cost in the dearest case: one MILP with Worst ≥ cost of each case (see :mod:`model.milp.worst_case`).

    The cases stand with all their hours. What the filters then remove costs no less than its best use in all cases together, so no less than in any one:
    the dearest case is no dearer without it.
    """
    import_pyomo()
    from model.milp.worst_case import solve_worst_case  # noqa: PLC0415 - Pyomo is heavy

    problem = joined(cases, [1.0] * len(cases))
    reduced = reduce_problem(problem).problem
    case_of = {of_case(block.name, case.name): case.name for case in cases for block in case.problem.blocks}
    instances, bound, status = solve_worst_case(reduced, case_of)
    return Committed(_held(reduced, instances), bound, status)


def _held(problem: Problem, instances: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    offers = {offer.offer: offer for offer in problem.offers}
    return {
        name: max(by_block.values(), default=0)
        for name, by_block in instances.items()
        if billing_terms(offers[name], problem.settings).held and any(by_block.values())
    }


def held_in(plan: Plan, problem: Problem) -> dict[str, int]:
    """What a plan commits to."""
    return _held(problem, plan.instances)


def with_commitments(problem: Problem, held: Mapping[str, int]) -> Plan:
    """The cheapest plan of a problem with these instances held, paid whether used or not, and none else; audited.

    Solved with the held ones free and no more of them; then they are put on the bill. For problems of one period in which nothing exists already.
    """
    import_pyomo()
    from model.milp.answer import cost_of  # noqa: PLC0415 - Pyomo is heavy
    from model.milp.solve import solve  # noqa: PLC0415

    offers = {offer.offer: offer for offer in problem.offers}
    sunk = tuple(_free(offer, held.get(offer.offer, 0)) if billing_terms(offer, problem.settings).held else offer for offer in problem.offers)
    asked = replace(problem, offers=tuple(o for o in sunk if not billing_terms(o, problem.settings).held or held.get(o.offer)))
    found = solve(reduce_problem(asked).problem)
    if found.usd_per_month is None:
        return plan_from(problem, found)
    instances = {**found.instances, **{name: {block.name: count for block in problem.blocks} for name, count in held.items() if count}}
    cost = cost_of(problem, instances, found.tokens)
    paid = sum(line.usd_per_month for name in held for line in instance_costs(offers[name], instances.get(name, {}), problem.blocks, problem.settings))
    bound = None if found.bound_usd_per_month is None else min(found.bound_usd_per_month + paid, cost)
    gap = None if bound is None or not cost else max(0.0, cost - bound) / cost
    plan = plan_from(problem, replace(found, instances=instances, commitments=_orders(held), usd_per_month=cost, bound_usd_per_month=bound, gap=gap))
    audit(problem, plan)
    return plan


def _orders(held: Mapping[str, int]) -> dict[str, int]:
    """What is held as the orders of a plan of one period, which bear the offers' names."""
    return {name: count for name, count in held.items() if count}


def has_one_period(problem: Problem) -> bool:
    """Whether what is held is held throughout, and nothing exists already."""
    return len({block.period for block in problem.blocks}) <= 1 and not problem.existing


def _free(offer: Offer, count: int) -> Offer:
    """An offer already paid for, of which there are ``count``."""
    return replace(
        offer, usd_per_instance_hour=0.0, upfront_usd=0.0, setup_usd=0.0, usd_per_instance=0.0, power_kw=0.0, hosting_usd_per_month=0.0, min_instances=0,
        max_instances=count,
    )  # fmt: skip
