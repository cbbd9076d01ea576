"""Text as the library that writes workbooks takes it."""

from __future__ import annotations

from xml.sax.saxutils import escape

MOST_CHARACTERS = 32_767  # beyond them XlsxWriter cuts, markup included
WORD_JOINER = "\u2060"  # invisible
_RICH = ("<r>", "</r>")  # XlsxWriter takes a text between these for its own markup of rich text, unescaped


def cell_string(text: str) -> str:
    """``text`` for XlsxWriter's ``write_string``, so that it stands in the cell as it is, whatever it looks like.

    A text that looks like markup and is too long to be wrapped gets an invisible character in front.
    """
    if not (text.startswith(_RICH[0]) and text.endswith(_RICH[1])):
        return text
    wrapped = f'<r><t xml:space="preserve">{escape(text)}</t></r>'
    return wrapped if len(wrapped) <= MOST_CHARACTERS else (WORD_JOINER + text)[:MOST_CHARACTERS]
