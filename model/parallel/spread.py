"""One job done for many items: here, in processes of this machine, or on a Dask cluster; every item ends once, whatever dies on the way."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from data.languages import speaking, spoken

Item = TypeVar("Item")
Result = TypeVar("Result")

ATTEMPTS = 2  # an item whose process died is tried again once: the kill may have been meant for another


@dataclass(frozen=True)
class Done(Generic[Result]):
    """The end of one item: its place among the items and its result, or why there is none."""

    index: int
    result: Result | None
    lost: str = ""


@dataclass(frozen=True)
class Where:
    """Where jobs run: on a Dask cluster's ``scheduler``, else in ``workers`` processes (0: as many as there are cores; 1: in this one)."""

    workers: int = 0
    scheduler: str = ""


@dataclass(frozen=True)
class _InLanguage(Generic[Item, Result]):
    """A job whose texts are in the language spoken where it was handed out: neither processes nor threads take that over."""

    job: Callable[[Item], Result]
    language: str

    def __call__(self, item: Item) -> Result:
        with speaking(self.language):
            return self.job(item)


def spread(job: Callable[[Item], Result], items: Iterable[Item], where: Where) -> Generator[Done[Result], None, None]:
    """The items' ends as they come, in any order; ``items`` is drawn on as places become free.

    ``job`` is a function of a module and items and results can be pickled, so that every system can start the processes. Closing the iterator ends all
    processes at once. Texts are made in the language spoken here. Raises BadInput for a cluster that cannot be reached.
    """
    said = _InLanguage(job, spoken())
    workers = where.workers or os.cpu_count() or 1
    if where.scheduler:
        from model.parallel.cluster import on_cluster  # noqa: PLC0415 - optional extra

        yield from on_cluster(said, items, where.scheduler)
    elif workers > 1:
        from model.parallel.processes import in_processes  # noqa: PLC0415

        yield from in_processes(said, items, workers)
    else:
        for index, item in enumerate(items):
            yield Done(index, said(item))
