"""The result workbook: one module a sheet, in the order of ``SHEETS``."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from data.atomic import replacing
from data.languages import speaking
from data.records.plan import Plan
from data.records.scenario import Scenario
from export.workbook import (
    alternatives,
    blocks,
    commitments,
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
from export.workbook.book import book_in
from export.workbook.result import Result, result_of
from export.workbook.style import Styles

# The sheets in their order: a new sheet is a module with a function ``write(book, styles, result)`` and its line here.
SHEETS: tuple[Callable[[Any, Styles, Result], None], ...] = (
    summary.write,
    plan_sheet.write,
    costs.write,
    blocks.write,
    commitments.write,
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
        part.write_bytes(result_content(scenario, plan, today))


def result_content(scenario: Scenario, plan: Plan, today: date | None = None) -> bytes:
    """The result workbook as the bytes of its file, in the scenario's language."""
    content = io.BytesIO()
    with speaking(scenario.settings.language):
        _write(content, result_of(scenario, plan, today or date.today()))
    return content.getvalue()


def _write(content: io.BytesIO, result: Result) -> None:
    """All sheets."""
    with book_in(content, result.scenario.settings.scenario_name or result.scenario.name) as (book, styles):
        for write in SHEETS:
            write(book, styles, result)
