"""The Plan sheet: one row a deployment, its counts to overtype, its money and a check as live formulas."""

from __future__ import annotations

from typing import Any

from xlsxwriter.utility import xl_col_to_name

from data.languages import noted, say
from data.records.plan import Deployment
from export.workbook.fleet import SLIVER, Fleet
from export.workbook.places import SHEET_COLUMNS, Places, literal, total_of
from export.workbook.result import Result
from export.workbook.sheet import RIGHT, Sheet, fitted
from export.workbook.style import Kind, Role, Styles
from export.workbook.verdicts import FEW, OK, OVER, SHORT, VERDICTS, verdict

NAMES = ("workload", "model", "precision", "provider", "offer", "billing", "region", "gpu", "engine", "provenance")
PADDING = 1  # characters beside the longest verdict
KINDS: dict[str, Kind] = {
    "node_size": "int", "node_count": "int", "batch_size": "int", "load_ratio": "rate", "gpus": "int", "instances": "count",
    "share_of_demand": "percent", "usd_per_month": "money", "req_per_s_per_node": "rate", "ttft_ms": "ms", "tpot_ms": "ms", "e2e_ms": "ms",
    "memory_gb_per_gpu": "gb", "gpus_per_instance": "int", "gpu_hours_per_month": "number",
}  # fmt: skip
OVERTYPE = {
    "node_count": noted("Overtype the nodes at the peak: instances, the blocks' nodes, costs, totals and the check follow."),
    "instances": noted("Overtype the instances: costs, totals and the check follow. Instances beyond what the nodes need are paid wherever nodes are on."),
}
LEGEND = noted("Tinted, bordered cells (node_count, instances) may be overtyped; usd_per_month, Costs, Blocks, Summary and the column check follow.")


def write(book: Any, styles: Styles, result: Result) -> None:
    """Write the sheet Plan: the header in the first row and nothing but deployments below it, so that scripts can read it."""
    sheet = Sheet(book, noted("Plan"), styles)
    right = [i for i, name in enumerate(SHEET_COLUMNS) if KINDS.get(name) in RIGHT]
    fleet, titles = result.fleet, [say(name) for name in SHEET_COLUMNS]
    sheet.widths([_width(fleet, name) for name in SHEET_COLUMNS])
    sheet.header(0, titles, right, filtered=True)
    sheet.work.freeze_panes(1, 1)
    sheet.page(repeat=0, wide=2)
    sheet.work.repeat_columns(0)
    if not fleet.rows:
        sheet.nothing(2, say("There is no plan: the sheet Summary says why."))
        return
    for row in range(len(fleet.rows)):
        _write_row(sheet, result, row)
    sheet.excel_table(0, len(fleet.rows), titles, right, "Plan")
    legend = say(LEGEND)
    sheet.named(0, len(SHEET_COLUMNS) + 1, legend, "sentence")
    sheet.work.set_column(len(SHEET_COLUMNS) + 1, len(SHEET_COLUMNS) + 1, len(legend))
    sheet.work.print_area(0, 0, len(fleet.rows), len(SHEET_COLUMNS) - 1)
    _guide(sheet, len(fleet.rows))


def _width(fleet: Fleet, name: str) -> float:
    """Width of a column: its header with the filter button, and its texts."""
    header = float(len(say(name)) + 4)
    if name == "check":
        return max(header, *(len(say(word)) + PADDING for word in VERDICTS))
    return fitted(header, (getattr(row, name) for row in fleet.rows)) if name in NAMES else header


def _write_row(sheet: Sheet, result: Result, row: int) -> None:
    """One deployment: what it is, then its formulas."""
    fleet, found = result.fleet, result.fleet.rows[row]
    stated = _stated(fleet, row)
    live = _live(result, row)
    for col, name in enumerate(SHEET_COLUMNS):
        kind = KINDS.get(name, "text")
        role: Role = "input" if name in OVERTYPE and found.node_count else "plain"
        if name in live:
            formula, value = live[name]
            sheet.formula(row + 1, col, f"={formula}", value, kind, role=role)
        else:
            sheet.put(row + 1, col, stated[name], kind, role)


def _stated(fleet: Fleet, row: int) -> dict[str, object]:
    """The cells of a row that hold a figure or a name."""
    found: Deployment = fleet.rows[row]
    values: dict[str, object] = {name: getattr(found, name) for name in SHEET_COLUMNS if hasattr(found, name)}
    values["memory_gb_per_gpu"] = found.memory.used_gb if found.memory else None
    values["pool"] = fleet.pools[fleet.pool_of[row]].label
    values["gpus_per_instance"] = fleet.offers[fleet.offer_of[row]].gpus or None
    values["gpu_hours_per_month"] = fleet.gpu_hours(row)
    if not found.node_count:  # tokens: no node, no GPU, no latency of its own
        values |= dict.fromkeys(("batch_size", "load_ratio", "req_per_s_per_node", "ttft_ms", "tpot_ms", "e2e_ms"))
    return values


