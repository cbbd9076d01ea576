"""What one change would cost or save: each re-solved, none guessed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

from data.languages import say
from data.records.plan import Plan, WhatIf
from data.records.scenario import Scenario
from data.records.supply import Offer
from data.records.workload import Workload
from model.candidates import candidates_of
from model.grid import Physics
from model.problem import Incumbent, Problem
from model.shared_candidates import sharing_of
from model.shortage import scaled
from model.spares import with_spares

Solve = Callable[[Problem], Incumbent]

_GROWTH = 0.1  # 10 % more users
_TTFT_MS = 10.0
_TPOT_MS = 5.0
_GAP = 0.002  # relative: differences below are noise, and reported as none


@dataclass(frozen=True)
class _Change:
    """A change in words, the workload it concerns ("" for all) and the problem after it (made when its turn comes)."""

    words: str
    workload: str
    problem: Callable[[], Problem]


@dataclass(frozen=True)
class Baseline:
    """What is changed: a scenario, its whole problem (before anything dominated is left out), the performance model behind it, and the plan chosen."""

    scenario: Scenario
    problem: Problem
    physics: Physics
    plan: Plan


def what_ifs(base: Baseline, solve: Solve, seconds: float) -> tuple[WhatIf, ...]:
    """The scenario re-solved after each change, in about ``seconds`` of processor time at most.

    A difference within the solver's gap is no difference: it is reported as 0. What the time did not suffice for is left out.
    """
    end = time.process_time() + seconds
    found = []
    for change in _changes(base):
        left = end - time.process_time()
        if left <= 0:
            break
        changed = with_spares(change.problem())
        settings = replace(changed.settings, optimality_gap=max(_GAP, changed.settings.optimality_gap), time_limit_s=left, threads=1)
        answer = solve(replace(changed, settings=settings))
        if answer.status != "unsolved":
            found.append(_what_if(change, base.plan, answer))
    return tuple(found)


def _changes(base: Baseline) -> Iterator[_Change]:
    """The changes, those that planners ask for most first."""
    problem = base.problem
    for workload in problem.workloads:
        yield _Change(say("{share:.0%} more users", share=_GROWTH), workload.name, partial(_scaled, problem, workload.name, 1 + _GROWTH))
    runner_up = _runner_up(problem, base.plan)
    if runner_up:
        yield _Change(say("half the price of {offer}", offer=runner_up.offer), "", partial(_half_price, problem, runner_up))
    for demand in problem.demands:
        offline = any(w.name == demand.workload and w.serving_mode == "offline" for w in problem.workloads)
        if demand.unit == "req/s" and demand.peak > 0 and not offline:
            yield _Change(say("one more request a second at the peak"), demand.workload, partial(_scaled, problem, demand.workload, 1 + 1 / demand.peak))
    for workload in problem.workloads:
        if workload.ttft_target_ms:
            slower = replace(workload, ttft_target_ms=workload.ttft_target_ms + _TTFT_MS)
            yield _Change(say("{more:g} ms more TTFT", more=_TTFT_MS), workload.name, partial(_retargeted, base, slower))
        if workload.tpot_target_ms:
            slower = replace(workload, tpot_target_ms=workload.tpot_target_ms + _TPOT_MS)
            yield _Change(say("{more:g} ms more TPOT", more=_TPOT_MS), workload.name, partial(_retargeted, base, slower))


def _scaled(problem: Problem, workload: str, factor: float) -> Problem:
    """The problem with a workload's load times ``factor`` in every block."""
    return scaled(problem, {workload: factor})


def _retargeted(base: Baseline, workload: Workload) -> Problem:
    """The problem with a workload's targets changed, its candidates and those it shares recomputed with their capacity."""
    problem = base.problem
    demand = next(d for d in problem.demands if d.workload == workload.name)
    joint = {pool.workload.name for pool in problem.shared}
    others = tuple(c for c in problem.candidates if c.workload != workload.name and c.workload not in joint)
    workloads = tuple(workload if w.name == workload.name else w for w in problem.workloads)
    own = candidates_of(workload, demand, base.scenario, base.physics).candidates
    shared = sharing_of(replace(base.scenario, workloads=workloads), problem.demands, base.physics)
    split = tuple(stream for stream in problem.streams if stream.is_part)
    return replace(problem, workloads=workloads, candidates=(*others, *own, *shared.candidates), shared=shared.pools, streams=(*shared.streams, *split))


def _runner_up(problem: Problem, plan: Plan) -> Offer | None:
    """The dearest offer of the cheapest alternative that the plan does not use."""
    used = {row.offer for row in plan.deployments}
    offers = {offer.offer: offer for offer in problem.offers}
    for alternative in plan.alternatives:
        fresh = [offers[name] for name in alternative.offers if name not in used]
        if fresh:
            return fresh[0]
    return None


def _half_price(problem: Problem, offer: Offer) -> Problem:
    halved = replace(
        offer,
        usd_per_instance_hour=_half(offer.usd_per_instance_hour),
        upfront_usd=offer.upfront_usd / 2,
        usd_per_instance=_half(offer.usd_per_instance),
        usd_per_m_input_tokens=_half(offer.usd_per_m_input_tokens),
        usd_per_m_output_tokens=_half(offer.usd_per_m_output_tokens),
    )
    return replace(problem, offers=tuple(halved if o.offer == offer.offer else o for o in problem.offers))


def _half(price: float | None) -> float | None:
    return None if price is None else price / 2


def _what_if(change: _Change, plan: Plan, found: Incumbent) -> WhatIf:
    cost, before = found.usd_per_month, plan.usd_per_month or 0.0
    difference = None if cost is None else cost - before
    if difference is not None and abs(difference) <= _GAP * before:
        difference = 0.0
    return WhatIf(change=change.words, workload=change.workload, status=found.status, usd_per_month=cost, difference_usd_per_month=difference)
