"""Pools that several streams share: workloads of one model, or the request sizes of one workload.

Here the load is a variable, for it decides how much of a pool each stream takes; everywhere else it is projected out. A node that carries x_s of every stream
s is busy for Σ_s x_s/capacity_s of its time, so a pool of N nodes carries what adds up to no more than N less what it loses.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from model.milp.carried import capacity_terms, load_terms, token_terms
from model.milp.constraints import load_is_covered
from model.milp.rows import ConstraintFunction, Row
from model.milp.sets import Sets
from model.milp.variables import needs_open

# Above this many members Load ≤ demand·Open is left to the pool's own row: one row a size class and pool would cost more than it tightens.
FEW_MEMBERS = 8


def streams_are_carried(model: Any, sets: Sets) -> Iterator[Row]:
    """In every block the pools of a stream's workload, the shared pools and the tokens carry its load.

    share[s]·Σ_c,m share_m·(capacity_c·Σ_h Nodes[c,h,t] − loss_c·Open[c,m,t]) + Σ_c,m Load[s,c,m,t] + Σ_p Tokens[s,p,t] ≥ demand[s,t].
    """
    for s, stream in sets.streams.items():
        for t in sets.blocks:
            if sets.load(s, t) > 0:
                own = ((stream.share * coefficient, variable) for coefficient, variable in capacity_terms(model, sets, stream.workload, t))
                yield load_is_covered(model, sets, (s, t), (*own, *load_terms(model, sets, s, t), *token_terms(model, sets, s, t)))


def shared_pools_are_not_overloaded(model: Any, sets: Sets) -> Iterator[Row]:
    """A shared pool carries what its nodes can, counted in nodes' worth of work.

    Σ_s Load[s,c,m,t]/capacity_sc ≤ share_m·(Σ_h Nodes[c,h,t] − (loss_c/capacity_c + spare)·Open[c,m,t]).
    """
    for (c, m, t), pool in sets.pools.items():
        if pool.members:
            work = tuple((1.0 / capacity, model.Load[s, c, m, t]) for s, capacity in pool.members.items())
            nodes = tuple((-pool.share, model.Nodes[c, h, t]) for h in pool.classes)
            lost = ((pool.share * pool.fixed_loss, model.Open[c, m, t]),) if needs_open(sets, pool.key) else ()
            yield Row((c, m, t), (*work, *nodes, *lost), upper=0.0)


def only_open_shared_pools_have_load(model: Any, sets: Sets) -> Iterator[Row]:
    """A stream sends nothing to a pool that is not open. Load[s,c,m,t] ≤ demand[s,t]·Open[c,m,t].

    Said already by the pool's nodes; this tightens the relaxation, where the members are few.
    """
    for s, c, m, t in model.Load:
        if len(sets.pools[c, m, t].members) <= FEW_MEMBERS and needs_open(sets, (c, m, t)):
            yield Row((s, c, m, t), ((1.0 / sets.load(s, t), model.Load[s, c, m, t]), (-1.0, model.Open[c, m, t])), upper=0.0)


def only_joined_deployments_have_load(model: Any, sets: Sets) -> Iterator[Row]:
    """A workload sends nothing to a shared deployment that it does not count among its own. Load[s,c,m,t] ≤ demand[s,t]·Joined[s,c]."""
    for s, c, m, t in model.Load:
        if (s, c) in model.Joined:
            yield Row((s, c, m, t), ((1.0 / sets.load(s, t), model.Load[s, c, m, t]), (-1.0, model.Joined[s, c])), upper=0.0)


CONSTRAINTS: tuple[ConstraintFunction, ...] = (
    streams_are_carried,
    shared_pools_are_not_overloaded,
    only_open_shared_pools_have_load,
    only_joined_deployments_have_load,
)
