"""What the workbooks of studies share: a plan's figures as columns, and a chart over a swept value."""

from __future__ import annotations

from data.records.outcome import Outcome
from export.workbook.compare.comparison import plan_words
from export.workbook.sheet import Field

OUTCOME_FIELDS: list[Field[Outcome]] = [
    Field("status", 11, "text", lambda found: found.status),
    Field("USD a month", 15, "money", lambda found: "" if found.usd_per_month is None else found.usd_per_month),
    Field("gap", 9, "percent", lambda found: "" if found.gap is None else found.gap),
    Field("GPUs", 9, "int", lambda found: found.gpus if found.planned else ""),
    Field("USD a million tokens", 12, "price", lambda found: "" if found.usd_per_million_tokens is None else found.usd_per_million_tokens),
    Field("plan", 64, "wrap", lambda found: plan_words(found) if found.planned else found.reason.partition("\n")[0][:300]),
]
