"""The input workbook that a planner fills in, derived from the records: every column with its title, unit, prompt, drop-down and format."""

from __future__ import annotations

import io
import math
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from data import template_guide as guide
from data.atomic import replacing
from data.cell_strings import cell_string
from data.fields import Column
from data.languages import ENGLISH, say, spoken
from data.library import shipped_gpus, shipped_models, shipped_offers, shipped_profiles
from data.periods_form import with_long_periods
from data.problems import BadInput, Problem
from data.records.scenario import SETTINGS_SHEET, SHEETS
from data.records.workload import DEMAND_FIELDS
from data.tables import SETTINGS_NOTES, SETTINGS_PAIR, Cell, Tables, columns_of_sheet, find_field, match_headers
from data.template_columns import Lists, cell_format, prompt, shown, validation, width
from data.workbook_file import MAX_CHARACTERS

BLANK_ROWS = 20  # empty rows of a table, below given ones too
HELPED_ROWS = 500  # rows below the given ones that have prompts and drop-downs
HEADER_POINTS = 50  # height of three lines
A4 = 9  # paper code of the format
PAGE_CHARACTERS = 170  # widths that still read well on one landscape page
LISTS_SHEET = "_lists"

NAVY, AMBER, PALE, INK, GREY = "#1F3A5F", "#E69F00", "#DCE4EC", "#1A1A1A", "#8C8C8C"
INPUT_FILL, INPUT_INK = "#FFF6D6", "#0B3D91"
_HEADER = {"bold": True, "text_wrap": True, "valign": "vcenter", "border": 1, "border_color": GREY}
FORMATS: dict[str, dict[str, Any]] = {
    "required": {**_HEADER, "bg_color": NAVY, "font_color": "#FFFFFF"},
    "demand": {**_HEADER, "bg_color": AMBER, "font_color": INK},
    "optional": {**_HEADER, "bg_color": PALE, "font_color": INK},
    "input": {"bg_color": INPUT_FILL, "font_color": INPUT_INK, "border": 1, "border_color": "#D9D2B4", "valign": "top"},
    "note": {"font_color": "#5A5A5A", "text_wrap": True, "valign": "top", "indent": 1},
    "name": {"bold": True, "valign": "top"},
    "title": {"bold": True, "font_size": 16, "font_color": NAVY},
    "section": {"bold": True, "font_size": 12, "font_color": NAVY, "bottom": 2, "bottom_color": NAVY},
    "wrap": {"text_wrap": True, "valign": "top", "indent": 1},
}

Rows = list[dict[str, Cell]]  # field → cell, of each row


def write_template(path: Path, tables: Tables | None = None, *, example: bool = False) -> None:
    """Write the input workbook in the language spoken: filled with ``tables``, or with an example row in Workloads, or blank.

    In another language than English the setting Language says so, where ``tables`` do not set it. The file is written whole or not at all.
    Raises BadInput for a text that no cell can hold, OSError where the file cannot be written.
    """
    import xlsxwriter  # noqa: PLC0415

    tables = with_long_periods(tables) if tables else None
    filled = {sheet: _rows(tables, sheet) for sheet in template_sheets()}
    if spoken() != ENGLISH:
        settings = filled[SETTINGS_SHEET][0] if filled[SETTINGS_SHEET] else {}
        filled[SETTINGS_SHEET] = [{"language": Cell(spoken(), f"{SETTINGS_SHEET}.language"), **settings}]
    if tables is None and example:
        filled["Workloads"] = [
            {name: Cell(column.example, f"Workloads.{name}") for name, column in columns_of_sheet("Workloads").items() if column.example is not None}
        ]
    _check_lengths(cell for rows in filled.values() for row in rows for cell in row.values())
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True}) as book:
        _Template(book, filled).write()
    with replacing(path) as part:
        part.write_bytes(content.getvalue())


def template_sheets() -> tuple[str, ...]:
    """The sheets of the template, in its order."""
    return ("Workloads", SETTINGS_SHEET, *(sheet for sheet in SHEETS if sheet != "Workloads"))


def _rows(tables: Tables | None, sheet: str) -> Rows:
    """The filled cells of a sheet by field; Settings is one row."""
    table = tables.sheets.get(sheet) if tables else None
    if table is None:
        return []
    if sheet == SETTINGS_SHEET:
        found = {find_field(sheet, str(setting.raw)): value for setting, value in table.rows}
        return [{name: cell for name, cell in found.items() if name and cell.filled}]
    positions = match_headers(table).positions
    return [{name: row[position] for name, position in positions.items() if row[position].filled} for row in table.rows]


