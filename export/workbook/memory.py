"""The Memory sheet: what fills a GPU of each deployment."""

from __future__ import annotations

from typing import Any

from data.languages import noted, say
from data.records.candidate import MemoryUse
from data.records.plan import Deployment
from export.workbook.charts import Series, add_columns, dress
from export.workbook.result import Result
from export.workbook.sheet import Field, Sheet
from export.workbook.style import UNUSED, Styles

SENTENCE = noted(
    "Memory of one GPU of each deployment's nodes at its batch size [GB = 10⁹ bytes]: weights, KV cache, overhead and what is left of the usable memory."
)
PARTS = {"weights_gb": noted("weights"), "kv_cache_gb": noted("KV cache"), "overhead_gb": noted("overhead"), "free_gb": noted("free")}
FIRST_PART, MOST_COLUMNS = 6, 20


def write(book: Any, styles: Styles, result: Result) -> None:
    """Write the sheet Memory."""
    sheet = Sheet(book, "Memory", styles)
    rows = [row for row in result.fleet.rows if row.memory]
    largest = {candidate.key: candidate.max_batch for candidate in result.plan.candidates}
    fields = _fields({pool: found.label for pool, found in enumerate(result.fleet.pools)}, result, largest)
    sheet.widths([field.width for field in fields])
    sheet.heading(say("Memory"), say(SENTENCE), len(fields) - 1)
    sheet.page(repeat=3)
    if not rows:
        sheet.nothing(3, say("No node serves anything, so no memory is in use: the sheets Summary and Plan say what is planned."))
        return
    end = sheet.table(3, "Memory", fields, rows)
    chart = book.add_chart({"type": "column", "subtype": "stacked"})
    last = 3 + min(len(rows), MOST_COLUMNS)
    for look, (part, words) in enumerate(PARTS.items()):
        col = FIRST_PART + look
        colour = UNUSED if part == "free_gb" else look
        add_columns(chart, Series(say(words), ["Memory", 4, 0, last, 1], ["Memory", 4, col, last, col], colour), overlap=100)
    dress(chart, say("Memory of one GPU"), say("deployment"), say("GB"), size=(900, 340))
    sheet.chart(end + 1, 0, chart, says=say("What fills the memory of one GPU of each deployment"))
    sheet.work.freeze_panes(4, 1)


def _fields(labels: dict[int, str], result: Result, largest: dict[str, int]) -> list[Field[Deployment]]:
    """The columns; the pool's label is the second category of the chart."""
    pool = {id(row): labels[result.fleet.pool_of[i]] for i, row in enumerate(result.fleet.rows)}

    def part(header: str, name: str) -> Field[Deployment]:
        def amount(row: Deployment) -> float | None:
            return getattr(row.memory, name) if isinstance(row.memory, MemoryUse) else None

        return Field(header, 13, "gb", amount)

    return [
        Field(noted("workload"), 24, "text", lambda row: row.workload),
        Field(noted("pool"), 7, "text", lambda row: pool[id(row)]),
        Field(noted("GPU"), 20, "text", lambda row: row.gpu),
        Field(noted("precision"), 10, "text", lambda row: row.precision),
        Field(noted("GPUs a node"), 10, "int", lambda row: row.node_size),
        Field(noted("batch size"), 10, "int", lambda row: row.batch_size),
        part(noted("weights [GB]"), "weights_gb"),
        part(noted("KV cache [GB]"), "kv_cache_gb"),
        part(noted("overhead [GB]"), "overhead_gb"),
        part(noted("free [GB]"), "free_gb"),
        part(noted("usable [GB]"), "usable_gb"),
        Field(noted("most sequences that fit"), 14, "int", lambda row: largest.get(row.candidate)),
    ]
