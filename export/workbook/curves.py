"""The Curves sheet: throughput and TPOT against the batch size for each pool of the plan, with the chosen point and the pieces of the MILP."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from data.languages import figure, noted, say
from data.records.candidate import Candidate
from data.records.plan import Curve, CurvePoint, Plan
from export.text import cell_text
from export.workbook.charts import Range, Series, add_line, dress
from export.workbook.result import Result
from export.workbook.sheet import Sheet
from export.workbook.style import Styles

SENTENCE = noted(
    "What one node does at each batch size (requests in flight on it): throughput rises and flattens, time per output token rises. "
    "The chosen batch is the one on the sheet Plan."
)
COLUMNS = (
    noted("batch size"), noted("req/s of a node"), noted("TTFT [ms]"), noted("TPOT [ms]"), noted("meets the targets"), noted("chosen [req/s]"),
    noted("chosen [TPOT, ms]"),
)  # fmt: skip
WIDTHS = (11, 12, 12, 12, 13, 12, 13)
SECTION_ROWS = 19  # at least: the chart beside the table covers them


@dataclass(frozen=True)
class Look:
    """One chart of a curve: its words, and the columns of its line and of the chosen point."""

    name: str
    title: str
    unit: str
    shows: str
    column: int
    mark: int


LOOKS = (
    Look(
        noted("Throughput of a node"), noted("{pool}: throughput of a node"), noted("req/s"),
        noted("Throughput of a node against the batch size, with the chosen batch"), column=1, mark=5,
    ),
    Look(
        noted("Time per output token"), noted("{pool}: time per output token"), noted("ms"),
        noted("Time per output token against the batch size, with the chosen batch"), column=3, mark=6,
    ),
)  # fmt: skip


def curves_of(plan: Plan) -> tuple[Curve, ...]:
    """The plan's curves, or those of the batch sizes left among its candidates."""
    if plan.curves:
        return plan.curves
    chosen = dict.fromkeys(row.candidate for row in plan.deployments if row.candidate)
    candidates = {candidate.key: candidate for candidate in plan.candidates}
    return tuple(_curve(candidates[key], plan.candidates) for key in chosen if key in candidates)


def _curve(chosen: Candidate, candidates: tuple[Candidate, ...]) -> Curve:
    """The candidates that differ from the chosen one in their batch size only."""

    def node(candidate: Candidate) -> tuple[object, ...]:
        return candidate.workload, candidate.gpu, candidate.precision, candidate.kv_precision, candidate.engine, candidate.node_size

    same = sorted((candidate for candidate in candidates if node(candidate) == node(chosen)), key=lambda candidate: candidate.batch_size)
    points = (CurvePoint(batch_size=c.batch_size, req_per_s_per_node=c.req_per_s_per_node, ttft_ms=c.ttft_ms, tpot_ms=c.tpot_ms) for c in same)
    return Curve(candidate=chosen.key, points=tuple(points))


def write(book: Any, styles: Styles, result: Result) -> None:
    """Write the sheet Curves."""
    sheet = Sheet(book, "Curves", styles)
    sheet.widths(WIDTHS)
    sheet.heading(say("Curves"), say(SENTENCE), 14)
    sheet.page()
    candidates = {candidate.key: candidate for candidate in result.plan.candidates}
    curves = [curve for curve in curves_of(result.plan) if curve.candidate in candidates and curve.points]
    if not curves:
        sheet.nothing(3, say("No node serves anything, so there is no curve to show: the sheets Summary and Plan say what is planned."))
        return
    labels = {pool.candidate.key: pool.label for pool in result.fleet.pools if pool.candidate}
    row = 3
    for curve in curves:
        row = _section(book, sheet, row, curve, chosen=candidates[curve.candidate], label=labels.get(curve.candidate, ""))


def _section(book: Any, sheet: Sheet, row: int, curve: Curve, *, chosen: Candidate, label: str) -> int:
    """One curve: its table, its pieces, its charts; returns the row of the next."""
    title = say(
        "{pool}: {workload}, {size} × {gpu}, {precision}, {engine}", pool=label, workload=cell_text(chosen.workload)[:60], size=chosen.node_size,
        gpu=chosen.gpu, precision=chosen.precision, engine=chosen.engine,
    )  # fmt: skip
    sheet.section(row, title, 20)
    sheet.header(row + 1, [say(name) for name in COLUMNS], right=(0, 1, 2, 3, 5, 6))
    for offset, point in enumerate(curve.points, start=2):
        here = point.batch_size == chosen.batch_size
        sheet.put(row + offset, 0, point.batch_size, "int", "strong" if here else "plain")
        sheet.put(row + offset, 1, point.req_per_s_per_node, "rate")
        sheet.put(row + offset, 2, point.ttft_ms, "ms")
        sheet.put(row + offset, 3, point.tpot_ms, "ms")
        sheet.put(row + offset, 4, point.meets_targets)
        if here:
            sheet.put(row + offset, 5, point.req_per_s_per_node, "rate", "strong")
            sheet.put(row + offset, 6, point.tpot_ms, "ms", "strong")
    end = _pieces(sheet, row + 2 + len(curve.points), curve)
    first, last = row + 2, row + 1 + len(curve.points)
    if len(curve.points) < 2:
        sheet.put(end, 0, say("Only the chosen batch size was looked at."), role="default")
        return end + 2
    _charts(book, sheet, row + 1, (first, last), label)
    return max(end + 1, row + SECTION_ROWS)


def _pieces(sheet: Sheet, row: int, curve: Curve) -> int:
    """The linear pieces of the throughput; returns the first free row."""
    if not curve.pieces:
        return row
    pieces = say("Pieces in the MILP: req/s of a node ≤ slope × requests in flight + intercept")
    if curve.error_bound_share is not None:
        within = figure(100 * curve.error_bound_share, ".2g")
        pieces = say("Pieces in the MILP: req/s of a node ≤ slope × requests in flight + intercept, within {percent} % of the curve", percent=within)
    sheet.merged(row + 1, 0, len(COLUMNS) - 1, pieces, "status")
    sheet.header(row + 2, (say("slope"), say("intercept")), right=(0, 1))
    for offset, (slope, intercept) in enumerate(curve.pieces, start=3):
        sheet.put(row + offset, 0, slope, "rate")
        sheet.put(row + offset, 1, intercept, "rate")
    return row + 3 + len(curve.pieces)


def _charts(book: Any, sheet: Sheet, row: int, rows: tuple[int, int], label: str) -> None:
    """Throughput and TPOT over the batch size, each with the chosen point."""
    first, last = rows
    sizes: Range = ["Curves", first, 0, last, 0]
    for number, look in enumerate(LOOKS):
        chart = book.add_chart({"type": "line"})
        add_line(chart, Series(say(look.name), sizes, ["Curves", first, look.column, last, look.column], 0))
        add_line(chart, Series(say("chosen batch"), sizes, ["Curves", first, look.mark, last, look.mark], 1), marker_only=True, size=11)
        title = say(look.title, pool=label)
        dress(chart, title, say("batch size [requests in flight on a node]"), say(look.unit), y_format="#,##0.0", size=(430, 330))
        sheet.chart(row, 7, chart, says=say(look.shows), x_px=10 + 438 * number)
