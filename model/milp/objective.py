"""The cost of a plan, and the order among plans of equal cost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from model.milp.held import UNUSED
from model.milp.rows import Term
from model.milp.sets import Sets

# Plans whose costs differ by less than this share are a tie (a cent in ten thousand dollars); every tie-breaking term stays below it.
TIE_SHARE = 1e-6


def cost_terms(model: Any, sets: Sets, account: str = "") -> Iterator[Term]:
    """USD a month, of the whole bill or on the account of one workload with a budget.

    Σ_h,k share_k·month_o(k)·Held[h,k] + Σ_h,o,t hours_t·hour_o·Rented[h,o,t] + Σ_w,p,t hours_t·load-hour_wp·Tokens[w,p,t] + Σ_o fee_o·Used[o,a]
    + Σ_o,p share_p·starts_o·(Busiest[o,a,p] − Quietest[o,a,p]), shares those of the horizon's months. Instances that are there already and that nobody uses
    are on the whole bill only.
    """
    own = {h for h, made in sets.classes.items() if account in ("", made.tenant)} | ({UNUSED} if not account else set())
    hours = {t: block.hours_per_month for t, block in sets.blocks.items()}
    yield from ((usd_of_one(sets, k), model.Held[h, k]) for h, k in sets.held if h in own)
    yield from ((hours[t] * sets.terms[o].usd_per_instance_hour_on, model.Rented[h, o, t]) for h, o, t in sets.rented if h in own)
    yield from ((hours[t] * sets.usd_per_load_hour[w, p], model.Tokens[w, p, t]) for w, p, t in sets.tokens if account in ("", sets.workload_of(w)))
    yield from ((sets.terms[o].usd_per_month_if_used, model.Used[o, a]) for o, a in model.Used if a == account)
    for o, a, p in model.Busiest:
        if a == account:
            usd = sets.terms[o].usd_per_instance_month_started * sets.periods[p].share
            yield usd, model.Busiest[o, a, p]
            yield -usd, model.Quietest[o, a, p]


def usd_of_one(sets: Sets, commitment: str) -> float:
    """USD of the mean month for one instance of a commitment."""
    made = sets.commitments[commitment]
    return sets.terms[made.offer].usd_per_instance_month_held * made.share


def tie_terms(model: Any, sets: Sets) -> Iterator[Term]:
    """A term below :data:`TIE_SHARE` of the cost that orders plans of equal cost: fewest GPU-hours paid, then fewest used by nodes, then own nodes
    before shared ones, then first by name.

    Each GPU-hour counts as the cheapest GPU-hour there is, times a third of the share, times 1 to 4/3 by the name's place. Instances cost at least that
    much themselves, and nodes use no more GPU-hours than are paid: the sum stays below the share of the cost.
    """
    prices = list(_gpu_hour_prices(sets))
    weight = TIE_SHARE / 3.0 * min(prices, default=0.0)
    if not weight:
        return
    places = {name: 1.0 + place / (3.0 * len(sets.offers)) for place, name in enumerate(sets.offers)}
    month = sum(block.hours_per_month for block in sets.blocks.values())
    for h, k in sets.held:
        o, share = sets.commitments[k].offer, sets.commitments[k].share
        yield weight * month * share * sets.offers[o].gpus_per_instance * places[o], model.Held[h, k]
    for h, o, t in sets.rented:
        yield weight * sets.blocks[t].hours_per_month * sets.offers[o].gpus_per_instance * places[o], model.Rented[h, o, t]
    own_first = sorted(sets.candidates, key=lambda name: (len(sets.candidates[name].members) > 0, name))
    ranks = {name: 1.0 + rank / (3.0 * len(sets.candidates)) for rank, name in enumerate(own_first)}
    for c, h, t in sets.nodes:
        gpu_hours = sets.candidates[c].node_size * sets.blocks[t].hours_per_month
        for variable in (model.Nodes, model.IdleNodes):
            if (c, h, t) in variable:
                yield weight * gpu_hours * ranks[c], variable[c, h, t]


def _gpu_hour_prices(sets: Sets) -> Iterator[float]:
    """USD of a GPU-hour of every offer by the instance; one that is free leaves no room for an order among ties."""
    month = sum(block.hours_per_month for block in sets.blocks.values())
    for o in sets.classes_of:
        terms = sets.terms[o]
        price = terms.usd_per_instance_month_held / month if terms.held else terms.usd_per_instance_hour_on
        yield price / sets.offers[o].gpus_per_instance


def least_cost(model: Any, sets: Sets) -> dict[int, Term]:
    """Every variable's coefficient in the objective [USD a month]: its cost and its tie-breaking term."""
    total: dict[int, Term] = {}
    for coefficient, variable in (*cost_terms(model, sets), *tie_terms(model, sets)):
        known = total.get(id(variable))
        total[id(variable)] = (coefficient + (known[0] if known else 0.0), variable)
    return total
