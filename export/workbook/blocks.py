"""The Blocks sheet: load, capacity, nodes and instances in each demand block, live from the counts on Plan."""

from __future__ import annotations

from typing import Any

from data.languages import noted, say, say_count
from data.periods import hours_title
from data.records.plan import WorkloadDemand
from export.figures import unit_words
from export.workbook.block_charts import FEWEST_COLUMNS, add_charts, block_widths
from export.workbook.fleet import Pool
from export.workbook.places import LABELS, OFFER_LINES, OVERVIEW_LINES, WORKLOAD_LINES, Places, literal, span, total_of
from export.workbook.plan_sheet import instances, per_node
from export.workbook.result import Result
from export.workbook.sheet import Sheet
from export.workbook.style import Kind, Styles
from export.workbook.verdicts import OK, OVER, SHORT, verdict
from model.demand import REQUEST_RATE

SENTENCE = noted(
    "Load, capacity, nodes and instances in each block of hours. Tinted, bordered cells may be overtyped: hours, load, and nodes of one block. "
    "A block planned with all of a row's nodes follows node_count on Plan; the others keep their planned nodes, or node_count where that is less."
)
OFFERS_TITLE = noted("Whole instances of each offer: needed, and paid (a commitment in every block of its periods)")
MOSTLY = 0.999999  # of the load: absorbs the rounding of a capacity that just covers it


def write(book: Any, styles: Styles, result: Result) -> None:
    """Write the sheet Blocks."""
    sheet = Sheet(book, "Blocks", styles)
    last = LABELS + max(len(result.fleet.blocks), FEWEST_COLUMNS) - 1
    sheet.widths(block_widths(result))
    rest = len(result.fleet.workloads) + 1 - result.places.block_charts
    beyond = " " + say_count("The last workload has no chart here.", "The last {count} workloads have no chart here.", rest) if rest else ""
    sheet.heading(say("Blocks"), say(SENTENCE) + beyond, last)
    sheet.page()
    if not result.fleet.rows or not result.fleet.blocks:
        sheet.nothing(3, say("There is no plan, so no nodes are on in any block: the sheet Summary says why."))
        return
    add_charts(book, sheet, result)
    for writer in (_overview, _workloads, _nodes, _pools, _used, _offers):
        writer(sheet, result)
    sheet.work.freeze_panes(0, 1)
    sheet.work.print_area(0, 0, result.places.blocks_end, last)


def _open(sheet: Sheet, result: Result, section: str, title: str, labels: tuple[str, str, str, str], *, figures: tuple[int, ...] = ()) -> None:
    """The heading and the header of a section, both given in English; ``figures`` are the labels that hold numbers."""
    head = result.places.heads[section]
    names = [hours_title(block.name) for block in result.fleet.blocks]
    sheet.section(head, say(title), LABELS + len(names) - 1)
    sheet.header(head + 1, [*(say(label) for label in labels), *names], right=(*figures, *range(LABELS, LABELS + len(names))))


def _line(sheet: Sheet, places: Places, section: str, line: int, labels: tuple[object, ...]) -> None:
    """The cells left of the blocks."""
    for col, label in enumerate(labels):
        if label is not None:
            sheet.put(places.at(section, line)[0], col, label, "rate" if isinstance(label, float) else "int" if isinstance(label, int) else "text")


def _live(sheet: Sheet, at: tuple[int, int], formula: str, value: float, kind: Kind, *, overtype: bool = False) -> None:
    """A formula in a block's cell."""
    sheet.formula(*at, f"={formula}", value, kind, role="input" if overtype else "plain")


