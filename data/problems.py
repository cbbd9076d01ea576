"""What is wrong with an input, told by sheet and cell, all at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from data.languages import say


@dataclass(frozen=True, order=True)
class Problem:
    """One problem of a workbook: ``where`` ("Workloads!C7", a sheet or a file), what is wrong, and what to enter instead."""

    where: str
    what: str
    enter: str

    def __str__(self) -> str:
        return say("{where}: {what}; {enter}", where=self.where, what=self.what, enter=self.enter)


class BadInput(Exception):
    """The input cannot be planned; carries every problem found."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))
