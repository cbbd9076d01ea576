"""What a node does in an iteration, compiled: admit, prefill in chunks, decode, preempt, finish.

Every iteration gives each decoding sequence its step and fills the rest of the token budget with prompts, first come, first served, in chunks.
A waiting request is admitted while the batch and the KV cache have room. When the cache overflows, the sequence admitted last is evicted and
computed again. Iterations without prefill and without a finish in between are taken in one go, their time being an arithmetic series.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from model.simulate.events import pop, push, reschedule
from model.simulate.state import NONE, REQUEST_BITS, Engine, Pool, Table


def _run_time(engine: Engine, node: Table, iterations: int) -> float:
    """Time of decode-only iterations from now: each reads the tokens that the one before has added."""
    first = engine.iteration_s + engine.per_sequence_s * node.decoding + engine.per_kv_token_s * node.context
    growth = engine.per_kv_token_s * node.decoding
    return iterations * first + growth * iterations * (iterations - 1) / 2  # type: ignore[no-any-return]


def _evict(pool: Pool, at: int) -> None:
    """Preempt the decoding request admitted last: it goes to the head of the queue and prefills all it had."""
    node = pool.nodes[at]
    name = node.newest
    request = pool.requests[name]
    done = node.step - request.started
    held = request.prompt + done
    node.context -= held
    node.kv -= held
    node.decoding -= 1
    node.preempted += 1
    request.prompt = held
    request.prefill = held
    request.steps -= done
    request.last_step = NONE
    unlink(pool, at, name)
    request.following = node.waiting
    node.waiting = name
    if node.waiting_last == NONE:
        node.waiting_last = name


def _unlink(pool: Pool, at: int, name: int) -> None:
    """Take a request out of the node's decoding ones."""
    older, newer = pool.requests[name].older, pool.requests[name].newer
    if older != NONE:
        pool.requests[older].newer = newer
    if newer != NONE:
        pool.requests[newer].older = older
    else:
        pool.nodes[at].newest = older


def _next_finish(pool: Pool, at: int) -> int:
    """The step of the node's next finish (0 with none); entries of preempted requests are dropped on the way."""
    node, heap = pool.nodes[at], pool.finishes[at]
    while node.heap_size > 0:
        step, name = heap[0] >> REQUEST_BITS, heap[0] & ((1 << REQUEST_BITS) - 1)
        if pool.requests[name].last_step == step:
            return step  # type: ignore[no-any-return]
        pop(heap, node.heap_size)
        node.heap_size -= 1
    return 0


def _remember_finish(pool: Pool, at: int, name: int, step: int) -> None:
    """Put the step of a request's finish on the node's heap; a full heap is first rid of its stale entries."""
    node, heap = pool.nodes[at], pool.finishes[at]
    pool.requests[name].last_step = step
    if node.heap_size >= len(heap):
        size, node.heap_size = node.heap_size, 0
        for place in range(size):
            if pool.requests[heap[place] & ((1 << REQUEST_BITS) - 1)].last_step == heap[place] >> REQUEST_BITS:
                push(heap, node.heap_size, heap[place])
                node.heap_size += 1
    push(heap, node.heap_size, (step << REQUEST_BITS) | name)
    node.heap_size += 1


def _admit(engine: Engine, pool: Pool, at: int) -> bool:
    """Start the prefill of the request at the head of the queue, if the batch and the KV cache have room (an empty node takes any)."""
    node = pool.nodes[at]
    name, running = node.waiting, node.decoding + node.prefilled_count
    if name == NONE or running >= engine.max_batch:
        return False
    request = pool.requests[name]
    if running > 0 and node.kv + request.prompt + node.decoding > engine.kv_tokens:
        return False
    node.waiting = request.following
    if node.waiting == NONE:
        node.waiting_last = NONE
    node.current = name
    node.left = request.prefill
    node.kv += request.prompt
    return True


def _prefill(engine: Engine, pool: Pool, at: int) -> float:
    """Fill the token budget with prompts; returns the tokens taken. Requests whose prompt ends here wait in ``prefilled`` for the iteration's end."""
    node = pool.nodes[at]
    budget = engine.token_budget - node.decoding
    taken = 0.0
    while budget - taken > 0:
        if node.current == NONE and not admit(engine, pool, at):
            break
        chunk = min(node.left, budget - taken)
        taken += chunk
        node.left -= chunk
        if node.left <= 0:
            pool.requests[node.current].following = node.prefilled
            node.prefilled = node.current
            node.prefilled_count += 1
            node.current = NONE
    return taken


