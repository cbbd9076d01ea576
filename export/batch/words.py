"""A batch in the lines that a terminal shows when it ends."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from data.languages import say, say_count
from data.records.outcome import PLANNED, Outcome
from export.batch.records import Batch
from export.figures import readable, status_word
from export.text import cell_text
from export.workbook.compare.comparison import Comparison

MOST_LINES = 40
NAME_CHARS = 44


def batch_lines(batch: Batch, comparison: Comparison, target: Path | None) -> Iterator[str]:
    """One line a scenario, how many there are of each status, and where the comparison is (None: it could not be written)."""
    shown = batch.outcomes[:MOST_LINES]
    width = min(NAME_CHARS, max(len(cell_text(outcome.name)) for outcome in shown))
    for outcome in shown:
        name = cell_text(outcome.name).replace("\n", " ")
        name = name if len(name) <= width else name[: width - 1] + "…"
        yield f"{name:<{width}}  {_figures(outcome, comparison.base)}"
    if len(batch.outcomes) > MOST_LINES:
        yield say("and {count} more in the comparison", count=len(batch.outcomes) - MOST_LINES)
    yield ""
    planned, of = len(comparison.planned), len(batch.outcomes)
    words = say_count("{count} of {of} scenarios have a plan", "{count} of {of} scenarios have a plan", planned, of=of)
    if batch.kept:
        words += ", " + say_count("{count} of them kept from before", "{count} of them kept from before", batch.kept)
    if batch.interrupted:
        words += " · " + say("interrupted: run again with --resume")
    yield words
    if target is not None:
        yield say("Comparison: {path}", path=cell_text(target))


def _figures(outcome: Outcome, base: Outcome) -> str:
    """A scenario's figures, or why it has none."""
    if outcome.usd_per_month is None:
        return say("{name}: {words}", name=status_word(outcome.status), words=cell_text(outcome.reason.partition("\n")[0])[:120])
    usd, gpus = outcome.usd_per_month, outcome.gpus
    width = 1 + max(len(status_word(status)) for status in PLANNED)
    line = say("{status} {usd:>14,.2f} USD/month  {gpus:>5} GPUs", status=f"{status_word(outcome.status):<{width}}", usd=usd, gpus=readable(gpus))
    if base.usd_per_month and outcome is not base:
        more = usd / base.usd_per_month - 1
        line += "  " + say("{percent:+.1f}% against {base}", percent=100 * more, base=cell_text(base.name)[:NAME_CHARS])
    return line
