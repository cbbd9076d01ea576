"""How the result looks: one palette and one table of cell formats.

Colours tell nothing alone: they differ in lightness (so they survive grey print and colour blindness, after Okabe and Ito's palette),
input cells have a border as well as a tint, a failed check says so in words.
"""

from __future__ import annotations

from typing import Any, Literal

from data.languages import LCIDS, number_format, spoken

FONT = "Arial"  # on every system, or with a metric twin (Liberation Sans)
NAVY, VERMILLION, AMBER, SKY, STEEL = "#1F3A5F", "#B5361C", "#E69F00", "#A9D0EE", "#5B87AD"
GREY, PALE, INK = "#6B6B6B", "#EEF2F6", "#1A1A1A"
INPUT_FILL, INPUT_INK = "#FFF6D6", "#0B3D91"
SERIES = (NAVY, AMBER, SKY, VERMILLION, STEEL, INK, PALE)
UNUSED = 6  # place in the palette of what is left over
DASHES = ("solid", "dash", "round_dot", "long_dash", "dash_dot")
MARKERS = ("circle", "diamond", "square", "triangle", "x")

Kind = Literal[
    "text",
    "wrap",
    "mono",
    "int",
    "count",
    "number",
    "small",
    "ms",
    "gb",
    "rate",
    "price",
    "money",
    "percent",
    "date",
    "figure",
    "figure_int",
    "figure_small",
    "digits",
]
Role = Literal["plain", "input", "total", "default", "strong"]

LEFT = ("text", "wrap", "mono", "date", "figure", "figure_int", "figure_small", "digits")
GENERAL_NUMBERS = ("count", "digits")  # kinds of "General", which texts keep as it is: typed over, it shows a day as a day
NUMBER_FORMATS: dict[str, str] = {
    "text": "General",
    "wrap": "General",
    "mono": "General",
    "int": "#,##0",
    "count": "General",  # of instances: whole, or a fraction where one is shared
    "number": "#,##0.00",  # as shown_as: whole ones as int, small ones as small
    "small": "0.0000",
    "ms": "#,##0.0",
    "gb": "#,##0.00",
    "rate": "#,##0.000",
    "price": "#,##0.0000",
    "money": "#,##0.00",
    "percent": "0.0%",
    "date": "yyyy-mm-dd",
    "figure": "#,##0.00",  # numbers among texts, aligned as these are
    "figure_int": "#,##0",
    "figure_small": "0.0000",
    "digits": "General",  # a number as it was typed, aligned as texts are
}
ROLES: dict[str, dict[str, Any]] = {
    "plain": {},
    "input": {"bg_color": INPUT_FILL, "font_color": INPUT_INK, "border": 1, "border_color": GREY},
    "total": {"bold": True, "top": 2},
    "default": {"italic": True, "font_color": GREY},
    "strong": {"bold": True},
}
HEADER: dict[str, Any] = {"bold": True, "bg_color": NAVY, "font_color": "#FFFFFF", "text_wrap": True, "valign": "vcenter"}
TILE: dict[str, Any] = {"bg_color": PALE, "left": 5, "left_color": NAVY, "indent": 1}
TILE_FIGURE: dict[str, Any] = {"bold": True, "font_size": 15, "font_color": NAVY, "align": "left"}
NAMED: dict[str, dict[str, Any]] = {
    "title": {"bold": True, "font_size": 16, "font_color": NAVY},
    "sentence": {"font_color": GREY, "text_wrap": True, "valign": "top"},
    "section": {"bold": True, "font_size": 12, "font_color": NAVY, "bottom": 2, "bottom_color": NAVY},
    "header": {**HEADER, "align": "left", "indent": 1},
    "header_right": {**HEADER, "align": "right"},
    "header_filter": {**HEADER, "align": "right", "indent": 2},  # leaves room for the filter button
    "tile_label": {**TILE, "font_size": 9, "font_color": GREY, "valign": "vcenter"},
    "tile": {**TILE, **TILE_FIGURE, "num_format": "#,##0"},
    "tile_fine": {**TILE, **TILE_FIGURE, "num_format": "#,##0.00"},
    "status": {"bold": True, "text_wrap": True, "valign": "top"},
    "alarm": {"bold": True, "font_color": "#FFFFFF", "bg_color": VERMILLION},
    "tight": {"bold": True, "bg_color": "#F6D9A8"},
}


class Styles:
    """The cell formats of one workbook, made when first asked for."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._made: dict[tuple[str, str], Any] = {}

    def cell(self, kind: Kind = "text", role: Role = "plain") -> Any:
        """The format of a cell that holds a ``kind`` of value in a ``role``."""
        if (kind, role) not in self._made:
            code = NUMBER_FORMATS[kind]
            local = LCIDS.get(spoken(), "") + code if kind in GENERAL_NUMBERS else number_format(code)
            properties: dict[str, Any] = {"num_format": local, "valign": "top", **ROLES[role]}
            if kind not in LEFT:
                properties["align"] = "right"  # of a dash that stands for a number too
            else:
                properties |= {"align": "left", "indent": 1, "text_wrap": kind in ("wrap", "mono")}
            if kind == "mono":
                properties |= {"font_name": "Courier New", "font_size": 9}
            self._made[kind, role] = self._book.add_format(properties)
        return self._made[kind, role]

    def named(self, name: str) -> Any:
        """One of the formats of ``NAMED``."""
        if ("named", name) not in self._made:
            look = NAMED[name]
            signs = {"num_format": number_format(look["num_format"])} if "num_format" in look else {}
            self._made["named", name] = self._book.add_format({**look, **signs})
        return self._made["named", name]
