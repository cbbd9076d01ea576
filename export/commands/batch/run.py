"""The batch: every case planned once, its result written as it comes; what fails is a row, what is done and unchanged is kept."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from data.atomic import replacing, tidy
from data.digest import program_digest
from data.languages import say
from data.problems import Problem
from data.records.outcome import Case, Outcome
from export.batch.records import Batch, Told
from export.batch.state import recalled, remember
from export.commands.batch.job import EXIT_BY_STATUS, Finished, Task, plan_case, unplanned
from model.parallel.spread import Where, spread


@dataclass(frozen=True, kw_only=True)
class How:
    """How a batch runs: the settings given beside the workbooks, where its jobs run, the comparison's folder, and whether finished results are kept."""

    folder: Path
    settings: Mapping[str, object] = field(default_factory=dict)
    where: Where = field(default_factory=Where)
    resume: bool = False


def run_batch(cases: Sequence[Case], how: How, told: Told = lambda _done, _of, _last: None) -> Batch:
    """Plan every case; an interruption (Ctrl-C) ends it early with what there is. Raises BadInput for a cluster that cannot be reached."""
    found: dict[int, Outcome] = {}
    kept, interrupted = 0, False
    before = {
        index: replace(outcome, name=case.name, path=case.path, variant=case.variant, result=case.result)
        for index, case in enumerate(cases)
        if how.resume and (outcome := recalled(how.folder, case.result))
    }
    for case in cases:
        tidy(Path(case.result))
    try:
        with closing(spread(plan_case, _tasks(cases, how, before), how.where)) as ends:
            for end in ends:
                case = cases[end.index]
                finished = end.result or Finished(outcome=unplanned(case, "failed", end.lost))
                with interruption_later():
                    if finished.unchanged:
                        found[end.index], kept = before[end.index], kept + 1
                    else:
                        found[end.index] = _written(case, how, finished)
                told(len(found), len(cases), found[end.index])
    except KeyboardInterrupt:
        interrupted = True
    why = say("interrupted before its turn; run again with --resume")
    found |= {index: unplanned(case, "not run", why, 0) for index, case in enumerate(cases) if index not in found}
    return Batch(outcomes=tuple(found[index] for index in range(len(cases))), kept=kept, interrupted=interrupted)


def _tasks(cases: Sequence[Case], how: How, before: Mapping[int, Outcome]) -> Iterator[Task]:
    """What the workers are given, each workbook read when its turn comes; one that is not there any more is told by its own reading."""
    content: dict[str, bytes] = {}
    for index, case in enumerate(cases):
        if case.path not in content:
            try:
                content = {case.path: Path(case.path).read_bytes()}
            except OSError:
                content = {case.path: b""}
        known = before[index].digest if index in before else ""
        yield Task(case=case, content=content[case.path], settings=how.settings, known_digest=known, program=program_digest() if how.where.scheduler else "")


def _written(case: Case, how: How, finished: Finished) -> Outcome:
    """The outcome once its result is on the disk; where that fails, the outcome that says so."""
    if not finished.workbook:
        return finished.outcome
    try:
        with replacing(Path(case.result)) as part:
            part.write_bytes(finished.workbook)
        remember(how.folder, finished.outcome, finished.workbook)
    except OSError as error:
        problem = Problem(
            str(error.filename or case.result), str(error.strerror or error), say("check the path, the free space and that no other program holds the file")
        )
        return unplanned(case, "failed", str(problem), EXIT_BY_STATUS["bad input"])
    return finished.outcome


@contextmanager
def interruption_later() -> Iterator[None]:
    """Let Ctrl-C wait until the block ends, so that a result that is written is also known."""
    if threading.current_thread() is not threading.main_thread():  # signals reach the main thread alone
        yield
        return
    asked: list[int] = []
    usual = signal.signal(signal.SIGINT, lambda number, _frame: asked.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, usual)
    if asked:
        raise KeyboardInterrupt
