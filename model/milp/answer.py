"""From the solver's numbers to the incumbent: whole numbers, tidied, placed on offers, costed anew."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import TypeVar

import numpy as np

from data.records.candidate import Route
from model.bill import bill_of
from model.milp.held import UNUSED
from model.milp.matrix import Floats, Matrix
from model.milp.sets import Sets
from model.placement import Counts, place
from model.problem import Placement, Problem, TokenPurchase

Value = TypeVar("Value")

# Load below this share of a workload's load is the solver's noise (its feasibility tolerance is 1e-6 of a row of size 1).
NOISE_SHARE = 1e-9


def rounded(matrix: Matrix, values: Floats) -> Floats:
    """The values with whole numbers made whole."""
    return np.where(matrix.integer, np.rint(values), np.maximum(values, matrix.lower))


def counts_of(matrix: Matrix, values: Floats, sets: Sets) -> Counts:
    """Nodes and instances of a solution."""
    nodes: defaultdict[tuple[str, str, str], int] = defaultdict(int)
    instances: defaultdict[tuple[str, str, str], int] = defaultdict(int)
    for (family, index), value in zip(matrix.columns, values, strict=True):
        if family in ("Nodes", "IdleNodes"):
            nodes[index] += round(value)
        elif family == "Rented":
            instances[index] = round(value)
        elif family == "Held":
            h, k = index
            for t in sets.standing[k]:
                instances[h, sets.commitments[k].offer, t] += round(value)
    return Counts(nodes=nodes, instances=instances, blocks=tuple(sets.blocks))


def commitments_taken(matrix: Matrix, values: Floats) -> dict[str, int]:
    """Commitment → instances, of those that have some."""
    taken: defaultdict[str, int] = defaultdict(int)
    for (family, index), value in zip(matrix.columns, values, strict=True):
        if family == "Held" and round(value):
            taken[index[1]] += round(value)
    return dict(sorted(taken.items()))


def placements_of(counts: Counts, sets: Sets) -> tuple[Placement, ...]:
    """Placements by the problem's own blocks."""
    placed = place(counts, sets.classes, sets.candidates, sets.offers)
    return tuple(Placement(candidate=p.candidate, offer=p.offer, nodes_by_block=_by_member(p.nodes_by_block, sets)) for p in placed)


def instances_of(counts: Counts, sets: Sets) -> dict[str, dict[str, int]]:
    """Offer → the problem's own blocks → instances paid."""
    totals: defaultdict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(sets.blocks, 0))
    for (_, o, t), count in counts.instances.items():
        totals[o][t] += count
    return {o: _by_member(by_block, sets) for o, by_block in sorted(totals.items()) if any(by_block.values())}


def accounts_of(counts: Counts, sets: Sets) -> dict[str, dict[str, dict[str, int]]]:
    """Offer → account → the problem's own blocks → instances; nothing where no workload has a budget. What exists and nobody uses is on no budget."""
    if all(workload.max_monthly_usd is None for workload in sets.workloads.values()):
        return {}
    totals: defaultdict[str, defaultdict[str, dict[str, int]]] = defaultdict(lambda: defaultdict(lambda: dict.fromkeys(sets.blocks, 0)))
    for (h, o, t), count in counts.instances.items():
        totals[o][sets.classes[h].tenant if h != UNUSED else ""][t] += count
    return {o: {account: _by_member(by_block, sets) for account, by_block in sorted(own.items())} for o, own in sorted(totals.items())}


def tokens_of(matrix: Matrix, values: Floats, sets: Sets) -> tuple[TokenPurchase, ...]:
    """Load on per-token offers by the problem's own blocks; of the streams that are parts of a workload together, with their mean tokens."""
    bought: defaultdict[tuple[str, str], dict[str, dict[str, float]]] = defaultdict(lambda: {t: {} for t in sets.blocks})
    for (family, index), value in zip(matrix.columns, values, strict=True):
        if family == "Tokens":
            w, p, t = index
            if value > NOISE_SHARE * sets.load(w, t):
                bought[sets.workload_of(w), p][t][w] = float(value)
    return tuple(
        TokenPurchase(
            workload=w,
            offer=p,
            load_by_block=_by_member({t: sum(loads.values()) for t, loads in by_block.items()}, sets),
            tokens_by_block=_by_member({t: _mean_tokens(loads, sets) for t, loads in by_block.items() if loads and w not in loads}, sets),
        )
        for (w, p), by_block in sorted(bought.items())
    )


def _mean_tokens(loads: Mapping[str, float], sets: Sets) -> tuple[float, float]:
    """Mean input and output tokens of the requests of some streams."""
    total = sum(loads.values())
    streams = [(sets.streams[s], load / total) for s, load in loads.items()]
    return sum(s.input_tokens * share for s, share in streams), sum(s.output_tokens * share for s, share in streams)


def routes_of(matrix: Matrix, values: Floats, sets: Sets) -> tuple[Route, ...]:
    """Load that each stream sends to each shared pool, by the problem's own blocks."""
    routed: defaultdict[tuple[str, str, str], dict[str, float]] = defaultdict(lambda: dict.fromkeys(sets.blocks, 0.0))
    for (family, index), value in zip(matrix.columns, values, strict=True):
        if family == "Load":
            s, c, m, t = index
            if value > NOISE_SHARE * sets.load(s, t):
                routed[s, c, m][t] = float(value)
    return tuple(
        Route(stream=s, workload=sets.workload_of(s), candidate=c, market=m, load_by_block=_by_member(loads, sets))
        for (s, c, m), loads in sorted(routed.items())
    )


def cost_of(problem: Problem, instances: Mapping[str, Mapping[str, int]], tokens: tuple[TokenPurchase, ...]) -> float:
    """USD a month, from the bill's own lines."""
    return sum(line.usd_per_month for line in bill_of(problem, instances, tokens))


def _by_member(by_block: Mapping[str, Value], sets: Sets) -> dict[str, Value]:
    return {member: value for t, value in by_block.items() for member in sets.blocks[t].members}
