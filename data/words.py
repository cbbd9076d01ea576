"""Names in messages: the nearest known ones, and lists that stay readable."""

from __future__ import annotations

import difflib
import functools
import re
from collections.abc import Iterable, Sequence

from data.languages import say, say_count


def near(text: str, names: Iterable[str], most: int = 3) -> tuple[str, ...]:
    """Up to ``most`` of ``names`` that look like ``text``, the nearest first; case, spaces, hyphens and underscores count little."""
    known = {_bare(name): name for name in reversed(tuple(names))}
    return tuple(known[found] for found in difflib.get_close_matches(_bare(text[:100]), known, n=most, cutoff=0.6))


def suggested(text: str, names: Iterable[str], otherwise: str) -> str:
    """What to enter for a name that is not known: the nearest names or ``otherwise``."""
    found = near(text, names)
    if found:
        return say("enter {names}, or {otherwise}", names=either(found), otherwise=otherwise)
    return say("enter {otherwise}", otherwise=otherwise)


def either(names: Iterable[str]) -> str:
    """A choice in words: "a, b or c"."""
    *first, last = names
    return say("{names} or {last}", names=", ".join(first), last=last) if first else last


def all_of(words: Sequence[str]) -> str:
    """All of them in words: "a and b and c"."""
    return functools.reduce(lambda before, last: say("{names} and {last}", names=before, last=last), words)


def clauses(words: Iterable[str]) -> str:
    """Clauses of one sentence: "it is small; it is dear"; "" of none."""
    texts = tuple(words)
    return functools.reduce(lambda before, after: say("{before}; {after}", before=before, after=after), texts) if texts else ""


def listed(names: Iterable[object], most: int = 10) -> str:
    """The first ``most`` names and how many more there are: "a, b and 7 more"."""
    texts = [str(name) for name in names]
    names = ", ".join(texts[:most])
    return say_count("{names} and {count} more", "{names} and {count} more", len(texts) - most, names=names) if len(texts) > most else names


def _bare(text: str) -> str:
    return re.sub(r"[\s_-]+", "", text).casefold()
