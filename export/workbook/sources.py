"""The Sources sheet: where every price, specification and figure comes from, how the plan was solved, and all warnings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from data.languages import figure, noted, say
from data.records.supply import Offer
from export.error_tables import fit_day, shipped_errors
from export.figures import status_word, unit_words
from export.text import cell_text
from export.version import program_version
from export.workbook.result import Result
from export.workbook.sheet import LINE_PT, Sheet, wrapped_lines
from export.workbook.style import Styles
from export.workbook.verdicts import quoted

if TYPE_CHECKING:
    from model.performance.validate import ErrorRow

WIDTHS = (44, 18, 16, 16, 16, 13, 13, 86)
LAST = len(WIDTHS) - 1
SENTENCE = noted("Where every price, specification and figure of this result comes from, and how it was solved.")
PROVENANCE_WORDS = {
    "measured": noted("a published or own measurement of this model on this GPU"),
    "calibrated": noted("the performance model, fitted to measurements of this GPU"),
    "derived": noted("the performance model with the efficiencies of the GPU's architecture"),
    "estimated": noted("the performance model from the datasheet alone: benchmark before committing"),
}
RUN_HEADER = (noted("what"), noted("value"))
PRICE_HEADER = (
    noted("offer"), noted("provider"), noted("price [USD]"), noted("per"), noted("price date"), noted("age [days]"), noted("age"), noted("source"),
)  # fmt: skip
GPU_HEADER = (
    noted("GPU"), noted("memory [GB]"), noted("bandwidth [GB/s]"), noted("BF16 [TFLOP/s]"), noted("FP8 [TFLOP/s]"), noted("link"), "", noted("source"),
)  # fmt: skip
MODEL_HEADER = (
    noted("model"), noted("parameters [10⁹]"), noted("active [10⁹]"), noted("native precision"), noted("KV [bytes/token]"), "", "", noted("source"),
)  # fmt: skip
FIGURE_HEADER = (noted("workload"), noted("pool"), noted("provenance"), noted("engine"), "", "", "", noted("what that means"))
ERROR_HEADER = (noted("runs of"), noted("metric"), noted("runs"), noted("median error"), noted("90 % below"), noted("bias"), "", "")
DEMAND_HEADER = (noted("workload"), noted("peak"), noted("mean"), noted("unit"), noted("requests a month"), "", "", noted("how it comes about"))
MEASURED_HEADER = (
    noted("model"), noted("GPU"), noted("GPUs a node"), noted("precision"), noted("engine"), noted("capacity [req/s]"), "", noted("mode"),
)  # fmt: skip
# How the shipped error table groups its runs, and its metrics.
ERROR_WORDS = (
    noted("GPU"), noted("model"), noted("node size"), noted("engine"), noted("source"), noted("TTFT"), noted("TPOT"), noted("output tokens/s"),
)  # fmt: skip
FRESH, STALE, UNDATED = noted("fresh"), noted("stale"), noted("undated")
Rows = Sequence[Sequence[object]]


def write(book: Any, styles: Styles, result: Result) -> None:
    """Write the sheet Sources."""
    sheet = Sheet(book, "Sources", styles)
    sheet.widths(WIDTHS)
    sheet.heading(say("Sources"), say(SENTENCE), LAST)
    sheet.page()
    row = 3
    sections: tuple[tuple[str, tuple[str, ...], Rows], ...] = (
        (say("The run"), RUN_HEADER, _run(result)),
        (say("Prices of the offers in the plan"), PRICE_HEADER, _prices(result)),
        (say("GPUs in the plan"), GPU_HEADER, _gpus(result)),
        (say("Models"), MODEL_HEADER, _models(result)),
        (say("Performance figures of the pools"), FIGURE_HEADER, _figures(result)),
        (say("Error of the performance model on the shipped measurements, fit of {day}", day=fit_day()), ERROR_HEADER, _errors()),
        (say("Demand"), DEMAND_HEADER, _demand(result)),
        (say("Own measurements used"), MEASURED_HEADER, _measurements(result)),
        (say("Warnings"), (noted("warning"),), [[text] for text in (*result.scenario.warnings, *result.plan.warnings)]),
    )
    for title, header, rows in sections:
        if rows:
            row = _section(sheet, row, title, header, rows)
    stale = {"type": "cell", "criteria": "equal to", "value": quoted(say(STALE)), "format": styles.named("alarm")}
    sheet.work.conditional_format(3, 6, row, 6, stale)


def _section(sheet: Sheet, row: int, title: str, header: tuple[str, ...], rows: Rows) -> int:
    """One section: heading, header and rows; a section of one or two columns uses the whole width; returns the row of the next."""
    sheet.section(row, title, LAST)
    row += 1
    sheet.header(row, [say(name) if name else "" for name in header] + [""] * (LAST + 1 - len(header)))
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
    options = say(
        "gap {gap:g}, time limit {limit:g} s, threads {threads}, seed {seed}, {formulation} formulation", gap=settings.optimality_gap,
        limit=settings.time_limit_s, threads=settings.threads or say("all"), seed=settings.seed, formulation=settings.formulation,
    )  # fmt: skip
    problem = say(
        "{variables:,} variables, {integers:,} of them integer, {constraints:,} constraints", variables=size.variables, integers=size.integers,
        constraints=size.constraints,
    )  # fmt: skip
    took = say(
        "read {read:.2f}, performance {performance:.2f}, build {build:.2f}, solve {solve:.2f}", read=seconds.read, performance=seconds.performance,
        build=seconds.build, solve=seconds.solve,
    )  # fmt: skip
    known = say(
        "{offers:,} offers, {gpus:,} GPUs and {models:,} models, the shipped catalogue's among them", offers=len(scenario.offers), gpus=len(scenario.gpus),
        models=len(scenario.models),
    )  # fmt: skip
    return [
        [say("Program"), f"inferplan {program_version()}"],
        [say("Written on"), result.today.isoformat()],
        [say("Status"), status_word(plan.status)],
        [say("Solver"), plan.solver or say("none ran")],
        [say("Options"), options],
        [say("Problem"), problem],
        [say("Seconds"), took],
        [say("Known"), known],
    ]


def _prices(result: Result) -> Rows:
    """The offers of the plan; an age beyond price_max_age_days is stale."""
    rows = []
    for use in result.fleet.offers:
        offer = use.offer
        age = (result.today - offer.price_date).days if offer.price_date else None
        verdict = UNDATED if age is None else STALE if age > result.scenario.settings.price_max_age_days else FRESH
        price, unit = _price(offer)
        rows.append([offer.offer, offer.provider, price, unit, offer.price_date, age, say(verdict), offer.source])
    return rows


def _price(offer: Offer) -> tuple[str, str]:
    """An offer's price in USD and what it is for."""
    prices, unit = {
        "per_token": ((offer.usd_per_m_input_tokens, offer.usd_per_m_output_tokens), noted("M tokens in / out")),
        "purchase": ((offer.usd_per_instance,), noted("instance")),
    }.get(offer.billing, ((offer.usd_per_instance_hour,), noted("instance hour")))
    return " / ".join("–" if price is None else figure(price, ",.10g") for price in prices), say(unit)


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
    return [[row.workload, label, row.provenance, row.engine, None, None, None, _means(row.provenance)] for row, label in rows]


def _means(provenance: str) -> str:
    return say(PROVENANCE_WORDS[provenance]) if provenance in PROVENANCE_WORDS else ""


def _errors() -> Rows:
    """The shipped error table: over all runs, then by GPU, model, node size, engine and source."""
    return [[_runs(e), say(e.metric), e.runs, _percent(e.median), _percent(e.p90), _percent(e.bias, signed=True), None, ""] for e in shipped_errors()]


def _percent(share: float, *, signed: bool = False) -> str:
    return say("{percent:+.1f}%", percent=100 * share) if signed else say("{percent:.1f}%", percent=100 * share)


def _runs(row: ErrorRow) -> str:
    return say("all runs") if row.by == "all" else say("{kind}: {group}", kind=say(row.by), group=row.group)


def _demand(result: Result) -> Rows:
    return [[d.workload, d.peak, d.mean, unit_words(d.unit), d.requests_per_month, None, None, d.formula] for d in result.plan.demands]


def _measurements(result: Result) -> Rows:
    return [[m.model, m.gpu, m.node_size, m.precision, m.engine, m.req_per_s if m.is_capacity else None, None, m.mode] for m in result.scenario.measurements]
