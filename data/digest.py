"""Fingerprints: of what a scenario says, of the program with its catalogue, of a file."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping
from pathlib import Path

from data.tables import Tables

_ROOT = Path(__file__).resolve().parent.parent
_PROGRAM = ("data", "model", "export")  # folders whose files decide what a result is
_SUFFIXES = (".py", ".toml", ".csv", ".mo")


def digest_of(tables: Tables, settings: Mapping[str, object], name: str) -> str:
    """The fingerprint of one plan's inputs: every filled cell, the settings given beside them, the scenario's name, and the program.

    Where the cells stand does not count, nor does the workbook's format.
    """
    sheets = [
        (sheet, [str(cell.raw) for cell in table.header], [[_content(cell.raw) for cell in row] for row in table.rows])
        for sheet, table in sorted(tables.sheets.items())
    ]
    return hashlib.sha256(repr((name, sheets, sorted(settings.items()), program_digest())).encode()).hexdigest()


@functools.cache
def program_digest() -> str:
    """The fingerprint of the program: every line of code, parameter and row of the catalogue that it ships with."""
    found = hashlib.sha256()
    for folder in _PROGRAM:
        for path in sorted((_ROOT / folder).rglob("*")):
            if path.suffix in _SUFFIXES:
                found.update(path.relative_to(_ROOT).as_posix().encode())
                found.update(path.read_bytes())
    return found.hexdigest()


def bytes_digest(content: bytes) -> str:
    """The fingerprint of a file's content."""
    return hashlib.sha256(content).hexdigest()


def _content(raw: object) -> str:
    """What a cell holds, with its type: the text "1" is not the number 1, the number 1.0 is."""
    return repr(float(raw)) if isinstance(raw, (int, float)) and not isinstance(raw, bool) else repr(raw)
