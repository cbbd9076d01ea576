"""The variables of the MILP.

| symbol | domain | unit | meaning |
|---|---|---|---|
| ``Nodes[c,h,t]`` | ℤ₊ | nodes | nodes of candidate c on instances of hardware class h in block t that carry load |
| ``IdleNodes[c,h,t]`` | ℤ₊ | nodes | nodes kept only because the workload keeps a minimum number, or the plan a minimum of providers |
| ``Open[c,m,t]`` | {0,1} | | the pool of candidate c in market m carries load in block t: its pooling loss is taken and its spare nodes idle |
| ``Rate[g,m,t]`` | ℝ₊ | load | load carried by the pool of curve g (all batch sizes of one choice; piecewise formulation only) |
| ``InFlight[g,m,t]`` | ℝ₊ | requests | requests in flight in that pool |
| ``Tokens[w,p,t]`` | ℝ₊ | load | load of workload w sent to per-token offer p |
| ``Load[s,c,m,t]`` | ℝ₊ | load | load of stream s sent to the shared pool of candidate c in market m |
| ``Held[h,k]`` | ℤ₊ | instances | instances of commitment k, usable by class h in every block of its periods; existing ones that nobody uses with h = "" |
| ``Rented[h,o,t]`` | ℤ₊ | instances | instances of offer o on in block t (on demand, spot, autoscaling) |
| ``Bundles[h,o,L,t]`` | ℤ₊ | bundles | groups of whole servers of offer o, each of L GPUs, for nodes larger than a server |
| ``Used[o,a]`` | {0,1} | | offer o is used at all on account a: "" the whole bill, or a workload with a budget (its setup fee is paid) |
| ``Taken[k]``, ``TakenIn[o,t]`` | {0,1} | | at least the minimum number of instances is taken (in order k; in block t) |
| ``Busiest[o,a,p]``, ``Quietest[o,a,p]`` | ℝ₊ | instances | most and fewest instances on in any block of period p: the difference starts every day |
| ``Chosen[c]`` | {0,1} | | candidate c is one of its workload's deployments (only under a rule on their number) |
| ``Joined[s,c]`` | {0,1} | | shared candidate c is one of the deployments of the workload s (likewise) |
| ``ProviderUsed[v]``, ``ProviderCounted[v]`` | {0,1} | | provider v supplies anything; supplies enough to count towards the minimum |
| ``Served[w]`` | [0,1] | share | share of workload w's load that is served in every block (only where loads may be cut) |
| ``Admitted[w]`` | {0,1} | | workload w, which keeps a minimum number of nodes, is served at all |
| ``Surviving[c,m,v,t]`` | ℝ₊ | nodes | nodes of a pool that carry load once provider v is lost (only where pools lose capacity) |
| ``OpenElsewhere[c,m,v,t]`` | {0,1} | | the pool still carries load then |
| ``Carried[w,v,t]`` | ℝ₊ | load | load of workload w counted as carried by provider v in a busy block (only under a most share) |
| ``NodeSize[c,m]`` | ℤ₊ | GPUs | S of a pool open in its workload's busiest block, 0 of a closed one |
| ``NodeCount[c,m]`` | ℤ₊ | nodes | N of the pool in that block |
| ``BatchExponent[c,m]`` | ℤ₊ | | B of the pool if it is open there, its batch size 2^B |
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pyomo.core import Binary, NonNegativeIntegers, NonNegativeReals, Var

from data.records.candidate import Candidate
from model.classes import instances_per_node
from model.milp.bounds import InstanceBounds, WorthBounds
from model.milp.deadline import NEVER, Deadline
from model.milp.sets import Sets

Index = Any
Upper = Callable[[Any], float | None]


@dataclass(frozen=True, kw_only=True)
class Family:
    """Variables of one kind: where they stand, their domain and bounds."""

    name: str
    index: tuple[Hashable, ...]
    domain: Any
    upper: Upper
    lower: Callable[[Any], float] = lambda _: 0


def families(sets: Sets, bounds: InstanceBounds) -> tuple[Family, ...]:
    """Every family of variables of a problem; a family that no rule of the problem needs is empty."""
    return (*_choice(sets), *_reading(sets), *_supply(sets, bounds, WorthBounds(sets)), *_rules(sets))


def _choice(sets: Sets) -> Iterable[Family]:
    """What runs where."""
    market = {h: made.market for h, made in sets.classes.items()}
    counted = 1 if sets.settings.min_providers > 0 else 0
    minimum = {c: max(sets.served[made.workload].min_nodes, counted) for c, made in sets.candidates.items()}
    loaded = tuple(k for k in sets.nodes if sets.load(sets.candidates[k[0]].workload, k[2]) > 0)
    yield Family(name="Nodes", index=loaded, domain=NonNegativeIntegers, upper=lambda k: sets.pools[k[0], market[k[1]], k[2]].most_nodes)
    kept = tuple(k for k in sets.nodes if minimum[k[0]])
    yield Family(name="IdleNodes", index=kept, domain=NonNegativeIntegers, upper=lambda k: minimum[k[0]])
    yield Family(name="Open", index=tuple(key for key, pool in sets.pools.items() if needs_open(sets, key)), domain=Binary, upper=lambda _: 1)
    yield Family(name="Rate", index=tuple(sets.curves), domain=NonNegativeReals, upper=lambda _: None)
    yield Family(name="InFlight", index=tuple(sets.curves), domain=NonNegativeReals, upper=lambda _: None)
    yield Family(name="Tokens", index=sets.tokens, domain=NonNegativeReals, upper=lambda k: sets.load(k[0], k[2]))
    routed = tuple((s, *key) for key, pool in sets.pools.items() for s in pool.members)
    yield Family(name="Load", index=routed, domain=NonNegativeReals, upper=lambda k: sets.load(k[0], k[3]))
    cut = tuple(sets.workloads) if sets.may_cut else ()
    yield Family(name="Served", index=cut, domain=NonNegativeReals, upper=lambda _: 1)
    yield Family(name="Admitted", index=tuple(w for w in cut if sets.workloads[w].min_nodes > 0), domain=Binary, upper=lambda _: 1)


def _reading(sets: Sets) -> Iterable[Family]:
    """The choice as a reader wants it: S, N and B of every pool at its workload's peak. Equalities tie them to the choice; the presolve takes them out."""
    opened = tuple(key for key, pool in sets.peak_pools.items() if needs_open(sets, pool.key))
    yield Family(name="NodeSize", index=opened, domain=NonNegativeIntegers, upper=lambda k: sets.candidates[k[0]].node_size)
    yield Family(name="NodeCount", index=tuple(sets.peak_pools), domain=NonNegativeIntegers, upper=lambda k: sets.peak_pools[k].most_nodes)
    yield Family(name="BatchExponent", index=opened, domain=NonNegativeIntegers, upper=lambda k: batch_exponent(sets.candidates[k[0]]))