def _overview(sheet: Sheet, result: Result) -> None:
    """Hours, and GPUs paid, on and needed over all workloads."""
    fleet, places = result.fleet, result.places
    _open(sheet, result, "overview", noted("The month"), ("", "", "", ""))
    for line, name in enumerate(OVERVIEW_LINES):
        _line(sheet, places, "overview", line, (say(name), say("h") if line == 0 else say("GPUs")))
    workloads = range(len(fleet.workloads))
    for b, block in enumerate(fleet.blocks):
        sheet.put(*places.at("overview", 0, b), fleet.hours[block.name], "number", "input")
        paid = places.total_of_figure("offers", len(OFFER_LINES) * len(fleet.offers), "GPUs paid", LABELS + b)
        _live(sheet, places.at("overview", 1, b), paid, sum(use.gpus * fleet.paid(o, b) for o, use in enumerate(fleet.offers)), "number")
        sizes = span((places.at("nodes", 0)[0], 2), (places.at("nodes", len(fleet.rows) - 1)[0], 2))
        on = f"SUMPRODUCT({sizes},{places.down('nodes', 0, len(fleet.rows) - 1, b)})"
        _live(sheet, places.at("overview", 2, b), on, sum(fleet.gpus_on(w, b) for w in workloads), "number")
        need = places.total_of_figure("workloads", len(WORKLOAD_LINES) * len(fleet.workloads), "GPUs the load needs", LABELS + b)
        _live(sheet, places.at("overview", 3, b), need, sum(fleet.gpus_on(w, b) * fleet.utilisation(w, b) for w in workloads), "ms")


def _workloads(sheet: Sheet, result: Result) -> None:
    """Load, capacity and utilisation of each workload, and what its load needs of the GPUs that are on."""
    fleet, places = result.fleet, result.places
    demands: dict[str, WorkloadDemand] = {demand.workload: demand for demand in result.plan.demands}
    title, labels = noted("Workloads: load against the capacity within the targets"), (noted("workload"), noted("figure"), noted("check"), noted("unit"))
    _open(sheet, result, "workloads", title, labels)
    for w, name in enumerate(fleet.workloads):
        unit = unit_words(demands[name].unit if name in demands else REQUEST_RATE)
        for line, what in zip(WORKLOAD_LINES, (unit, unit, say("share"), say("GPUs")), strict=True):
            _line(sheet, places, "workloads", places.workload(w, line), (name, say(line), None, what))
        loads, capacities = (places.across("workloads", places.workload(w, line)) for line in ("load", "capacity"))
        row, _ = places.at("workloads", places.workload(w, "load"))
        lacking = f"SUMPRODUCT(--({capacities}<{loads}*{MOSTLY}))>0"
        sheet.formula(row, 2, f"=IF({lacking},{verdict(SHORT)},{verdict(OK)})", say(OK), "text", role="strong")
        for b in range(len(fleet.blocks)):
            _workload_block(sheet, result, w, b)
    first, last = places.at("workloads", 0)[0], places.at("workloads", places.workload(len(fleet.workloads) - 1, "GPUs the load needs"))[0]
    alarm = {"type": "formula", "criteria": f"=$C{first + 1}={verdict(SHORT)}", "format": sheet.styles.named("alarm")}
    sheet.work.conditional_format(first, 2, last, 2, alarm)


def _workload_block(sheet: Sheet, result: Result, w: int, b: int) -> None:
    """The four figures of a workload in a block."""
    fleet, places = result.fleet, result.places
    load, capacity, use = (places.workload(w, line) for line in ("load", "capacity", "utilisation"))
    sheet.put(*places.at("workloads", load, b), fleet.load(w, b), "rate", "input")
    pools, rows = fleet.pools_of(w), fleet.rows_of(w)
    shared = f"+{literal(fleet.routed(w, b))}" if fleet.routed(w, b) > 0 else ""  # as planned, on nodes under the name of all who share them
    total = (f"SUM({places.down('pools', pools[0], pools[-1], b)})" if pools else "0") + shared
    _live(sheet, places.at("workloads", capacity, b), total, fleet.capacity(w, b), "rate")
    taken, most = places.block("workloads", load, b), places.block("workloads", capacity, b)
    _live(sheet, places.at("workloads", use, b), f"IF({most}>0,{taken}/{most},0)", fleet.utilisation(w, b), "percent")
    sizes = span((places.at("nodes", rows[0])[0], 2), (places.at("nodes", rows[-1])[0], 2)) if rows else ""
    on = f"SUMPRODUCT({sizes},{places.down('nodes', rows[0], rows[-1], b)})" if rows else "0"
    needed = f"{on}*{places.block('workloads', use, b)}"
    _live(sheet, places.at("workloads", places.workload(w, "GPUs the load needs"), b), needed, fleet.gpus_on(w, b) * fleet.utilisation(w, b), "ms")


