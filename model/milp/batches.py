"""The piecewise formulation: the batch size is a choice of the model, throughput a concave piecewise linear function of the requests in flight.

A curve is one workload, GPU, precision, engine and node size at several batch caps 2^B. With L requests in flight on N nodes the rate obeys, for every piece k
of the concave curve r(b) through the points (2^B, r(2^B)), rate ≤ a_k·L + c_k·N: the curve's perspective, exact for N nodes that share L evenly, without a
product of variables. The batch cap is L ≤ Σ_B 2^B·Nodes_B with one B for a pool. At L = 2^B·N the rate is r(2^B)·N, what candidate B carries in the other
formulation, so both have the same optimum (a batch size that lies below the
concave hull of the others is a curve of its own); in between the pieces err by what ``Curve.error_bound_share`` states (about 3 %, always low).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from model.milp.concave import pieces_through
from model.milp.rows import Row
from model.milp.sets import Sets


def rate_is_below_the_curve(model: Any, sets: Sets) -> Iterator[Row]:
    """The rate of a pool is below every piece of its curve. Rate[g,m,t] ≤ a_k·InFlight[g,m,t] + c_k·Σ_B,h Nodes[c_B,h,t] for every piece k."""
    for key, pools in sets.curves.items():
        points = [(float(sets.candidates[p.candidate].batch_size), p.capacity_per_node) for p in pools]
        for k, piece in enumerate(pieces_through(points)):
            nodes = tuple((-piece.intercept, model.Nodes[p.candidate, h, p.block]) for p in pools for h in p.classes) if piece.intercept else ()
            in_flight = ((-piece.slope, model.InFlight[key]),) if piece.slope else ()
            yield Row((*key, k), ((1.0, model.Rate[key]), *in_flight, *nodes), upper=0.0).scaled()


def requests_in_flight_fit_the_batch(model: Any, sets: Sets) -> Iterator[Row]:
    """No more requests are in flight than the batch size chosen allows. InFlight[g,m,t] ≤ Σ_B 2^B·Σ_h Nodes[c_B,h,t]."""
    for key, pools in sets.curves.items():
        slots = tuple((-float(sets.candidates[p.candidate].batch_size), model.Nodes[p.candidate, h, p.block]) for p in pools for h in p.classes)
        yield Row(key, ((1.0, model.InFlight[key]), *slots), upper=0.0).scaled()


def requests_in_flight_fit_the_memory(model: Any, sets: Sets) -> Iterator[Row]:
    """No more requests are in flight than the KV caches hold. InFlight[g,m,t] ≤ Σ_B,h max_batch_B·Nodes[c_B,h,t]."""
    for key, pools in sets.curves.items():
        room = tuple((-float(max(sets.candidates[p.candidate].max_batch, 1)), model.Nodes[p.candidate, h, p.block]) for p in pools for h in p.classes)
        yield Row(key, ((1.0, model.InFlight[key]), *room), upper=0.0).scaled()


def requests_in_flight_keep_the_tpot(model: Any, sets: Sets) -> Iterator[Row]:
    """No more requests are in flight than the largest batch that meets the TPOT target, which grows with the batch.

    InFlight[g,m,t] ≤ 2^B̄·Σ_B,h Nodes[c_B,h,t].
    """
    for key, pools in sets.curves.items():
        largest = float(max(sets.candidates[p.candidate].batch_size for p in pools))
        yield Row(key, ((1.0, model.InFlight[key]), *((-largest, model.Nodes[p.candidate, h, p.block]) for p in pools for h in p.classes)), upper=0.0).scaled()


def pools_have_one_batch_size(model: Any, sets: Sets) -> Iterator[Row]:
    """A pool runs at one batch size. Σ_B Open[c_B,m,t] ≤ 1."""
    for key, pools in sets.curves.items():
        if len(pools) > 1:
            yield Row(key, tuple((1.0, model.Open[p.key]) for p in pools), upper=1.0)


CONSTRAINTS = (
    rate_is_below_the_curve,
    requests_in_flight_fit_the_batch,
    requests_in_flight_fit_the_memory,
    requests_in_flight_keep_the_tpot,
    pools_have_one_batch_size,
)
