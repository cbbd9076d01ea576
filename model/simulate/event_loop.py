"""The event loop of a pool, compiled: arrivals go to the node with the fewest requests, nodes run, users come back."""

from __future__ import annotations

import numpy as np
from numba import njit

from model.simulate.engine import complete, interrupt, plan
from model.simulate.events import pop, push
from model.simulate.state import NONE, Engine, Floats, Pool


def _route(engine: Engine, pool: Pool, name: int, after: int) -> int:
    """Send a request to the node with the fewest outstanding, ties in turn from ``after``; returns the node."""
    count, chosen = len(pool.nodes), after
    for offset in range(count):
        at = (after + offset) % count
        if pool.nodes[at].outstanding < pool.nodes[chosen].outstanding:
            chosen = at
    node, request = pool.nodes[chosen], pool.requests[name]
    node.outstanding += 1
    request.following = NONE
    if node.waiting_last == NONE:
        node.waiting = name
    else:
        pool.requests[node.waiting_last].following = name
    node.waiting_last = name
    if node.ends == np.inf:
        node.clock = request.arrival
        plan(engine, pool, chosen)
    else:
        interrupt(engine, pool, chosen, request.arrival)
    return chosen


def _busy(pool: Pool, now: float) -> float:
    """Node seconds spent in iterations up to ``now``."""
    total = 0.0
    for at in range(len(pool.nodes)):
        node = pool.nodes[at]
        total += node.busy_s
        if node.ends < np.inf:
            total += max(now - node.clock, 0.0)
    return total


def _serve_open(engine: Engine, pool: Pool) -> float:
    """Serve requests that arrive at their given times, to the last one's end; returns the node seconds in iterations up to the last arrival."""
    arrived, at, busy_s = 0, 0, 0.0
    while True:
        first = pool.queue[0]
        if arrived < len(pool.requests) and pool.requests[arrived].arrival < pool.nodes[first].ends:
            at = route(engine, pool, arrived, (at + 1) % len(pool.nodes))
            arrived += 1
            if arrived == len(pool.requests):
                busy_s = busy(pool, pool.requests[arrived - 1].arrival)
        elif pool.nodes[first].ends < np.inf:
            complete(pool, first)
            plan(engine, pool, first)
        else:
            return busy_s


def _serve_closed(engine: Engine, pool: Pool, returns: Floats, think_s: Floats) -> float:
    """Serve users who send their next request a think time after the last answer, until no request is left; returns as :func:`_serve_open`.

    ``returns`` holds when each user sends first, rising (any such array is a binary heap); ``think_s`` is one draw a request. Arrivals are written.
    """
    sent, answered, at, away, busy_s = 0, 0, 0, len(returns), 0.0
    while True:
        first = pool.queue[0]
        if away > 0 and sent < len(pool.requests) and returns[0] <= pool.nodes[first].ends:
            pool.requests[sent].arrival = returns[0]
            pop(returns, away)
            away -= 1
            at = route(engine, pool, sent, (at + 1) % len(pool.nodes))
            sent += 1
            if sent == len(pool.requests):
                busy_s = busy(pool, pool.requests[sent - 1].arrival)
        elif pool.nodes[first].ends < np.inf:
            now = pool.nodes[first].ends
            for _ in range(complete(pool, first)):
                push(returns, away, now + think_s[answered])
                away += 1
                answered += 1
            plan(engine, pool, first)
        else:
            return busy_s


busy = njit(cache=True)(_busy)
route = njit(cache=True)(_route)
serve_open = njit(cache=True)(_serve_open)
serve_closed = njit(cache=True)(_serve_closed)