def _nodes(sheet: Sheet, result: Result) -> None:
    """Nodes of each deployment that are on."""
    fleet, places = result.fleet, result.places
    labels = (noted("workload"), noted("offer"), noted("GPUs a node"), noted("pool"))
    _open(sheet, result, "nodes", noted("Nodes on, by row of Plan"), labels, figures=(2,))
    for i, row in enumerate(fleet.rows):
        _line(sheet, places, "nodes", i, (row.workload, row.offer, row.node_size, fleet.pools[fleet.pool_of[i]].label))
        count = places.plan(i, "node_count")
        for b in range(len(fleet.blocks)):
            on = fleet.nodes(i, b)
            formula = count if on == row.node_count else f"MIN({count},{on})"
            if row.node_count and 0 < on <= row.node_count:
                _live(sheet, places.at("nodes", i, b), formula, on, "int", overtype=True)
            else:
                sheet.put(*places.at("nodes", i, b), on, "int", "input" if row.node_count else "plain")


def _pools(sheet: Sheet, result: Result) -> None:
    """What each pool takes within its targets: share·(s·(N − spare) − d) of its nodes, or the load sent to a per-token offer."""
    fleet, places = result.fleet, result.places
    title = noted("Capacity of each pool within the latency targets: capacity per node × nodes − pooling loss")
    labels = (noted("workload"), noted("pool"), noted("capacity per node"), noted("pooling loss"))
    _open(sheet, result, "pools", title, labels, figures=(2, 3))
    for p, pool in enumerate(fleet.pools):
        found = pool.candidate
        what = _pool_words(pool)
        rates = (float(found.capacity_per_node), float(found.pooling_loss)) if found else (None, None)
        _line(sheet, places, "pools", p, (pool.workload, what, *rates))
        slope, loss = places.label("pools", p, 2), places.label("pools", p, 3)
        for b in range(len(fleet.blocks)):
            nodes = total_of(places.block("nodes", row, b) for row in pool.rows)
            if found:
                spare, share = f"-{pool.spare}" if pool.spare else "", f"*{literal(pool.share)}" if pool.share != 1 else ""
                share += f"*{literal(pool.mix[b])}" if pool.mix and pool.mix[b] != 1 else ""
                carried = f"IF({nodes}>{pool.spare},MAX(0,{slope}*({nodes}{spare})-{loss}){share},0)"
                _live(sheet, places.at("pools", p, b), carried, fleet.pool_capacity(p, b), "rate")
            else:
                sheet.put(*places.at("pools", p, b), fleet.pool_capacity(p, b), "rate")


def _pool_words(pool: Pool) -> str:
    """What a pool runs on, and what of its capacity does not count."""
    found = pool.candidate
    if found:
        words = noted("{pool}: {gpu}, {precision}, S = {size}, batch {batch}")
        parts = [say(words, pool=pool.label, gpu=found.gpu, precision=found.precision, size=found.node_size, batch=found.batch_size)]
    else:
        parts = [say("{pool}: tokens", pool=pool.label)]
    if pool.spare:
        parts.append(say("{count} spare", count=pool.spare))
    if pool.share != 1:
        parts.append(say("{percent:.0f}% counts", percent=100 * pool.share))
    return ", ".join(parts)


