"""The sheet _pools: what the command simulate reads, one row a pool, one a bar of its histogram of lengths, one a workload beside it on its nodes."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from data.languages import noted, say
from data.records.candidate import StepTime
from data.records.workload import LengthBin
from data.result_file import BESIDE_SECOND, POOL, POOLS_SHEET
from export.pools import pools_told
from export.workbook.result import Result
from export.workbook.sheet import Sheet
from export.workbook.style import Styles
from model.simulate.spec import Beside, PoolSpec

SENTENCE = noted(
    "For the command simulate, which plays random arrivals on the pools of this plan: one row a pool in its busiest hours, below one row a bar of its lengths, "
    "and one for each other workload on its nodes."
)
FIRST = 3  # row of the first header
STEP_TIME = tuple(field.name for field in fields(StepTime))
PLAIN = tuple(field.name for field in fields(PoolSpec) if field.name not in ("step_time", "lengths", "beside"))
LENGTHS = (*(field.name for field in fields(LengthBin) if field.name != "workload"), "workload")
BESIDE = tuple(field.name for field in fields(Beside) if field.name not in ("workload", "lengths"))


def write(book: Any, styles: Styles, result: Result) -> None:
    """Write the sheet _pools: headers are field names, numbers are whole."""
    sheet = Sheet(book, POOLS_SHEET, styles)
    sheet.widths([6, 24, 34, 16, *[18] * (len(PLAIN) + len(STEP_TIME) - 3)])
    sheet.heading(say("Pools"), say(SENTENCE), 8)
    sheet.page()
    pools = pools_told(result.scenario, result.plan)
    sheet.header(FIRST, (POOL, *PLAIN, *STEP_TIME))
    for number, pool in enumerate(pools, start=1):
        values = [number, *(getattr(pool, name) for name in PLAIN), *(getattr(pool.step_time, name) for name in STEP_TIME)]
        _row(sheet, FIRST + number, values)
    first = FIRST + len(pools) + 2
    sheet.header(first, (POOL, *LENGTHS))
    bars = [(number, bar) for number, pool in enumerate(pools, start=1) for bar in (*pool.lengths, *(bar for other in pool.beside for bar in other.lengths))]
    for offset, (number, bar) in enumerate(bars, start=1):
        _row(sheet, first + offset, [number, *(getattr(bar, name) for name in LENGTHS)])

    others = [(number, other) for number, pool in enumerate(pools, start=1) for other in pool.beside]
    if others:
        first += len(bars) + 2
        sheet.header(first, (POOL, BESIDE_SECOND, *BESIDE))
    for offset, (number, other) in enumerate(others, start=1):
        _row(sheet, first + offset, [number, other.workload, *(getattr(other, name) for name in BESIDE)])


def _row(sheet: Sheet, row: int, values: list[Any]) -> None:
    for col, value in enumerate(values):
        sheet.put(row, col, value, "text" if isinstance(value, str) else "count")
