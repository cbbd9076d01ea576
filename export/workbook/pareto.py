"""The workbook of Pareto fronts: a sheet a front, its points and its chart."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from data.records.outcome import Outcome
from data.records.study import Front, FrontPoint
from export.figures import listed_figures, plural
from export.workbook.book import new_book
from export.workbook.charts import Series, add_line, dress
from export.workbook.sheet import Field, Sheet
from export.workbook.study import OUTCOME_FIELDS
from export.workbook.style import Styles

NOTES = {
    "energy": "Without per-token offers, whose energy nobody states; power under load × hours on, before PUE. The points are those on the front's convex hull.",
    "number of providers": "Each solved with the number as the least that must serve: more providers are more resilient.",
    "TTFT target": "Each solved with the target as its bound.",
}


def write_fronts(path: Path, title: str, fronts: Sequence[Front]) -> None:
    """Write the workbook, whole or not at all. Raises OSError."""
    with new_book(path, f"Pareto fronts of {title}") as (book, styles):
        for front in fronts:
            _front(book, styles, title, front)


def _front(book: Any, styles: Styles, title: str, front: Front) -> None:
    name = front.name[:1].upper() + front.name[1:]
    sheet = Sheet(book, name, styles)
    fields: list[Field[FrontPoint]] = [Field(f"{front.name} [{front.unit}]", 18, "number", lambda point: point.value), *(_of(f) for f in OUTCOME_FIELDS)]
    sheet.widths([field.width for field in fields])
    dropped = f" {plural(front.dominated, 'dominated plan')} left out." if front.dominated else ""
    without = f" No plan at {listed_figures(front.without)}." if front.without else ""
    sheet.heading(f"{title[:80]}: cost against {front.name}", f"{NOTES[front.name]} No plan here is both dearer and worse than another.{dropped}{without}", 6)
    sheet.page(tall=1)
    if not front.points:
        sheet.nothing(3, f"There is nothing to set cost against: no plan, or no {front.name} in the scenario.")
        return
    end = sheet.table(3, name.replace(" ", ""), fields, front.points)
    chart = book.add_chart({"type": "scatter", "subtype": "straight_with_markers"})
    last = 3 + len(front.points)
    add_line(chart, Series("cost", [name, 4, 0, last, 0], [name, 4, 2, last, 2]))
    dress(chart, f"Cost against {front.name}", f"{front.name} [{front.unit}]", "USD a month", legend=False, size=(900, 360))
    sheet.chart(end + 1, 0, chart, says=f"Cost a month against {front.name}")


def _of(field: Field[Outcome]) -> Field[FrontPoint]:
    return Field(field.header, field.width, field.kind, lambda point: field.value(point.outcome))
