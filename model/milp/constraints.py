"""The constraints of the MILP: one small function each, its sentence and its formula in the docstring. Symbols as in :mod:`model.milp.variables`.

A new constraint is one function here and its name in :data:`CONSTRAINTS`; it yields rows only where it can bind.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from model.classes import instances_per_node, nodes_per_instance
from model.milp.bounds import InstanceBounds
from model.milp.carried import capacity_terms, load_terms, token_terms
from model.milp.held import UNUSED
from model.milp.rows import ConstraintFunction, Row, Term
from model.milp.sets import Sets
from model.milp.variables import batch_exponent, needs_open


def demand_is_met(model: Any, sets: Sets) -> Iterator[Row]:
    """In every block the pools and the tokens of a workload carry its load.

    Σ_c,m share_m·(capacity_c·Σ_h Nodes[c,h,t] − loss_c·Open[c,m,t]) + Σ_p Tokens[w,p,t] ≥ demand[w,t], loss_c = capacity_c·spare + pooling loss;
    in the piecewise formulation Rate[g,m,t] stands for capacity_c·Σ_h Nodes[c,h,t]. A lone deployment's nodes are said by its choice instead, and what is
    routed to shared pools by :func:`model.milp.sharing.streams_are_carried`.
    Where loads may be cut Served[w]·demand[w,t] stands for the demand, here and in the rows below.
    """
    for w, t in sets.demanded:
        if w not in sets.lone and w not in sets.routed:
            yield load_is_covered(model, sets, (w, t), (*capacity_terms(model, sets, w, t), *token_terms(model, sets, w, t)))


def stable_capacity_without_spot(model: Any, sets: Sets) -> Iterator[Row]:
    """Spot may carry at most its share of a workload's load: the rest is covered without it.

    Σ_c,m≠spot share_m·(capacity_c·Σ_h Nodes[c,h,t] − loss_c·Open[c,m,t]) + Σ_p Tokens[w,p,t] ≥ (1 − max_spot_share)·demand[w,t], with what stable shared pools
    carry of its streams, Σ_s,c,m≠spot Load[s,c,m,t], and the streams' tokens.
    """
    stable_share = 1.0 - sets.settings.max_spot_share
    spot = {h.market for h in sets.classes.values() if h.spot}
    if stable_share <= 0 or not spot:
        return
    for w, t in sets.demanded:
        names = dict.fromkeys((w, *(stream.name for stream in sets.routed.get(w, ()))))
        routed = (term for name in names for term in (*load_terms(model, sets, name, t, without=frozenset(spot)), *token_terms(model, sets, name, t)))
        terms = (*capacity_terms(model, sets, w, t, without=frozenset(spot)), *routed)
        yield load_is_covered(model, sets, (w, t), terms, stable_share)


def only_open_pools_have_nodes(model: Any, sets: Sets) -> Iterator[Row]:
    """Nodes carry load only in an open pool, and no more of them than would carry the whole load alone.

    Σ_h Nodes[c,h,t] ≤ N̄[c,m,t]·Open[c,m,t], N̄ = ⌈(demand/share + loss)/capacity⌉.
    """
    for (c, m, t), pool in sets.pools.items():
        if needs_open(sets, (c, m, t)):
            nodes = tuple((1.0, model.Nodes[c, h, t]) for h in pool.classes)
            yield Row((c, m, t), (*nodes, (-float(pool.most_nodes), model.Open[c, m, t])), upper=0.0)


def minimum_nodes_are_kept(model: Any, sets: Sets) -> Iterator[Row]:
    """A workload keeps at least its minimum number of nodes in every block, idle or not; those of shared pools open to it count.

    Σ_c,h (Nodes[c,h,t] + IdleNodes[c,h,t]) ≥ min_nodes[w], times Admitted[w] where loads may be cut.
    """
    for w, workload in sets.workloads.items():
        for t in sets.blocks if workload.min_nodes else ():
            pools = (*sets.pools_of.get((w, t), ()), *sets.shared_of.get((w, t), ()))
            columns = [(pool.candidate, h, t) for pool in pools for h in pool.classes]
            terms = tuple(term for key in columns for term in _node_terms(model, key, 1.0))
            least = float(workload.min_nodes)
            yield Row((w, t), (*terms, (-least, model.Admitted[w])), lower=0.0) if sets.may_cut else Row((w, t), terms, lower=least)


def nothing_is_served_unadmitted(model: Any, sets: Sets) -> Iterator[Row]:
    """A workload that keeps a minimum number of nodes is served only if it is admitted, and then keeps them. Served[w] ≤ Admitted[w]."""
    for w in model.Admitted if sets.may_cut else ():
        yield Row(w, ((1.0, model.Served[w]), (-1.0, model.Admitted[w])), upper=0.0)


def nodes_fit_into_instances(model: Any, sets: Sets) -> Iterator[Row]:
    """Nodes fit, whole, into the instances of their class.

    Σ_{S ≥ L} S·(Nodes + IdleNodes) ≤ Σ_o ⌊G_o/L⌋·L·(Σ_k Held[h,k] + Rented[h,o,t]) (+ L·Bundles of servers smaller than L), for every node size L that
    stands there; k the commitments of o that stand in block t.

    Exact for node sizes that divide one another: place nodes in decreasing size. An instance of G GPUs holds ⌊G/L⌋ nodes of size L, and one of a larger
    size S takes exactly S/L of those places, wherever it stands. So before the nodes of size L are placed Σ_o ⌊G_o/L⌋·(Held + Rented) − Σ_{S > L} (S/L)·n_S
    places are left, and they fit if and only if they are no more: the row divided by L. A row whose instances count as in the row of the next smaller size
    says no more than that one and is left out.
    """
    for (h, t), sizes in sets.node_sizes.items():
        before: tuple[Term, ...] | None = None
        for size in sizes:
            places = tuple((size * coefficient, variable) for coefficient, variable in _places(model, sets, h, t, size))
            if before is None or [(c, id(v)) for c, v in places] != [(c, id(v)) for c, v in before]:
                nodes = [(c, sets.candidates[c].node_size) for c in sets.candidates_on[h, t]]
                terms = [term for c, s in nodes if s >= size for term in _node_terms(model, (c, h, t), s / size)]
                yield Row((h, t, size), (*terms, *((-coefficient / size, variable) for coefficient, variable in places)), upper=0.0)
            before = places


def bundles_are_whole_servers(model: Any, sets: Sets) -> Iterator[Row]:
    """A bundle of L GPUs takes L/G whole servers of one offer. (L/G_o)·Bundles[h,o,L,t] ≤ Σ_k Held[h,k] or Rented[h,o,t]."""
    for h, o, size, t in model.Bundles:
        servers = instances_per_node(sets.offers[o].gpus_per_instance, size)
        instances = tuple((-1.0, v) for v in _instances(model, sets, h, o, t))
        yield Row((h, o, size, t), ((float(servers), model.Bundles[h, o, size, t]), *instances), upper=0.0)


def existing_instances_stand(model: Any, sets: Sets) -> Iterator[Row]:
    """Instances that are there already are all there, used by some class or by none. Σ_h Held[h,k] = instances[k] (bounds, where only one class may)."""
    for k, holders in sets.holders.items():
        count = sets.commitments[k].fixed
        if count is not None and len(holders) > 1:
            yield Row(k, tuple((1.0, model.Held[h, k]) for h in holders), lower=float(count), upper=float(count))


def stock_is_kept(model: Any, sets: Sets) -> Iterator[Row]:
    """No more instances of an offer are bought than it has, by all workloads together; those that are there already are none of them.

    Σ_h Rented[h,o,t] ≤ max_instances[o] in every block, Σ_h,k Held[h,k] over the orders k that stand in a period; a bound of the variable where it is alone.
    """
    for o in sets.classes_of:
        stock = sets.offers[o].max_instances
        supply = [made for made in supplies(model, sets, o) if not made.fixed] if stock is not None else []
        for place in range(len(sets.periods)) if sets.terms[o].held else ():
            bought = tuple(v for made in supply if sets.commitments[made.name].stands_in(place) for v in made.instances)
            if len(bought) > 1:
                yield Row((o, place), tuple((1.0, v) for v in bought), upper=float(stock or 0))
        for made in supply if not sets.terms[o].held else ():
            if len(made.instances) > 1:
                yield Row((o, made.name), tuple((1.0, v) for v in made.instances), upper=float(stock or 0))


def stock_is_shared_by_tiers(model: Any, sets: Sets) -> Iterator[Row]:
    """An offer and its volume tiers together have no more instances in a block than its stock. Σ_{o of one stock, h, k} (Held[h,k] + Rented[h,o,t]) ≤ stock."""
    tiers: dict[str, list[str]] = {}
    for o in sets.classes_of:
        tiers.setdefault(sets.offers[o].stock_of, []).append(o)
    for name, offers in tiers.items():
        stock = sets.offers[offers[0]].max_instances
        supply = [made for o in offers for made in supplies(model, sets, o) if not made.fixed] if len(offers) > 1 and stock is not None else []
        for t in dict.fromkeys(t for made in supply for t in made.blocks):
            yield Row((name, t), tuple((1.0, v) for made in supply if t in made.blocks for v in made.instances), upper=float(stock or 0))


def setup_is_paid_if_used(model: Any, sets: Sets) -> Iterator[Row]:
    """An offer with a setup fee supplies nothing unless the fee is paid, on the whole bill and on the account of a workload with a budget.

    Σ_h Rented[h,o,t] ≤ M·Used[o,a] in every block, Σ_h Held[h,k] ≤ M·Used[o,a] for every commitment, M the stock or what hosts every load;
    Tokens[w,p,t] ≤ demand[w,t]·Used[p,a].
    """
    bounds = InstanceBounds(sets)
    for o, account in model.Used:
        used = model.Used[o, account]
        for made in supplies(model, sets, o, account):
            yield Row((o, account, made.name, ""), (*((1.0, v) for v in made.instances), (-float(made.most(bounds)), used)), upper=0.0)
        for w, p, t in sets.tokens:
            if p == o and account in ("", sets.workload_of(w)):
                yield Row((o, account, t, w), ((1.0 / sets.load(w, t), model.Tokens[w, p, t]), (-1.0, used)), upper=0.0)


def minimum_instances_are_taken(model: Any, sets: Sets) -> Iterator[Row]:
    """If any instance of an offer is taken, at least its minimum is: in every order, and for offers by the hour in every block.

    min[o]·Taken[k] ≤ Σ_h Held[h,k]; min[o]·TakenIn[o,t] ≤ Σ_h Rented[h,o,t].
    """
    for made, taken in _taken(model, sets):
        minimum = float(sets.offers[made.offer].min_instances)
        yield Row((made.offer, made.name), ((minimum, taken), *((-1.0, v) for v in made.instances)), upper=0.0)


def nothing_is_supplied_untaken(model: Any, sets: Sets) -> Iterator[Row]:
    """An offer with a minimum supplies nothing unless taken. Σ_h Held[h,k] ≤ M·Taken[k], Σ_h Rented[h,o,t] ≤ M·TakenIn[o,t], M as for the setup fee."""
    bounds = InstanceBounds(sets)
    for made, taken in _taken(model, sets):
        yield Row((made.offer, made.name), (*((1.0, v) for v in made.instances), (-float(made.most(bounds)), taken)), upper=0.0)


def busiest_and_quietest_block(model: Any, sets: Sets) -> Iterator[Row]:
    """The starts of an offer by the second in a period are those of the instances on in its busiest block but not in its quietest.

    Quietest[o,a,p] ≤ Σ_h Rented[h,o,t] ≤ Busiest[o,a,p] in every block of the period.
    """
    for o, account, p in model.Busiest:
        rented = {made.name: tuple((1.0, v) for v in made.instances) for made in supplies(model, sets, o, account)}
        for t in (t for t, block in sets.blocks.items() if block.period == p):
            yield Row((o, account, t, "busiest"), (*rented.get(t, ()), (-1.0, model.Busiest[o, account, p])), upper=0.0)
            yield Row((o, account, t, "quietest"), (*rented.get(t, ()), (-1.0, model.Quietest[o, account, p])), lower=0.0)


def node_size_is_that_of_the_choice(model: Any, sets: Sets) -> Iterator[Row]:
    """The node size of a pool at the peak is that of its candidate if it is open. NodeSize[c,m] = S_c·Open[c,m,t]."""
    for key in model.NodeSize:
        pool = sets.peak_pools[key]
        yield Row(key, ((1.0, model.NodeSize[key]), (-float(sets.candidates[pool.candidate].node_size), model.Open[pool.key])), lower=0.0, upper=0.0)


def node_count_is_that_of_the_pool(model: Any, sets: Sets) -> Iterator[Row]:
    """The node count of a pool at the peak is that of all classes together. NodeCount[c,m] = Σ_h Nodes[c,h,t]."""
    for key, pool in sets.peak_pools.items():
        nodes = tuple((-1.0, model.Nodes[pool.candidate, h, pool.block]) for h in pool.classes)
        yield Row(key, ((1.0, model.NodeCount[key]), *nodes), lower=0.0, upper=0.0)


def batch_size_is_that_of_the_choice(model: Any, sets: Sets) -> Iterator[Row]:
    """The batch size 2^B of a pool at the peak is that of its candidate if it is open. BatchExponent[c,m] = B_c·Open[c,m,t]."""
    for key in model.BatchExponent:
        pool = sets.peak_pools[key]
        exponent = float(batch_exponent(sets.candidates[pool.candidate]))
        yield Row(key, ((1.0, model.BatchExponent[key]), (-exponent, model.Open[pool.key])), lower=0.0, upper=0.0)


CONSTRAINTS: tuple[ConstraintFunction, ...] = (
    demand_is_met,
    stable_capacity_without_spot,
    only_open_pools_have_nodes,
    minimum_nodes_are_kept,
    nothing_is_served_unadmitted,
    nodes_fit_into_instances,
    bundles_are_whole_servers,
    existing_instances_stand,
    stock_is_kept,
    stock_is_shared_by_tiers,
    setup_is_paid_if_used,
    minimum_instances_are_taken,
    nothing_is_supplied_untaken,
    busiest_and_quietest_block,
    node_size_is_that_of_the_choice,
    node_count_is_that_of_the_pool,
    batch_size_is_that_of_the_choice,
)


def load_is_covered(model: Any, sets: Sets, at: tuple[str, ...], terms: tuple[Term, ...], share: float = 1.0) -> Row:
    """Σ terms ≥ share·demand[w,t], or share·demand[w,t]·Served[w] where loads may be cut; the row's index ``at`` begins with (w, t), or a stream for w."""
    load = share * sets.load(at[0], at[1])
    return (Row(at, (*terms, (-load, model.Served[sets.workload_of(at[0])])), lower=0.0) if sets.may_cut else Row(at, terms, lower=load)).scaled()


