"""``python -m data.languages.update`` (``make words``): collect the texts that the program says into each language's table, and compile it.

Texts are the literals of ``say``, ``say_count`` and ``noted`` in the source, and the titles, meanings and units of the records' columns. A text that is new
stands in the table with an empty translation, one no longer said is dropped. Needs Babel, which the program itself does not.
"""

from __future__ import annotations

import ast
import io
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from data.fields import columns_of
from data.languages import ENGLISH, LANGUAGES, TABLES
from data.records.scenario import SETTINGS_SHEET, SHEETS
from data.records.settings import Settings

ROOT = TABLES.parents[1]
FOLDERS = ("data", "model", "export")
SAYING = {"say": 1, "noted": 1, "say_count": 2}  # function → its first arguments that are texts
Text = str | tuple[str, str]  # of a count: its singular and its plural


def texts() -> set[Text]:
    """Every text that the program may say."""
    return {*_of_the_source(), *_of_the_columns()}


def _of_the_source() -> Iterator[Text]:
    """The literals of the calls of :data:`SAYING` in the syntax tree: within f-strings too, and the same in every version of Python."""
    for path in (path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in SAYING:
                count = SAYING[call.func.id]
                found = [text.value for text in call.args[:count] if isinstance(text, ast.Constant) and isinstance(text.value, str)]
                if len(found) == count:
                    yield found[0] if count == 1 else (found[0], found[1])


def _of_the_columns() -> Iterator[Text]:
    for record in (*(record for record, _ in SHEETS.values()), Settings):
        for column in columns_of(record).values():
            yield from (text for text in (column.english_title, column.english_meaning, column.unit) if text)
    yield from (*SHEETS, SETTINGS_SHEET)


def updated(old: Catalog, language: str) -> Catalog:
    """A language's table with the program's texts and nothing else; translations of ``old`` are kept."""
    head = f"# What inferplan says: {language}."
    new = Catalog(locale=language, project="inferplan", version="", msgid_bugs_address="", header_comment=head, charset="utf-8", fuzzy=False)
    for text in sorted(texts(), key=str):
        kept = old.get(text if isinstance(text, str) else text[0])
        new.add(text, kept.string if kept and kept.pluralizable == isinstance(text, tuple) else None)
    return new


def table(path: Path) -> Catalog:
    """A language's table as it stands in its file."""
    return read_po(io.BytesIO(path.read_bytes()))


def compiled(catalog: Catalog) -> bytes:
    """A table as gettext reads it; the same table gives the same bytes on any day."""
    catalog.creation_date = catalog.revision_date = datetime(2026, 1, 1, tzinfo=UTC)
    content = io.BytesIO()
    write_mo(content, catalog)
    return content.getvalue()


def written(catalog: Catalog) -> bytes:
    """A table as its file holds it: a text a paragraph, in order, without places in the source (they move with every edit)."""
    content = io.BytesIO()
    write_po(content, catalog, width=0, no_location=True, sort_output=True)
    lines = content.getvalue().decode().splitlines(keepends=True)
    kept = (line for line in lines if not line.startswith(('"POT-Creation-Date', '"PO-Revision-Date', '"Last-Translator', '"Language-Team', '"Generated-By')))
    return "".join(kept).encode()


def main() -> None:
    """Bring every table up to date and say what it lacks."""
    for language in LANGUAGES:
        if language == ENGLISH:
            continue
        path = TABLES / f"{language}.po"
        catalog = updated(table(path) if path.exists() else Catalog(locale=language), language)
        path.write_bytes(written(catalog))
        path.with_suffix(".mo").write_bytes(compiled(table(path)))
        blank = [message.id for message in catalog if message.id and not _whole(message.string)]
        sys.stdout.write(f"{path.name}: {len(catalog)} texts, {len(blank)} without translation\n")


def _whole(string: str | list[str] | tuple[str, ...] | None) -> bool:
    return all([string] if isinstance(string, str) else string or ("",))


if __name__ == "__main__":
    main()
