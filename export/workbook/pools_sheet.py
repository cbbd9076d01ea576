"""The sheet _pools: what the command simulate reads, one row a pool and one a bar of its histogram of lengths."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from data.records.plan import StepTime
from data.records.workload import LengthBin
from data.result_file import POOL, POOLS_SHEET
from export.pools import pools_told
from export.workbook.result import Result
from export.workbook.sheet import Sheet
from export.workbook.style import Styles
from model.simulate.spec import PoolSpec

SENTENCE = (
    "For the command simulate, which plays random arrivals on the pools of this plan: one row a pool in its busiest hours, below one row a bar of its lengths."
)
FIRST = 3  # row of the first header
STEP_TIME = tuple(field.name for field in fields(StepTime))
PLAIN = tuple(field.name for field in fields(PoolSpec) if field.name not in ("step_time", "lengths"))
LENGTHS = tuple(field.name for field in fields(LengthBin) if field.name != "workload")


def write(book: Any, styles: Styles, result: Result) -> None:
    """Write the sheet _pools: headers are field names, numbers are whole."""
    sheet = Sheet(book, POOLS_SHEET, styles)
    sheet.widths([6, 24, 34, 16, *[18] * (len(PLAIN) + len(STEP_TIME) - 3)])
    sheet.heading("Pools", SENTENCE, 8)
    sheet.page()
    pools = pools_told(result.scenario, result.plan)
    sheet.header(FIRST, (POOL, *PLAIN, *STEP_TIME))
    for number, pool in enumerate(pools, start=1):
        values = [number, *(getattr(pool, name) for name in PLAIN), *(getattr(pool.step_time, name) for name in STEP_TIME)]
        _row(sheet, FIRST + number, values)
    first = FIRST + len(pools) + 2
    sheet.header(first, (POOL, *LENGTHS))
    bars = [(number, bar) for number, pool in enumerate(pools, start=1) for bar in pool.lengths]
    for offset, (number, bar) in enumerate(bars, start=1):
        _row(sheet, first + offset, [number, *(getattr(bar, name) for name in LENGTHS)])


def _row(sheet: Sheet, row: int, values: list[Any]) -> None:
    for col, value in enumerate(values):
        sheet.put(row, col, value, "text" if isinstance(value, str) else "count")
