"""Whether a file may be opened as a workbook: its kind, its size unpacked, and what a spreadsheet library would not say.

Nothing is unpacked beyond the limits here and no document type (which could define entities) is accepted, so that a hostile or broken file ends
as a problem in words and not as a hang.
"""

from __future__ import annotations

import functools
import io
import zipfile
import zlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, NoReturn
from xml.parsers import expat

from data.languages import noted, say
from data.problems import BadInput, Problem

# Limits that keep reading well under 10 s and 500 MB (250,000 cells: 5 s and 120 MB with openpyxl 3.1 on one slow core).
MAX_FILE_MB = 50
MAX_UNPACKED_MB = 100
MAX_ROWS = 100_000
MAX_CELLS = 250_000
MAX_COLUMNS = 256
LAST_ROW = 1_048_576  # of a sheet (Excel specifications and limits)
MAX_ELEMENTS = 1_000_000  # of a part: row, cell, value and text elements of 250,000 cells
MAX_ALL_ELEMENTS = 1_500_000  # of all parts together: 3 s to scan on one slow core
MAX_OTHER_ELEMENTS = 200_000  # of a part besides cells and texts; a workbook of 1,000 styled rows has a few hundred
MAX_DEPTH = 200
MAX_TAG_MB = 1  # of one element's name and attributes; a few hundred bytes in a workbook
MAX_CHARACTERS = 32_767  # of a cell (Excel specifications and limits)

_ACCEPTED = (".xlsx", ".xlsm")
_CELL_ELEMENTS = frozenset({"row", "c", "v", "f", "is", "si", "t", "r", "rPr"})
_CHUNK = 65_536  # bytes
_TRUE = ("1", "true")
_OLE_MAGIC = b"\xd0\xcf\x11\xe0"  # compound file: an encrypted workbook, or one of Excel 97
_REMOVE = noted("remove what is not needed (pictures, other sheets, empty rows)")
_SAVE_AGAIN = noted("open it in Excel or LibreOffice and save it as an Excel workbook (.xlsx)")
_REMOVE_PASSWORD = noted("remove the password and save it as an Excel workbook (.xlsx)")
_TOO_MANY = {
    "elements": noted("has more than {most:,} elements"),
    "elements besides cells": noted("has more than {most:,} elements besides cells"),
    "rows": noted("has more than {most:,} rows"),
    "cells": noted("has more than {most:,} cells"),
    "texts": noted("has more than {most:,} texts"),
}
# What reading a damaged archive raises; NotImplementedError is zipfile's own answer to a compression or encryption it does not know.
_DAMAGED = (zipfile.BadZipFile, zlib.error, expat.ExpatError, EOFError, NotImplementedError, OSError, ValueError, LookupError)


@dataclass(frozen=True)
class Limit:
    """A limit that a sheet breaks; its text says so in the language of when it is told (which a workbook's Settings may ask for)."""

    text: str
    most: int
    cell: str = ""

    def __str__(self) -> str:
        return say(self.text, most=self.most, cell=self.cell)


@dataclass
class SheetFacts:
    """What the XML of one sheet says that the cell values do not."""

    hidden_rows: list[int] = field(default_factory=list)
    hidden_columns: list[tuple[int, int]] = field(default_factory=list)
    merged: list[str] = field(default_factory=list)
    uncalculated: set[str] = field(default_factory=set)  # cells with a formula and no value
    elements: int = 0
    cells: int = 0
    last_column: int = 0  # with content
    too_large: Limit | None = None  # which limit it breaks
    root: str = ""  # name of the outermost element


@dataclass(frozen=True)
class WorkbookFile:
    """A workbook that may be opened: its bytes, and the facts of its parts by their path in the archive."""

    content: bytes
    parts: Mapping[str, SheetFacts]


def read_workbook_file(path: Path) -> WorkbookFile:
    """The bytes of a workbook after every check that does not need its cells; raises BadInput in words for anything else."""
    content = _content(path)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _check_archive(path, archive)
            parts = _scan_all(path, archive)
    except _DAMAGED as error:
        _damaged(path, error)
    for name, facts in parts.items():
        if facts.too_large and facts.root != "worksheet":
            refuse(path, say("{what} in {part}", what=facts.too_large, part=name), say(_SAVE_AGAIN))
    return WorkbookFile(content, parts)


