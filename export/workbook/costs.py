"""The Costs sheet: every product of the bill as quantity × hours × price, live from the counts on Plan and Blocks."""

from __future__ import annotations

from typing import Any

from xlsxwriter.utility import xl_rowcol_to_cell

from data.languages import noted, say
from data.periods import hours_title
from data.records.plan import CostLine
from export.figures import unit_words
from export.workbook.charts import Series, add_columns, bars
from export.workbook.places import sum_of
from export.workbook.result import Result
from export.workbook.sheet import Sheet, fitted
from export.workbook.style import Kind, Role, Styles

SENTENCE = noted(
    "quantity × hours a month × price. Quantities follow the instances on Blocks and so the counts on Plan; tinted, bordered cells may be overtyped: "
    "the first price of each offer and item (the others repeat it), tokens, and fixed hours."
)
LINE_COLUMNS = (
    noted("offer"), noted("provider"), noted("billing"), noted("item"), noted("workload"), noted("block"), noted("quantity"), noted("unit"),
    noted("hours_per_month"), noted("usd_per_unit"), noted("usd_per_month"),
)  # fmt: skip
ITEMS = (
    noted("instance hours"), noted("start-up"), noted("upfront"), noted("capital"), noted("power"), noted("hosting"), noted("setup"),
    noted("input tokens"), noted("output tokens"),
)  # fmt: skip
QUANTITY, UNIT, HOURS, PRICE, AMOUNT, PERIOD = 6, 7, 8, 9, 10, 11
WIDTHS = (24, 12, 12, 16, 12, 10, 13, 18, 19, 16, 18)
MOST_BARS = 12  # offers shown in the chart


def write(book: Any, styles: Styles, result: Result) -> None:
    """Write the sheet Costs."""
    sheet = Sheet(book, "Costs", styles)
    texts = dict(enumerate(zip(*(_names(line) for line in result.fleet.lines), strict=True)))
    texts[UNIT] = tuple(unit_words(line.unit) for line in result.fleet.lines)
    sheet.widths([fitted(width, texts.get(col, ())) for col, width in enumerate(WIDTHS)])
    sheet.heading(say("Costs"), say(SENTENCE), AMOUNT)
    sheet.page()
    if not result.fleet.lines:
        sheet.nothing(3, say("There is no plan, so there are no costs: the sheet Summary says why."))
        return
    _by_offer(sheet, result)
    _chart(book, sheet, result)
    _lines(sheet, result)
    book.define_name("total_usd_per_month", f"={result.places.total_cost()}")
    sheet.work.freeze_panes(2, 1)
    sheet.work.print_area(0, 0, result.places.cost_total_row, AMOUNT)


def _names(line: CostLine) -> tuple[str, ...]:
    """The texts of a line, in the order of its columns."""
    item, hours = say(line.item) if line.item in ITEMS else line.item, hours_title(line.block or line.period)
    return line.offer, line.provider, line.billing, item, line.workload, hours


def _by_offer(sheet: Sheet, result: Result) -> None:
    """What each offer costs, and its share."""
    fleet, places = result.fleet, result.places
    top, total = places.cost_offers_top, places.cost_offers_total
    sheet.header(top - 1, [say("offer"), say("provider"), say("billing"), say("USD a month"), say("share")], right=(3, 4))
    everything = sum(line.usd_per_month for line in fleet.lines)
    for o, use in enumerate(fleet.offers):
        for col, value in enumerate((use.offer.offer, use.offer.provider, use.offer.billing)):
            sheet.put(top + o, col, value)
        lines = sum_of(places.line_cost(use.lines[0]), places.line_cost(use.lines[-1])) if use.lines else "0"
        sheet.formula(top + o, 3, f"={lines}", fleet.offer_cost(o), "money")
        share = f"=IF({places.total_cost()}=0,0,{places.offer_cost(o)}/{places.total_cost()})"
        sheet.formula(top + o, 4, share, fleet.offer_cost(o) / everything if everything else 0.0, "percent")
    sheet.put(total, 0, say("Total"), role="total")
    for col in (1, 2, 4):
        sheet.put(total, col, None, role="total")
    sheet.formula(total, 3, f"=SUM({xl_rowcol_to_cell(top, 3)}:{xl_rowcol_to_cell(total - 1, 3)})", everything, "money", role="total")


def _chart(book: Any, sheet: Sheet, result: Result) -> None:
    """Bars of the cost by offer, beside its table."""
    chart = offer_chart(book, result, (620, 300))
    sheet.chart(result.places.cost_offers_top - 1, 5, chart, says=say("Cost a month by offer"), x_px=24)


