"""A workbook written whole or not at all, in the house's look."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from data.atomic import replacing
from export.text import cell_text
from export.workbook.style import FONT, Styles


@contextmanager
def new_book(path: Path, title: str) -> Iterator[tuple[Any, Styles]]:
    """A workbook to fill, with its formats; it takes the place of ``path`` when the block ends, what stood there stays as it was if it fails.

    Raises OSError where the folder cannot be written to.
    """
    content = io.BytesIO()  # in memory: a full disk then fails in one place, with nothing left open
    with book_in(content, title) as filled:
        yield filled
    with replacing(path) as part:
        part.write_bytes(content.getvalue())


@contextmanager
def book_in(content: IO[bytes], title: str) -> Iterator[tuple[Any, Styles]]:
    """A workbook to fill, with its formats, written to ``content`` when the block ends."""
    import xlsxwriter  # noqa: PLC0415 - heavy

    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "default_format_properties": {"font_name": FONT, "font_size": 10},
    }
    book = xlsxwriter.Workbook(content, options)
    book.set_properties({"title": cell_text(title)[:200], "comments": "Written by inferplan."})
    yield book, Styles(book)
    book.close()
