"""The limits of a plan by name: in English, which is the same in every language, and in the language spoken."""

from __future__ import annotations

from typing import Literal

from data.languages import ENGLISH, said_in, say
from data.periods import hours_title
from data.records.plan import Limit


def limit_of(
    words: str, workload: str = "", *, value: float, bound: float, unit: str, sense: Literal["<=", ">="] = "<=", block: str = "", **names: str
) -> Limit:
    """A limit called by ``words``, a noted text filled with ``names``; ``block`` is the one in which least is left ("": all)."""
    name, title = said_in(ENGLISH, words, **names), say(words, **names)
    if block:
        name, title = f"{name}, {block}", f"{title}, {hours_title(block)}"
    return Limit(name=name, title=title, workload=workload, value=value, bound=bound, unit=unit, sense=sense)
