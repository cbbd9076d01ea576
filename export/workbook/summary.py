"""The Summary sheet: status, cost, the plan in a sentence a workload, what binds, warnings and three charts on one page."""

from __future__ import annotations

import math
from typing import Any

from data.exchange import usd_of_one
from data.languages import figure, noted, say, say_count
from data.units import MILLION
from export.figures import (
    binding_words,
    commitment_words,
    commitments_matter,
    finite,
    remedy_words,
    status_words,
    tokens_per_month,
    workload_words,
)
from export.text import cell_text
from export.workbook.alternatives import alternatives_chart
from export.workbook.block_charts import gpu_chart
from export.workbook.costs import offer_chart
from export.workbook.places import OFFER_LINES, Places, literal, sum_of, total_of
from export.workbook.result import Result
from export.workbook.sheet import LINE_PT, Sheet, wrapped_lines
from export.workbook.style import Kind, Styles
from export.workbook.verdicts import OK, quoted, verdict

COLUMNS = 12  # of equal width: the page is laid out on them
WIDTH = 13.3
LAST = COLUMNS - 1
MOST_WORKLOADS, MOST_LINES = 8, 5  # shown here; the rest is on the other sheets
REMEDIES = noted("The smallest changes that make a plan possible, each proven by solving")
HEADS = (
    noted("workload"), "", noted("the plan as solved"), "", "", "", "", "", noted("USD a month"), noted("USD per M tokens"), noted("USD per user"),
    noted("check"),
)  # fmt: skip
SENTENCE_CHARS = 94  # characters of a line over six columns
CHART_PX = (388, 290)
FEW_BARS = 7  # alternatives of which each bar has room for its name on this page


def write(book: Any, styles: Styles, result: Result) -> None:
    """Write the sheet Summary."""
    sheet = Sheet(book, noted("Summary"), styles)
    sheet.widths([WIDTH] * COLUMNS)
    name = result.scenario.settings.scenario_name or result.scenario.name
    sheet.merged(0, 0, LAST, say("{name}: GPU capacity plan", name=_short(name, 90)), "title")
    sheet.work.set_row(0, 26)
    sheet.merged(1, 0, LAST, status_words(result.plan), "status")
    end = _planned(book, sheet, result) if result.fleet.rows and result.fleet.blocks else _unplanned(sheet, result)
    sheet.page(tall=1)
    sheet.work.print_area(0, 0, end, LAST)
    sheet.work.set_zoom(85)  # the whole page on a screen of 1080 lines
    sheet.work.set_first_sheet()
    sheet.work.activate()


def _short(text: str, most: int) -> str:
    """Text cut to ``most`` characters, with an ellipsis where something is missing."""
    clean = cell_text(text).replace("\n", " ")
    return clean if len(clean) <= most else clean[: most - 1] + "…"


def _planned(book: Any, sheet: Sheet, result: Result) -> int:
    """The page of a plan; returns its last row."""
    _tiles(sheet, result)
    row = _workloads(sheet, result, 6) + 1
    row = _orders(sheet, result, row)
    row = _two_lists(sheet, result, row) + 1
    charts = (
        (offer_chart(book, result, CHART_PX), say("Cost a month by offer")),
        (gpu_chart(book, result.places, CHART_PX), say("GPUs paid, on and needed over the demand blocks")),
        (alternatives_chart(book, result, CHART_PX, FEW_BARS), say("Cost a month of this plan and of its alternatives")),
    )
    for number, (chart, says) in enumerate(charts):
        sheet.chart(row, 4 * number, chart, says=says, x_px=2)
    return row + 15


def _tiles(sheet: Sheet, result: Result) -> None:
    """The figures of the plan, live."""
    plan, fleet, places = result.plan, result.fleet, result.places
    cost, tokens = plan.usd_per_month or 0.0, tokens_per_month(plan)
    users = sum(workload.users or 0.0 for workload in result.scenario.workloads)
    served = [w for w, name in enumerate(fleet.workloads) if any(x.name == name and x.users for x in result.scenario.workloads)]
    of_users = total_of(_workload_cost(result, w) for w in served)
    most = places.total_of_figure("offers", len(OFFER_LINES) * len(fleet.offers), "GPUs paid", 3)
    tiles: list[tuple[str, str, float, str]] = [
        ("", places.total_cost(), cost, "tile"),
        (say("GPUs paid"), most, sum(use.gpus * fleet.most_paid(o) for o, use in enumerate(fleet.offers)), "tile"),
        (say("GPUs under nodes at their peak"), f"SUM({_plan_span(places, 0, len(fleet.rows) - 1, 'gpus')})", sum(row.gpus for row in fleet.rows), "tile"),
    ]
    if tokens:
        tiles.append((say("USD per million tokens, in and out"), f"{places.total_cost()}/{literal(tokens / MILLION)}", cost / tokens * MILLION, "tile_fine"))
    if users:
        shared = sum(fleet.workload_cost(w) for w in served)
        tiles.append((say("USD per user and month"), f"({of_users})/{literal(users)}", shared / users, "tile_fine"))
    if (bound := finite(plan.bound_usd_per_month)) is not None:
        tiles.append((say("lowest possible, USD a month"), literal(bound), bound, "tile"))
    for number, (label, formula, value, name) in enumerate(tiles):
        _tile(sheet, 2 * number, label, formula, value, name=name)
    formula, shown = _cost_label(result)
    sheet.work.write_formula(3, 0, f"={formula}", sheet.styles.named("tile_label"), shown)
    sheet.work.set_row(2, 6)
    sheet.work.set_row(4, 26)


