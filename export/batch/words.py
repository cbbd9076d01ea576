"""A batch in the lines that a terminal shows when it ends."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from data.records.outcome import Outcome
from export.batch.records import Batch
from export.figures import readable
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
        yield f"and {len(batch.outcomes) - MOST_LINES} more in the comparison"
    yield ""
    planned = len(comparison.planned)
    kept = f", {batch.kept} of them kept from before" if batch.kept else ""
    yield f"{planned} of {len(batch.outcomes)} scenarios have a plan{kept}" + (" · interrupted: run again with --resume" if batch.interrupted else "")
    if target is not None:
        yield f"Comparison: {cell_text(target)}"


def _figures(outcome: Outcome, base: Outcome) -> str:
    """A scenario's figures, or why it has none."""
    if outcome.usd_per_month is None:
        return f"{outcome.status}: {cell_text(outcome.reason.partition(chr(10))[0])[:120]}"
    line = f"{outcome.status:<9} {outcome.usd_per_month:>14,.2f} USD/month  {readable(outcome.gpus):>5} GPUs"
    if base.usd_per_month and outcome is not base:
        line += f"  {outcome.usd_per_month / base.usd_per_month - 1:+.1%} against {cell_text(base.name)[:NAME_CHARS]}"
    return line
