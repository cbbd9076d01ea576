"""The numbered assumptions, their values read from the code that uses them."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib import import_module
from inspect import isfunction, unwrap
from pathlib import Path
from typing import Any

from docs.manual.markdown import prose, table

TEXT = Path(__file__).parent / "assumptions.toml"


@dataclass(frozen=True, kw_only=True)
class Assumption:
    """One assumption: in words, where its value stands (``module:NAME.attribute``, "" where it is none), its unit, source and what it moves."""

    says: str
    at: str = ""
    unit: str = ""
    source: str
    moves: str

    @property
    def value(self) -> str:
        """The value in the code, with its unit; raises AttributeError or ImportError where it is no longer there."""
        if not self.at:
            return ""
        module, _, names = self.at.partition(":")
        value: Any = import_module(module)
        for name in names.split("."):
            found = getattr(value, name)
            value = found() if isfunction(unwrap(found)) else found
        return f"{_text(value)} {self.unit}".rstrip()


def _text(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(_text(item) for item in value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def assumptions() -> tuple[Assumption, ...]:
    """All of them, in order."""
    return tuple(Assumption(**row) for row in tomllib.loads(TEXT.read_text(encoding="utf-8"))["assumption"])


def assumptions_table() -> str:
    """The numbered table."""
    rows = ((number, prose(a.says), a.value, prose(a.source), prose(a.moves)) for number, a in enumerate(assumptions(), start=1))
    return table(("", "assumption", "value", "source", "what it moves"), rows)
