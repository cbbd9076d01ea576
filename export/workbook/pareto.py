"""The workbook of Pareto fronts: a sheet a front, its points and its chart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data.languages import noted, say, say_count
from data.records.outcome import Outcome
from data.records.study import Front, FrontPoint
from export.figures import listed_figures
from export.workbook.book import new_book
from export.workbook.charts import Series, add_line, dress
from export.workbook.sheet import Field, Sheet
from export.workbook.study import OUTCOME_FIELDS
from export.workbook.style import Styles
from model.study.pareto import ENERGY, PROVIDERS, TTFT


@dataclass(frozen=True)
class _Words:
    """What a front's sheet is called and says."""

    sheet: str
    heading: str
    note: str
    chart: str
    described: str
    nothing: str


_WORDS = {
    TTFT: _Words(
        sheet=noted("TTFT target"),
        heading=noted("{title}: cost against TTFT target"),
        note=noted("Each solved with the target as its bound. No plan here is both dearer and worse than another."),
        chart=noted("Cost against TTFT target"),
        described=noted("Cost a month against TTFT target"),
        nothing=noted("There is nothing to set cost against: no plan, or no TTFT target in the scenario."),
    ),
    ENERGY: _Words(
        sheet=noted("Energy"),
        heading=noted("{title}: cost against energy"),
        note=noted(
            "Without per-token offers, whose energy nobody states; power under load × hours on, before PUE. The points are those on the front's convex hull. "
            "No plan here is both dearer and worse than another."
        ),
        chart=noted("Cost against energy"),
        described=noted("Cost a month against energy"),
        nothing=noted("There is nothing to set cost against: no plan, or no energy in the scenario."),
    ),
    PROVIDERS: _Words(
        sheet=noted("Number of providers"),
        heading=noted("{title}: cost against number of providers"),
        note=noted(
            "Each solved with the number as the least that must serve: more providers are more resilient. No plan here is both dearer and worse than another."
        ),
        chart=noted("Cost against number of providers"),
        described=noted("Cost a month against number of providers"),
        nothing=noted("There is nothing to set cost against: no plan, or no number of providers in the scenario."),
    ),
}


def write_fronts(path: Path, title: str, fronts: Sequence[Front]) -> None:
    """Write the workbook, whole or not at all. Raises OSError."""
    with new_book(path, say("Pareto fronts of {title}", title=title)) as (book, styles):
        for front in fronts:
            _front(book, styles, title, front)


def _front(book: Any, styles: Styles, title: str, front: Front) -> None:
    words = _WORDS[front.name]
    sheet = Sheet(book, words.sheet, styles)
    aim = f"{say(front.name)} [{say(front.unit)}]"
    fields: list[Field[FrontPoint]] = [Field(aim, 18, "number", lambda point: point.value), *(_of(f) for f in OUTCOME_FIELDS)]
    sheet.widths([field.width for field in fields])
    sheet.heading(say(words.heading, title=title[:80]), " ".join(_notes(front)), 6)
    sheet.page(tall=1)
    if not front.points:
        sheet.nothing(3, say(words.nothing))
        return
    end = sheet.table(3, words.sheet.replace(" ", ""), fields, front.points)
    chart = book.add_chart({"type": "scatter", "subtype": "straight_with_markers"})
    last = 3 + len(front.points)
    add_line(chart, Series(say("cost"), [words.sheet, 4, 0, last, 0], [words.sheet, 4, 2, last, 2]))
    dress(chart, say(words.chart), aim, say("USD a month"), legend=False, size=(900, 360))
    sheet.chart(end + 1, 0, chart, says=say(words.described))


def _notes(front: Front) -> Iterator[str]:
    """How a front was found, and what is not on it."""
    yield say(_WORDS[front.name].note)
    if front.dominated:
        yield say_count("{count} dominated plan left out.", "{count} dominated plans left out.", front.dominated)
    if front.without:
        yield say("No plan at {values}.", values=listed_figures(front.without))


def _of(field: Field[Outcome]) -> Field[FrontPoint]:
    return Field(field.header, field.width, field.kind, lambda point: field.value(point.outcome))