def _cost_label(result: Result) -> tuple[str, str]:
    """What stands above the cost, as a live formula and as it reads now: the cost as solved once it moves, and the total in the settings' currency."""
    cost, settings, total = result.plan.usd_per_month or 0.0, result.scenario.settings, result.places.total_cost()
    now, moved = say("USD a month"), say("USD a month, solved {cost:,.0f}", cost=cost)
    label = f"IF(ABS({total}-{literal(cost)})<0.005,{quoted(now)},{quoted(moved)})"
    rate, code = usd_of_one(settings), settings.currency.upper()
    if code == "USD":
        return label, now
    return f'{label}&" ("&FIXED({total}/{literal(rate)},0)&{quoted(f" {code})")}', f"{now} ({figure(cost / rate, ',.0f')} {code})"


def _tile(sheet: Sheet, col: int, label: str, formula: str, value: float, *, name: str) -> None:
    """One figure under its label, two columns wide."""
    sheet.work.merge_range(3, col, 3, col + 1, "", sheet.styles.named("tile_label"))
    sheet.named(3, col, label, "tile_label")
    sheet.work.merge_range(4, col, 4, col + 1, "", sheet.styles.named(name))
    sheet.work.write_formula(4, col, f"={formula}", sheet.styles.named(name), value)


def _plan_span(places: Places, first: int, last: int, column: str) -> str:
    """A column's cells from row to row of Plan."""
    return f"{places.plan(first, column)}:{places.plan(last, column).rpartition('!')[2]}"


def _workload_cost(result: Result, workload: int) -> str:
    """The cost of a workload's rows on Plan."""
    rows = result.fleet.rows_of(workload)
    return sum_of(result.places.plan(rows[0], "usd_per_month"), result.places.plan(rows[-1], "usd_per_month")) if rows else "0"


def _workloads(sheet: Sheet, result: Result, row: int) -> int:
    """One line a workload: its plan in a sentence, its money, its check; returns the first free row."""
    fleet = result.fleet
    heads = [say(name) if name else "" for name in HEADS]
    sheet.header(row, heads, right=(8, 9, 10))
    sheet.merged_header(row, 2, 7, heads[2])
    shown = sorted(range(len(fleet.workloads)), key=lambda w: -fleet.workload_cost(w))[:MOST_WORKLOADS]
    for number, w in enumerate(sorted(shown), start=1):
        _workload(sheet, result, row + number, w)
    row += len(shown) + 1
    if len(shown) < len(fleet.workloads):
        further = say_count("and {count} further workload: see Plan", "and {count} further workloads: see Plan", len(fleet.workloads) - len(shown))
        sheet.merged(row, 0, LAST, further, "sentence")
        row += 1
    return row


