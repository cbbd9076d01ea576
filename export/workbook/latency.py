"""The Latency sheet: predicted TTFT, TPOT and end-to-end time of each deployment against the workload's targets."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from data.languages import noted, say
from data.periods import hours_title
from data.records.plan import Deployment, PercentileCost
from data.records.workload import Workload
from export.figures import unit_words
from export.text import cell_text
from export.workbook.result import Result
from export.workbook.sheet import Field, Sheet
from export.workbook.style import Styles

SENTENCE = noted(
    "Predicted at the batch size: TTFT without waiting, TPOT, and end to end for the mean request. Capacity on Blocks keeps the targets at the percentile, "
    "waiting included. used is the share of the target taken; a dash means no target."
)

COST_SENTENCE = noted(
    "Nodes for the mean: the fewest with which the mean request would keep the targets if requests came evenly (mean-field limit). Nodes for the percentile: "
    "the fewest with which the promised percentile keeps them under random arrivals, by the queueing rule with its margin. The plan may hold more: whole "
    "instances."
)


def write(book: Any, styles: Styles, result: Result) -> None:
    """Write the sheet Latency."""
    sheet = Sheet(book, "Latency", styles)
    rows = [row for row in result.fleet.rows if row.node_count]
    fields = _fields(result.plan.served(result.scenario.workloads))
    sheet.widths([field.width for field in fields])
    sheet.heading(say("Latency"), say(SENTENCE), len(fields) - 1)
    sheet.page(repeat=3)
    if not rows:
        sheet.nothing(3, say("No node serves anything, so there is no latency to predict: the sheets Summary and Plan say what is planned."))
        return
    sheet.table(3, "Latency", fields, rows)
    for col, field in enumerate(fields):
        if field.kind == "percent":  # a share of a target
            sheet.work.conditional_format(4, col, 3 + len(rows), col, {"type": "cell", "criteria": ">", "value": 1, "format": styles.named("alarm")})
    sheet.work.freeze_panes(4, 1)
    if result.plan.percentile_costs:
        _percentile_costs(sheet, 6 + len(rows), result.plan.percentile_costs, len(fields) - 1)


def _percentile_costs(sheet: Sheet, row: int, costs: tuple[PercentileCost, ...], last_col: int) -> None:
    """Nodes for the mean beside those for the percentile, under the columns of the table above."""
    sheet.section(row, say("What the percentiles cost"), last_col)
    sheet.merged(row + 1, 0, last_col, say(COST_SENTENCE), "sentence")
    fields: list[Field[PercentileCost]] = [
        Field(noted("pool of"), 24, "text", lambda cost: cell_text(cost.workload)),
        Field(noted("busiest block"), 30, "text", lambda cost: hours_title(cost.block)),
        Field(noted("node"), 20, "text", lambda cost: f"{cost.node_size} × {cost.gpu}"),
        Field(noted("at"), 9, "text", lambda cost: f"p{cost.percentile}"),
        Field(noted("demand unit"), 12, "text", lambda cost: unit_words(cost.unit)),
        Field(noted("load"), 12, "number", lambda cost: cost.load),
        Field(noted("nodes for the mean"), 11, "int", lambda cost: cost.nodes_for_mean),
        Field(noted("nodes for the percentile"), 12, "int", lambda cost: cost.nodes_for_percentile),
        Field(noted("working nodes in the plan"), 10, "int", lambda cost: cost.nodes_in_plan),
        Field(noted("GPUs more than for the mean"), 11, "int", lambda cost: cost.extra_gpus),
    ]
    sheet.header(row + 2, [say(field.header) for field in fields], [i for i, field in enumerate(fields) if field.kind in ("int", "number")])
    for offset, cost in enumerate(costs, start=3):
        for col, field in enumerate(fields):
            sheet.put(row + offset, col, field.value(cost), field.kind)


def tpot_target_ms(workload: Workload) -> float | None:
    """The TPOT target, given as such or as tokens a second and user."""
    return workload.tpot_target_ms or (1000 / workload.tokens_per_s_per_user if workload.tokens_per_s_per_user else None)


def _fields(workloads: dict[str, Workload]) -> list[Field[Deployment]]:
    """The columns: each figure, its target and the share of it that is used."""

    def of(row: Deployment) -> Workload:
        return workloads[row.workload]

    def used(figure: Callable[[Deployment], float], target: Callable[[Workload], float | None]) -> Callable[[Deployment], object]:
        def share(row: Deployment) -> object:
            bound = None if of(row).serving_mode == "offline" else target(of(row))
            return figure(row) / bound if bound else math.inf

        return share

    def bound(target: Callable[[Workload], float | None]) -> Callable[[Deployment], object]:
        return lambda row: target(of(row)) or math.inf

    fields: list[Field[Deployment]] = [
        Field(noted("workload"), 24, "text", lambda row: cell_text(row.workload)),
        Field(noted("offer"), 30, "text", lambda row: row.offer),
        Field(noted("GPU"), 20, "text", lambda row: row.gpu),
        Field(noted("batch size"), 9, "int", lambda row: row.batch_size),
        Field(noted("serving mode"), 12, "text", lambda row: of(row).serving_mode),
        Field(noted("percentile"), 12, "int", lambda row: of(row).slo_percentile),
    ]
    figures: tuple[tuple[tuple[str, str, str], Callable[[Deployment], float], Callable[[Workload], float | None]], ...] = (
        ((noted("TTFT [ms]"), noted("TTFT target [ms]"), noted("TTFT used")), lambda row: row.ttft_ms, lambda workload: workload.ttft_target_ms),
        ((noted("TPOT [ms]"), noted("TPOT target [ms]"), noted("TPOT used")), lambda row: row.tpot_ms, tpot_target_ms),
        (
            (noted("end to end [ms]"), noted("end to end target [ms]"), noted("end to end used")),
            lambda row: row.e2e_ms,
            lambda workload: workload.e2e_target_ms,
        ),
    )
    for (predicted, promised, taken), figure, target in figures:
        fields += [
            Field(predicted, 11, "ms", figure),
            Field(promised, 12, "ms", bound(target)),
            Field(taken, 10, "percent", used(figure, target)),
        ]
    return [*fields, Field(noted("provenance"), 14, "text", lambda row: row.provenance)]
