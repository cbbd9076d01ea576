"""The Plans sheet of the comparison: what each scenario runs and buys, side by side."""

from __future__ import annotations

from typing import Any

from data.languages import noted, say
from data.records.outcome import Outcome
from data.records.plan import PlanRow
from export.figures import billing_words
from export.text import cell_text
from export.workbook.compare.comparison import Comparison
from export.workbook.sheet import Sheet, fitted
from export.workbook.style import Styles

NAMES = (noted("workload"), noted("GPUs and precision"), noted("offer"), noted("provider"), noted("billing"))
SENTENCE = noted(
    "One row for each hardware choice of a workload on an offer, one column for each scenario: its nodes at the peak, or the share of the workload's "
    "demand that is bought by the token. Below, what each offer costs a month."
)
MOST_ON_ONE_PAGE = 10  # scenarios whose columns still read well beside each other
Key = tuple[str, str, str, str, str]


def write(book: Any, styles: Styles, comparison: Comparison) -> None:
    """Write the sheet Plans."""
    sheet = Sheet(book, noted("Plans"), styles)
    planned = comparison.planned
    keys = sorted({_key(row) for outcome in planned for row in outcome.plan})
    sheet.widths([fitted(14, (key[col] for key in keys)) for col in range(len(NAMES))] + [14.0] * len(planned))
    sheet.heading(say("Plans side by side"), say(SENTENCE), len(NAMES) - 1)
    sheet.page(wide=0 if len(planned) > MOST_ON_ONE_PAGE else 1)
    sheet.work.repeat_columns(0, len(NAMES) - 1)
    if not planned:
        sheet.nothing(3, say("No scenario has a plan: the sheet No plan says why."))
        return
    right = range(len(NAMES), len(NAMES) + len(planned))
    header = [*(say(name) for name in NAMES), *(cell_text(outcome.name)[:80] for outcome in planned)]
    sheet.header(3, header, right)
    for row, key in enumerate(keys, start=4):
        for col, text in enumerate(key):
            sheet.put(row, col, text)
        for col, outcome in enumerate(planned, start=len(NAMES)):
            _amount(sheet, row, col, [found for found in outcome.plan if _key(found) == key])
    _costs(sheet, 6 + len(keys), header, planned)
    sheet.work.freeze_panes(4, len(NAMES))


def _key(row: PlanRow) -> Key:
    gpus = say("tokens of {model}", model=row.model)
    if row.node_count:
        gpus = say("{nodes}, {precision}, batch {batch}", nodes=f"{row.node_size} × {row.gpu}", precision=row.precision, batch=row.batch_size)
    return row.workload, gpus, row.offer, row.provider, billing_words(row.billing)


def _amount(sheet: Sheet, row: int, col: int, found: list[PlanRow]) -> None:
    """Nodes of a choice in one scenario, or the share of its tokens; blank where it has none."""
    if any(each.node_count for each in found):
        sheet.put(row, col, sum(each.node_count for each in found), "int")
    elif found:
        sheet.put(row, col, sum(each.share_of_demand for each in found), "percent")


def _costs(sheet: Sheet, top: int, header: list[str], planned: tuple[Outcome, ...]) -> None:
    """USD a month of each offer in each scenario, with their sums as formulas."""
    sheet.section(top, say("USD a month by offer"), len(header) - 1)
    sheet.header(top + 1, ["", "", *header[2:]], range(len(NAMES), len(header)))
    offers = sorted({(row.offer, row.provider, billing_words(row.billing)) for outcome in planned for row in outcome.plan})
    for row, offer in enumerate(offers, start=top + 2):
        for col, text in enumerate(offer, start=2):
            sheet.put(row, col, text)
        for col, outcome in enumerate(planned, start=len(NAMES)):
            cost = sum(found.usd_per_month for found in outcome.plan if found.offer == offer[0])
            if cost:
                sheet.put(row, col, cost, "money")
    last = top + 2 + len(offers)
    sheet.put(last, 2, say("in all"), role="total")
    for col, outcome in enumerate(planned, start=len(NAMES)):
        sheet.formula(last, col, f"=SUM({_cell(top + 2, col)}:{_cell(last - 1, col)})", outcome.usd_per_month, "money", role="total")


def _cell(row: int, col: int) -> str:
    from xlsxwriter.utility import xl_rowcol_to_cell  # noqa: PLC0415

    return str(xl_rowcol_to_cell(row, col))
