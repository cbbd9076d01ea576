"""One cell, by its column's kind: what is accepted, and the exact words of what is not."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pytest

from data.fields import REQUIRED, Column, column
from data.parse import CellError, parse_cell, record_from_strings


def cell(kind: Any, **more: Any) -> Column:
    return Column(english_title="T", kind=kind, english_meaning="m", **more)


SHARE = cell("number", low=0, high=1, unit="share")
PRICE = cell("number", low=0, open_low=True, unit="USD/h")
PERCENTILE = cell("integer", choices=("50", "95"))
BILLING = cell("choice", choices=("on_demand", "spot"))


@pytest.mark.parametrize(
    ("spec", "raw", "value"),
    [
        (cell("text"), " AWS ", "AWS"),
        (cell("text"), 1984.0, "1984"),
        (cell("texts"), "L4, L40S;H100", ("L4", "L40S", "H100")),
        (cell("texts", default=()), None, ()),
        (SHARE, "0.5", 0.5),
        (SHARE, 1, 1.0),
        (cell("number", default=7.0), "  ", 7.0),
        (cell("integer"), 8.0, 8),
        (cell("integers"), "1, 2,8", (1, 2, 8)),
        (cell("integers"), 8, (8,)),
        (PERCENTILE, "95", 95),
        (cell("flag"), "Yes", True),
        (cell("flag"), 0, False),
        (cell("date"), datetime(2026, 11, 1, 12), date(2026, 11, 1)),
        (cell("date"), "2026-11-01", date(2026, 11, 1)),
        (BILLING, "On demand", "on_demand"),
        (cell("choices", choices=("bf16", "fp8")), "FP8,bf16", ("fp8", "bf16")),
    ],
)
def test_reads_what_a_planner_would_write(spec: Column, raw: object, value: object) -> None:
    assert parse_cell(spec, raw) == value


@pytest.mark.parametrize(
    ("spec", "raw", "message"),
    [
        (SHARE, "many", "'many' is not a number; enter a number from 0 to 1 (share)"),
        (SHARE, 1.5, "'1.5' is above 1; enter a number from 0 to 1 (share)"),
        (SHARE, float("nan"), "'nan' is not a number; enter a number from 0 to 1 (share)"),
        (SHARE, True, "'True' is not a number; enter a number from 0 to 1 (share)"),
        (SHARE, "1,5", "'1,5' is not a number; enter a number from 0 to 1 (share)"),
        (PRICE, 0, "'0' is not above 0; enter a number above 0 (USD/h)"),
        (cell("integer", low=1), 1.5, "'1.5' is not a whole number; enter a whole number at least 1"),
        (cell("integers", low=1), "1,0", "'0' is below 1; enter whole numbers at least 1 separated by commas"),
        (PERCENTILE, 97, "'97' is not one of the choices; enter one of 50, 95"),
        (cell("flag"), "maybe", "'maybe' is neither yes nor no; enter yes or no"),
        (cell("date"), "soon", "'soon' is not a date; enter a date such as 2026-11-01"),
        (cell("date"), 45962, "'45962' is not a date; enter a date such as 2026-11-01"),
        (BILLING, "spott", "'spott' is not one of the choices (did you mean spot?); enter one of on_demand, spot"),
        (cell("text", default=REQUIRED, example="AWS"), None, "is blank; enter a text, for example AWS"),
    ],
)
def test_says_what_is_wrong_and_what_to_enter(spec: Column, raw: object, message: str) -> None:
    with pytest.raises(CellError) as caught:
        parse_cell(spec, raw)
    assert str(caught.value) == message


@dataclass(frozen=True, kw_only=True)
class Card:
    name: str = column("Name", "text", "Name.", REQUIRED)
    memory_gb: float = column("Memory", "number", "Memory.", REQUIRED, low=1)
    fast: bool = column("Fast", "flag", "Fast.", False)


def test_a_record_takes_defaults_and_names_every_bad_field() -> None:
    assert record_from_strings(Card, {"name": "A", "memory_gb": "80"}) == Card(name="A", memory_gb=80.0)
    with pytest.raises(CellError, match="name is blank; memory_gb 'x' is not a number"):
        record_from_strings(Card, {"memory_gb": "x"})
    with pytest.raises(KeyError, match="Card has no column colour"):
        record_from_strings(Card, {"colour": "red"})
