"""The Comparison sheet: a row a scenario, a column a figure, live differences against the base chosen in a cell."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from xlsxwriter.utility import xl_rowcol_to_cell

from data.languages import noted, say, say_count
from data.records.outcome import PLANNED, Outcome
from export.figures import billing_words, status_word
from export.version import program_version
from export.workbook.compare.comparison import Comparison, plan_words
from export.workbook.sheet import RIGHT, Field, Sheet, fitted
from export.workbook.style import Styles
from export.workbook.verdicts import quoted

SHEET = noted("Comparison")
BASE_ROW, TOP = 3, 6  # the row of the base's cell; the first scenario's row
USD, DIFFERENCE, SHARE, GPUS, GPU_DIFFERENCE, FIRST_BILLING = 2, 3, 4, 7, 8, 13  # columns
SENTENCE = noted("Each scenario planned on its own, to its own optimum. Differences are against the scenario in the yellow cell: choose another one there.")


def fields_of(comparison: Comparison) -> list[Field[Outcome]]:
    """The columns; differences are written as formulas over them."""
    return [
        Field(noted("scenario"), 30, "text", lambda found: found.name),
        Field(noted("status"), 12, "text", lambda found: status_word(found.status)),
        Field(noted("USD a month"), 15, "money", lambda found: _figure(found.usd_per_month)),
        Field(noted("difference [USD a month]"), 15, "money", lambda _: ""),
        Field(noted("difference [share]"), 12, "percent", lambda _: ""),
        Field(noted("bound [USD a month]"), 15, "money", lambda found: _figure(found.bound_usd_per_month)),
        Field(noted("gap"), 9, "percent", lambda found: _figure(found.gap)),
        Field(noted("GPUs"), 9, "int", lambda found: found.gpus if found.planned else ""),
        Field(noted("difference [GPUs]"), 12, "int", lambda _: ""),
        Field(noted("instances"), 11, "int", lambda found: found.instances if found.planned else ""),
        Field(noted("power of the GPUs [kW]"), 11, "number", lambda found: found.power_kw if found.planned else ""),
        Field(noted("USD a million tokens"), 12, "price", lambda found: _figure(found.usd_per_million_tokens)),
        Field(noted("USD a user and month"), 12, "price", lambda found: _figure(found.usd_per_user)),
        *(_billed(kind) for kind in comparison.billings),
        Field(noted("providers"), 22, "text", lambda found: ", ".join(found.providers)),
        Field(noted("plan"), 46, "wrap", plan_words),
        Field(noted("warnings"), 12, "int", lambda found: found.warnings if found.planned else ""),
        Field(noted("seconds"), 11, "ms", lambda found: found.seconds or ""),
        Field(noted("result"), 30, "text", lambda found: Path(found.result).name),
        Field(noted("why there is no plan"), 50, "wrap", lambda found: found.reason.partition("\n")[0][:300]),
    ]


def _billed(kind: str) -> Field[Outcome]:
    """The column of one billing kind's cost."""
    return Field(
        say("{billing} [USD a month]", billing=billing_words(kind)), 13, "money", lambda found: found.usd_by_billing.get(kind, 0.0) if found.planned else ""
    )


def _figure(value: float | None) -> float | str:
    """A figure, or nothing where there is none."""
    return "" if value is None else value


