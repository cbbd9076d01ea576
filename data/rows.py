"""CSV files whose columns the program partly knows: read as text, written back with columns added."""

from __future__ import annotations

import csv
import functools
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

from data.languages import say
from data.problems import BadInput, Problem


def read_rows(path: Path, needed: Sequence[str]) -> list[dict[str, str]]:
    """The rows of a CSV with a header, as text by column name; short rows are filled with "".

    Raises OSError, and BadInput where the file is no CSV in UTF-8 or lacks a column of ``needed``.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, restval="")
            names = reader.fieldnames or []
            missing = [name for name in needed if name not in names]
            if missing:
                names = functools.reduce(lambda names, name: say("{names} and no column {name}", names=names, name=name), missing)
                what = say("it has no column {names}", names=names)
                raise BadInput([Problem(path.name, what, say("add it to the header in the first row"))])
            return [{name: cell or "" for name, cell in row.items() if name is not None} for row in reader]
    except (UnicodeDecodeError, csv.Error) as error:
        what = say("it is no CSV file in UTF-8 ({error})", error=error)
        raise BadInput([Problem(path.name, what, say("save it as CSV in UTF-8"))]) from None


def rows_csv(rows: Sequence[Mapping[str, str]]) -> str:
    """Rows as CSV with the columns of all of them, in order of first appearance."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    out = io.StringIO()
    writer = csv.DictWriter(out, names, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()
