"""The progress of a batch on standard error, where that is a terminal: count, what failed, the last gap, the time left."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator

from data.languages import say
from data.records.outcome import Outcome
from export.batch.records import Told
from export.figures import percent, readable, status_word


@contextlib.contextmanager
def outcomes_shown(*, quiet: bool) -> Iterator[Told]:
    """A function that is told of every outcome; it shows nothing when quiet or where standard error is no terminal."""
    if quiet or not sys.stderr.isatty():
        yield lambda _done, _of, _last: None
        return
    from rich.console import Console  # noqa: PLC0415 - heavy
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    columns = (TextColumn(say("planning")), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), TextColumn("{task.fields[last]}", markup=False))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task, without = bar.add_task("", total=None, last=""), 0

        def told(done: int, of: int, last: Outcome) -> None:
            nonlocal without
            without += not last.planned
            bar.update(task, completed=done, total=of, last=last_words(last) + (" · " + say("{count} without a plan", count=without) if without else ""))

        yield told


def last_words(outcome: Outcome) -> str:
    """What became of the last scenario, in short."""
    if not outcome.planned:
        return say("{name}: {words}", name=outcome.name, words=status_word(outcome.status))
    return say("{scenario}: {cost} USD, gap {gap}", scenario=outcome.name, cost=readable(outcome.usd_per_month), gap=percent(outcome.gap, 2))
