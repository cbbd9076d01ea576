"""Hardware classes: offers whose instances are worth the same to every node, and how nodes fit into instances.

Nodes are counted by class and not by offer, so that the problem grows with the GPU types and not with the offers; which offer's instances host which nodes
is recovered afterwards (:mod:`model.placement`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from data.billing import billing_terms
from data.records.plan import STABLE
from data.records.supply import Offer
from model.eligibility import may_serve
from model.problem import Problem

# From this many GPUs on an instance is a whole server that providers join to others by a fast network; nodes larger than a server take whole ones.
SMALLEST_SERVER_GPUS = 8


@dataclass(frozen=True, kw_only=True)
class HardwareClass:
    """Offers of one GPU type on which the same workloads may run, with the same share of capacity that counts.

    ``tenant`` names the workload whose own instances these are ("" where instances are shared); ``provider`` is set where a rule counts providers.
    """

    name: str
    gpu: str
    spot: bool
    capacity_share: float
    workloads: frozenset[str]
    tenant: str
    provider: str
    offers: tuple[str, ...]  # sorted

    @property
    def market(self) -> str:
        """The market whose nodes are pooled together."""
        return market_name(spot=self.spot, capacity_share=self.capacity_share)


def market_name(*, spot: bool, capacity_share: float) -> str:
    """Stable, or spot with one share of capacity."""
    return f"spot {capacity_share:g}" if spot else STABLE


def nodes_per_instance(gpus_per_instance: int, node_size: int) -> int:
    """Nodes that fit side by side in one instance."""
    return gpus_per_instance // node_size


def instances_per_node(gpus_per_instance: int, node_size: int) -> int:
    """Whole instances that one node larger than an instance takes: node size over instance size for whole servers, else 0 (it cannot)."""
    if node_size <= gpus_per_instance or gpus_per_instance < SMALLEST_SERVER_GPUS or node_size % gpus_per_instance:
        return 0
    return node_size // gpus_per_instance


def node_slots(gpus_per_instance: int, node_size: int) -> float:
    """Nodes an instance hosts: a whole number, or the share of a node that takes several instances; 0 if it cannot."""
    several = instances_per_node(gpus_per_instance, node_size)
    return 1.0 / several if several else float(nodes_per_instance(gpus_per_instance, node_size))


def counts_providers(problem: Problem) -> bool:
    """Whether a rule needs to know which provider hosts a node."""
    settings = problem.settings
    return settings.min_providers > 0 or settings.max_provider_share < 1.0 or settings.survive_provider_loss


def tells_providers_apart(problem: Problem) -> bool:
    """Whether any rule makes two equal offers of different providers different."""
    return counts_providers(problem) or problem.settings.max_providers is not None


def allowed_workloads(problem: Problem) -> dict[str, frozenset[str]]:
    """Offer → workloads that may use it."""
    return {offer.offer: frozenset(w.name for w in problem.served if may_serve(w, offer)) for offer in problem.offers}


def hardware_classes(problem: Problem, allowed: Mapping[str, frozenset[str]]) -> tuple[HardwareClass, ...]:
    """The classes of a problem's offers by the instance, in a stable order; offers that no workload may use are in none.

    A workload with a budget of its own gets instances of its own (that its cost is its instances' cost), so a class of its own, from the same stock.
    """
    tenants = {w.name for w in problem.workloads if w.max_monthly_usd is not None}
    members: dict[tuple[str, bool, float, tuple[str, ...], str, str], list[str]] = {}
    for offer in sorted(problem.offers, key=lambda offer: offer.offer):
        if offer.billing == "per_token" or offer.gpu is None:
            continue
        terms = billing_terms(offer, problem.settings)
        provider = offer.provider if counts_providers(problem) else ""
        for tenant, workloads in _by_tenant(allowed[offer.offer], tenants):
            key = (offer.gpu, terms.spot, terms.capacity_share, tuple(sorted(workloads)), tenant, provider)
            members.setdefault(key, []).append(offer.offer)
    numbered: dict[str, int] = {}
    classes = []
    for (gpu, spot, share, names, tenant, provider), offers in sorted(members.items()):
        numbered[gpu] = numbered.get(gpu, 0) + 1
        classes.append(
            HardwareClass(
                name=f"{gpu}/{numbered[gpu]}",
                gpu=gpu,
                spot=spot,
                capacity_share=share,
                workloads=frozenset(names),
                tenant=tenant,
                provider=provider,
                offers=tuple(offers),
            )
        )
    return tuple(classes)


def _by_tenant(allowed: frozenset[str], tenants: set[str]) -> Iterable[tuple[str, frozenset[str]]]:
    """The workloads that share an offer's instances, and each with instances of its own apart."""
    shared = allowed - tenants
    if shared:
        yield "", shared
    for tenant in sorted(allowed & tenants):
        yield tenant, frozenset({tenant})


def hosts(offers: Mapping[str, Offer], names: Iterable[str], node_size: int) -> bool:
    """Whether any of the offers' instances can host nodes of a size."""
    return any(node_slots(offers[name].gpus_per_instance, node_size) > 0 for name in names)
