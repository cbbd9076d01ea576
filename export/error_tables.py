"""Tables of the performance model's errors and of a calibration, as text for the terminal and as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from data.languages import figure, noted, say, say_count

if TYPE_CHECKING:
    from model.performance.calibrate import Calibration
    from model.performance.validate import ErrorRow

SHIPPED = Path(__file__).resolve().parent.parent / "data" / "measurements" / "errors.csv"
_TITLES = (noted("by"), noted("group"), noted("metric"), noted("runs"), noted("median"), "p90", noted("bias"))
_WIDTHS = (10, 34, 16, 5, 8, 8, 8)  # of the table's columns at least [characters]
_LEFT = 3  # columns of names, aligned to the left
HEADER = ("by", "group", "metric", "runs", "median", "p90", "bias")


def shipped_errors() -> tuple[ErrorRow, ...]:
    """The error table of the shipped parameters on the shipped measurements, as ``solve.py validate --csv`` prints it."""
    from model.performance.validate import ErrorRow  # noqa: PLC0415

    with SHIPPED.open(encoding="utf-8", newline="") as file:
        return tuple(
            ErrorRow(
                by=row["by"], group=row["group"], metric=row["metric"], runs=int(row["runs"]), median=float(row["median"]), p90=float(row["p90"]),
                bias=float(row["bias"]),
            )
            for row in csv.DictReader(file)
        )  # fmt: skip


def fit_day() -> str:
    """Day of the fit whose errors these are."""
    from model.performance.parameters import shipped_parameters  # noqa: PLC0415

    return shipped_parameters().fit.day.isoformat()


def error_csv(rows: Iterable[ErrorRow]) -> str:
    """The error table as CSV; errors as shares."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEADER)
    for row in rows:
        writer.writerow((row.by, row.group, row.metric, row.runs, f"{row.median:.4f}", f"{row.p90:.4f}", f"{row.bias:.4f}"))
    return out.getvalue()


def error_text(rows: Sequence[ErrorRow], title: str) -> str:
    """The error table as aligned text, one line a group and metric."""
    head = [say(name) for name in _TITLES]
    cells = [
        (say(r.by), _group(r)[:34], say(r.metric), str(r.runs), figure(r.median, ".1%"), figure(r.p90, ".1%"), figure(r.bias, "+.1%")) for r in rows
    ]  # fmt: skip
    widths = [max(least, *(len(row[col]) for row in (head, *cells))) for col, least in enumerate(_WIDTHS)]
    lines = (
        " ".join(cell.ljust(width) if col < _LEFT else cell.rjust(width) for col, (cell, width) in enumerate(zip(row, widths, strict=True)))
        for row in (head, *cells)
    )
    return "\n".join((title, *lines))


def _group(row: ErrorRow) -> str:
    """A group by its name in the catalogue; the one of all runs in words."""
    return say(row.group) if row.group == row.by else row.group


def calibration_text(calibration: Calibration) -> str:
    """Which factors changed, by how much, and the error before and after."""
    after = {(row.group, row.metric): row for row in calibration.after}
    lines = [
        say_count(
            "{model} on {gpu} ({engine}, {precision}): decode × {decode:.3f}, prefill × {prefill:.3f} from {count} run",
            "{model} on {gpu} ({engine}, {precision}): decode × {decode:.3f}, prefill × {prefill:.3f} from {count} runs",
            f.runs, model=f.model, gpu=f.gpu, engine=f.engine, precision=f.precision, decode=f.decode_factor, prefill=f.prefill_factor,
        )
        for f in calibration.factors
    ]  # fmt: skip
    for row in calibration.before:
        now = after[row.group, row.metric]
        words = noted("{group}, {metric}: median error {before:.1%} → {after:.1%}, bias {bias_before:+.1%} → {bias_after:+.1%} ({runs} runs)")
        found = say(
            words, group=row.group, metric=say(row.metric), before=row.median, after=now.median, bias_before=row.bias, bias_after=now.bias, runs=row.runs
        )  # fmt: skip
        lines.append(f"  {found}")
    return "\n".join(lines)
