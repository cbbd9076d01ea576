"""A workbook written whole or not at all, in the house's look."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from data.atomic import replacing
from export.text import cell_text
from export.workbook.style import FONT, Styles


@contextmanager
def new_book(path: Path, title: str) -> Iterator[tuple[Any, Styles]]:
    """A workbook to fill, with its formats; it takes the place of ``path`` when the block ends, what stood there stays as it was if it fails.

    Raises OSError where the folder cannot be written to.
    """
    import xlsxwriter  # noqa: PLC0415 - heavy
    from xlsxwriter.exceptions import FileCreateError  # noqa: PLC0415

    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "default_format_properties": {"font_name": FONT, "font_size": 10},
    }
    with replacing(path) as part:
        book = xlsxwriter.Workbook(str(part), options)
        book.set_properties({"title": cell_text(title)[:200], "comments": "Written by inferplan."})
        yield book, Styles(book)
        try:
            book.close()
        except FileCreateError as error:
            raise error.args[0] from error