def _node_terms(model: Any, key: tuple[str, str, str], coefficient: float) -> Iterator[Term]:
    """The nodes of a column, loaded and idle."""
    for variable in (model.Nodes, model.IdleNodes):
        if key in variable:
            yield coefficient, variable[key]


def _instances(model: Any, sets: Sets, hardware_class: str, offer: str, block: str) -> tuple[Any, ...]:
    """The instances of an offer that a class has in a block: of every commitment that stands in it, or rented."""
    if not sets.terms[offer].held:
        return (model.Rented[hardware_class, offer, block],)
    return tuple(model.Held[hardware_class, k] for k in sets.commitments_in.get((offer, block), ()) if (hardware_class, k) in model.Held)


def _places(model: Any, sets: Sets, hardware_class: str, block: str, size: int) -> Iterator[Term]:
    """Places for nodes of one size that the instances of a class offer in a block."""
    for o in sets.classes[hardware_class].offers:
        gpus = sets.offers[o].gpus_per_instance
        servers = instances_per_node(gpus, size)
        if (hardware_class, o, size, block) in model.Bundles:
            yield 1.0, model.Bundles[hardware_class, o, size, block]
        elif servers:
            yield from ((1.0 / servers, v) for v in _instances(model, sets, hardware_class, o, block))
        elif gpus >= size:
            yield from ((float(nodes_per_instance(gpus, size)), v) for v in _instances(model, sets, hardware_class, o, block))