def _used(sheet: Sheet, result: Result) -> None:
    """Instances that the nodes of each deployment take."""
    fleet, places = result.fleet, result.places
    title = noted("Instances taken, by row of Plan: nodes × instances per node, and those overtyped on Plan beyond that")
    _open(sheet, result, "used", title, (noted("workload"), noted("offer"), noted("per node"), noted("beyond")), figures=(2, 3))
    for i, row in enumerate(fleet.rows):
        _line(sheet, places, "used", i, (row.workload, row.offer))
        line, _ = places.at("used", i)
        if row.node_count:
            sheet.formula(line, 2, f"={per_node(fleet, places, i)}", fleet.instances_per_node(i), "rate")
            sheet.formula(line, 3, f"={places.plan(i, 'instances')}-{instances(fleet, places, i)}", 0.0, "rate")
        for b in range(len(fleet.blocks)):
            on, each, beyond = places.block("nodes", i, b), places.label("used", i, 2), places.label("used", i, 3)
            if row.node_count:
                _live(sheet, places.at("used", i, b), f"IF({on}>0,{on}*{each}+{beyond},0)", fleet.used(i, b), "count")
            else:
                sheet.put(*places.at("used", i, b), 0, "count")


def _offers(sheet: Sheet, result: Result) -> None:
    """Whole instances that each offer's nodes need, and those paid."""
    fleet, places = result.fleet, result.places
    _open(sheet, result, "offers", OFFERS_TITLE, (noted("offer"), noted("figure"), noted("check"), noted("stock, most")))
    for o, use in enumerate(fleet.offers):
        stock = fleet.stock(o)
        needed, paid, gpus = (places.offer(o, line) for line in OFFER_LINES)
        _line(sheet, places, "offers", gpus, (use.offer.offer, say("GPUs paid")))
        most = use.gpus * fleet.most_paid(o)
        sheet.formula(places.at("offers", gpus)[0], 3, f"=MAX({places.across('offers', gpus)})", most, "int")
        _line(sheet, places, "offers", needed, (use.offer.offer, say("needed")))
        _line(sheet, places, "offers", paid, (use.offer.offer, say("paid"), None, say("none known") if stock is None else stock))
        row, _ = places.at("offers", paid)
        held = f"MAX({places.across('offers', paid)})>{places.label('offers', paid, 3)}"
        told = verdict(OK) if stock is None else f"IF({held},{verdict(OVER)},{verdict(OK)})"
        sheet.formula(row, 2, f"={told}", say(OK), "text", role="strong")
        for b in range(len(fleet.blocks)):
            taken = total_of(places.block("used", i, b) for i in use.rows)
            _live(sheet, places.at("offers", needed, b), f"MAX(0,ROUNDUP({taken}-0.000001,0))", fleet.needed(o, b), "int")
            _live(sheet, places.at("offers", paid, b), _paid(result, o, b), fleet.paid(o, b), "int")
            _live(sheet, places.at("offers", gpus, b), f"{use.gpus}*{places.block('offers', paid, b)}", use.gpus * fleet.paid(o, b), "int")
    first, last = places.at("offers", 0)[0], places.at("offers", places.offer(len(fleet.offers) - 1, "GPUs paid"))[0]
    alarm = {"type": "formula", "criteria": f"=$C{first + 1}={verdict(OVER)}", "format": sheet.styles.named("alarm")}
    sheet.work.conditional_format(first, 2, last, 2, alarm)


def _paid(result: Result, offer: int, block: int) -> str:
    """Instances paid in a block: those needed (of its period's fullest block for a commitment), the offer's minimum, and what the solver keeps beyond."""
    fleet, places, use = result.fleet, result.places, result.fleet.offers[offer]
    needed = places.offer(offer, "needed")
    held = f"MAX({places.along('offers', needed, *fleet.period_of(block))})"
    base = held if use.terms.held else places.block("offers", needed, block)
    payable, paid = fleet.payable(offer, block), fleet.paid(offer, block)
    if paid == payable:
        return base
    minimum = use.offer.min_instances
    return f"IF({base}>0,MAX({base},{minimum}),0)" if 0 < payable < paid == minimum else f"{base}+{paid - payable}"
