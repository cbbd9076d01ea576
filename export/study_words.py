"""Studies in the lines that a terminal shows."""

from __future__ import annotations

from collections.abc import Iterator

from data.records.study import Sweep
from export.figures import dollars, readable
from export.text import cell_text
from export.workbook.sweep import mix_words


def sweep_lines(found: Sweep) -> Iterator[str]:
    """The ends of a sweep and each value at which the plan changes."""
    planned = [point for point in found.points if point.outcome.planned]
    yield f"{len(planned)} of {len(found.points)} points have a plan" + (
        f": from {dollars(min(p.outcome.usd_per_month or 0.0 for p in planned))} to {dollars(max(p.outcome.usd_per_month or 0.0 for p in planned))} a month"
        if planned
        else ""
    )
    for change in found.break_evens:
        words = f"leaves {mix_words(change.left)}" if change.left else ""
        more = f"takes up {mix_words(change.taken_up)}" if change.taken_up else ""
        yield cell_text(f"{found.swept[0].field} from {readable(change.high)}: the plan {' and '.join(part for part in (words, more) if part)}")