def batch_exponent(candidate: Candidate) -> int:
    """B of a batch size 2^B."""
    return candidate.batch_size.bit_length() - 1


def _supply(sets: Sets, bounds: InstanceBounds, worth: WorthBounds) -> Iterable[Family]:
    """What is bought."""
    fixed = {k: made.fixed for k, made in sets.commitments.items() if made.fixed is not None}
    alone = {k: fixed[k] for k, holders in sets.holders.items() if k in fixed and len(holders) == 1}

    def most_held(key: tuple[str, str]) -> float:
        return fixed[key[1]] if key[1] in fixed else min(bounds.of_commitment(key[1]), worth.held(key[1]))

    yield Family(name="Held", index=sets.held, domain=NonNegativeIntegers, upper=most_held, lower=lambda k: alone.get(k[1], 0))
    yield Family(name="Rented", index=sets.rented, domain=NonNegativeIntegers, upper=lambda k: min(bounds.most(k[1], k[2]), worth.rented(k[1], k[2])))
    yield Family(name="Bundles", index=bundle_index(sets), domain=NonNegativeIntegers, upper=lambda k: bounds.most(k[1], k[3]))


def _rules(sets: Sets) -> Iterable[Family]:
    """What rules count."""
    rented = tuple(dict.fromkeys((o, t) for _, o, t in sets.rented))
    fees = {o for o, terms in sets.terms.items() if terms.usd_per_month_if_used > 0}
    minimum = {o for o in sets.classes_of if sets.offers[o].min_instances > 1}
    paid = {(o, "") for o in sets.existing}
    yield Family(name="Used", index=tuple(k for k in sets.accounts if k[0] in fees), domain=Binary, upper=lambda _: 1, lower=lambda k: 1 if k in paid else 0)
    starts = tuple(_starts(sets, {o for o, _ in rented if sets.terms[o].usd_per_instance_month_started > 0}))
    yield Family(name="Busiest", index=starts, domain=NonNegativeReals, upper=lambda _: None)
    yield Family(name="Quietest", index=starts, domain=NonNegativeReals, upper=lambda _: None)
    orders = tuple(k for k in sets.holders if sets.commitments[k].offer in minimum and sets.commitments[k].fixed is None)
    yield Family(name="Taken", index=orders, domain=Binary, upper=lambda _: 1)
    yield Family(name="TakenIn", index=tuple(k for k in rented if k[0] in minimum), domain=Binary, upper=lambda _: 1)
    yield Family(name="Chosen", index=deployable(sets), domain=Binary, upper=lambda _: 1)
    joined = tuple(dict.fromkeys((s, pool.candidate) for pool in sets.pools.values() for s in pool.members if pool.workload != sets.workload_of(s)))
    yield Family(name="Joined", index=joined if deployable(sets) else (), domain=Binary, upper=lambda _: 1)
    used = sets.providers if sets.settings.max_providers is not None else ()
    yield Family(name="ProviderUsed", index=used, domain=Binary, upper=lambda _: 1)
    yield Family(name="Surviving", index=split_pools(sets), domain=NonNegativeReals, upper=lambda k: sets.pools[k[0], k[1], k[3]].needed_nodes)
    yield Family(name="OpenElsewhere", index=split_pools(sets), domain=Binary, upper=lambda _: 1)
    carried = tuple((w, v, t) for w, t in sets.shared_out for v in sets.providers_of[w, t])
    yield Family(name="Carried", index=carried, domain=NonNegativeReals, upper=lambda k: sets.load(k[0], k[2]))
    yield Family(name="ProviderCounted", index=sets.providers if sets.settings.min_providers > 0 else (), domain=Binary, upper=lambda _: 1)