def _damaged(path: Path, error: Exception) -> NoReturn:
    why = str(error) or type(error).__name__
    refuse(path, say("is damaged or cut off ({error})", error=why), say("fetch the file again, or open it in Excel or LibreOffice and save it"))


def refuse(path: Path, what: str, enter: str) -> NoReturn:
    """Raise the one problem of a file that cannot be read at all."""
    raise BadInput([Problem(str(path), what, enter)]) from None


def _content(path: Path) -> bytes:
    """The bytes of the file, if its name, size and first bytes are those of a workbook."""
    suffix = path.suffix.lower()
    try:
        if path.is_dir():
            refuse(path, say("is a folder"), say("give the path of a workbook (.xlsx)"))
        if not path.exists():
            refuse(path, say("does not exist"), say("check the path, or write a new workbook with the template command"))
        if suffix not in _ACCEPTED:
            refuse(path, say("is a {suffix} file", suffix=suffix) if suffix else say("has no .xlsx at its end"), say(_SAVE_AGAIN))
        if not path.is_file():
            refuse(path, say("is not a regular file"), say("give the path of a workbook (.xlsx)"))
        if (size := path.stat().st_size) > MAX_FILE_MB * 1e6:
            what = say("has {size:,.0f} MB, more than {most} MB", size=size / 1e6, most=MAX_FILE_MB)
            refuse(path, what, say("remove what is not needed (pictures, other sheets)"))
        content = path.read_bytes()
    except OSError as error:
        what = say("cannot be read ({error})", error=error.strerror or error)
        refuse(path, what, say("check the path, the permissions and that no other program locks the file"))
    if content.startswith(_OLE_MAGIC):
        refuse(path, say("is protected with a password (or an old .xls workbook)"), say(_REMOVE_PASSWORD))
    if not content.startswith(b"PK"):
        refuse(path, say("is not a workbook") if content else say("is empty"), say(_SAVE_AGAIN))
    return content


def _check_archive(path: Path, archive: zipfile.ZipFile) -> None:
    infos = archive.infolist()
    names = {info.filename for info in infos}
    if not {"[Content_Types].xml", "xl/workbook.xml"} <= names:
        refuse(path, say("is not a workbook"), say(_SAVE_AGAIN))
    if any(info.flag_bits & 0x1 for info in infos):  # bit 0: encrypted (ZIP APPNOTE 4.4.4)
        refuse(path, say("is protected with a password"), say(_REMOVE_PASSWORD))
    unpacked = sum(info.file_size for info in infos)  # zipfile never unpacks more than the sizes stated here
    if unpacked > MAX_UNPACKED_MB * 1e6:
        refuse(path, say("unpacks to {size:,.0f} MB, more than {most} MB", size=unpacked / 1e6, most=MAX_UNPACKED_MB), say(_REMOVE))
    if len(names) != len(infos):
        raise zipfile.BadZipFile(say("a part stands in it twice"))


class _StoppedError(Exception):
    """Ends the scan of a part early."""


def _scan_all(path: Path, archive: zipfile.ZipFile) -> dict[str, SheetFacts]:
    parts: dict[str, SheetFacts] = {}
    elements = 0
    for info in archive.infolist():
        if info.filename.lower().endswith((".xml", ".rels", ".vml")):
            parts[info.filename] = _scan(path, archive.open(info))
            elements += parts[info.filename].elements
        if elements > MAX_ALL_ELEMENTS:
            refuse(path, say("has more than {most:,} XML elements in all its sheets", most=MAX_ALL_ELEMENTS), say(_REMOVE))
    return parts


def _scan(path: Path, part: IO[bytes]) -> SheetFacts:
    scan = _Scan(path)
    read = 0
    try:
        with part:
            while chunk := part.read(_CHUNK):
                scan.parser.Parse(chunk)
                read += len(chunk)
                if read - scan.parser.CurrentByteIndex > MAX_TAG_MB * 1e6:  # the parser begins such a tag anew with every chunk
                    raise ValueError(say("a tag of more than {most} MB", most=MAX_TAG_MB))
            scan.parser.Parse(b"", True)  # noqa: FBT003 (expat's own signature)
    except _StoppedError:
        pass
    return scan.facts


