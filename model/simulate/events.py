"""Binary heaps for compiled code: of plain numbers in an array's first places, and of the nodes by the end of their run."""

from __future__ import annotations

from numba import njit

from model.simulate.state import Floats, Integers, Pool


def _push(heap: Floats | Integers, size: int, value: float) -> None:
    """Add a value to the heap of ``size`` values; its smallest stands first."""
    at = size
    while at > 0 and heap[(at - 1) // 2] > value:
        heap[at] = heap[(at - 1) // 2]
        at = (at - 1) // 2
    heap[at] = value


def _pop(heap: Floats | Integers, size: int) -> None:
    """Take the smallest value from the heap of ``size`` values."""
    value, at = heap[size - 1], 0
    while True:
        child = 2 * at + 1
        if child >= size - 1:
            break
        if child + 1 < size - 1 and heap[child + 1] < heap[child]:
            child += 1
        if heap[child] >= value:
            break
        heap[at] = heap[child]
        at = child
    heap[at] = value


def _reschedule(pool: Pool, node: int, end: float) -> None:
    """Move a node in the queue of events to its new end."""
    queue, place, nodes = pool.queue, pool.place, pool.nodes
    nodes[node].ends = end
    at = place[node]
    while at > 0 and nodes[queue[(at - 1) // 2]].ends > end:
        queue[at] = queue[(at - 1) // 2]
        place[queue[at]] = at
        at = (at - 1) // 2
    while True:
        child = 2 * at + 1
        if child >= len(queue):
            break
        if child + 1 < len(queue) and nodes[queue[child + 1]].ends < nodes[queue[child]].ends:
            child += 1
        if nodes[queue[child]].ends >= end:
            break
        queue[at] = queue[child]
        place[queue[at]] = at
        at = child
    queue[at] = node
    place[node] = at


push = njit(cache=True)(_push)
pop = njit(cache=True)(_pop)
reschedule = njit(cache=True)(_reschedule)
