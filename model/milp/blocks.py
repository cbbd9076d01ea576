"""Which columns and rows of the MILP belong to one block and which link the blocks, and work on the blocks side by side."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import numpy as np

from model.milp.matrix import Ints, Matrix
from model.milp.reading import defining_rows
from model.milp.solver import Options

# Columns of one block, which is the last part of their index; all others link the blocks.
BLOCK_FAMILIES = (
    *("Nodes", "IdleNodes", "Open", "Rate", "InFlight", "Load", "Tokens", "Rented", "Bundles", "TakenIn"),
    *("Surviving", "OpenElsewhere", "Carried"),
)

Task = TypeVar("Task")
Found = TypeVar("Found")


def block_of(family: str, index: Any) -> str:
    """The block of a column; "" where it links blocks."""
    return str(index[-1]) if family in BLOCK_FAMILIES else ""


def rows_by_block(matrix: Matrix) -> dict[str, Ints]:
    """Block → the rows with columns of that block and of no other; "" → the rows with columns of none."""
    block = [block_of(*column) for column in matrix.columns]
    rows: defaultdict[str, list[int]] = defaultdict(list)
    for row in np.flatnonzero(~defining_rows(matrix)).tolist():
        named = {block[j] for j in matrix.index[matrix.start[row] : matrix.start[row + 1]]} - {""}
        if len(named) <= 1:
            rows[named.pop() if named else ""].append(row)
    return {t: np.array(found, dtype=np.int64) for t, found in rows.items()}


def workers(options: Options) -> int:
    """Threads for work that splits (0: two, what every machine has)."""
    return options.threads or 2


def side_by_side(work: Callable[[Task, float], Found], tasks: Sequence[Task], seconds: float, threads: int) -> list[Found]:
    """``work(task, seconds)`` of every task in order: each may take its share of the wall time that is left when it begins."""
    deadline, waiting = time.perf_counter() + seconds, len(tasks)

    def timed(task: Task) -> Found:
        nonlocal waiting
        share = max(deadline - time.perf_counter(), 0.0) * min(threads, waiting) / waiting
        found = work(task, share)
        waiting -= 1
        return found

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(timed, tasks))
