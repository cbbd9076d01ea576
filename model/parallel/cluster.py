"""Jobs on a Dask cluster (optional extra ``cluster``): its scheduler gives a dead worker's items to others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any

from data.languages import say
from data.problems import BadInput, Problem
from model.parallel.spread import ATTEMPTS, Done

_AHEAD = 2  # items handed out for each thread of the cluster: the next is there when one ends
_PATIENCE_S = 10.0  # for a scheduler to answer


def on_cluster(job: Callable[[Any], Any], items: Iterable[Any], address: str) -> Iterator[Done[Any]]:
    """The items' ends as they come; raises BadInput where the cluster cannot be reached or has no workers."""
    client = _client(address)
    from dask.distributed import as_completed  # noqa: PLC0415

    try:
        waiting, places = enumerate(items), {}
        following = as_completed()

        def hand_out(count: int) -> None:
            for _, (index, item) in zip(range(count), waiting, strict=False):
                future = client.submit(job, item, pure=False, retries=ATTEMPTS - 1)
                places[future.key] = index
                following.add(future)

        hand_out(_AHEAD * max(1, sum(client.nthreads().values())))
        for future in following:
            yield _done(places.pop(future.key), future)
            future.release()
            hand_out(1)
    finally:
        client.close()


def _client(address: str) -> Any:
    try:
        from dask.distributed import Client  # noqa: PLC0415 - optional extra
    except ImportError:
        install = say("install it with: {command}", command="pip install 'inferplan[cluster]'")
        raise BadInput([Problem("--scheduler", say("needs Dask, which is not installed"), install)]) from None
    try:
        client = Client(address, timeout=_PATIENCE_S)
        with suppress(TimeoutError):
            client.wait_for_workers(1, timeout=_PATIENCE_S)
    except (OSError, ValueError) as error:
        what, enter = say("cannot be reached ({error})", error=str(error)[:100]), say("enter the address that dask scheduler prints")
        raise BadInput([Problem(f"--scheduler {address}", what, enter)]) from None
    if not client.nthreads():
        client.close()
        start = say("start some: {command}", command="dask worker ADDRESS --nthreads 1 --preload inferplan")
        raise BadInput([Problem(f"--scheduler {address}", say("has no workers"), start)])
    return client


def _done(index: int, future: Any) -> Done[Any]:
    """What a finished future brought."""
    if future.status == "finished":
        return Done(index, future.result())
    error = future.exception()
    return Done(index, None, f"{type(error).__name__}: {str(error)[:200]}")
