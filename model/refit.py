"""The candidates of a problem whose workloads, offers or node sizes were changed, computed anew where the change bears on them."""

from __future__ import annotations

from dataclasses import replace

from data.records.candidate import Candidate
from data.records.scenario import Scenario
from data.records.settings import Settings
from data.records.supply import Offer
from data.records.workload import Workload
from model.candidates import candidates_of
from model.eligibility import may_serve
from model.grid import Physics
from model.problem import Problem
from model.routing_rules import why_not_routed
from model.shared_candidates import Sharing, sharing_of
from model.spares import with_spares

# What the candidates of a workload depend on, besides the scenario's models, GPUs and lengths: the workload, node sizes, GPUs sold and by how many.
_Key = tuple[Workload, tuple[int, ...], frozenset[tuple[str, int]]]


class Refit:
    """From a changed problem to the same with its own candidates; what was computed once is kept."""

    def __init__(self, scenario: Scenario, physics: Physics, problem: Problem) -> None:
        self._scenario = scenario
        self._physics = physics
        self._known: dict[_Key, tuple[Candidate, ...]] = {}
        for workload in problem.workloads:
            key = _key(workload, problem.settings, problem.offers)
            self._known[key] = tuple(c for c in problem.candidates if c.workload == workload.name)
        joint = {pool.workload.name for pool in problem.shared}
        whole = tuple(stream for stream in problem.streams if not stream.is_part)
        self._shared = {_shared_key(problem): Sharing(problem.shared, whole, tuple(c for c in problem.candidates if c.workload in joint))}

    def __call__(self, problem: Problem) -> Problem:
        """The problem with the candidates of its workloads, offers and settings, shared ones among them."""
        own = tuple(c for workload in problem.workloads for c in self._candidates(workload, problem))
        shared = self._sharing(problem)
        split = tuple(stream for stream in problem.streams if stream.is_part)
        return with_spares(replace(problem, candidates=(*own, *shared.candidates), shared=shared.pools, streams=(*shared.streams, *split)))

    def _sharing(self, problem: Problem) -> Sharing:
        key = _shared_key(problem)
        if key not in self._shared:
            scenario = replace(self._scenario, workloads=problem.workloads, offers=problem.offers, settings=problem.settings)
            self._shared[key] = sharing_of(scenario, problem.demands, self._physics)
        return self._shared[key]

    def _candidates(self, workload: Workload, problem: Problem) -> tuple[Candidate, ...]:
        key = _key(workload, problem.settings, problem.offers)
        if key not in self._known:
            demand = next(d for d in problem.demands if d.workload == workload.name)
            scenario = replace(self._scenario, offers=problem.offers, settings=problem.settings)
            self._known[key] = candidates_of(workload, demand, scenario, self._physics).candidates
        return self._known[key]


def _shared_key(problem: Problem) -> tuple[object, ...]:
    """What shared pools depend on: the workloads with a pool name, and the rules under which nothing is shared."""
    return (why_not_routed(problem.settings), *(_key(w, problem.settings, problem.offers) for w in problem.workloads if w.pool))


def _key(workload: Workload, settings: Settings, offers: tuple[Offer, ...]) -> _Key:
    sold = frozenset((o.gpu, o.gpus_per_instance) for o in offers if o.gpu and may_serve(workload, o))
    return workload, settings.node_sizes, sold
