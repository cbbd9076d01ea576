"""The result workbook: one module a sheet, in the order of ``SHEETS``."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from data.atomic import replacing
from data.records.plan import Plan
from data.records.scenario import Scenario
from export.text import cell_text
from export.workbook import (
    alternatives,
    blocks,
    constraints,
    costs,
    curves,
    deploy_sheet,
    inputs,
    latency,
    memory,
    plan_sheet,
    pools_sheet,
    ruled_out,
    sensitivity,
    sources,
    summary,
)
from export.workbook.result import Result, result_of
from export.workbook.style import FONT, Styles

# The sheets in their order: a new sheet is a module with a function ``write(book, styles, result)`` and its line here.
SHEETS: tuple[Callable[[Any, Styles, Result], None], ...] = (
    summary.write,
    plan_sheet.write,
    costs.write,
    blocks.write,
    latency.write,
    memory.write,
    constraints.write,
    alternatives.write,
    curves.write,
    sensitivity.write,
    deploy_sheet.write,
    ruled_out.write,
    inputs.write,
    sources.write,
    pools_sheet.write,
)


def write_result(path: Path, scenario: Scenario, plan: Plan, today: date | None = None) -> None:
    """Write the result workbook at ``path``, whole or not at all: a file already there stays as it was until the new one is complete.

    Ages of prices are counted to ``today`` (the day of writing). Raises OSError where the folder cannot be written to.
    """
    with replacing(path) as part:
        _write(part, result_of(scenario, plan, today or date.today()))


def _write(path: Path, result: Result) -> None:
    """Write all sheets."""
    import xlsxwriter  # noqa: PLC0415 - heavy
    from xlsxwriter.exceptions import FileCreateError  # noqa: PLC0415

    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "default_format_properties": {"font_name": FONT, "font_size": 10},
    }
    book = xlsxwriter.Workbook(str(path), options)
    book.set_properties({"title": cell_text(result.scenario.settings.scenario_name or result.scenario.name)[:200], "comments": "Written by inferplan."})
    styles = Styles(book)
    for write in SHEETS:
        write(book, styles, result)
    try:
        book.close()
    except FileCreateError as error:
        raise error.args[0] from error
