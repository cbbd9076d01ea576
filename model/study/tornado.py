"""How far the inputs a planner doubts most move the cost, each re-solved; and what the plan costs where nodes do less than predicted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from data.languages import noted
from data.problems import BadInput
from data.records.candidate import Candidate
from data.records.outcome import Outcome
from data.records.scenario import Scenario
from data.records.study import Swing, Tornado
from data.records.supply import Offer
from data.records.workload import DEMAND_FIELDS
from model.parallel.spread import Where, spread
from model.planner import pose
from model.problem import Problem
from model.study.brief import Point, brief_outcome, plan_problem, scenario_at
from model.study.commitments import has_one_period, held_in, with_commitments

SWING = 0.2  # of each input, to both sides: about what forecasts and predictions are wrong by (the README's 90 % errors are 10 to 25 %)

Told = Callable[[int, int], None]


@dataclass(frozen=True)
class Driver:
    """One doubtful input: in words, and the problem where it is ``factor`` times what is said (None where that cannot be)."""

    name: str
    problem: Callable[[Scenario, float], Problem | None]


def _demand(scenario: Scenario, factor: float) -> Problem:
    workloads = tuple(
        replace(w, **{name: value * factor for name in DEMAND_FIELDS if (value := getattr(w, name)) is not None}) for w in scenario.workloads
    )  # fmt: skip
    return pose(replace(scenario, workloads=workloads)).problem


def _output_length(scenario: Scenario, factor: float) -> Problem:
    workloads = tuple(replace(w, output_tokens=max(1, w.output_tokens * factor)) for w in scenario.workloads)
    lengths = tuple(replace(bin_, output_tokens=max(1, bin_.output_tokens * factor)) for bin_ in scenario.lengths)
    return pose(replace(scenario, workloads=workloads, lengths=lengths)).problem


def _throughput(scenario: Scenario, factor: float) -> Problem:
    return with_throughput(pose(scenario).problem, factor)


def with_throughput(problem: Problem, factor: float) -> Problem:
    """The problem where every node carries ``factor`` times what is predicted."""

    def slower(made: Candidate) -> Candidate:
        members = tuple(replace(member, capacity_per_node=member.capacity_per_node * factor) for member in made.members)
        rates = {name: getattr(made, name) * factor for name in ("capacity_per_node", "pooling_loss", "req_per_s_per_node")}
        return replace(made, members=members, **rates)

    return replace(problem, candidates=tuple(slower(made) for made in problem.candidates))


def _instance_prices(scenario: Scenario, factor: float) -> Problem | None:
    def priced(offer: Offer) -> Offer:
        names = ("usd_per_instance_hour", "upfront_usd", "usd_per_instance", "hosting_usd_per_month")
        return replace(offer, **{name: value * factor for name in names if (value := getattr(offer, name)) is not None})

    offers = tuple(priced(offer) if offer.billing != "per_token" else offer for offer in scenario.offers)
    return pose(replace(scenario, offers=offers)).problem


def _token_prices(scenario: Scenario, factor: float) -> Problem | None:
    def priced(offer: Offer) -> Offer:
        names = ("usd_per_m_input_tokens", "usd_per_m_output_tokens")
        return replace(offer, **{name: value * factor for name in names if (value := getattr(offer, name)) is not None})

    if not any(offer.billing == "per_token" for offer in scenario.offers):
        return None
    return pose(replace(scenario, offers=tuple(priced(offer) for offer in scenario.offers))).problem


def _utilisation(scenario: Scenario, factor: float) -> Problem | None:
    most = scenario.settings.max_utilization * factor
    return pose(replace(scenario, settings=replace(scenario.settings, max_utilization=most))).problem if most <= 1 else None


DRIVERS: tuple[Driver, ...] = (
    Driver(noted("demand"), _demand),
    Driver(noted("output length"), _output_length),
    Driver(noted("throughput of a node"), _throughput),
    Driver(noted("prices of instances"), _instance_prices),
    Driver(noted("prices of tokens"), _token_prices),
    Driver(noted("utilisation allowed"), _utilisation),
)


@dataclass(frozen=True)
class _Asked:
    point: Point
    driver: int  # place in DRIVERS; -1: the base, -2 and -3: less throughput, committed and planned anew
    factor: float


def tornado(point: Point, where: Where, told: Told = lambda _done, _of: None) -> Tornado:
    """The base plan and every driver 20 % lower and higher. Raises BadInput where the scenario cannot be read."""
    scenario_at(point)
    asked = [_Asked(point, -1, 1.0), _Asked(point, -2, 1 - SWING), _Asked(point, -3, 1 - SWING)]
    asked += [_Asked(point, place, factor) for place in range(len(DRIVERS)) for factor in (1 - SWING, 1 + SWING)]
    found: dict[int, Outcome | None] = {}
    for end in spread(outcome_of_case, asked, where):
        if end.lost:
            raise RuntimeError(end.lost)
        found[end.index] = end.result
        told(len(found), len(asked))
    base, kept, replanned = (found[index] for index in range(3))
    if base is None or replanned is None:
        raise RuntimeError("a study without its base")
    swings = [Swing(driver.name, SWING, found[3 + 2 * place], found[4 + 2 * place]) for place, driver in enumerate(DRIVERS)]
    swings = [swing for swing in swings if swing.low is not None or swing.high is not None]
    return Tornado(base, tuple(sorted(swings, key=lambda swing: -swing.span_usd())), SWING, kept, replanned)


def outcome_of_case(asked: _Asked) -> Outcome | None:
    """The plan of one case; None where the input cannot take the value."""
    scenario = scenario_at(asked.point)
    name = f"{asked.factor - 1:+.0%}"
    if asked.driver < 0:
        problem = pose(scenario).problem
        lower = with_throughput(problem, asked.factor)
        if asked.driver == -1:
            return brief_outcome(scenario, plan_problem(problem), noted("as said"))
        if asked.driver == -3:
            return brief_outcome(scenario, plan_problem(lower), name)
        chosen = plan_problem(problem) if has_one_period(problem) else None
        return None if chosen is None else brief_outcome(scenario, with_commitments(lower, held_in(chosen, problem)), name)
    try:
        changed = DRIVERS[asked.driver].problem(scenario, asked.factor)
    except BadInput as bad:
        return Outcome(name=name, status="bad input", exit_code=2, reason=str(bad))
    return None if changed is None else brief_outcome(scenario, plan_problem(changed), name)
