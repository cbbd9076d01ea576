"""What a workbook column is: one record field carries its title, unit, bounds, default, choices and meaning.

The reader, the template, the Inputs sheet and the manual are all derived from these records, so that a column is said once.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, fields
from typing import Any, Literal

from data.languages import noted, say

Kind = Literal["text", "texts", "number", "numbers", "integer", "integers", "flag", "date", "choice", "choices"]
Refers = Literal["model", "gpu", "provider", "workload", "profile", "offer", "region", "tag"]


class _Required:
    """Marks a column that has no default."""

    def __repr__(self) -> str:
        return "REQUIRED"


REQUIRED = _Required()


@dataclass(frozen=True)
class Column:
    """One column of an input sheet.

    ``title`` is the header the template writes (unit in brackets) and ``meaning`` the prompt on the cell, both in the language spoken;
    ``low``/``high`` are inclusive bounds (exclusive where ``open_low``); ``choices`` the closed vocabulary of a choice, the same in every language;
    ``refers`` the kind of name that must exist elsewhere, unless ``must_exist`` is false: then one that does not is a warning.
    """

    english_title: str
    kind: Kind
    english_meaning: str
    unit: str = ""
    default: Any = None
    low: float | None = None
    high: float | None = None
    open_low: bool = False
    choices: tuple[str, ...] = ()
    refers: Refers | None = None
    must_exist: bool = True
    example: Any = None

    @property
    def required(self) -> bool:
        """Whether the cell must be filled."""
        return self.default is REQUIRED

    @property
    def title(self) -> str:
        """What the column is called."""
        return say(self.english_title)

    @property
    def meaning(self) -> str:
        """What is to be entered."""
        return say(self.english_meaning)

    @property
    def unit_said(self) -> str:
        """The unit as it is shown ("" without one)."""
        return say(self.unit) if self.unit else ""

    @property
    def example_said(self) -> Any:
        """The example; the name of a sheet or of a column as the language spoken has it."""
        return say(self.example) if isinstance(self.example, str) and self.example else self.example

    @property
    def header(self) -> str:
        """The title with its unit in brackets."""
        return f"{self.title} [{self.unit_said}]" if self.unit else self.title

    @property
    def is_list(self) -> bool:
        """Whether a cell may hold several values, separated by commas."""
        return self.kind in ("texts", "numbers", "integers", "choices")

    def bounds(self) -> str:
        """The bounds in words, as the cell prompt and the error message say them ("" without bounds)."""
        if self.low is not None and self.high is not None:
            words = noted("above {low:,.15g} to {high:,.15g}") if self.open_low else noted("from {low:,.15g} to {high:,.15g}")
            return say(words, low=self.low, high=self.high)
        if self.low is not None:
            return say("above {low:,.15g}", low=self.low) if self.open_low else say("at least {low:,.15g}", low=self.low)
        return say("at most {high:,.15g}", high=self.high) if self.high is not None else ""


def column(title: str, kind: Kind, meaning: str, default: Any = None, **more: Any) -> Any:
    """A dataclass field that is a workbook column; keyword arguments are those of :class:`Column`."""
    spec = Column(english_title=title, kind=kind, english_meaning=meaning, default=default, **more)
    if spec.required:
        return dataclasses.field(metadata={"column": spec})
    return dataclasses.field(default=default, metadata={"column": spec})


def columns_of(record: type) -> dict[str, Column]:
    """Field name to :class:`Column`, in declaration order, for every field of ``record`` that is a workbook column."""
    return {f.name: f.metadata["column"] for f in fields(record) if "column" in f.metadata}
