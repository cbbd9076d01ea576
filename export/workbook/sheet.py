"""Writing cells, tables, headings and pages: the few ways in which every result sheet puts something on paper."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Generic, TypeVar

from data.cell_strings import cell_string
from data.languages import say
from export.figures import finite
from export.text import cell_text
from export.workbook.style import Kind, Role, Styles

Row = TypeVar("Row")
A4 = 9  # paper code of the format
RIGHT = {"int", "count", "number", "ms", "gb", "rate", "price", "money", "percent"}
WHOLE_FROM = 10_000  # plain numbers from here on are shown without decimals
MOST_CHARS = 56  # width of a column of names at most
FILTER_CHARS = 4  # of a header that the filter button and the indent beside it take
BOLD = 1.1  # width of a header's bold letter over that of a digit, which a column's width counts
STANDARD_WIDTH = 8.43  # characters of a column whose width is not set
MOST_LINES = 30  # of a row: 409 points is the most
LINE_PT = 13.5  # height of a line of 10 point text


@dataclass(frozen=True)
class Field(Generic[Row]):
    """One column of a plain table: header (in English: the table says it), width in characters, kind of value, and how a record gives it."""

    header: str
    width: float
    kind: Kind
    value: Callable[[Row], Any]


class Sheet:
    """One worksheet with the house's formats, by its English name; rows and columns count from 0."""

    def __init__(self, book: Any, name: str, styles: Styles) -> None:
        self.name = name
        self.styles = styles
        self._widths: dict[int, float] = {}
        self.work = book.add_worksheet(say(name))
        self.work.hide_gridlines(2)

    def put(self, row: int, col: int, value: object, kind: Kind = "text", role: Role = "plain") -> None:
        """Write a value as what it is: text never as a formula, a missing or infinite number as a dash, a flag as yes or no."""
        style = self.styles.cell(shown_as(kind, value), role)
        if isinstance(value, bool):
            self.work.write_string(row, col, say("yes") if value else say("no"), style)
        elif isinstance(value, (int, float)):
            if (number := finite(value)) is None:
                self.work.write_string(row, col, "–", style)
            else:
                self.work.write_number(row, col, number, style)
        elif isinstance(value, date):
            self.work.write_datetime(row, col, value, self.styles.cell("date", role))
        elif value is None or value == "":
            self.work.write_blank(row, col, None, style)
        else:
            self.work.write_string(row, col, cell_string(cell_text(value)), style)

    def formula(self, row: int, col: int, formula: str, value: float | str | None, kind: Kind = "number", *, role: Role = "plain") -> None:
        """Write a formula with its cached ``value``; ``formula`` is made by the program, never from input."""
        self.work.write_formula(row, col, formula, self.styles.cell(shown_as(kind, value), role), 0 if value is None else value)

    def named(self, row: int, col: int, value: object, name: str) -> None:
        """Write text in a named format."""
        self.work.write_string(row, col, cell_string(cell_text(value)), self.styles.named(name))

    def heading(self, title: str, sentence: str, last_col: int = 8) -> None:
        """The sheet's title in row 0 and what it shows in row 1."""
        self.named(0, 0, title, "title")
        self.work.set_row(0, 24)
        self.merged(1, 0, last_col, sentence, "sentence")

    def merged(self, row: int, first_col: int, last_col: int, text: object, name: str) -> None:
        """Text over several columns (their widths are set before), wrapped, in a row high enough for it."""
        chars = sum(self._widths.get(col, STANDARD_WIDTH) for col in range(first_col, last_col + 1))
        self.work.merge_range(row, first_col, row, last_col, "", self.styles.named(name))
        self.named(row, first_col, text, name)
        self.work.set_row(row, LINE_PT * min(MOST_LINES, wrapped_lines(cell_text(text), chars)) + 3)

    def section(self, row: int, text: str, last_col: int = 8) -> None:
        """A heading within a sheet, underlined over its columns."""
        self.named(row, 0, text, "section")
        for col in range(1, last_col + 1):
            self.work.write_blank(row, col, None, self.styles.named("section"))

    def header(self, row: int, names: Sequence[str], right: Iterable[int] = (), *, filtered: bool = False) -> None:
        """A header row, high enough for its names; the columns in ``right`` are aligned to the right, over their figures.

        ``filtered``: the row becomes the header of an Excel table, whose filter buttons take room.
        """
        numbers = set(right)
        lines = 1
        for col, name in enumerate(names):
            self.named(row, col, name, "header_right" if col in numbers else "header")
            lines = max(lines, header_lines(name, self._widths.get(col, 9.0) - (FILTER_CHARS if filtered else 1)))
        self.work.set_row(row, LINE_PT * lines + 6)

    def merged_header(self, row: int, first_col: int, last_col: int, name: str) -> None:
        """A header over several columns."""
        self.work.merge_range(row, first_col, row, last_col, "", self.styles.named("header"))
        self.named(row, first_col, name, "header")

    def widths(self, widths: Sequence[float], first_col: int = 0) -> None:
        """Column widths in characters."""
        for offset, width in enumerate(widths):
            self.work.set_column(first_col + offset, first_col + offset, width)
            self._widths[first_col + offset] = width

    def page(self, *, tall: int = 0, wide: int = 1, repeat: int | None = None) -> None:
        """Landscape A4, ``wide`` pages wide, ``tall`` pages high (0: as many as needed), row ``repeat`` on top of each page."""
        self.work.set_landscape()
        self.work.set_paper(A4)
        self.work.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
        self.work.fit_to_pages(wide, tall)
        self.work.set_footer("&L&8&F&C&8&A&R&8&P / &N")
        if repeat is not None:
            self.work.repeat_rows(repeat)

    def table(self, row: int, name: str, fields: Sequence[Field[Row]], rows: Sequence[Row]) -> int:
        """A plain table with its header in ``row``, as an Excel table called ``name``, texts not cut off; returns the first free row below."""
        names, right = [say(field.header) for field in fields], [i for i, field in enumerate(fields) if field.kind in RIGHT]
        cells = [[field.value(record) for field in fields] for record in rows]
        texts = [[found[col] for found in cells] if field.kind == "text" else () for col, field in enumerate(fields)]
        self.widths([max(fitted(field.width, column), word_chars(name)) for field, column, name in zip(fields, texts, names, strict=True)])
        self.header(row, names, right, filtered=True)
        for offset, found in enumerate(cells, start=1):
            for col, (value, field) in enumerate(zip(found, fields, strict=True)):
                self.put(row + offset, col, value, field.kind)
            self.lines(row + offset, [(value, field.width) for value, field in zip(found, fields, strict=True) if field.kind == "wrap"])
        self.excel_table(row, len(rows), names, right, name)
        return row + len(rows) + 1

    def lines(self, row: int, cells: Iterable[tuple[object, float]]) -> None:
        """Make a row as high as its wrapped texts (each with the width of its column) need; one line keeps the default height."""
        most = max((wrapped_lines(cell_text(value), width) for value, width in cells if value), default=1)
        if most > 1:
            self.work.set_row(row, LINE_PT * min(12, most) + 2)

    def chart(self, row: int, col: int, chart: Any, *, says: str, x_px: int = 4) -> None:
        """Put a chart with its upper left corner in a cell; ``says`` is its text for those who cannot see it."""
        self.work.insert_chart(row, col, chart, {"x_offset": x_px, "y_offset": 4, "object_position": 2, "description": cell_text(says)[:255]})

    def excel_table(self, row: int, count: int, names: Sequence[str], right: Iterable[int], name: str) -> None:
        """Make an Excel table (filter buttons, a name for formulas and scripts) of ``count`` rows already written below a header row."""
        if not count:
            return
        numbers = set(right)
        columns = [{"header": header, "header_format": self.styles.named("header_filter" if i in numbers else "header")} for i, header in enumerate(names)]
        options = {"name": name, "style": None, "columns": columns, "autofilter": True}
        self.work.add_table(row, 0, row + count, len(names) - 1, options)

    def nothing(self, row: int, sentence: str) -> None:
        """Say in a sentence that there is nothing to show."""
        self.merged(row, 0, 8, sentence, "status")


