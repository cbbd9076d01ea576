"""Renders the pictures of the planner's path from real results: ``python -m docs.manual.pictures`` (needs LibreOffice and poppler's pdftoppm)."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from docs.manual.commands import run

DOCS = Path(__file__).resolve().parents[1]
DOTS_PER_INCH = 90


@dataclass(frozen=True)
class Picture:
    """A part of one page of a result as it prints, in pixels from the page's upper left corner."""

    name: str
    scenario: str
    page: int
    height: int


PICTURES = (Picture("step5_blocks.png", "path5_quotes", 5, 480), Picture("step6_summary.png", "path6_order", 1, 600))
LEFT, TOP, WIDTH = 25, 40, 1000


def render(picture: Picture, scratch: Path) -> None:
    """Plan the scenario, print the result as PDF and cut the picture out of its page; raises CalledProcessError where a tool fails."""
    run(f"solve.py template {picture.scenario}.xlsx --example {picture.scenario}", scratch)
    run(f"solve.py {picture.scenario}.xlsx --quiet", scratch)
    subprocess.run(["soffice", "--headless", "--convert-to", "pdf", f"{picture.scenario}.result.xlsx"], cwd=scratch, check=True, capture_output=True)  # noqa: S603, S607
    area = ["-x", str(LEFT), "-y", str(TOP), "-W", str(WIDTH), "-H", str(picture.height)]
    page = ["-r", str(DOTS_PER_INCH), "-f", str(picture.page), "-l", str(picture.page), "-png", "-singlefile"]
    subprocess.run(["pdftoppm", *page, *area, f"{picture.scenario}.result.pdf", str(DOCS / picture.name.removesuffix(".png"))], cwd=scratch, check=True)  # noqa: S603, S607


def main() -> None:
    """All pictures."""
    for picture in PICTURES:
        with TemporaryDirectory() as scratch:
            render(picture, Path(scratch))


if __name__ == "__main__":
    main()
