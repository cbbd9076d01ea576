"""The Memory sheet: what fills a GPU of each deployment."""

from __future__ import annotations

from typing import Any

from data.records.candidate import MemoryUse
from data.records.plan import Deployment
from export.workbook.charts import Series, add_columns, dress
from export.workbook.result import Result
from export.workbook.sheet import Field, Sheet
from export.workbook.style import UNUSED, Styles

SENTENCE = "Memory of one GPU of each deployment's nodes at its batch size [GB = 10⁹ bytes]: weights, KV cache, overhead and what is left of the usable memory."
PARTS = ("weights_gb", "kv_cache_gb", "overhead_gb", "free_gb")
FIRST_PART, MOST_COLUMNS = 6, 20


def write(book: Any, styles: Styles, result: Result) -> None:
    """Write the sheet Memory."""
    sheet = Sheet(book, "Memory", styles)
    rows = [row for row in result.fleet.rows if row.memory]
    largest = {candidate.key: candidate.max_batch for candidate in result.plan.candidates}
    fields = _fields({pool: found.label for pool, found in enumerate(result.fleet.pools)}, result, largest)
    sheet.widths([field.width for field in fields])
    sheet.heading("Memory", SENTENCE, len(fields) - 1)
    sheet.page(repeat=3)
    if not rows:
        sheet.nothing(3, "No node serves anything, so no memory is in use: the sheets Summary and Plan say what is planned.")
        return
    end = sheet.table(3, "Memory", fields, rows)
    chart = book.add_chart({"type": "column", "subtype": "stacked"})
    last = 3 + min(len(rows), MOST_COLUMNS)
    for look, part in enumerate(PARTS):
        col = FIRST_PART + look
        colour = UNUSED if part == "free_gb" else look
        add_columns(chart, Series(_words(part), ["Memory", 4, 0, last, 1], ["Memory", 4, col, last, col], colour), overlap=100)
    dress(chart, "Memory of one GPU", "deployment", "GB", size=(900, 340))
    sheet.chart(end + 1, 0, chart, says="What fills the memory of one GPU of each deployment")
    sheet.work.freeze_panes(4, 1)


def _words(part: str) -> str:
    """A part of the memory in words."""
    return part.removesuffix("_gb").replace("_", " ").replace("kv", "KV")


def _fields(labels: dict[int, str], result: Result, largest: dict[str, int]) -> list[Field[Deployment]]:
    """The columns; the pool's label is the second category of the chart."""
    pool = {id(row): labels[result.fleet.pool_of[i]] for i, row in enumerate(result.fleet.rows)}

    def part(name: str) -> Field[Deployment]:
        def amount(row: Deployment) -> float | None:
            return getattr(row.memory, name) if isinstance(row.memory, MemoryUse) else None

        return Field(f"{_words(name)} [GB]", 13, "gb", amount)

    return [
        Field("workload", 24, "text", lambda row: row.workload),
        Field("pool", 7, "text", lambda row: pool[id(row)]),
        Field("GPU", 20, "text", lambda row: row.gpu),
        Field("precision", 10, "text", lambda row: row.precision),
        Field("GPUs a node", 10, "int", lambda row: row.node_size),
        Field("batch size", 10, "int", lambda row: row.batch_size),
        *(part(name) for name in PARTS),
        part("usable_gb"),
        Field("most sequences that fit", 14, "int", lambda row: largest.get(row.candidate)),
    ]