class _Scan:
    """One pass over the XML of a part, without keeping it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.facts = SheetFacts()
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.StartDoctypeDeclHandler = self.doctype
        self.handlers = {
            "row": self._row, "c": self._cell, "f": self._formula, "v": self._value, "is": self._inline_text, "si": self._shared_text,
            "mergeCell": self._merged, "col": self._column,
        }  # fmt: skip
        self.counts: Counter[str] = Counter()
        self.depth = self.last_row = self.column = 0
        self.cell = ""
        self.formula = self.filled = False  # of the cell under way: whether it has a formula, and a value

    def doctype(self, *_: object) -> None:
        refuse(self.path, say("holds a document type declaration, which no workbook needs"), say(_SAVE_AGAIN))

    def start(self, name: str, attributes: dict[str, str]) -> None:
        tag = name.rpartition(":")[2]
        self.facts.root = self.facts.root or tag
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise ValueError(say("elements nested more than {most} deep", most=MAX_DEPTH))
        self.facts.elements += 1
        self._count("elements", MAX_ELEMENTS)
        if tag not in _CELL_ELEMENTS:
            self._count("elements besides cells", MAX_OTHER_ELEMENTS)
        if handler := self.handlers.get(tag):
            handler(attributes)

    def end(self, name: str) -> None:
        self.depth -= 1
        tag = name.rpartition(":")[2]
        if tag == "v":
            self.parser.CharacterDataHandler = None
        elif tag == "c" and self.formula and not self.filled:
            self.facts.uncalculated.add(self.cell)

    def _row(self, attributes: dict[str, str]) -> None:
        self._count("rows", MAX_ROWS)
        number = int(attributes.get("r", self.last_row + 1))
        if not self.last_row < number <= LAST_ROW:
            what = noted("row {number} after row {last}") if number <= self.last_row else noted("row {number} of {most:,} at most")
            raise ValueError(say(what, number=number, last=self.last_row, most=LAST_ROW))
        self.last_row = number
        self.column = 0
        if attributes.get("hidden") in _TRUE:
            self.facts.hidden_rows.append(number)

    def _cell(self, attributes: dict[str, str]) -> None:
        self._count("cells", MAX_CELLS)
        self.facts.cells += 1
        self.cell = attributes.get("r", "")
        self.column = _column_number(self.cell.rstrip("0123456789").upper()) if self.cell else self.column + 1
        # A formula whose text result is "" has the type of a text and an empty value: that one was calculated.
        self.formula, self.filled = False, attributes.get("t") == "str"

    def _formula(self, _attributes: dict[str, str]) -> None:
        self.formula = True
        self._check_column()

    def _value(self, _attributes: dict[str, str]) -> None:
        self._check_column()
        self.parser.CharacterDataHandler = None if self.filled else self._text

    def _inline_text(self, _attributes: dict[str, str]) -> None:
        self._check_column()

    def _check_column(self) -> None:
        if self.column > MAX_COLUMNS:
            cell = self.cell or say("column {number:,}", number=self.column)
            self.facts.too_large = Limit(noted("has content in {cell}, beyond the {most} columns that are read"), MAX_COLUMNS, cell)
            raise _StoppedError
        self.facts.last_column = max(self.facts.last_column, self.column)

    def _text(self, _data: str) -> None:
        self.filled = True

    def _shared_text(self, _attributes: dict[str, str]) -> None:
        self._count("texts", MAX_CELLS)

    def _merged(self, attributes: dict[str, str]) -> None:
        self.facts.merged.append(attributes.get("ref", ""))

    def _column(self, attributes: dict[str, str]) -> None:
        if attributes.get("hidden") in _TRUE:
            self.facts.hidden_columns.append((int(attributes["min"]), int(attributes["max"])))

    def _count(self, things: str, most: int) -> None:
        self.counts[things] += 1
        if self.counts[things] > most:
            self.facts.too_large = Limit(_TOO_MANY[things], most)
            raise _StoppedError


@functools.cache
def _column_number(letters: str) -> int:
    """A → 1, Z → 26, AA → 27; letters of no column are one beyond all."""
    number = 0
    for letter in letters:
        if not "A" <= letter <= "Z" or len(letters) > 3:
            return MAX_COLUMNS + 1
        number = 26 * number + ord(letter) - ord("A") + 1
    return number
