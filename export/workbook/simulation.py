"""The workbook of a simulation: its pools with one node more and fewer, every percentile, and charts of both against the targets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from data.languages import noted, say
from data.periods import hours_title
from export.figures import readable, unit_words
from export.simulation_words import LATENCY_WORDS, Judged, judged, load_share, node_words, overall_words, pool_verdict, pool_words, variants_of
from export.text import cell_text
from export.workbook.book import new_book
from export.workbook.charts import Range, Series, add_columns, add_line, dress, title_text
from export.workbook.sheet import Field, Sheet
from model.simulate.pool import LATENCIES, PoolResult, WhatIf

SENTENCE = noted(
    "Every pool of the plan served random arrivals of its busiest hours, iteration by iteration, with several seeds: as planned, with one node more and one "
    "fewer. A latency counts as kept where the promised percentile, the mean over the seeds, is within its target; Percentiles has every figure."
)
PERCENTILES_SENTENCE = noted("Each latency by nodes of the pool [ms]. ± is half of the 95 % confidence interval of the promised percentile over the seeds.")
SIMULATION, PERCENTILES = noted("Simulation"), noted("Percentiles")
TOP = 3  # row of the first header, after title and sentence
CHART_ROWS, CHART_SIZE = 17, (500, 320)  # rows that a chart of 320 pixels covers
HIGHEST = 3.0  # times the target, or the planned pool's longest where there is none: a chart ends there, or an overloaded pool would dwarf the rest
NODES, FIGURES, TARGET = 3, 5, 3  # columns of Percentiles: nodes, first percentile, and the target's place after the last one
LOOKS = {50: 2, 95: 4, 99: 0}  # percentile: place in the palette
OTHER_LOOK = 6


@dataclass(frozen=True)
class _Run:
    """One simulated size of a pool."""

    variant: str
    result: PoolResult


@dataclass(frozen=True)
class _Line:
    """One latency of one simulated size."""

    run: _Run
    latency: Judged

    def ms(self, percentile: int) -> float | None:
        return next((p.ms for p in self.latency.percentiles if p.percentile == percentile), None)


def write_simulation(path: Path, results: Sequence[WhatIf]) -> None:
    """Write the workbook at ``path``, whole or not at all; raises OSError."""
    with new_book(path, say("Simulation: {name}", name=path.stem)) as (book, styles):
        overview, details = Sheet(book, SIMULATION, styles), Sheet(book, PERCENTILES, styles)
        pools = [[_Run(name, result) for name, result in variants_of(what_if)] for what_if in results]
        shown = sorted({p.percentile for what_if in results for p in what_if.planned.ttft})
        row = _overview(overview, results, [run for runs in pools for run in runs])
        _details(details, [line for runs in pools for line in _lines(runs)], shown)
        first = TOP + 1
        for runs in pools:
            overview.section(row, pool_words(runs[0].result.spec), 14)
            for number, name in enumerate(LATENCIES):
                chart = _chart(book, runs, number, first + number * len(runs), shown)
                says = say("{latency} by nodes of the pool against its target", latency=say(LATENCY_WORDS[name]))
                overview.chart(row + 1, 0, chart, says=says, x_px=4 + number * (CHART_SIZE[0] + 8))
            row += CHART_ROWS + 1
            first += len(runs) * len(LATENCIES)


def _lines(runs: list[_Run]) -> list[_Line]:
    """By latency, then by nodes: what a chart shows stands together."""
    return [_Line(run, judged(run.result)[at]) for at in range(len(LATENCIES)) for run in runs]


def _overview(sheet: Sheet, results: Sequence[WhatIf], runs: Sequence[_Run]) -> int:
    """Verdict and one row a simulated size; returns the first free row."""
    fields: list[Field[_Run]] = [
        Field(noted("workload"), 24, "text", lambda run: cell_text(run.result.spec.workload)),
        Field(noted("node"), 30, "text", lambda run: node_words(run.result.spec)),
        Field(noted("hours"), 14, "text", lambda run: hours_title(run.result.spec.block)),
        Field(noted("nodes"), 8, "int", lambda run: run.result.nodes),
        Field(noted("simulated"), 15, "text", lambda run: run.variant),
        Field(noted("targets"), 20, "text", lambda run: pool_verdict(run.result)),
        Field(noted("load"), 10, "number", lambda run: run.result.spec.load),
        Field(noted("unit"), 17, "text", lambda run: unit_words(run.result.spec.unit)),
        Field(noted("req/s served"), 10, "number", lambda run: run.result.req_per_s),
        Field(noted("load ratio Q"), 9, "number", lambda run: run.result.load_ratio),
        Field(noted("load of capacity"), 11, "percent", lambda run: load_share(run.result)),
        Field(noted("nodes busy"), 9, "percent", lambda run: run.result.busy_share),
        Field(noted("decoding in a node"), 11, "number", lambda run: run.result.batch),
        Field(noted("preemptions a request"), 13, "number", lambda run: run.result.preemptions_per_request),
        Field(noted("seeds"), 8, "int", lambda run: run.result.seeds),
        Field(noted("requests of a seed"), 11, "int", lambda run: run.result.requests),
    ]
    sheet.widths([field.width for field in fields])
    sheet.heading(say(SIMULATION), say(SENTENCE), 8)
    sheet.merged(2, 0, 8, "\n".join(overall_words(results)), "status")
    sheet.page()
    end = sheet.table(TOP + 1, SIMULATION, fields, runs)
    sheet.work.freeze_panes(TOP + 2, 1)
    return end + 1


def _details(sheet: Sheet, lines: Sequence[_Line], shown: Sequence[int]) -> None:
    fields: list[Field[_Line]] = [
        Field(noted("workload"), 24, "text", lambda line: cell_text(line.run.result.spec.workload)),
        Field(noted("node"), 30, "text", lambda line: node_words(line.run.result.spec)),
        Field(noted("latency"), 12, "text", lambda line: line.latency.title),
        Field(noted("nodes"), 8, "int", lambda line: line.run.result.nodes),
        Field(noted("simulated"), 15, "text", lambda line: line.run.variant),
        *(Field(say("p{percentile} [ms]", percentile=q), 11, "ms", partial(_Line.ms, percentile=q)) for q in shown),
        Field(noted("promised"), 10, "text", lambda line: f"p{line.run.result.spec.percentile}"),
        Field(noted("promised [ms]"), 11, "ms", lambda line: line.latency.promised.ms),
        Field(noted("± [ms]"), 10, "ms", lambda line: line.latency.promised.plus_minus_ms),
        Field(noted("target [ms]"), 11, "ms", lambda line: line.latency.target_ms),
        Field(noted("verdict"), 12, "text", lambda line: line.latency.verdict),
    ]
    sheet.widths([field.width for field in fields])
    sheet.heading(say(PERCENTILES), say(PERCENTILES_SENTENCE), len(fields) - 1)
    sheet.page(repeat=TOP)
    sheet.table(TOP, PERCENTILES, fields, lines)
    sheet.work.freeze_panes(TOP + 1, 1)


def _chart(book: Any, runs: Sequence[_Run], number: int, first: int, shown: Sequence[int]) -> Any:
    """Percentiles of latency ``number`` by nodes as columns, its target as a line; ``first`` is its first row on Percentiles."""
    found = [judged(run.result)[number] for run in runs]
    spec, target = runs[0].result.spec, found[0].target_ms

    def column(col: int) -> Range:
        return [PERCENTILES, first, col, first + len(runs) - 1, col]

    chart = book.add_chart({"type": "column"})
    for percentile in found[0].percentiles:
        q = percentile.percentile
        add_columns(chart, Series(f"p{q}", column(NODES), column(FIGURES + shown.index(q)), LOOKS.get(q, OTHER_LOOK)))
    if target is not None:
        line = book.add_chart({"type": "line"})
        add_line(line, Series(say("target of p{percentile}", percentile=spec.percentile), column(NODES), column(FIGURES + len(shown) + TARGET), 3))
        chart.combine(line)
    highest = max(p.ms for latency in found for p in latency.percentiles)
    planned = next(latency for run, latency in zip(runs, found, strict=True) if run.result.nodes == spec.nodes)
    most = HIGHEST * (target or max(p.ms for p in planned.percentiles))
    cut = highest > most
    title = noted("{workload}: {latency}, cut at {most} ms") if cut else noted("{workload}: {latency}")
    title = say(title, workload=title_text(spec.workload, 40), latency=found[0].title, most=readable(most))
    dress(chart, title, say("nodes in the pool"), say("ms"), size=CHART_SIZE, y_max=most if cut else None)
    return chart