def _live(result: Result, row: int) -> dict[str, tuple[str, float | str]]:
    """The cells of a row that hold a formula, each with its value as solved."""
    fleet, places, found = result.fleet, result.places, result.fleet.rows[row]
    live: dict[str, tuple[str, float | str]] = {"usd_per_month": (_cost(fleet, places, row), fleet.row_cost(row))}
    if found.node_count:
        count, size = places.plan(row, "node_count"), places.plan(row, "node_size")
        live["instances"] = (instances(fleet, places, row), found.instances)
        live["load_ratio"] = (f"IF({count}>0,{literal(found.load_ratio * found.node_count)}/{count},0)", found.load_ratio)
        if found.gpus == found.node_size * found.node_count:
            live["gpus"] = (f"{size}*{count}", found.gpus)
        live["gpu_hours_per_month"] = (f"{size}*SUMPRODUCT({places.across('nodes', row)},{places.hours()})", fleet.gpu_hours(row))
    live["check"] = (_check(fleet, places, row), say(OK))
    return live


def instances(fleet: Fleet, places: Places, row: int) -> str:
    """The instances that a row's nodes take at the peak, as a formula over its count: N·S/G, a fraction where an instance is shared."""
    found = fleet.rows[row]
    exact = f"{places.plan(row, 'node_count')}*{places.plan(row, 'node_size')}/{places.plan(row, 'gpus_per_instance')}"
    value = found.node_count * found.node_size / fleet.offers[fleet.offer_of[row]].gpus
    return exact if abs(found.instances - value) < SLIVER else f"{exact}*{literal(found.instances / value)}"


def per_node(fleet: Fleet, places: Places, row: int) -> str:
    """The share of an instance that a node blocks, as a formula: S/G, or one over the whole nodes that fit where G is no multiple of S."""
    size, gpus = places.plan(row, "node_size"), places.plan(row, "gpus_per_instance")
    found, held = fleet.rows[row].node_size, fleet.offers[fleet.offer_of[row]].gpus
    return f"{size}/{gpus}" if found >= held or held % found == 0 else f"1/INT({gpus}/{size})"


def _cost(fleet: Fleet, places: Places, row: int) -> str:
    """A row's part of its offer's cost: its own lines, else its share of the GPU-hours on the offer (of a workload with a budget, on its own instances)."""
    offer = fleet.offer_of[row]
    if own := fleet.own_lines(row):
        return total_of(places.line_cost(line) for line in own)
    rows, share = fleet.fellows(row), fleet.fellows_share(row)
    total = places.offer_cost(offer) + ("" if share == 1 else f"*{literal(share)}")
    if len(rows) == 1:
        return total
    if not fleet.rows[row].node_count:
        weights = sum(fleet.weight(other) for other in rows)
        return f"{total}*{literal(fleet.weight(row) / weights if weights else 0.0)}"
    hours = total_of(places.plan(other, "gpu_hours_per_month") for other in rows)
    return f"IF(({hours})=0,0,{total}*{places.plan(row, 'gpu_hours_per_month')}/({hours}))"


def _check(fleet: Fleet, places: Places, row: int) -> str:
    """Whether the counts still meet the demand, the stock and their own nodes, in words."""
    found, offer = fleet.rows[row], fleet.offer_of[row]
    workload = fleet.workloads.index(found.workload)
    short = f"{places.label('workloads', places.workload(workload, 'load'), 2)}<>{verdict(OK)}"
    if not found.node_count:
        return f"IF({short},{verdict(SHORT)},{verdict(OK)})"
    stock = f"{places.label('offers', places.offer(offer, 'paid'), 2)}<>{verdict(OK)}"
    few = f"{places.plan(row, 'instances')}<{instances(fleet, places, row)}-{literal(SLIVER)}"
    return f"IF({short},{verdict(SHORT)},IF({stock},{verdict(OVER)},IF({few},{verdict(FEW)},{verdict(OK)})))"


def _guide(sheet: Sheet, count: int) -> None:
    """Prompts on the cells to overtype, and red where a check fails."""
    for name, prompt in OVERTYPE.items():
        col = SHEET_COLUMNS.index(name)
        rule = {
            "validate": "decimal",
            "criteria": ">=",
            "value": 0,
            "input_title": say(name),
            "input_message": say(prompt),
            "error_message": say("Enter a number of at least 0."),
        }
        sheet.work.data_validation(1, col, count, col, rule)
    checked = xl_col_to_name(SHEET_COLUMNS.index("check"))
    alarm = {"type": "formula", "criteria": f"=${checked}2<>{verdict(OK)}", "format": sheet.styles.named("alarm")}
    for name in (*OVERTYPE, "check"):
        col = SHEET_COLUMNS.index(name)
        sheet.work.conditional_format(1, col, count, col, alarm)