@dataclass(frozen=True)
class Supply:
    """Instances of an offer, of every class on an account, that are on together: those rented in a block, or those of one commitment."""

    offer: str
    name: str  # of the block, or of the commitment
    blocks: tuple[str, ...]
    instances: tuple[Any, ...]
    held: bool
    fixed: bool = False  # they are there already

    def most(self, bounds: InstanceBounds) -> int:
        """Most of them that a plan worth making has."""
        return bounds.of_commitment(self.name) if self.held else bounds.most(self.offer, self.name)


def supplies(model: Any, sets: Sets, offer: str, account: str = "") -> Iterator[Supply]:
    """What an offer supplies to the classes on an account; instances that are there already and that nobody uses are none of it."""
    classes = [h for h in sets.classes_of.get(offer, ()) if account in ("", sets.classes[h].tenant)]
    for k, holders in sets.holders.items() if sets.terms[offer].held else ():
        made = sets.commitments[k]
        instances = tuple(model.Held[h, k] for h in holders if h in classes and h != UNUSED)
        if made.offer == offer and instances:
            yield Supply(offer, k, sets.standing[k], instances, held=True, fixed=made.fixed is not None)
    for t in sets.blocks if not sets.terms[offer].held else ():
        rented = tuple(model.Rented[h, offer, t] for h in classes if (h, offer, t) in model.Rented)
        if rented:
            yield Supply(offer, t, (t,), rented, held=False)


def _taken(model: Any, sets: Sets) -> Iterator[tuple[Supply, Any]]:
    """What offers with a minimum supply, each with its binary."""
    for o in sorted({*(sets.commitments[k].offer for k in model.Taken), *(o for o, _ in model.TakenIn)}):
        for made in supplies(model, sets, o):
            if not made.fixed:
                yield made, (model.Taken[made.name] if made.held else model.TakenIn[o, made.name])
