"""Rules on what stands at other providers: surviving the loss of one, and the most load that one may carry. One function each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from model.milp.constraints import load_is_covered
from model.milp.rows import ConstraintFunction, Row, Term
from model.milp.sets import Pool, Sets


def load_survives_the_loss_of_a_provider(model: Any, sets: Sets) -> Iterator[Row]:
    """In every block, whatever provider is lost, what stands at the others carries each workload's whole load, spare nodes kept.

    For every v: Σ_c,m share_m·(capacity_c·Surviving[c,m,v,t] − loss_c·OpenElsewhere[c,m,v,t]) + Σ_{p not of v} Tokens[w,p,t] ≥ demand[w,t]. Where a pool has
    nothing at v, or loses nothing to pooling and spares, Nodes[c,h,t] of the other classes and Open[c,m,t] stand for them. Tokens bought from others count as
    they are bought, and no more: nobody promises that more can be had on the day. What is routed to shared pools is not counted, here and below.
    """
    for w, t in sets.demanded if sets.settings.survive_provider_loss else ():
        for v in sets.providers_of[w, t] or ("",):
            pools = (term for pool in _own_pools(sets, w, t) for term in _elsewhere(model, sets, pool, v))
            tokens = ((1.0, model.Tokens[w, p, t]) for w_, p in sets.usd_per_load_hour if w_ == w and sets.offers[p].provider != v)
            yield load_is_covered(model, sets, (w, t, v), (*pools, *tokens))


def surviving_nodes_stand_elsewhere(model: Any, sets: Sets) -> Iterator[Row]:
    """What survives of a pool is no more than its nodes at other providers. Surviving[c,m,v,t] ≤ Σ_{h not of v} Nodes[c,h,t]."""
    for c, m, v, t in model.Surviving:
        nodes = tuple((-1.0, model.Nodes[c, h, t]) for h in sets.pools[c, m, t].classes if sets.classes[h].provider != v)
        yield Row((c, m, v, t), ((1.0, model.Surviving[c, m, v, t]), *nodes), upper=0.0)


def only_pools_open_elsewhere_survive(model: Any, sets: Sets) -> Iterator[Row]:
    """A pool survives only where it is open elsewhere, its loss taken once more. Surviving[c,m,v,t] ≤ N̄[c,m,t]·OpenElsewhere[c,m,v,t]."""
    for c, m, v, t in model.Surviving:
        most = -float(sets.pools[c, m, t].needed_nodes)
        yield Row((c, m, v, t), ((1.0, model.Surviving[c, m, v, t]), (most, model.OpenElsewhere[c, m, v, t])), upper=0.0)


def load_is_split_over_providers(model: Any, sets: Sets) -> Iterator[Row]:
    """In a busy block the load of a workload is carried by providers. Σ_v Carried[w,v,t] ≥ demand[w,t]."""
    for w, t in sets.shared_out:
        yield load_is_covered(model, sets, (w, t), tuple((1.0, model.Carried[w, v, t]) for v in sets.providers_of[w, t]))


def a_provider_carries_no_more_than_stands_there(model: Any, sets: Sets) -> Iterator[Row]:
    """A provider carries no more of a workload than its nodes can, pools' losses not counted, and its tokens.

    Carried[w,v,t] ≤ Σ_{c,m,h of v} share_m·capacity_c·Nodes[c,h,t] + Σ_{p of v} Tokens[w,p,t].
    """
    for w, v, t in model.Carried:
        nodes = (
            (-pool.share * pool.capacity_per_node, model.Nodes[pool.candidate, h, t])
            for pool in _own_pools(sets, w, t)
            for h in pool.classes
            if sets.classes[h].provider == v
        )
        tokens = ((-1.0, model.Tokens[w, p, t]) for w_, p in sets.usd_per_load_hour if w_ == w and sets.offers[p].provider == v)
        yield Row((w, v, t), ((1.0, model.Carried[w, v, t]), *nodes, *tokens), upper=0.0).scaled()


def provider_share_is_kept(model: Any, sets: Sets) -> Iterator[Row]:
    """In a busy block no provider carries more than its share of the load, workloads weighed by the GPUs that a unit of their load takes at best.

    Σ_w gpus_w·Carried[w,v,t] ≤ max_provider_share·Σ_w gpus_w·demand[w,t]. The right side is the demand's alone, so idle instances change nothing.
    """
    share = sets.settings.max_provider_share
    for t in dict.fromkeys(t for _, t in sets.shared_out):
        loads = {w: sets.gpus_per_load[w] * sets.load(w, t) for w, t_ in sets.shared_out if t_ == t}
        for v in dict.fromkeys(v for w in loads for v in sets.providers_of[w, t]):
            carried = tuple((sets.gpus_per_load[w], model.Carried[w, v, t]) for w in loads if (w, v, t) in model.Carried)
            served = tuple((-share * load, model.Served[w]) for w, load in loads.items()) if sets.may_cut else ()
            yield Row((v, t), (*carried, *served), upper=0.0 if sets.may_cut else share * sum(loads.values())).scaled()


RULES: tuple[ConstraintFunction, ...] = (
    load_survives_the_loss_of_a_provider,
    surviving_nodes_stand_elsewhere,
    only_pools_open_elsewhere_survive,
    load_is_split_over_providers,
    a_provider_carries_no_more_than_stands_there,
    provider_share_is_kept,
)


def _own_pools(sets: Sets, workload: str, block: str) -> Iterator[Pool]:
    yield from (pool for pool in sets.pools_of.get((workload, block), ()) if not pool.members)


def _elsewhere(model: Any, sets: Sets, pool: Pool, provider: str) -> Iterator[Term]:
    """What a pool carries without its nodes at a provider."""
    key = (pool.candidate, pool.market, provider, pool.block)
    capacity = pool.share * pool.capacity_per_node
    if key in model.Surviving:
        yield capacity, model.Surviving[key]
        yield -pool.share * pool.fixed_loss, model.OpenElsewhere[key]
        return
    rest = [h for h in pool.classes if sets.classes[h].provider != provider]
    yield from ((capacity, model.Nodes[pool.candidate, h, pool.block]) for h in rest)
    if rest and pool.fixed_loss > 0:
        yield -pool.share * pool.fixed_loss, model.Open[pool.key]
