"""Text as a cell can hold it: never a formula, no character that XML forbids, no longer than Excel allows."""

from __future__ import annotations

import re

from data.cell_strings import cell_string

MOST_UNITS = 32_767  # UTF-16 code units in a cell (Excel specifications and limits)
REPLACEMENT = "\ufffd"
# XML 1.0 allows tab, line feed and carriage return below U+0020, and neither surrogates nor U+FFFE and U+FFFF.
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def cell_text(value: object) -> str:
    """``value`` as text for a cell: characters XML forbids become U+FFFD, text beyond Excel's limit ends in an ellipsis."""
    text = _ILLEGAL.sub(REPLACEMENT, str(value))
    if _units(text) <= MOST_UNITS:
        return text
    kept = text.encode("utf-16-le")[: 2 * (MOST_UNITS - 1)].decode("utf-16-le", errors="ignore")
    return kept + "…"


def holds(text: str) -> bool:
    """Whether a cell holds ``text`` as it is, and gives it back so."""
    return cell_text(text) == text and "\r" not in text and _units(cell_string(text)) <= MOST_UNITS


def _units(text: str) -> int:
    return len(text) + sum(ord(character) > 0xFFFF for character in text) if len(text) > MOST_UNITS // 2 else len(text)
