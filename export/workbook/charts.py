"""Native charts in one look: title, axes with units, series told apart by lightness, dash and marker as well as by colour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from data.languages import number_format, say
from export.text import cell_text
from export.workbook.style import DASHES, FONT, GREY, INK, MARKERS, SERIES

Range = list[str | int]  # [sheet by its English name, first row, first column, last row, last column]
WIDTH_PX, HEIGHT_PX = 440, 300


@dataclass(frozen=True)
class Series:
    """One series: its name (a cell [sheet, row, column], or text of the program's own as said), categories, values and place in the palette."""

    name: str | Range
    categories: Range
    values: Range
    look: int = 0
    secondary: bool = False


def _font(size: int, *, bold: bool = False) -> dict[str, Any]:
    return {"name": FONT, "size": size, "bold": bold, "color": INK}


def _there(cells: Range) -> Range:
    """Cells on the sheet as it is called in the language spoken."""
    return [say(str(cells[0])), *cells[1:]]


def _data(series: Series) -> dict[str, Any]:
    """Where a series finds its name, categories and values."""
    name = series.name if isinstance(series.name, str) else _there(series.name)
    return {"name": name, "categories": _there(series.categories), "values": _there(series.values)}


def title_text(text: str, most: int = 60) -> str:
    """Text from the input as part of a title: XlsxWriter would take "a!B2" for the address of a cell, an unseen word joiner after the mark prevents it."""
    return cell_text(text)[:most].replace("!", "!\u2060")


def add_columns(chart: Any, series: Series, *, gap: int = 60, overlap: int = 0) -> None:
    """Add a series of columns or bars."""
    colour = SERIES[series.look % len(SERIES)]
    options = {
        **_data(series),
        "fill": {"color": colour},
        "border": {"color": INK, "width": 0.5},
        "gap": gap,
        "overlap": overlap,
    }
    chart.add_series(options)


def add_line(chart: Any, series: Series, *, marker_only: bool = False, size: int = 6) -> None:
    """Add a line with markers, or markers alone."""
    colour, look = SERIES[series.look % len(SERIES)], series.look
    line = {"none": True} if marker_only else {"color": colour, "width": 2, "dash_type": DASHES[look % len(DASHES)]}
    marker = {
        "type": MARKERS[look % len(MARKERS)],
        "size": size,
        "fill": {"color": colour if marker_only else "#FFFFFF"},
        "border": {"color": colour, "width": 1.5},
    }
    options: dict[str, Any] = {**_data(series), "line": line, "marker": marker}
    if series.secondary:
        options["y2_axis"] = True
    chart.add_series(options)


def dress(
    chart: Any, title: str, x_title: str, y_title: str, *,
    y_format: str = "#,##0", y_max: float | None = None, legend: bool = True, size: tuple[int, int] = (WIDTH_PX, HEIGHT_PX),
) -> None:  # fmt: skip
    """Title, axis titles with units, grid, legend and size (``y_max`` cuts off what stands above); text from the input goes through :func:`title_text`."""
    chart.set_title({"name": title, "name_font": _font(11, bold=True), "overlay": False})
    grid = {"visible": True, "line": {"color": "#D0D0D0", "width": 0.5}}
    chart.set_x_axis({"name": x_title, "name_font": _font(9), "num_font": _font(8), "line": {"color": GREY}})
    top = {} if y_max is None else {"max": y_max}
    up = {"name": y_title, "name_font": _font(9), "num_font": _font(8), "num_format": number_format(y_format), "major_gridlines": grid}
    chart.set_y_axis({**up, "min": 0, **top})
    chart.set_legend({"position": "bottom", "font": _font(8)} if legend else {"none": True})
    chart.set_chartarea({"border": {"color": "#B0B0B0"}})
    chart.set_size({"width": size[0], "height": size[1]})


def bars(chart: Any, title: str, x_title: str, names: str, *, size: tuple[int, int] = (WIDTH_PX, HEIGHT_PX), from_zero: bool = True) -> None:
    """A horizontal bar chart: names (of what, says ``names``) down the side in the order of the sheet, amounts along the foot."""
    dress(chart, title, "", "", legend=False, size=size)
    grid = {"visible": True, "line": {"color": "#D0D0D0", "width": 0.5}}
    along = {"name": x_title, "name_font": _font(9), "num_font": _font(8), "num_format": number_format("#,##0"), "major_gridlines": grid}
    along["label_position"] = "high"
    chart.set_x_axis(along | ({"min": 0} if from_zero else {}))  # of a bar chart, the axis of the amounts
    down = {"name": names, "name_font": _font(9), "num_font": _font(8), "line": {"color": GREY}, "label_position": "low"}
    chart.set_y_axis({**down, "reverse": True, "major_gridlines": {"visible": False}})
