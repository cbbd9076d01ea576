"""The shipped catalogue as text: for reading, grepping and opening in a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from data.fields import columns_of
from data.languages import say
from data.library import shipped_gpus, shipped_models, shipped_offers
from data.problems import BadInput, Problem
from data.records.supply import Gpu, Model, Offer


def catalogue_csv(what: str, filters: Sequence[str] = ()) -> str:
    """Rows of ``gpus``, ``models`` or ``offers`` as CSV with a header, those that every ``FIELD=TEXT`` keeps (contained, any case).

    Raises BadInput for a filter that is not of this form or names no field.
    """
    record, rows = {
        "gpus": (Gpu, tuple(shipped_gpus().values())),
        "models": (Model, tuple(shipped_models().values())),
        "offers": (Offer, shipped_offers()),
    }[what]
    names = list(columns_of(record))
    wanted = [_filter(text, names) for text in filters]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(names)
    for row in rows:
        cells = [_text(getattr(row, name)) for name in names]
        if all(text in cells[names.index(name)].casefold() for name, text in wanted):
            writer.writerow(cells)
    return out.getvalue()


def _filter(text: str, names: Sequence[str]) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or name not in names:
        enter = say("enter FIELD=TEXT with one of {names}", names=", ".join(names))
        raise BadInput([Problem("--filter", say("{text} names no field", text=text), enter)])
    return name, value.casefold()


def _text(value: object) -> str:
    if value is None:
        return ""
    return "; ".join(map(str, value)) if isinstance(value, tuple) else str(value)
