"""The simulated world: requests, nodes and the queue of events, as tables that compiled code can walk."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Table = Any  # a structured array, whose rows compiled code reads by attribute: table[row].column

NONE = -1  # no request, no node

# One row a request, in order of arrival; times in seconds.
REQUEST = np.dtype(
    [
        ("arrival", "f8"),
        ("first", "f8"),  # end of the iteration that made the first token
        ("finish", "f8"),
        ("prompt", "f8"),  # tokens in the KV cache once prefilled
        ("prefill", "f8"),  # tokens to compute before decoding (not those found in the prefix cache)
        ("steps", "i8"),  # decode steps still to do after the prefill
        ("started", "i8"),  # the node's step count when decoding started
        ("last_step", "i8"),  # the node's step count at its finish; NONE after a preemption, so that its heap entry no longer holds
        ("following", "i8"),  # next in the queue the request is in
        ("older", "i8"),  # decoding neighbours by time of admission
        ("newer", "i8"),
    ]
)

# One row a node. A node idles or is in a run of ``planned`` iterations that began at ``clock`` and ends at ``ends``.
NODE = np.dtype(
    [
        ("clock", "f8"),
        ("ends", "f8"),  # inf while idle
        ("planned", "i8"),
        ("step", "i8"),  # iterations done
        ("decoding", "i8"),
        ("context", "f8"),  # KV tokens read by an iteration
        ("kv", "f8"),  # KV tokens held
        ("current", "i8"),  # the request in the middle of its prefill
        ("left", "f8"),  # its prefill tokens left
        ("waiting", "i8"),  # first and last of the queue
        ("waiting_last", "i8"),
        ("prefilled", "i8"),  # requests whose prefill ends with the running iteration, and their number
        ("prefilled_count", "i8"),
        ("newest", "i8"),  # decoding request admitted last
        ("outstanding", "i8"),
        ("heap_size", "i8"),
        ("busy_s", "f8"),
        ("preempted", "i8"),
    ]
)

REQUEST_BITS = 32  # an entry of a node's heap of finishes is step · 2³² + request


class Engine(NamedTuple):
    """One node's step time and limits; the rules are those of continuous batching with chunked prefill and preemption by recomputation."""

    iteration_s: float
    per_sequence_s: float
    per_kv_token_s: float
    per_prefill_token_s: float
    kv_tokens: float
    token_budget: float
    max_batch: int


class Pool(NamedTuple):
    """Nodes with the requests they serve; ``queue`` is a binary heap of the nodes by ``ends``, ``place`` each node's place in it."""

    requests: Table
    nodes: Table
    finishes: Integers  # (nodes, places): binary heaps of finishes
    queue: Integers
    place: Integers


def new_pool(nodes: int, max_batch: int, requests: Table) -> Pool:
    """Idle nodes before unserved requests; the finish heaps hold ``max_batch`` requests and as many stale entries."""
    table = np.zeros(nodes, dtype=NODE)
    table["ends"] = np.inf
    for name in ("current", "waiting", "waiting_last", "prefilled", "newest"):
        table[name] = NONE
    return Pool(requests, table, np.zeros((nodes, 2 * max_batch + 2), dtype=np.int64), np.arange(nodes), np.arange(nodes))


def new_requests(arrival: Floats, prompt: Floats, prefill: Floats, outputs: Floats) -> Table:
    """Unserved requests: arrival [s], tokens of the prompt, of them to compute, and of the answer (the prefill makes its first)."""
    requests = np.zeros(len(prompt), dtype=REQUEST)
    requests["arrival"], requests["prompt"], requests["prefill"], requests["steps"] = arrival, prompt, prefill, outputs - 1
    requests["first"] = requests["finish"] = np.nan
    for name in ("following", "older", "newer", "last_step"):
        requests[name] = NONE
    return requests
