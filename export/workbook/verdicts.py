"""The words by which live cells tell whether a count still holds: formulas that give them and those that compare them say them alike."""

from __future__ import annotations

from data.languages import noted, say

OK = noted("ok")
SHORT = noted("short of capacity")
OVER = noted("over stock")
FEW = noted("too few instances")
VERDICTS = (OK, SHORT, OVER, FEW)


def quoted(text: str) -> str:
    """A text, as said, as a formula holds it."""
    return '"' + text.replace('"', '""') + '"'


def verdict(word: str) -> str:
    """One of the ``VERDICTS`` in the language spoken, as a formula holds it."""
    return quoted(say(word))
