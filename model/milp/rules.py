"""The rules of procurement: budgets and providers. One function each, as in :mod:`model.milp.constraints`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from model.milp.bounds import InstanceBounds
from model.milp.constraints import supplies
from model.milp.objective import cost_terms
from model.milp.rows import ConstraintFunction, Row, Term
from model.milp.sets import Sets, ceiling
from model.milp.variables import needs_open

# A provider of tokens counts as used when it takes at least this share of a workload's load in a busy block (an assumption: less is a token gesture).
COUNTED_TOKEN_SHARE = 0.01


def plan_is_within_budget(model: Any, sets: Sets) -> Iterator[Row]:
    """The plan costs no more than the monthly budget. cost ≤ monthly_budget."""
    if sets.settings.monthly_budget_usd is not None:
        yield Row("plan", tuple(cost_terms(model, sets)), upper=sets.settings.monthly_budget_usd).scaled()


def workload_is_within_budget(model: Any, sets: Sets) -> Iterator[Row]:
    """What a workload's own instances and tokens cost, setup fees in full, is no more than its budget. cost on the account of w ≤ max_monthly_usd[w]."""
    for w, workload in sets.workloads.items():
        if workload.max_monthly_usd is not None:
            yield Row(w, tuple(cost_terms(model, sets, account=w)), upper=workload.max_monthly_usd).scaled()


def few_enough_deployments(model: Any, sets: Sets) -> Iterator[Row]:
    """A workload runs on no more hardware choices than allowed. Σ_c of w Chosen[c] + Σ_c shared Joined[w,c] ≤ max_deployments_per_workload."""
    most = sets.settings.max_deployments_per_workload
    for w in sets.workloads if most is not None and len(model.Chosen) else ():
        own = tuple((1.0, model.Chosen[c]) for c in model.Chosen if sets.candidates[c].workload == w)
        terms = (*own, *((1.0, model.Joined[s, c]) for s, c in model.Joined if s == w))
        if terms:
            yield Row(w, terms, upper=float(most or 0))


def only_chosen_deployments_have_nodes(model: Any, sets: Sets) -> Iterator[Row]:
    """Nodes stand only where their candidate is chosen.

    Σ_h Nodes[c,h,t] ≤ N̄[c,m,t]·Chosen[c], Σ_h IdleNodes[c,h,t] ≤ min_nodes[w]·Chosen[c], Open[c,m,t] ≤ Chosen[c].
    """
    for (c, m, t), pool in sets.pools.items() if len(model.Chosen) else ():
        for name, most in (("Nodes", pool.most_nodes), ("IdleNodes", sets.served[pool.workload].min_nodes)):
            nodes = tuple((1.0, getattr(model, name)[c, h, t]) for h in pool.classes if (c, h, t) in getattr(model, name))
            if nodes:
                yield Row((c, m, t, name), (*nodes, (-float(most), model.Chosen[c])), upper=0.0)
        if needs_open(sets, pool.key):
            yield Row((c, m, t, "Open"), ((1.0, model.Open[c, m, t]), (-1.0, model.Chosen[c])), upper=0.0)


def a_lone_deployment_carries_everything(model: Any, sets: Sets) -> Iterator[Row]:
    """A workload on one hardware choice has the nodes that its whole load needs where that choice is made, and makes one.

    Σ_h Nodes[c,h,t] = ⌈(demand/share + loss)/capacity⌉·Chosen[c] in every block with a load; Σ_c Chosen[c] ≥ 1. It stands for the demand rows: more nodes
    would only cost more.
    """
    for (w, t), pools in sets.pools_of.items():
        if w not in sets.lone or sets.load(w, t) <= 0:
            continue
        yield Row((w, t, ""), tuple((1.0, model.Chosen[c]) for c in dict.fromkeys(pool.candidate for pool in pools)), lower=1.0)
        for pool in pools:
            needed = ceiling((sets.load(w, t) / pool.share + pool.fixed_loss) / sets.candidates[pool.candidate].capacity_per_node)
            nodes = tuple((1.0, model.Nodes[pool.candidate, h, t]) for h in pool.classes)
            yield Row((w, t, pool.candidate), (*nodes, (-float(needed), model.Chosen[pool.candidate])), lower=0.0, upper=0.0)


def provider_is_used_if_it_supplies(model: Any, sets: Sets) -> Iterator[Row]:
    """Nothing comes from a provider that is not used.

    Σ_h Held[h,k] ≤ M·ProviderUsed[v] for the commitments of its offers, Σ_h Rented[h,o,t] ≤ M·ProviderUsed[v]; Tokens[w,p,t] ≤ demand[w,t]·ProviderUsed[v].
    Instances that are there already use their provider only if some class has them.
    """
    if not len(model.ProviderUsed):
        return
    bounds = InstanceBounds(sets)
    for o in sets.classes_of:
        used = model.ProviderUsed[sets.offers[o].provider]
        for made in supplies(model, sets, o):
            yield Row((o, made.name, ""), (*((1.0, v) for v in made.instances), (-float(made.most(bounds)), used)), upper=0.0)
    for w, p, t in sets.tokens:
        used = model.ProviderUsed[sets.offers[p].provider]
        yield Row((p, t, w), ((1.0 / sets.load(w, t), model.Tokens[w, p, t]), (-1.0, used)), upper=0.0)


def few_enough_providers(model: Any, sets: Sets) -> Iterator[Row]:
    """No more providers than allowed are used. Σ_v ProviderUsed[v] ≤ max_providers."""
    if sets.settings.max_providers is not None and len(model.ProviderUsed):
        yield Row("plan", tuple((1.0, model.ProviderUsed[v]) for v in sets.providers), upper=float(sets.settings.max_providers))


def provider_counts_if_it_serves(model: Any, sets: Sets) -> Iterator[Row]:
    """A provider counts towards the minimum only if it hosts a node, or takes a hundredth of a workload's load as tokens, in a busy block.

    ProviderCounted[v] ≤ Σ_{c, h of v, t busy} (Nodes[c,h,t] + IdleNodes[c,h,t]) + Σ_{w, p of v, t busy} Tokens[w,p,t]/(0.01·demand[w,t]).
    """
    if not len(model.ProviderCounted):
        return
    serving: dict[str, list[Term]] = {v: [] for v in sets.providers}
    for nodes in (model.Nodes, model.IdleNodes):
        for c, h, t in nodes:
            if sets.blocks[t].busy:
                serving[sets.classes[h].provider].append((-1.0, nodes[c, h, t]))
    for w, p, t in sets.tokens:
        if sets.blocks[t].busy:
            serving[sets.offers[p].provider].append((-1.0 / (COUNTED_TOKEN_SHARE * sets.load(w, t)), model.Tokens[w, p, t]))
    for v, terms in serving.items():
        yield Row(v, ((1.0, model.ProviderCounted[v]), *terms), upper=0.0)


def enough_providers(model: Any, sets: Sets) -> Iterator[Row]:
    """At least the minimum number of providers counts. Σ_v ProviderCounted[v] ≥ min_providers."""
    if sets.settings.min_providers > 0:
        yield Row("plan", tuple((1.0, model.ProviderCounted[v]) for v in sets.providers), lower=float(sets.settings.min_providers))


RULES: tuple[ConstraintFunction, ...] = (
    plan_is_within_budget,
    workload_is_within_budget,
    few_enough_deployments,
    only_chosen_deployments_have_nodes,
    a_lone_deployment_carries_everything,
    provider_is_used_if_it_supplies,
    few_enough_providers,
    provider_counts_if_it_serves,
    enough_providers,
)
