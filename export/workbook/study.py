"""What the workbooks of studies share: a plan's figures as columns, and a chart over a swept value."""

from __future__ import annotations

from data.languages import noted
from data.records.outcome import Outcome
from export.figures import status_word
from export.workbook.compare.comparison import plan_words
from export.workbook.sheet import Field

PLAN = noted("plan")
OUTCOME_FIELDS: list[Field[Outcome]] = [
    Field(noted("status"), 11, "text", lambda found: status_word(found.status)),
    Field(noted("USD a month"), 15, "money", lambda found: "" if found.usd_per_month is None else found.usd_per_month),
    Field(noted("gap"), 9, "percent", lambda found: "" if found.gap is None else found.gap),
    Field(noted("GPUs"), 9, "int", lambda found: found.gpus if found.planned else ""),
    Field(noted("USD a million tokens"), 12, "price", lambda found: "" if found.usd_per_million_tokens is None else found.usd_per_million_tokens),
    Field(PLAN, 64, "wrap", lambda found: plan_words(found) if found.planned else found.reason.partition("\n")[0][:300]),
]
