"""Writes the page that compares: ``python -m scenarios.sources``."""

from __future__ import annotations

from scenarios.sources.cases import CASES
from scenarios.sources.page import PAGE, page, section


def main() -> None:
    """Plan every case and write docs/sources.md."""
    PAGE.write_text(page([section(case()) for case in CASES]), encoding="utf-8")


if __name__ == "__main__":
    main()
