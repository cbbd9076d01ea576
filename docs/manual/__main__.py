"""Writes all pages of the manual into one folder, from which MkDocs builds the site: ``python -m docs.manual [FOLDER]``."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from docs.manual.commands import with_outputs
from docs.manual.data_page import data_page
from docs.manual.method import method_page
from docs.manual.reference import reference_page

ROOT = Path(__file__).resolve().parents[2]
RUN = ("planner.md", "data.md")  # pages whose commands are run
WRITTEN = {"method.md": method_page, "reference.md": reference_page, "data.md": data_page}


def write_pages(folder: Path) -> None:
    """The pages of docs/, and those written from the code beside or over them."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(ROOT / "docs", folder, ignore=shutil.ignore_patterns("*.py", "__pycache__", "manual"))
    for name, page in WRITTEN.items():
        (folder / name).write_text(page(), encoding="utf-8")


def run_commands(page: Path) -> None:
    """Put what its commands print into a page, run in a folder of their own."""
    with TemporaryDirectory() as scratch:
        page.write_text(with_outputs(page.read_text(encoding="utf-8"), Path(scratch)), encoding="utf-8")


def main(folder: Path) -> None:
    """All pages, complete."""
    write_pages(folder)
    for name in RUN:
        run_commands(folder / name)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "build" / "manual")
