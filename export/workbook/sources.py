"""The Sources sheet: where every price, specification and figure comes from, how the plan was solved, and all warnings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from data.records.supply import Offer
from export.error_tables import fit_day, shipped_errors
from export.text import cell_text
from export.version import program_version
from export.workbook.result import Result
from export.workbook.sheet import LINE_PT, Sheet, wrapped_lines
from export.workbook.style import Styles

WIDTHS = (44, 18, 16, 16, 16, 13, 13, 86)
LAST = len(WIDTHS) - 1
SENTENCE = "Where every price, specification and figure of this result comes from, and how it was solved."
PROVENANCE_WORDS = {
    "measured": "a published or own measurement of this model on this GPU",
    "calibrated": "the performance model, fitted to measurements of this GPU",
    "derived": "the performance model with the efficiencies of the GPU's architecture",
    "estimated": "the performance model from the datasheet alone: benchmark before committing",
}
ERROR_HEADER = ("runs of", "metric", "runs", "median error", "90 % below", "bias", "", "")
Rows = Sequence[Sequence[object]]


def write(book: Any, styles: Styles, result: Result) -> None:
    """Write the sheet Sources."""
    sheet = Sheet(book, "Sources", styles)
    sheet.widths(WIDTHS)
    sheet.heading("Sources", SENTENCE, LAST)
    sheet.page()
    row = 3
    sections: tuple[tuple[str, tuple[str, ...], Rows], ...] = (
        ("The run", ("what", "value"), _run(result)),
        ("Prices of the offers in the plan", ("offer", "provider", "price [USD]", "per", "price date", "age [days]", "age", "source"), _prices(result)),
        ("GPUs in the plan", ("GPU", "memory [GB]", "bandwidth [GB/s]", "BF16 [TFLOP/s]", "FP8 [TFLOP/s]", "link", "", "source"), _gpus(result)),
        ("Models", ("model", "parameters [10⁹]", "active [10⁹]", "native precision", "KV [bytes/token]", "", "", "source"), _models(result)),
        ("Performance figures of the pools", ("workload", "pool", "provenance", "engine", "", "", "", "what that means"), _figures(result)),
        (f"Error of the performance model on the shipped measurements, fit of {fit_day()}", ERROR_HEADER, _errors()),
        ("Demand", ("workload", "peak", "mean", "unit", "requests a month", "", "", "how it comes about"), _demand(result)),
        ("Own measurements used", ("model", "GPU", "GPUs a node", "precision", "engine", "capacity [req/s]", "", "mode"), _measurements(result)),
        ("Warnings", ("warning",), [[text] for text in (*result.scenario.warnings, *result.plan.warnings)]),
    )
    for title, header, rows in sections:
        if rows:
            row = _section(sheet, row, title, header, rows)
    stale = {"type": "cell", "criteria": "equal to", "value": '"stale"', "format": styles.named("alarm")}
    sheet.work.conditional_format(3, 6, row, 6, stale)


def _section(sheet: Sheet, row: int, title: str, header: tuple[str, ...], rows: Rows) -> int:
    """One section: heading, header and rows; a section of one or two columns uses the whole width; returns the row of the next."""
    sheet.section(row, title, LAST)
    row += 1
    sheet.header(row, header + ("",) * (LAST + 1 - len(header)))
    for cells in dict.fromkeys(tuple(found) for found in rows):
        row += 1
        if len(cells) < 3:
            _wide(sheet, row, cells)
            continue
        for col, value in enumerate(cells):
            sheet.put(row, col, value, "wrap" if col in (0, LAST) else "figure")
        lines = max(wrapped_lines(cell_text(cells[col]), WIDTHS[col]) for col in (0, LAST))
        sheet.work.set_row(row, LINE_PT * min(8, lines) + 2)
    return row + 2


def _wide(sheet: Sheet, row: int, cells: Sequence[object]) -> None:
    """A row whose last cell runs over all columns that are left."""
    first = len(cells) - 1
    if first:
        sheet.put(row, 0, cells[0])
    text = cell_text(cells[-1])
    sheet.work.merge_range(row, first, row, LAST, "", sheet.styles.cell("wrap"))
    sheet.put(row, first, text, "wrap")
    sheet.work.set_row(row, LINE_PT * min(12, wrapped_lines(text, 190 if not first else 160)) + 2)


def _run(result: Result) -> Rows:
    plan, scenario = result.plan, result.scenario
    settings, seconds, size = scenario.settings, plan.seconds, plan.problem
    options = f"gap {settings.optimality_gap:g}, time limit {settings.time_limit_s:g} s, threads {settings.threads or 'all'}, seed {settings.seed}"
    return [
        ["Program", f"inferplan {program_version()}"],
        ["Written on", result.today.isoformat()],
        ["Status", plan.status],
        ["Solver", plan.solver or "none ran"],
        ["Options", f"{options}, {settings.formulation} formulation"],
        ["Problem", f"{size.variables:,} variables, {size.integers:,} of them integer, {size.constraints:,} constraints"],
        ["Seconds", f"read {seconds.read:.2f}, performance {seconds.performance:.2f}, build {seconds.build:.2f}, solve {seconds.solve:.2f}"],
        ["Known", f"{len(scenario.offers):,} offers, {len(scenario.gpus):,} GPUs and {len(scenario.models):,} models, the shipped catalogue's among them"],
    ]


def _prices(result: Result) -> Rows:
    """The offers of the plan; an age beyond price_max_age_days is stale."""
    rows = []
    for use in result.fleet.offers:
        offer = use.offer
        age = (result.today - offer.price_date).days if offer.price_date else None
        verdict = "undated" if age is None else "stale" if age > result.scenario.settings.price_max_age_days else "fresh"
        price, unit = _price(offer)
        rows.append([offer.offer, offer.provider, price, unit, offer.price_date, age, verdict, offer.source])
    return rows


def _price(offer: Offer) -> tuple[str, str]:
    """An offer's price in USD and what it is for."""
    prices, unit = {
        "per_token": ((offer.usd_per_m_input_tokens, offer.usd_per_m_output_tokens), "M tokens in / out"),
        "purchase": ((offer.usd_per_instance,), "instance"),
    }.get(offer.billing, ((offer.usd_per_instance_hour,), "instance hour"))
    return " / ".join("–" if price is None else f"{price:,.10g}" for price in prices), unit


