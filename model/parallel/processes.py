"""Jobs in processes of this machine, each with a pipe of its own: it is known which item a process was at when it died."""

from __future__ import annotations

import gc
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from multiprocessing import connection, get_context
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import Any

from data.languages import say
from model.parallel.spread import ATTEMPTS, Done

_SPAWN = get_context("spawn")  # the one way that works on every system, and beside a solver's threads
_GARBAGE = 50_000  # objects between collections: plans make many that live; the standard 700 costs a fifth of the time
_PATIENCE_S = 2.0  # for an idle process to leave by itself


@dataclass
class _Worker:
    """A process, its pipe and what it is at."""

    process: SpawnProcess
    pipe: Connection
    index: int = -1  # -1: idle
    item: Any = None


def in_processes(job: Callable[[Any], Any], items: Iterable[Any], count: int) -> Iterator[Done[Any]]:
    """The items' ends as they come; a process that dies is replaced, its item tried once more."""
    waiting = enumerate(items)
    again: deque[tuple[int, Any]] = deque()
    deaths: dict[int, int] = {}
    workers: list[_Worker] = []
    try:
        while True:
            _hand_out(job, workers, count, again, waiting)
            busy = [worker for worker in workers if worker.index >= 0]
            if not busy:
                return
            for worker in _ready(busy):
                answer = _answer(worker)
                if answer is not None:
                    index, worker.index, worker.item = worker.index, -1, None
                    yield Done(index, *answer)
                    continue
                workers.remove(worker)
                worker.process.join()
                deaths[worker.index] = deaths.get(worker.index, 0) + 1
                if deaths[worker.index] < ATTEMPTS:
                    again.append((worker.index, worker.item))
                else:
                    died = say("the process that planned it died {count} times ({ending})", count=ATTEMPTS, ending=_ending(worker.process.exitcode))
                    yield Done(worker.index, None, died)
    finally:
        _end(workers)


def _hand_out(job: Callable[[Any], Any], workers: list[_Worker], count: int, again: deque[tuple[int, Any]], waiting: Iterator[tuple[int, Any]]) -> None:
    """Give every idle process an item, starting processes while there are items for them."""
    idle = [worker for worker in workers if worker.index < 0]
    while idle or len(workers) < count:
        following = again.popleft() if again else next(waiting, None)
        if following is None:
            return
        if not idle:
            idle.append(_start(job))
            workers.append(idle[-1])
        worker = idle.pop()
        worker.index, worker.item = following
        try:
            worker.pipe.send(worker.item)
        except OSError:  # it died idle: its end is noticed when its answer is waited for
            continue


def _start(job: Callable[[Any], Any]) -> _Worker:
    ours, theirs = _SPAWN.Pipe()
    process = _SPAWN.Process(target=_serve, args=(theirs, job), daemon=True)
    process.start()
    theirs.close()
    return _Worker(process, ours)


def _serve(pipe: Connection, job: Callable[[Any], Any]) -> None:
    """A process's life: an item in, its result or what the job raised out, until the pipe closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent, which the key is meant for, ends this process
    signal.signal(signal.SIGTERM, _leave)
    gc.set_threshold(_GARBAGE)
    while True:
        try:
            item = pipe.recv()
        except EOFError:
            return
        try:
            answer: tuple[Any, str] = (job(item), "")
        except Exception as error:  # noqa: BLE001 - told to the parent, which decides
            answer = (None, f"{type(error).__name__}: {error}")
        try:
            pipe.send(answer)
        except BrokenPipeError:  # the parent is gone
            return


def _leave(_signal: int, _frame: object) -> None:
    """End with what Python tidies up at an end, as soon as a solver lets it; where a destructor swallows the exception it shall not print it."""
    sys.unraisablehook = lambda _swallowed: None
    sys.exit(0)


def _ready(busy: list[_Worker]) -> list[_Worker]:
    """The busy processes that have answered or died; waits for the first."""
    ready = set(connection.wait([worker.pipe for worker in busy]))  # a dead process's pipe is ready too: at its end
    return [worker for worker in busy if worker.pipe in ready]


def _answer(worker: _Worker) -> tuple[Any, str] | None:
    """A process's answer; None where it died."""
    try:
        answer: tuple[Any, str] = worker.pipe.recv()
    except (EOFError, OSError):
        return None
    return answer


def _ending(code: int | None) -> str:
    """How a process ended, in words."""
    if code is not None and code < 0:
        return say("killed by {signal}: out of memory, or from outside", signal=signal.Signals(-code).name)
    return say("exit code {code}", code=code)


def _end(workers: list[_Worker]) -> None:
    """End all processes: idle ones leave when their pipe closes, busy ones are stopped."""
    for worker in workers:
        worker.pipe.close()
        if worker.index >= 0:
            worker.process.terminate()
    for worker in workers:
        worker.process.join(_PATIENCE_S)
        if worker.process.is_alive():
            worker.process.kill()
            worker.process.join()
