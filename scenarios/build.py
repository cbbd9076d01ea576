"""Builds every shipped workbook from its readable text: ``python scenarios/build.py`` writes scenarios/NAME.xlsx from scenarios/NAME.toml."""

from __future__ import annotations

import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent))


def main() -> None:
    """Write all workbooks."""
    from data.languages import speaking  # noqa: PLC0415
    from data.scenario_text import tables_from_toml  # noqa: PLC0415
    from data.tables import language_of  # noqa: PLC0415
    from data.template import write_template  # noqa: PLC0415

    for text in sorted(FOLDER.glob("*.toml")):
        tables = tables_from_toml(text)
        with speaking(language_of(tables)):
            write_template(text.with_suffix(".xlsx"), tables)
        sys.stdout.write(f"{text.stem}.xlsx\n")


if __name__ == "__main__":
    main()