def _check_lengths(cells: Iterable[Cell]) -> None:
    long = [cell for cell in cells if isinstance(cell.raw, str) and len(cell.raw.encode("utf-16-le")) > 2 * MAX_CHARACTERS]
    if long:
        raise BadInput(Problem(cell.where, say("has more than {most:,} characters", most=MAX_CHARACTERS), say("shorten it")) for cell in long)


class _Template:
    """One workbook under way."""

    def __init__(self, book: Any, filled: Mapping[str, Rows]) -> None:
        self.book = book
        self.filled = filled
        self.formats = {name: book.add_format({"font_name": "Arial", "font_size": 10, **look}) for name, look in FORMATS.items()}

    def write(self) -> None:
        """All sheets, the guide first."""
        self.book.set_properties({"title": say(guide.TITLE), "created": datetime(2026, 1, 1)})  # the same input gives the same file
        self._guide(self.book.add_worksheet(say(guide.SHEET_TITLE)))
        sheets = {name: self.book.add_worksheet(say(name)) for name in self.filled}
        lists = self._lists(self.book.add_worksheet(LISTS_SHEET))
        for name, sheet in sheets.items():
            if name == SETTINGS_SHEET:
                self._settings(sheet, lists)
            else:
                self._table(sheet, name, lists)
        sheets["Workloads"].activate()

    def _input(self, column: Column, **more: Any) -> Any:
        """The format of the input cells of a column."""
        return self.book.add_format({"font_name": "Arial", "font_size": 10, **FORMATS["input"], "num_format": cell_format(column), **more})

    def _table(self, sheet: Any, name: str, lists: Lists) -> None:
        """A sheet with one row a thing: header, prompts, drop-downs, the given rows and empty ones."""
        columns, rows = columns_of_sheet(name), self.filled[name]
        last = len(rows) + BLANK_ROWS
        headers = [{"header": column.header, "header_format": self.formats[_importance(field, column)]} for field, column in columns.items()]
        sheet.add_table(0, 0, last, len(columns) - 1, {"name": f"input_{name}", "columns": headers, "style": None, "autofilter": False})
        sheet.set_row(0, HEADER_POINTS)
        sheet.freeze_panes(1, 1)
        _page(sheet, sum(width(column) for column in columns.values()))
        for position, (field, column) in enumerate(columns.items()):
            style = self._input(column)
            sheet.set_column(position, position, width(column))
            sheet.write_comment(0, position, prompt(column), {"x_scale": 2, "font_size": 9})
            sheet.data_validation(1, position, last + HELPED_ROWS, position, validation(column, lists))
            for number in range(last):
                _put(sheet, number + 1, position, rows[number].get(field) if number < len(rows) else None, style)

    def _settings(self, sheet: Any, lists: Lists) -> None:
        """One row a setting, its default beside the cell to fill."""
        columns = columns_of_sheet(SETTINGS_SHEET)
        given = self.filled[SETTINGS_SHEET][0] if self.filled[SETTINGS_SHEET] else {}
        titles = (*SETTINGS_PAIR, *SETTINGS_NOTES)
        headers = [{"header": say(title), "header_format": self.formats["required" if title == "value" else "optional"]} for title in titles]
        sheet.add_table(0, 0, len(columns), len(titles) - 1, {"name": f"input_{SETTINGS_SHEET}", "columns": headers, "style": None, "autofilter": False})
        names = max(26, 2 + max(len(column.title) for column in columns.values()))
        for position, characters in enumerate((names, 30, 12, 16, 80)):
            sheet.set_column(position, position, characters)
        sheet.freeze_panes(1, 0)
        _page(sheet, PAGE_CHARACTERS)
        for number, (field, column) in enumerate(columns.items(), start=1):
            sheet.write_string(number, 0, column.title, self.formats["name"])
            _put(sheet, number, 1, given.get(field), self._input(column, align="left", indent=1))
            sheet.data_validation(number, 1, number, 1, validation(column, lists))
            sheet.write_string(number, 2, column.unit_said, self.formats["note"])
            sheet.write_string(number, 3, shown(column.default) if column.default not in (None, "", ()) else "", self.formats["note"])
            sheet.write_string(number, 4, column.meaning, self.formats["note"])

    def _lists(self, sheet: Any) -> Lists:
        """The hidden sheet behind the drop-downs: names the catalogue has and, before them, those the workbook adds."""
        from xlsxwriter.utility import quote_sheetname  # noqa: PLC0415

        offers = shipped_offers()
        names: dict[str, Iterable[str]] = {
            "model": (*self._own("Models", "model"), *shipped_models()),
            "gpu": (*self._own("GPUs", "gpu"), *shipped_gpus()),
            "provider": (*self._own("Offers", "provider"), *sorted({offer.provider for offer in offers})),
            "region": (*self._own("Offers", "region"), *sorted({offer.region for offer in offers})),
            "tag": sorted({tag for offer in offers for tag in offer.tags}),
            "profile": (*self._own("Profiles", "profile"), *(block.profile for block in shipped_profiles())),
        }
        workloads = quote_sheetname(say("Workloads"))
        ranges = {"workload": f"{workloads}!$A$2:$A${len(self.filled['Workloads']) + BLANK_ROWS + HELPED_ROWS}"}
        for position, (kind, texts) in enumerate(names.items()):
            unique = list(dict.fromkeys(texts))
            for row, text in enumerate((kind, *unique)):
                sheet.write_string(row, position, cell_string(text))
            letter = chr(ord("A") + position)
            ranges[kind] = f"{LISTS_SHEET}!${letter}$2:${letter}${len(unique) + 1}"
        sheet.hide()
        return Lists(ranges)

    def _own(self, sheet: str, field: str) -> Iterable[str]:
        return (str(row[field].raw) for row in self.filled[sheet] if field in row)

    def _guide(self, sheet: Any) -> None:
        """What to fill, in which order, and what the colours mean."""
        sheet.hide_gridlines(2)
        sections = list(self._sections())
        sheet.set_column(0, 0, 2 + max(len(name) for _, lines in sections for name, _, _ in lines))
        sheet.set_column(1, 1, 110)
        sheet.write_string(0, 0, say(guide.TITLE), self.formats["title"])
        sheet.write_string(1, 1, say(guide.INTRO), self.formats["wrap"])
        row = 3
        for title, lines in sections:
            sheet.write_string(row, 0, title, self.formats["section"])
            sheet.write_blank(row, 1, None, self.formats["section"])
            for number, (name, text, look) in enumerate(lines, start=row + 1):
                sheet.write_string(number, 0, name, self.formats[look])
                sheet.write_string(number, 1, text, self.formats["wrap"])
            row += len(lines) + 2
        _page(sheet, PAGE_CHARACTERS)

    def _sections(self) -> Iterable[tuple[str, list[tuple[str, str, str]]]]:
        """The sections of the guide: title, and lines of a name, a text and the name's format."""
        example = [(column.header, shown(column.example), "name") for column in columns_of_sheet("Workloads").values() if column.example is not None]
        yield say("In this order"), [(str(number), say(step), "name") for number, step in enumerate(guide.STEPS, start=1)]
        yield say("Sheets"), [(say(name), say(guide.SHEETS[name]), "name") for name in self.filled]
        yield say("Colours"), [(say(name), say(text), name) for name, text in guide.COLOURS]
        yield say("Rules"), [("", say(rule), "name") for rule in guide.RULES]
        yield say("A workload, for example"), example


def _page(sheet: Any, characters: float) -> None:
    """Print on A4, as many pages wide as the columns need, with the header and the names repeated."""
    sheet.set_paper(A4)
    sheet.set_landscape()
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.5)
    sheet.fit_to_pages(math.ceil(characters / PAGE_CHARACTERS), 0)
    sheet.repeat_rows(0)
    if characters > PAGE_CHARACTERS:
        sheet.repeat_columns(0)


def _importance(field: str, column: Column) -> str:
    """Which header a column has: of a required, a demand or an optional column."""
    return "demand" if field in DEMAND_FIELDS else "required" if column.required else "optional"


def _put(sheet: Any, row: int, position: int, cell: Cell | None, style: Any) -> None:
    """Write a raw cell as what it is; text never as a formula."""
    raw = cell.raw if cell else None
    if raw is None:
        sheet.write_blank(row, position, None, style)
    elif isinstance(raw, bool):
        sheet.write_string(row, position, say("yes") if raw else say("no"), style)
    elif isinstance(raw, (int, float)):
        sheet.write_number(row, position, raw, style)
    elif isinstance(raw, date):
        sheet.write_datetime(row, position, raw, style)
    else:
        sheet.write_string(row, position, cell_string(str(raw)), style)
