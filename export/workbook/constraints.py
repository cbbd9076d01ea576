"""The Constraints sheet: every limit with its value, bound and slack in its own unit, the binding ones marked."""

from __future__ import annotations

from typing import Any

from data.languages import noted, say
from data.records.plan import Limit
from export.figures import unit_words
from export.workbook.result import Result
from export.workbook.sheet import Field, Sheet
from export.workbook.style import Styles
from export.workbook.verdicts import quoted

SENTENCE = noted("Every limit the plan keeps. The slack is what is left of the bound, in the limit's own unit; a limit binds when less than 1 % of it is left.")
FIELDS: list[Field[Limit]] = [
    Field(noted("limit"), 44, "wrap", lambda limit: limit.called),
    Field(noted("workload"), 28, "text", lambda limit: limit.workload or say("all")),
    Field(noted("value"), 16, "number", lambda limit: limit.value),
    Field(noted("sense"), 10, "text", lambda limit: say("at most") if limit.sense == "<=" else say("at least")),
    Field(noted("bound"), 16, "number", lambda limit: limit.bound),
    Field(noted("slack"), 16, "number", lambda limit: limit.slack),
    Field(noted("unit"), 20, "text", lambda limit: unit_words(limit.unit)),
    Field(noted("binding"), 11, "text", lambda limit: limit.binding),
]


def write(book: Any, styles: Styles, result: Result) -> None:
    """Write the sheet Constraints."""
    sheet = Sheet(book, "Constraints", styles)
    sheet.widths([field.width for field in FIELDS])
    sheet.heading(say("Constraints"), say(SENTENCE), len(FIELDS) - 1)
    sheet.page(repeat=3)
    limits = result.plan.limits
    if not limits:
        sheet.nothing(3, say("There is no plan, so no limit has a value: the sheet Summary says which limits rule a plan out."))
        return
    sheet.table(3, "Constraints", FIELDS, limits)
    yes = quoted(say("yes"))
    tight = {"type": "formula", "criteria": f"=$H5={yes}", "format": styles.named("tight")}
    sheet.work.conditional_format(4, 0, 3 + len(limits), len(FIELDS) - 1, tight)
    sheet.work.freeze_panes(4, 1)
