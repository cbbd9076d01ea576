"""The page that sets our figures beside the sources': its records and how they are written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "sources.md"

Cell = str | int | float | None


@dataclass(frozen=True)
class Table:
    """A table of figures; numbers are written to four digits."""

    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, kw_only=True)
class Case:
    """One case: what it asks, the scenarios that plan it, the figures side by side and what is learnt."""

    title: str
    asks: str
    scenarios: tuple[str, ...]
    tables: tuple[Table, ...]
    learnt: str


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One figure of a source beside ours."""

    what: str
    source: float | None
    here: float | None
    why: str = ""

    @property
    def difference(self) -> str:
        """Ours against the source's, in per cent."""
        if self.source is None or self.here is None or not self.source:
            return ""
        share = self.here / self.source - 1
        return "none" if abs(share) < 5e-4 else f"{share:+.1%}".replace("%", " %")


def side_by_side(*figures: Figure) -> Table:
    """The table of some figures."""
    rows = tuple((f.what, f.source, f.here, f.difference, f.why) for f in figures)
    return Table(("figure", "the source", "here", "difference", "why"), rows)


def section(case: Case) -> str:
    """A case as Markdown."""
    shown = ", ".join(f"`{name}`" for name in case.scenarios)
    planned = f"Scenarios: {shown}." if len(case.scenarios) > 1 else f"Scenario: {shown}."
    return "\n\n".join((f"## {case.title}", case.asks, planned, *(_markdown(table) for table in case.tables), case.learnt)) + "\n"


def _markdown(table: Table) -> str:
    lines = [table.header, tuple("---" for _ in table.header), *table.rows]
    return "\n".join("| " + " | ".join(_text(cell) for cell in line) + " |" for line in lines)


def _text(cell: Cell) -> str:
    if cell is None:
        return "–"
    if isinstance(cell, str):
        return cell
    return f"{cell:,}" if isinstance(cell, int) else f"{cell:,.0f}" if abs(cell) >= 1000 else f"{cell:,.4g}"


def page(sections: Sequence[str]) -> str:
    """The whole page."""
    return _HEAD + "\n" + "\n".join(sections)


_HEAD = """# The four sources, reproduced

This project grew from four sources: InfraScale, InferenceAtlas, NVIDIA's course on sizing inference systems, and an article of napkin mathematics. A fifth,
AIConfigurator, is the best peer for performance. Each of their cases is a scenario that you can plan; this page sets their figures beside ours.

`python -m scenarios.sources` writes this page from the scenarios; nothing on it is typed by hand. A test plans every case again and compares.
"""
