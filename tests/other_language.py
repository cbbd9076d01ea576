"""A language made here, whose words are the English ones in brackets: what stands outside of brackets was not said."""

from __future__ import annotations

import gettext
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from openpyxl import load_workbook

from data.languages.update import texts
from data.result_file import POOLS_SHEET

DRAWN = "{http://schemas.openxmlformats.org/drawingml/2006/"
SAID = re.compile("⟦[^⟦⟧]*⟧")


class Bracketed(gettext.NullTranslations):
    """A language in which every text of the program stands in brackets, with a quotation mark that a formula must double."""

    def __init__(self) -> None:
        super().__init__()
        self._known = frozenset(part for text in texts() for part in ((text,) if isinstance(text, str) else text))

    def gettext(self, message: str) -> str:
        return f'⟦{message}"⟧' if message in self._known else message

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(msgid1 if n == 1 else msgid2)


def unsaid(text: str, allowed: re.Pattern[str]) -> bool:
    """Whether letters are left of a text without what stands in brackets and without names."""
    while SAID.search(text):
        text = SAID.sub("", text)
    return bool(re.search("[A-Za-z]", text)) and bool(re.search("[A-Za-z]", allowed.sub("", text)))


def literals(formula: str) -> list[str]:
    """The texts in a formula, which names of sheets are not."""
    return re.findall('"((?:[^"]|"")*)"', re.sub("'[^']*'!", "", formula))


def shown(path: Path) -> Iterator[tuple[str, str]]:
    """Where a workbook shows a text, and the text: cells, literals of formulas, prompts, and the words on and about charts."""
    book = load_workbook(path)
    for sheet in (sheet for sheet in book if sheet.title != POOLS_SHEET):
        yield "sheet", sheet.title
        for cell in (cell for row in sheet.iter_rows() for cell in row if isinstance(cell.value, str)):
            for text in literals(cell.value) if cell.data_type == "f" else (cell.value,):
                yield f"{sheet.title}!{cell.coordinate}", text
        for rule in sheet.data_validations.dataValidation:
            yield from ((f"{sheet.title}: prompt", text) for text in (rule.promptTitle, rule.prompt, rule.error) if text)
    with zipfile.ZipFile(path) as archive:
        for part in archive.namelist():
            if part.startswith(("xl/charts/chart", "xl/drawings/drawing")):
                root = ElementTree.fromstring(archive.read(part))  # noqa: S314 - written here
                yield from ((part, found.text or "") for found in root.iter(f"{DRAWN}main}}t"))
                yield from ((part, found.text or "") for name in root.iter(f"{DRAWN}chart}}tx") for found in name.findall(f"{DRAWN}chart}}v"))
                yield from ((part, found.get("descr", "")) for found in root.iter(f"{DRAWN}spreadsheetDrawing}}cNvPr"))