def _workload(sheet: Sheet, result: Result, row: int, w: int) -> None:
    """The line of one workload."""
    fleet, name = result.fleet, result.fleet.workloads[w]
    demand = next((found for found in result.plan.demands if found.workload == name), None)
    users = next((found.users for found in result.scenario.workloads if found.name == name), None)
    sentence = _short(workload_words([fleet.rows[i] for i in fleet.rows_of(w)], demand), 6 * SENTENCE_CHARS)
    style = sheet.styles.cell("wrap")
    label = _short(name, 60)
    sheet.work.merge_range(row, 0, row, 1, "", sheet.styles.cell("wrap", "strong"))
    sheet.put(row, 0, label, "wrap", "strong")
    sheet.work.merge_range(row, 2, row, 7, "", style)
    sheet.put(row, 2, sentence, "wrap")
    lines = max(wrapped_lines(sentence, SENTENCE_CHARS), wrapped_lines(label, 24))
    sheet.work.set_row(row, LINE_PT * lines + 4)
    cost, value = _workload_cost(result, w), fleet.workload_cost(w)
    figures: list[tuple[float | None, Kind]] = [(1.0, "money"), (demand.tokens_per_month / MILLION if demand else None, "money"), (users, "money")]
    for col, (divisor, kind) in enumerate(figures, start=8):
        if divisor:
            sheet.formula(row, col, f"=({cost})/{literal(divisor)}", value / divisor, kind)
        else:
            sheet.put(row, col, math.inf, kind)
    rows = fleet.rows_of(w)
    if rows:
        checks = _plan_span(result.places, rows[0], rows[-1], "check")
        holds, otherwise = f"COUNTIF({checks},{verdict(OK)})={len(rows)}", quoted(say("see Plan"))
        sheet.formula(row, LAST, f"=IF({holds},{verdict(OK)},{otherwise})", say(OK), "text", role="strong")
        alarm = {"type": "cell", "criteria": "!=", "value": verdict(OK), "format": sheet.styles.named("alarm")}
        sheet.work.conditional_format(row, LAST, row, LAST, alarm)


def _orders(sheet: Sheet, result: Result, row: int) -> int:
    """What to commit to now and what later, where a plan has several months or something is held already; returns the first free row."""
    plan, fleet = result.plan, result.fleet
    if not commitments_matter(plan):
        return row
    months = sum(period.months for period in fleet.periods)
    title = say("what to commit to")
    if months > 1:
        words = noted("what to commit to: {total:,.0f} USD in {months} months, of which a month costs the mean")
        title = say(words, total=(plan.usd_per_month or 0.0) * months, months=months)
    sheet.header(row, [""] * COLUMNS)
    sheet.merged_header(row, 0, LAST, title)
    lines = [commitment_words(line) for line in plan.commitments]
    for number in range(min(MOST_LINES, len(lines))):
        sheet.merged(row + 1 + number, 0, LAST, _listed(lines, number, "Commitments"), "sentence")
    return row + 2 + min(MOST_LINES, len(lines))


def _two_lists(sheet: Sheet, result: Result, row: int) -> int:
    """What binds on the left, warnings on the right; returns the first free row."""
    binding = binding_words(result.plan) or [say("no limit binds")]
    warnings = list(result.plan.warnings) or [say("none")]
    half = COLUMNS // 2
    sheet.header(row, [""] * COLUMNS)
    sheet.merged_header(row, 0, half - 1, say("what binds"))
    sheet.merged_header(row, half, LAST, say("warnings"))
    for number in range(min(MOST_LINES, max(len(binding), len(warnings)))):
        texts = [_listed(found, number, sheet_name) for found, sheet_name in ((binding, "Constraints"), (warnings, "Sources"))]
        lines = max(wrapped_lines(text, SENTENCE_CHARS) for text in texts)
        for col, text in zip((0, half), texts, strict=True):
            sheet.work.merge_range(row + 1 + number, col, row + 1 + number, col + half - 1, "", sheet.styles.cell("wrap"))
            sheet.put(row + 1 + number, col, text, "wrap")
        sheet.work.set_row(row + 1 + number, LINE_PT * lines + 2)
    return row + 1 + min(MOST_LINES, max(len(binding), len(warnings)))


def _listed(found: list[str], number: int, sheet_name: str) -> str:
    """The entry of a list in a line; the last line says how many are left."""
    if number == MOST_LINES - 1 and len(found) > MOST_LINES:
        return say("and {count} more: see {sheet}", count=len(found) - MOST_LINES + 1, sheet=say(sheet_name))
    return "• " + _short(found[number], 2 * SENTENCE_CHARS) if number < len(found) else ""


def _unplanned(sheet: Sheet, result: Result) -> int:
    """The page of a scenario without a plan: the diagnosis, workload by workload; returns its last row."""
    said = list(result.plan.diagnosis) or [say("nothing more is known")]
    row = 3
    lists: tuple[tuple[str, list[str], str], ...] = (
        (noted("What rules a plan out") if result.plan.status == "infeasible" else noted("What is known"), said, "status"),
        (REMEDIES, [remedy_words(remedy) for remedy in result.plan.remedies], "status"),
        (noted("Warnings"), list(result.plan.warnings), "sentence"),
    )
    for title, lines, look in lists:
        if not lines:
            continue
        sheet.section(row, say(title), LAST)
        for text in lines:
            row += 1
            sheet.merged(row, 0, LAST, "• " + _short(text, 1500), look)
        row += 2
    where = say("Every candidate that could not serve stands on the sheet Ruled out, with its reason; Inputs shows what was asked for.")
    sheet.merged(row, 0, LAST, where, "sentence")
    return row
