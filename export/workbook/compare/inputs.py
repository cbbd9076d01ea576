"""The Inputs sheet of the comparison: the cells in which the scenarios differ, side by side."""

from __future__ import annotations

from typing import Any

from data.fields import REQUIRED
from data.languages import noted, say
from data.records.outcome import Outcome
from data.records.scenario import SETTINGS_SHEET
from data.tables import columns_of_sheet, sheet_title
from export.text import cell_text
from export.workbook.compare.comparison import Comparison
from export.workbook.sheet import Sheet, fitted
from export.workbook.style import Styles

NAMES = (noted("sheet"), noted("row"), noted("field"))
SENTENCE = noted("Only what is not the same in all scenarios, as typed; a default stands in italics, what differs from the base in bold.")
YES, NO = noted("yes"), noted("no")
NO_ROW = "–"  # the scenario has no row of this name
_TITLES = (SETTINGS_SHEET, "", "scenario_name")  # differs in every variant and says nothing
MOST_ON_ONE_PAGE = 10  # scenarios whose columns still read well beside each other
Key = tuple[str, str, str]


def write(book: Any, styles: Styles, comparison: Comparison) -> None:
    """Write the sheet Inputs."""
    sheet = Sheet(book, noted("Inputs"), styles)
    shown = [outcome for outcome in comparison.outcomes if outcome.inputs]
    table = differences(shown)
    base = shown.index(comparison.base) if comparison.base in shown else None
    widths = [fitted(12, (key[col] for key in table)) for col in range(3)]
    sheet.widths([*widths, *(fitted(14, (values[col][0] for values in table.values()), 30) for col in range(len(shown)))])
    sheet.heading(say("What differs in the inputs"), say(SENTENCE), len(NAMES) - 1)
    sheet.page(wide=0 if len(shown) > MOST_ON_ONE_PAGE else 1)
    sheet.work.repeat_columns(0, len(NAMES) - 1)
    if not table:
        sheet.nothing(3, say("The scenarios that could be read do not differ in any cell."))
        return
    sheet.header(3, [*(say(name) for name in NAMES), *(cell_text(outcome.name)[:80] for outcome in shown)])
    for row, (key, values) in enumerate(table.items(), start=4):
        for col, text in enumerate((sheet_title(key[0]), *key[1:])):
            sheet.put(row, col, text)
        for number, (value, given) in enumerate(values):
            other = base is not None and value != values[base][0]
            sheet.put(row, len(NAMES) + number, _shown(key, value), role="strong" if other else "plain" if given else "default")
    sheet.work.freeze_panes(4, len(NAMES))


def differences(outcomes: list[Outcome]) -> dict[Key, list[tuple[str, bool]]]:
    """The cells in which outcomes differ: (sheet, row, field) → each one's value and whether it was given (else it is the default)."""
    cells = [{(cell.sheet, cell.row, cell.field): cell.value for cell in outcome.inputs} for outcome in outcomes]
    rows = [{key[:2] for key in found} for found in cells]
    table = {}
    for key in dict.fromkeys(key for found in cells for key in found):
        values = [(found[key], True) if key in found else (_default(key, has_row=key[:2] in known), False) for found, known in zip(cells, rows, strict=True)]
        if len({value for value, _ in values}) > 1 and key != _TITLES:
            table[key] = values
    return table


def _shown(key: Key, value: str) -> str:
    """A cell's text; of a flag in the language spoken."""
    return say(value) if columns_of_sheet(key[0])[key[2]].kind == "flag" and value in (YES, NO) else value


def _default(key: Key, *, has_row: bool) -> str:
    """What a blank cell stands for, as text."""
    if key[0] != SETTINGS_SHEET and not has_row:
        return NO_ROW
    default = columns_of_sheet(key[0])[key[2]].default
    if default is REQUIRED or default is None:
        return ""
    if isinstance(default, bool):
        return YES if default else NO
    if isinstance(default, tuple):
        return ", ".join(str(item) for item in default)
    return str(int(default)) if isinstance(default, float) and default.is_integer() else str(default)
