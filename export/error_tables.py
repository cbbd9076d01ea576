"""Tables of the performance model's errors and of a calibration, as text for the terminal and as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from model.performance.calibrate import Calibration
    from model.performance.validate import ErrorRow

SHIPPED = Path(__file__).resolve().parent.parent / "data" / "measurements" / "errors.csv"
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
    lines = [title, f"{'by':<10} {'group':<34} {'metric':<16} {'runs':>5} {'median':>8} {'p90':>8} {'bias':>8}"]
    lines += [f"{r.by:<10} {r.group[:34]:<34} {r.metric:<16} {r.runs:>5} {r.median:>8.1%} {r.p90:>8.1%} {r.bias:>+8.1%}" for r in rows]
    return "\n".join(lines)


def calibration_text(calibration: Calibration) -> str:
    """Which factors changed, by how much, and the error before and after."""
    after = {(row.group, row.metric): row for row in calibration.after}
    lines = [
        f"{f.model} on {f.gpu} ({f.engine}, {f.precision}): decode × {f.decode_factor:.3f}, prefill × {f.prefill_factor:.3f} from {f.runs} runs"
        for f in calibration.factors
    ]
    for row in calibration.before:
        now = after[row.group, row.metric]
        lines.append(f"  {row.group}, {row.metric}: median error {row.median:.1%} → {now.median:.1%}, bias {row.bias:+.1%} → {now.bias:+.1%} ({row.runs} runs)")
    return "\n".join(lines)