def _starts(sets: Sets, started: set[str]) -> Iterable[tuple[str, str, int]]:
    """(o, a, p) where the number of instances on may differ between the blocks of a period."""
    for p in range(len(sets.periods)):
        if sum(block.period == p for block in sets.blocks.values()) > 1:
            yield from ((o, a, p) for o, a in sets.accounts if o in started)


def deployable(sets: Sets) -> tuple[str, ...]:
    """Candidates that a rule on the number of deployments counts; none without the rule."""
    if sets.settings.max_deployments_per_workload is None:
        return ()
    return tuple(dict.fromkeys(pool.candidate for pool in sets.pools.values()))


def split_pools(sets: Sets) -> tuple[tuple[str, str, str, str], ...]:
    """(c, m, v, t) of pools with losses that may stand at v and elsewhere too; none without the rule on the loss of a provider."""
    found = []
    for (c, m, t), pool in sets.pools.items() if sets.settings.survive_provider_loss else ():
        providers = sorted({sets.classes[h].provider for h in pool.classes})
        if len(providers) > 1 and pool.fixed_loss > 0 and not pool.members and sets.load(pool.workload, t) > 0:
            found += [(c, m, v, t) for v in providers]
    return tuple(found)


def needs_open(sets: Sets, key: tuple[str, str, str]) -> bool:
    """Whether it matters that a pool is open: its capacity is not simply proportional to its nodes, or its batch size is a choice of the model."""
    pool = sets.pools[key]
    if pool.workload in sets.lone:
        return False
    chosen_batch = sets.settings.formulation == "piecewise" and not pool.members
    return (pool.fixed_loss > 0 or chosen_batch) and sets.load(pool.workload, pool.block) > 0


def bundle_index(sets: Sets) -> tuple[tuple[str, str, int, str], ...]:
    """(h, o, L, t) where nodes of L GPUs take several whole servers of o and another offer of the class could as well.

    With one such offer in a class its servers need no grouping: every other supply of nodes ≥ L comes in multiples of L, so the whole number of nodes
    leaves the part of a bundle unused by itself.
    """
    index = []
    for (h, t), sizes in sets.node_sizes.items():
        for size in sizes:
            grouped = [o for o in sets.classes[h].offers if instances_per_node(sets.offers[o].gpus_per_instance, size)]
            if len(grouped) > 1:
                index += [(h, o, size, t) for o in grouped]
    return tuple(index)


def declare(model: Any, sets: Sets, deadline: Deadline = NEVER) -> None:
    """Add every family of variables to the Pyomo model; raises OutOfTimeError."""
    for family in families(sets, InstanceBounds(sets)):
        bounds = {}
        for key in family.index:  # before Pyomo asks, which would log a deadline that passes
            deadline.check()
            bounds[key] = (family.lower(key), family.upper(key))
        model.add_component(family.name, Var(list(family.index), domain=family.domain, bounds=_bounds(bounds)))


def _bounds(known: Mapping[Hashable, tuple[float, float | None]]) -> Callable[..., tuple[float, float | None]]:
    return lambda _, *key: known[_unwrapped(key)]


def _unwrapped(key: tuple[Any, ...]) -> Any:
    return key if len(key) > 1 else key[0]