def shown_as(kind: Kind, value: object) -> Kind:
    """A plain number without decimals where it has none ("#,##0.##" would leave it a lone decimal point), with four where it is below 1."""
    if kind not in ("number", "figure", "text") or isinstance(value, bool) or not isinstance(value, (int, float)):
        return kind
    if kind == "text":
        return "digits"
    whole, small = float(value).is_integer() or abs(value) >= WHOLE_FROM, abs(value) < 1
    if kind == "number":
        return "int" if whole else "small" if small else "number"
    return "figure_int" if whole else "figure_small" if small else "figure"


def fitted(width: float, texts: Iterable[object], most: float = MOST_CHARS) -> float:
    """A column width that shows all ``texts`` without cutting them off, at least ``width`` and at most ``most`` characters."""
    return max(width, min(most, 2 + max((len(str(text)) for text in texts), default=0)))


def header_lines(name: str, chars: float) -> int:
    """Lines that a header takes where ``chars`` characters fit in a line and words are kept whole where they fit."""
    lines, room = 1, chars
    for word in name.split():
        if len(word) > room and room < chars:
            lines, room = lines + 1, chars
        lines += max(0, math.ceil(len(word) / max(1.0, chars)) - 1)
        room -= len(word) + 1
    return lines


def word_chars(name: str) -> int:
    """The width at which no word of a filtered header is broken."""
    return math.ceil(BOLD * max((len(word) for word in name.split()), default=0)) + FILTER_CHARS


def wrapped_lines(text: str, chars: float) -> int:
    """Lines that ``text`` takes where ``chars`` characters fit in a line."""
    return sum(max(1, -(-len(line) // max(1, int(chars)))) for line in text.split("\n"))
