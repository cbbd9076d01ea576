"""Workbooks spoilt as files: damaged, hostile, too large, or not workbooks at all. Each is made by a function from the bytes of a right one."""

from __future__ import annotations

import io
import re
import struct
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.broken.cell_faults import RIGHT
from tests.data.cells import sheet_of, workbook

SHEET, STRINGS, BOOK, STYLES, RELS = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/workbook.xml", "xl/styles.xml", "xl/_rels/workbook.xml.rels"
SAVE = "open it in Excel or LibreOffice and save it as an Excel workbook (.xlsx)"
CUT = "FILE: is damaged or cut off"
FETCH = "fetch the file again, or open it in Excel or LibreOffice and save it"
AGAIN = "open it in Excel or LibreOffice and save it again"
UNPROTECT = "remove the password and save it as an Excel workbook (.xlsx)"
SLIM = "remove what is not needed (pictures, other sheets, empty rows)"
MISSING = "Workloads: the sheet is missing; add it, with a header and one row a workload (the template command writes one)"
MANY = "delete what is not input (at most 100,000 rows and 256 columns of a sheet are read)"
DOCTYPE = f"holds a document type declaration, which no workbook needs; {SAVE}"
LAUGHS = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
# The first bytes of a compound file (an encrypted workbook, or Excel 97), and its directory's name of the encrypted package.
OLE = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(504) + "EncryptedPackage".encode("utf-16-le") + bytes(2000)
Spoil = Callable[[bytes], bytes]


def right() -> bytes:
    """A right workbook."""
    content = io.BytesIO()
    workbook(Workloads=sheet_of(RIGHT["Workloads"]), Offers=sheet_of(RIGHT["Offers"]), Settings=[["setting", "value"], ["offers", "workbook"]]).save(content)
    return content.getvalue()