def write(book: Any, styles: Styles, comparison: Comparison) -> None:
    """Write the sheet Comparison."""
    sheet = Sheet(book, SHEET, styles)
    fields, outcomes = fields_of(comparison), comparison.outcomes
    cells = [[field.value(outcome) for field in fields] for outcome in outcomes]
    sheet.widths([fitted(field.width, (row[col] for row in cells)) if field.kind == "text" else field.width for col, field in enumerate(fields)])
    sheet.heading(say("Comparison of scenarios"), say(SENTENCE), 6)
    sheet.page(wide=2, repeat=TOP - 1)
    sheet.work.repeat_columns(0)
    _base(sheet, comparison)
    names, right = [say(field.header) for field in fields], [col for col, field in enumerate(fields) if field.kind in RIGHT]
    sheet.header(TOP - 1, names, right, filtered=True)
    for row, (outcome, values) in enumerate(zip(outcomes, cells, strict=True), start=TOP):
        for col, (value, field) in enumerate(zip(values, fields, strict=True)):
            sheet.put(row, col, value, field.kind, "strong" if col == 0 and outcome is comparison.base else "plain")
        if outcome.planned:
            _differences(sheet, row, outcome, comparison)
        sheet.lines(row, [(value, field.width) for value, field in zip(values, fields, strict=True) if field.kind == "wrap"])
    last = TOP + len(outcomes) - 1
    sheet.excel_table(TOP - 1, len(outcomes), names, right, SHEET)
    planned = ",".join(quoted(status_word(status)) for status in PLANNED)
    alarm = {"type": "formula", "criteria": f"=ISERROR(MATCH($B{TOP + 1},{{{planned}}},0))", "format": styles.named("tight")}
    sheet.work.conditional_format(TOP, 1, last, 1, alarm)
    sheet.work.freeze_panes(TOP, 1)
    sheet.merged(last + 2, 0, 8, _counts(comparison), "sentence")


def _base(sheet: Sheet, comparison: Comparison) -> None:
    """The cell that names the base, with a drop-down of all scenarios."""
    sheet.put(BASE_ROW, 0, say("differences are against"), role="strong")
    sheet.work.merge_range(BASE_ROW, 1, BASE_ROW, 3, "", sheet.styles.cell("text", "input"))
    sheet.put(BASE_ROW, 1, comparison.base.name, role="input")
    last = TOP + len(comparison.outcomes)
    sheet.work.data_validation(BASE_ROW, 1, BASE_ROW, 1, {"validate": "list", "source": f"=$A${TOP + 1}:$A${last}"})


def _differences(sheet: Sheet, row: int, outcome: Outcome, comparison: Comparison) -> None:
    """Differences of money and GPUs against the base that the cell names; nothing where it has no plan."""
    first, last = TOP, TOP + len(comparison.outcomes) - 1
    base = comparison.base
    names = f"{xl_rowcol_to_cell(first, 0, True, True)}:{xl_rowcol_to_cell(last, 0, True, True)}"  # noqa: FBT003  (xlsxwriter's own signature)
    chosen = xl_rowcol_to_cell(BASE_ROW, 1, True, True)  # noqa: FBT003

    def of_base(col: int) -> str:
        column = f"{xl_rowcol_to_cell(first, col, True, True)}:{xl_rowcol_to_cell(last, col, True, True)}"  # noqa: FBT003
        return f"INDEX({column},MATCH({chosen},{names},0))"

    cost, gpus = xl_rowcol_to_cell(row, USD), xl_rowcol_to_cell(row, GPUS)
    usd, before = outcome.usd_per_month or 0.0, base.usd_per_month
    money = "" if before is None else usd - before
    sheet.formula(row, DIFFERENCE, f'=IFERROR(IF({of_base(USD)}="","",{cost}-{of_base(USD)}),"")', money, "money")
    sheet.formula(row, SHARE, f'=IFERROR({cost}/{of_base(USD)}-1,"")', usd / before - 1 if before else "", "percent")
    more = outcome.gpus - base.gpus if base.planned else ""
    sheet.formula(row, GPU_DIFFERENCE, f'=IFERROR(IF({of_base(GPUS)}="","",{gpus}-{of_base(GPUS)}),"")', more, "int")


def _counts(comparison: Comparison) -> str:
    """How many there are of each status, and who compared them."""
    outcomes = comparison.outcomes
    counts = Counter(outcome.status for outcome in outcomes)
    listed = ", ".join(f"{count} {status_word(status)}" for status, count in counts.items())
    return say_count(
        "{count} scenario: {statuses}. Made with inferplan {version}.", "{count} scenarios: {statuses}. Made with inferplan {version}.", len(outcomes),
        statuses=listed, version=program_version(),
    )  # fmt: skip