def offer_chart(book: Any, result: Result, size: tuple[int, int]) -> Any:
    """Cost a month by offer, the first offers of the table."""
    top, count = result.places.cost_offers_top, len(result.fleet.offers)
    last = top + min(count, MOST_BARS) - 1
    chart = book.add_chart({"type": "bar"})
    add_columns(chart, Series(say("cost a month"), ["Costs", top, 0, last, 0], ["Costs", top, 3, last, 3], 0), gap=40)
    title = say("Cost by offer (first {shown} of {count})", shown=MOST_BARS, count=count) if count > MOST_BARS else say("Cost by offer")
    bars(chart, title, say("USD a month"), say("offer"), size=size)
    return chart


def _lines(sheet: Sheet, result: Result) -> None:
    """The bill, line by line, and its total."""
    fleet, places = result.fleet, result.places
    top = places.cost_lines_top
    right = (QUANTITY, HOURS, PRICE, AMOUNT)
    sheet.section(top - 2, say("The bill"), AMOUNT)
    several = len(fleet.periods) > 1
    columns = [say(name) for name in ((*LINE_COLUMNS, noted("period")) if several else LINE_COLUMNS)]
    sheet.header(top - 1, columns, right, filtered=True)
    priced: dict[tuple[str, str, float], str] = {}
    for number, line in enumerate(fleet.lines):
        row = top + number
        for col, value in enumerate(_names(line)):
            sheet.put(row, col, value)
        sheet.put(row, UNIT, unit_words(line.unit))
        if several:
            sheet.put(row, PERIOD, hours_title(line.period))
        _figure(sheet, (row, QUANTITY), quantity(result, line), line.quantity, "number")
        _figure(sheet, (row, HOURS), _hours(result, line), line.hours_per_month, "number")
        key = (line.offer, line.item, line.usd_per_unit)
        _figure(sheet, (row, PRICE), priced.get(key), line.usd_per_unit, "price")
        priced.setdefault(key, xl_rowcol_to_cell(row, PRICE))
        cells = "*".join(xl_rowcol_to_cell(row, col) for col in (QUANTITY, HOURS, PRICE))
        sheet.formula(row, AMOUNT, f"={cells}", line.usd_per_month, "money")
    sheet.excel_table(top - 1, len(fleet.lines), columns, right, "Costs_lines")
    total = places.cost_total_row
    sheet.put(total, 0, say("Total"), role="total")
    for col in range(1, AMOUNT):
        sheet.put(total, col, None, role="total")
    amounts = f"{xl_rowcol_to_cell(top, AMOUNT)}:{xl_rowcol_to_cell(total - 1, AMOUNT)}"
    sheet.formula(total, AMOUNT, f"=SUM({amounts})", sum(line.usd_per_month for line in fleet.lines), "money", role="total")


def _figure(sheet: Sheet, at: tuple[int, int], formula: str | None, value: float, kind: Kind) -> None:
    """A figure that follows others, or one to overtype."""
    role: Role = "input" if formula is None else "plain"
    if formula is None:
        sheet.put(*at, value, kind, role)
    else:
        sheet.formula(*at, f"={formula}", value, kind, role=role)


def quantity(result: Result, line: CostLine) -> str | None:
    """The quantity of a line over the instances paid on Blocks, as its billing kind says; None where it follows no count (tokens)."""
    fleet, places = result.fleet, result.places
    offer = next(o for o, use in enumerate(fleet.offers) if use.offer.offer == line.offer)
    basis = {item.item: item.basis for item in fleet.offers[offer].terms.items}.get(line.item)
    if line.billing == "per_token" or basis is None:
        return None
    across = places.along("offers", places.offer(offer, "paid"), *_blocks(result, line))
    if basis == "on":
        block = next((b for b, block in enumerate(fleet.blocks) if block.name == line.block), None)
        return None if block is None else places.block("offers", places.offer(offer, "paid"), block)
    return {"held": f"MAX({across})", "used": f"IF(MAX({across})>0,1,0)", "started": f"MAX({across})-MIN({across})"}[basis]


def _blocks(result: Result, line: CostLine) -> tuple[int, int]:
    """The first and the last block that a line counts: those of its period, or all."""
    blocks = result.fleet.blocks
    own = [b for b, block in enumerate(blocks) if line.period in ("", block.period)]
    return own[0], own[-1]


def _hours(result: Result, line: CostLine) -> str | None:
    """The hours of a line: those of its block, of its period or of the whole month on Blocks; None for a fixed number of its own."""
    fleet, places = result.fleet, result.places
    for b, block in enumerate(fleet.blocks):
        if block.name == line.block and fleet.hours[block.name] == line.hours_per_month:
            return places.block("overview", 0, b)
    first, last = _blocks(result, line)
    month = sum(fleet.hours[block.name] for block in fleet.blocks[first : last + 1])
    of_all = not line.block and line.hours_per_month > 1 and abs(month - line.hours_per_month) < 1e-9 * month
    return f"SUM({places.along('overview', 0, first, last)})" if of_all else None
