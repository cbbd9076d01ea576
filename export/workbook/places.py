"""Where each figure of the live sheets stands, so that any sheet can refer to any other before it is written.

Formulas refer to cells by position only: a name from the input never enters a formula.
"""

from __future__ import annotations

from collections.abc import Iterable

from xlsxwriter.utility import quote_sheetname, xl_rowcol_to_cell

from data.languages import noted, say
from export.plan_columns import PLAN_COLUMNS
from export.workbook.fleet import Fleet
from export.workbook.verdicts import quoted

# The columns of the Plan sheet: the contract's, then those added.
SHEET_COLUMNS = (
    *PLAN_COLUMNS,
    noted("check"), noted("req_per_s_per_node"), noted("ttft_ms"), noted("tpot_ms"), noted("e2e_ms"), noted("memory_gb_per_gpu"), noted("engine"),
    noted("provenance"), noted("pool"), noted("gpus_per_instance"), noted("gpu_hours_per_month"),
)  # fmt: skip

LABELS = 4  # columns left of the first block on the Blocks sheet
WORKLOAD_LINES = (noted("load"), noted("capacity"), noted("utilisation"), noted("GPUs the load needs"))
OVERVIEW_LINES = (noted("hours a month"), noted("GPUs paid"), noted("GPUs with nodes on"), noted("GPUs the load needs"))
OFFER_LINES = (noted("needed"), noted("paid"), noted("GPUs paid"))
CHART_ROWS = 16  # rows a chart covers
CHARTS_IN_ROW = 3
MOST_BLOCK_CHARTS = 6


def absolute(row: int, col: int, sheet: str = "") -> str:
    """A cell as a formula names it, with its sheet (by its English name)."""
    cell = str(xl_rowcol_to_cell(row, col, row_abs=True, col_abs=True))
    return f"{quote_sheetname(say(sheet))}!{cell}" if sheet else cell


def span(first: tuple[int, int], last: tuple[int, int], sheet: str = "") -> str:
    """A range from cell to cell as a formula names it, with its sheet."""
    return f"{absolute(*first, sheet)}:{absolute(*last)}"


def total_of(cells: Iterable[str]) -> str:
    """The sum of cells as a formula without its equals sign; 0 of none."""
    return "+".join(cells) or "0"


def literal(value: float) -> str:
    """A finite number as a formula holds it, in full precision."""
    return repr(float(value)).upper()


def sum_of(first: str, last: str) -> str:
    """The sum of the cells from ``first`` to ``last`` (on one sheet) as a formula."""
    return f"SUM({first}:{last.rpartition('!')[2]})"


class Places:
    """Addresses of the live figures of a :class:`Fleet` on the sheets Plan, Blocks and Costs (rows and columns count from 0)."""

    def __init__(self, fleet: Fleet) -> None:
        rows, pools, offers, workloads = len(fleet.rows), len(fleet.pools), len(fleet.offers), len(fleet.workloads)
        self.blocks = len(fleet.blocks)
        self.block_charts = min(MOST_BLOCK_CHARTS, 1 + workloads)
        self.charts_top = 3
        band = CHART_ROWS * -(-self.block_charts // CHARTS_IN_ROW)
        self.heads: dict[str, int] = {}  # row of each section's heading on Blocks; its header is below, then its rows
        row = self.charts_top + band + 1
        for name, count in (
            ("overview", len(OVERVIEW_LINES)),
            ("workloads", len(WORKLOAD_LINES) * workloads),
            ("nodes", rows),
            ("pools", pools),
            ("used", rows),
            ("offers", len(OFFER_LINES) * offers),
        ):
            self.heads[name] = row
            row += 2 + count + 1
        self.blocks_end = row
        self.cost_offers_top = 4  # first row of the table by offer on Costs
        self.cost_offers_total = self.cost_offers_top + offers
        self.cost_lines_top = max(self.cost_offers_total + 4, self.cost_offers_top + CHART_ROWS + 3)
        self.cost_total_row = self.cost_lines_top + len(fleet.lines)

    def plan(self, row: int, column: str) -> str:
        """A cell of the Plan sheet."""
        return absolute(row + 1, SHEET_COLUMNS.index(column), "Plan")

    def at(self, section: str, line: int, block: int = 0) -> tuple[int, int]:
        """Row and column on Blocks of a section's line in a block."""
        return self.heads[section] + 2 + line, LABELS + block

    def block(self, section: str, line: int, block: int) -> str:
        """A figure of a block on the Blocks sheet."""
        return absolute(*self.at(section, line, block), "Blocks")

    def label(self, section: str, line: int, col: int) -> str:
        """A cell left of the blocks on the Blocks sheet."""
        return absolute(self.at(section, line)[0], col, "Blocks")

    def across(self, section: str, line: int) -> str:
        """A line's figures over all blocks."""
        return span(self.at(section, line), self.at(section, line, self.blocks - 1), "Blocks")

    def along(self, section: str, line: int, first: int, last: int) -> str:
        """A line's figures from block to block."""
        return span(self.at(section, line, first), self.at(section, line, last), "Blocks")

    def down(self, section: str, first: int, last: int, block: int) -> str:
        """A block's figures over some lines of a section, without the sheet."""
        return span(self.at(section, first, block), self.at(section, last, block))

    def total_of_figure(self, section: str, lines: int, figure: str, col: int) -> str:
        """The sum over a section's ``lines`` lines of one figure (named in English, said in the second column) in a column of Blocks, as a formula."""
        (first, _), (last, _) = self.at(section, 0), self.at(section, lines - 1)
        return f"SUMIF({span((first, 1), (last, 1), 'Blocks')},{quoted(say(figure))},{span((first, col), (last, col), 'Blocks')})"

    def hours(self) -> str:
        """The hours of all blocks."""
        return self.across("overview", 0)

    def workload(self, workload: int, line: str) -> int:
        """Line of the section "workloads" that holds a workload's load, capacity, utilisation or GPUs."""
        return len(WORKLOAD_LINES) * workload + WORKLOAD_LINES.index(line)

    def offer(self, offer: int, line: str) -> int:
        """Line of the section "offers" that holds what is needed or paid of an offer."""
        return len(OFFER_LINES) * offer + OFFER_LINES.index(line)

    def offer_cost(self, offer: int) -> str:
        """Monthly cost of an offer on Costs."""
        return absolute(self.cost_offers_top + offer, 3, "Costs")

    def line_cost(self, line: int) -> str:
        """Monthly cost of a cost line."""
        return absolute(self.cost_lines_top + line, 10, "Costs")

    def cost_periods(self) -> str:
        """The periods of all cost lines (blank for those of none); only where a plan has several."""
        return span((self.cost_lines_top, 11), (self.cost_total_row - 1, 11), "Costs")

    def cost_amounts(self) -> str:
        """The amounts of all cost lines."""
        return span((self.cost_lines_top, 10), (self.cost_total_row - 1, 10), "Costs")

    def total_cost(self) -> str:
        """The total of all cost lines: the plan's cost a month."""
        return absolute(self.cost_total_row, 10, "Costs")