def _plan(engine: Engine, pool: Pool, at: int) -> None:
    """Begin the next run of a node at its clock: one iteration with prefill, or decoding up to the next finish or a full cache, or idle."""
    node = pool.nodes[at]
    while node.decoding > 1 and node.kv + node.decoding > engine.kv_tokens:
        evict(pool, at)
    taken = prefill(engine, pool, at)
    if taken == 0 and node.decoding == 0:
        reschedule(pool, at, np.inf)
        return
    iterations = 1
    if taken == 0:
        room = (engine.kv_tokens - node.kv) / node.decoding
        iterations = int(max(1, min(next_finish(pool, at) - node.step, room)))
    node.planned = iterations
    reschedule(pool, at, node.clock + run_time(engine, node, iterations) + engine.per_prefill_token_s * taken)


def _interrupt(engine: Engine, pool: Pool, at: int, now: float) -> None:
    """Cut a run of several iterations at the end of the one in progress, so that a new request is looked at."""
    node = pool.nodes[at]
    if node.planned <= 1:
        return
    first = run_time(engine, node, 1)
    growth = run_time(engine, node, 2) - 2 * first
    passed, slope = now - node.clock, first - growth / 2
    guess = 2 * passed / (slope + math.sqrt(slope * slope + 2 * growth * passed))  # root of slope·j + growth·j²/2 = passed
    iterations = max(1, math.ceil(guess))
    if iterations < node.planned:
        node.planned = iterations
        reschedule(pool, at, max(now, node.clock + run_time(engine, node, iterations)))


def _complete(pool: Pool, at: int) -> int:
    """End a node's run at ``ends``: tokens made, requests finished (their number is returned), prompts that start to decode."""
    node = pool.nodes[at]
    now = node.ends
    node.busy_s += now - node.clock
    node.clock = now
    node.step += node.planned
    node.context += node.decoding * node.planned
    node.kv += node.decoding * node.planned
    finished = 0
    while node.decoding > 0 and next_finish(pool, at) <= node.step:
        name = pool.finishes[at, 0] & ((1 << REQUEST_BITS) - 1)
        pop(pool.finishes[at], node.heap_size)
        node.heap_size -= 1
        held = pool.requests[name].prompt + (node.step - pool.requests[name].started)
        node.context -= held
        node.kv -= held
        node.decoding -= 1
        unlink(pool, at, name)
        pool.requests[name].finish = now
        finished += 1
    finished += start_decoding(pool, at)
    node.outstanding -= finished
    return int(finished)


def _start_decoding(pool: Pool, at: int) -> int:
    """Requests whose prompt is done have their first token; those of one token are finished (their number is returned), the others decode."""
    node = pool.nodes[at]
    finished, name = 0, node.prefilled
    while name != NONE:
        request = pool.requests[name]
        following = request.following
        if math.isnan(request.first):
            request.first = node.ends
        if request.steps <= 0:
            node.kv -= request.prompt
            request.finish = node.ends
            finished += 1
        else:
            request.started = node.step
            remember_finish(pool, at, name, node.step + request.steps)
            node.decoding += 1
            node.context += request.prompt
            request.older, request.newer = node.newest, NONE
            if node.newest != NONE:
                pool.requests[node.newest].newer = name
            node.newest = name
        name = following
    node.prefilled = NONE
    node.prefilled_count = 0
    return finished


run_time = njit(cache=True)(_run_time)
unlink = njit(cache=True)(_unlink)
evict = njit(cache=True)(_evict)
next_finish = njit(cache=True)(_next_finish)
remember_finish = njit(cache=True)(_remember_finish)
admit = njit(cache=True)(_admit)
prefill = njit(cache=True)(_prefill)
plan = njit(cache=True)(_plan)
interrupt = njit(cache=True)(_interrupt)
start_decoding = njit(cache=True)(_start_decoding)
complete = njit(cache=True)(_complete)
