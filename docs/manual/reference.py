"""The page Reference: every sheet and column of the input workbook, from the records that the reader and the template use."""

from __future__ import annotations

from data.fields import Column
from data.records.scenario import SETTINGS_SHEET
from data.tables import INPUT_SHEETS, columns_of_sheet
from data.template_guide import SHEETS
from docs.manual.markdown import prose, table

HEAD = """# Reference: the input workbook

Written from the records that the reader checks and the template is made from. Only `Workloads` is required; a blank cell means the default. A header is the
title or the field's name, in any case and order."""


_OPTIONAL = "Optional."  # a sheet of which the template says nothing more


def reference_page() -> str:
    """The whole page."""
    return "\n\n".join([HEAD, *(part for sheet in INPUT_SHEETS for part in _sheet(sheet))]) + "\n"


def _sheet(sheet: str) -> list[str]:
    rows = [_row(name, column) for name, column in columns_of_sheet(sheet).items()]
    first = "setting" if sheet == SETTINGS_SHEET else "field"
    return [f"## {sheet}", prose(SHEETS.get(sheet, _OPTIONAL)), table((first, "title", "unit", "default", "allowed", "meaning"), rows)]


def _row(name: str, column: Column) -> tuple[object, ...]:
    default = "required" if column.required else "" if column.default in (None, ()) else _text(column.default)
    allowed = ", ".join(column.choices) or column.bounds()
    return f"`{name}`", prose(column.title), column.unit, default, allowed, prose(column.meaning)


def _text(value: object) -> str:
    return ", ".join(str(item) for item in value) if isinstance(value, tuple) else f"{value:g}" if isinstance(value, float) else str(value)