def _gpus(result: Result) -> Rows:
    names = dict.fromkeys(row.gpu for row in result.fleet.rows if row.gpu)
    known = [result.scenario.gpus[name] for name in names if name in result.scenario.gpus]
    return [[g.gpu, g.memory_gb, g.mem_bw_gbs, g.fp16_bf16_tflops, g.fp8_tflops, g.scaleup_tech, None, g.source] for g in known]


def _models(result: Result) -> Rows:
    names = dict.fromkeys(workload.model for workload in result.scenario.workloads)
    known = [result.scenario.models[name] for name in names if name in result.scenario.models]
    return [
        [m.model, m.params_total_b, m.params_active_b or m.params_total_b, m.native_precision, m.kv_bytes_per_token_fp16, None, None, m.source] for m in known
    ]


def _figures(result: Result) -> Rows:
    fleet = result.fleet
    rows = [(row, fleet.pools[fleet.pool_of[i]].label) for i, row in enumerate(fleet.rows) if row.node_count]
    return [[row.workload, label, row.provenance, row.engine, None, None, None, PROVENANCE_WORDS.get(row.provenance, "")] for row, label in rows]


def _errors() -> Rows:
    """The shipped error table: over all runs, then by GPU, model, node size, engine and source."""
    return [
        [f"{e.by}: {e.group}" if e.by != "all" else "all runs", e.metric, e.runs, f"{e.median:.1%}", f"{e.p90:.1%}", f"{e.bias:+.1%}", None, ""]
        for e in shipped_errors()
    ]


def _demand(result: Result) -> Rows:
    return [[d.workload, d.peak, d.mean, d.unit, d.requests_per_month, None, None, d.formula] for d in result.plan.demands]


def _measurements(result: Result) -> Rows:
    return [[m.model, m.gpu, m.node_size, m.precision, m.engine, m.req_per_s if m.is_capacity else None, None, m.mode] for m in result.scenario.measurements]