def parts(book: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(members: Mapping[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", compression) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return content.getvalue()


def part(name: str, edit: Callable[[bytes], bytes]) -> Spoil:
    """Change one part of the archive, or add it."""
    return lambda book: packed({**(members := parts(book)), name: edit(members.get(name, b""))})


def without(name: str) -> Spoil:
    return lambda book: packed({other: data for other, data in parts(book).items() if other != name})


def before(mark: bytes, more: bytes) -> Callable[[bytes], bytes]:
    return lambda xml: xml.replace(mark, more + mark, 1)


def rows(text: str) -> Callable[[bytes], bytes]:
    return lambda xml: re.sub(rb"<sheetData>.*</sheetData>", f"<sheetData>{text}</sheetData>".encode(), xml, flags=re.DOTALL)


def encrypted(book: bytes) -> bytes:
    """The archive with the flag of encryption on each of its entries, in the directory at its end."""
    return re.sub(rb"(PK\x01\x02.{4})..", lambda found: found[1] + struct.pack("<H", 1), book, flags=re.DOTALL)


def bomb(book: bytes) -> bytes:
    """400 MB of blanks in 400 kB."""
    content = io.BytesIO(book)
    with zipfile.ZipFile(content, "a", zipfile.ZIP_DEFLATED) as archive, archive.open("xl/media/big.xml", "w") as big:
        for _ in range(400):
            big.write(b" " * 1_000_000)
    return content.getvalue()


def understated(book: bytes) -> bytes:
    """A bomb whose directory says that it unpacks to 1,000 bytes."""
    return bomb(book).replace(struct.pack("<I", 400_000_000), struct.pack("<I", 1000))


def every_sheet(edit: Callable[[bytes], bytes]) -> Spoil:
    """The same edit of the sheets Workloads, Offers and Settings."""
    names = [f"xl/worksheets/sheet{n}.xml" for n in (1, 2, 3)]
    return lambda book: packed({name: edit(data) if name in names else data for name, data in parts(book).items()})


def overlapping(book: bytes) -> bytes:
    """A bomb whose directory names one entry of 20 MB a thousand times."""
    bomb = packed({**parts(book), "xl/media/000.bin": bytes(20_000_000)})
    start, count = bomb.index(b"PK\x01\x02"), len(parts(book)) + 1
    end = bomb.rindex(b"PK\x05\x06")
    entry = bomb[bomb.rindex(b"PK\x01\x02") : end]
    entries = b"".join(entry.replace(b"000.bin", f"{n:03}.bin".encode()) for n in range(1, 1000))
    size = end - start + len(entries)
    tail = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, count + 999, count + 999, size, start, 0)
    return bomb[:end] + entries + tail


def flipped(place: float) -> Spoil:
    """Sixteen bytes overwritten at a share of the file."""
    return lambda book: book[: int(len(book) * place)] + b"\xff" * 16 + book[int(len(book) * place) + 16 :]


# What is spoilt → how, and the line that answers (FILE stands for the path).
SPOILT: dict[str, tuple[Spoil, str]] = {
    "empty": (lambda _: b"", f"FILE: is empty; {SAVE}"),
    "one byte": (lambda _: b"P", f"FILE: is not a workbook; {SAVE}"),
    "text": (lambda _: b"name,model\nchat,Llama", f"FILE: is not a workbook; {SAVE}"),
    "HTML": (lambda _: b"<html><table><tr><td>chat</td></tr></table></html>", f"FILE: is not a workbook; {SAVE}"),
    "PDF": (lambda _: b"%PDF-1.7", f"FILE: is not a workbook; {SAVE}"),
    "zeros": (lambda _: bytes(100_000), f"FILE: is not a workbook; {SAVE}"),
    "password (OLE)": (lambda _: OLE, f"FILE: is protected with a password (or an old .xls workbook); {UNPROTECT}"),
    "password (archive)": (encrypted, f"FILE: is protected with a password; {UNPROTECT}"),
    "letter": (lambda _: packed({"[Content_Types].xml": b"<a/>", "word/document.xml": b"<a/>"}), f"FILE: is not a workbook; {SAVE}"),
    "OpenDocument": (lambda _: packed({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet"}), f"FILE: is not a workbook; {SAVE}"),
    "binary workbook": (lambda _: packed({"[Content_Types].xml": b"<a/>", "xl/workbook.bin": b"x"}), f"FILE: is not a workbook; {SAVE}"),
    "archive of nothing": (lambda _: packed({}), f"FILE: is not a workbook; {SAVE}"),
    "cut in the middle": (lambda book: book[: len(book) // 2], f"{CUT} (File is not a zip file); {FETCH}"),
    "cut near the end": (lambda book: book[:-30], f"{CUT} (File is not a zip file); {FETCH}"),
    "start missing": (lambda book: b"PK" + book[1000:], f"{CUT} (*); {FETCH}"),
    **{f"overwritten at {place:.0%}": (flipped(place), f"{CUT} (*); {FETCH}") for place in (0.1, 0.3, 0.5, 0.7)},
    "no sheet": (without(SHEET), MISSING),
    "no list of sheets": (part(BOOK, lambda _: b"<workbook/>"), MISSING),
    "broken XML": (part(SHEET, lambda xml: xml[:-40]), f"{CUT} (unclosed token: *); {FETCH}"),
    "two roots": (part(SHEET, lambda xml: xml + b"<a/>"), f"{CUT} (junk after document element: *); {FETCH}"),
    "wrong encoding": (part(SHEET, lambda xml: xml.replace(b"chat", b"\xff\xfe")), f"{CUT} (*); {FETCH}"),
    "unknown encoding": (
        part(BOOK, lambda xml: b'<?xml version="1.0" encoding="x-odd"?>' + xml),
        f"{CUT} (unknown encoding: *); {FETCH}",
    ),
    "billion laughs": (part(SHEET, before(b"<worksheet", f'<!DOCTYPE x [<!ENTITY a0 "ha">{LAUGHS}]>'.encode())), f"FILE: {DOCTYPE}"),
    "external entity": (part(STRINGS, lambda _: b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]><sst>&a;</sst>'), f"FILE: {DOCTYPE}"),
    "external entity by network": (part(RELS, before(b"<Relationships", b'<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">')), f"FILE: {DOCTYPE}"),
    "parameter entity": (part(BOOK, before(b"<workbook", b'<!DOCTYPE x [<!ENTITY % a "b"> %a;]>')), f"FILE: {DOCTYPE}"),
    "entity in UTF-16": (part(STYLES, lambda _: '<!DOCTYPE x [<!ENTITY a "b">]><styleSheet/>'.encode("utf-16")), f"FILE: {DOCTYPE}"),
    "deep nesting": (
        part(SHEET, before(b"<sheetData>", b"<a>" * 500 + b"</a>" * 500)),
        f"{CUT} (elements nested more than 200 deep); {FETCH}",
    ),
    "column beyond the sheet": (
        part(SHEET, before(b"</row>", b'<c r="XFD1"><v>1</v></c>')),
        f"Workloads: has content in XFD1, beyond the 256 columns that are read; {MANY}",
    ),
    "row order": (part(SHEET, rows('<row r="5"/><row r="2"/>')), f"{CUT} (row 2 after row 5); {FETCH}"),
    "row without number": (part(SHEET, rows('<row r="two"/>')), f"{CUT} (*); {FETCH}"),
    "text as a number": (part(SHEET, before(b"</row></sheetData>", b'<c r="F2" t="n"><v>much</v></c>')), f"FILE: cannot be read as a workbook (*); {AGAIN}"),
    "text of no number": (part(SHEET, before(b"</row></sheetData>", b'<c r="F2" t="s"><v>99</v></c>')), f"FILE: cannot be read as a workbook (*); {AGAIN}"),
    "text too long": (
        part(SHEET, lambda xml: xml.replace(b"chat", b"x" * 32_768)),
        "Workloads!A2: has more than 32,767 characters; shorten it",
    ),
    "path outside": (part(RELS, lambda xml: xml.replace(b"worksheets/sheet1.xml", b"../../../../etc/passwd")), MISSING),
}
HEAVY: dict[str, tuple[Spoil, str]] = {
    "bomb": (bomb, f"FILE: unpacks to 400 MB, more than 100 MB; {SLIM}"),
    "bomb of overlapping entries": (overlapping, f"FILE: unpacks to 20,000 MB, more than 100 MB; {SLIM}"),
    "bomb that understates itself": (understated, f"{CUT} (Bad CRC-32 for file 'xl/media/big.xml'); {FETCH}"),
    "a million rows": (
        part(SHEET, rows("".join(f'<row r="{n}"><c r="A{n}"><v>1</v></c></row>' for n in range(1, 1_048_577)))),
        f"Workloads: has more than 100,000 rows; {MANY}",
    ),
    "a million blank rows": (part(SHEET, rows("".join(f'<row r="{n}"/>' for n in range(1, 1_048_577)))), f"Workloads: has more than 100,000 rows; {MANY}"),
    "a million cells": (
        part(SHEET, rows("".join(f'<row r="{n}">{"<c><v>1</v></c>" * 100}</row>' for n in range(1, 10_001)))),
        f"Workloads: has more than 250,000 cells; {MANY}",
    ),
    "most cells that are read": (
        part(SHEET, rows("".join(f'<row r="{n}">{"<c><v>1</v></c>" * 2}</row>' for n in range(1, 100_001)))),
        "Workloads!A1: the first filled row of Workloads names none of its columns; put the template's column titles there",
    ),
    "most cells that are read, far to the right": (
        part(SHEET, rows("".join(f'<row r="{n}"><c r="IV{n}"><v>1</v></c></row>' for n in range(1, 100_001)))),
        "Workloads!IV1: the first filled row of Workloads names none of its columns; put the template's column titles there",
    ),
    "most cells in every sheet": (
        every_sheet(rows("".join(f'<row r="{n}">{"<c><v>1</v></c>" * 90}</row>' for n in range(1, 1001)))),
        "FILE: has more than 250,000 cells in its input sheets; delete what is not input: offers not open to you, formatted blank rows",
    ),
    "something in the last row": (
        part(SHEET, before(b"</sheetData>", b'<row r="1048576"><c r="Z1048576"><v>1</v></c></row>')),
        "Workloads!Z1048576: has no header above it; name its column or clear its cells",
    ),
    "a row beyond the last": (
        part(SHEET, before(b"</sheetData>", b'<row r="999999999"><c r="A999999999"><v>1</v></c></row>')),
        f"{CUT} (row 999999999 of 1,048,576 at most); {FETCH}",
    ),
    "elements in every part": (
        lambda book: packed({**parts(book), **{f"xl/x{n}.xml": b"<a>" + b"<c/>" * 249_000 + b"</a>" for n in range(8)}}),
        f"FILE: has more than 1,500,000 XML elements in all its sheets; {SLIM}",
    ),
    "an attribute of 60 MB": (
        part(SHEET, lambda xml: xml.replace(b"<sheetData>", b'<sheetData x="' + b"y" * 60_000_000 + b'">')),
        f"{CUT} (a tag of more than 1 MB); {FETCH}",
    ),
    "300,000 texts": (
        part(STRINGS, lambda _: b"<sst>" + b"<si><t>x</t></si>" * 300_000 + b"</sst>"),
        f"FILE: has more than 250,000 texts in {STRINGS}; {SAVE}",
    ),
    "300,000 styles": (
        part(STYLES, lambda _: b"<styleSheet>" + b"<xf/>" * 300_000 + b"</styleSheet>"),
        f"FILE: has more than 200,000 elements besides cells in {STYLES}; {SAVE}",
    ),
}
# Large, and read all the same within the same limits.
LARGE: dict[str, Spoil] = {
    "10,000 parts": lambda book: packed({**parts(book), **{f"xl/worksheets/s{n}.xml": b"<a/>" for n in range(10_000)}}),
    "a text of 60 MB that no cell shows": part(STRINGS, lambda _: b"<sst><si><t>" + b"x" * 60_000_000 + b"</t></si></sst>"),
    "50,000 names": part(BOOK, before(b"</workbook>", b"<definedNames>" + b'<definedName name="a">1</definedName>' * 50_000 + b"</definedNames>")),
}


def spoilt(folder: Path, spoil: Spoil, name: str = "plan.xlsx") -> Path:
    """The spoilt workbook in a folder."""
    path = folder / name
    path.write_bytes(spoil(right()))
    return path
