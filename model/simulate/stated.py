"""The pools that a result states (its JSON, or the sheet of its workbook), checked before anything runs on them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, Field, fields
from typing import Any, TypeVar

from data.languages import noted, say
from data.problems import BadInput, Problem
from data.records.candidate import StepTime
from data.records.stated import StatedPool
from data.records.workload import LengthBin
from model.simulate.spec import Beside, PoolSpec

Record = TypeVar("Record", PoolSpec, StepTime, LengthBin, Beside)

_AGAIN = noted("plan the scenario again, or correct it")
# Least value of a number; those not named may be 0.
_AT_LEAST = {"nodes": 1, "batch_size": 1, "input_tokens": 1, "output_tokens": 1, "kv_tokens": 2, "token_budget": 2, "percentile": 1}
_ABOVE_ZERO = ("load", "iteration_s", "arrival_cv")
_AT_MOST = {"percentile": 99, "nodes": 1_000_000, "batch_size": 65_536}  # more than any plan holds: an array of that many places is still made


def pools_of_result(stated: Sequence[StatedPool]) -> tuple[PoolSpec, ...]:
    """The stated pools as records; raises BadInput with every field that is missing or no such value."""
    problems: list[Problem] = []
    pools = [_pool(pool, problems) for pool in stated]
    if problems:
        raise BadInput(problems)
    return tuple(pool for pool in pools if pool is not None)


def _pool(stated: StatedPool, problems: list[Problem]) -> PoolSpec | None:
    step_time = _record(StepTime, stated.values.get("step_time"), f"{stated.where}, step_time", problems)
    lengths = _lengths(stated.values, stated.where, problems)
    return _record(PoolSpec, {**stated.values, "step_time": step_time, "lengths": lengths, "beside": _beside(stated, problems)}, stated.where, problems)


def _beside(stated: StatedPool, problems: list[Problem]) -> tuple[Beside, ...]:
    where, others = f"{stated.where}, beside", stated.values.get("beside") or ()
    if not isinstance(others, (list, tuple)):
        problems.append(Problem(where, say("is no list"), say(_AGAIN)))
        return ()
    found = []
    for number, other in enumerate(others, start=1):
        at = f"{where} {number}"
        values = {**other, "lengths": _lengths(other, at, problems)} if isinstance(other, Mapping) else other
        found.append(_record(Beside, values, at, problems))
    return tuple(other for other in found if other is not None)


def _lengths(values: Mapping[str, Any], at: str, problems: list[Problem]) -> tuple[LengthBin, ...]:
    where, bars = f"{at}, lengths", values.get("lengths") or ()
    if not isinstance(bars, (list, tuple)):
        problems.append(Problem(where, say("is no list"), say(_AGAIN)))
        return ()
    found = [_record(LengthBin, bar, f"{where} {number}", problems) for number, bar in enumerate(bars, start=1)]
    read = tuple(bar for bar in found if bar is not None)
    if found and len(read) == len(found) and sum(bar.share for bar in read) <= 0:
        problems.append(Problem(where, say("the shares add up to 0"), say(_AGAIN)))
    return read


def _record(record: type[Record], values: object, where: str, problems: list[Problem]) -> Record | None:
    """The record that ``values`` state, or None with its problems added."""
    if not isinstance(values, Mapping):
        problems.append(Problem(where, say("is not stated") if values is None else say("is no table of values"), say(_AGAIN)))
        return None
    found = list(_problems(record, values, where))
    problems += found
    return None if found else record(**{field.name: _value(field, values[field.name]) for field in fields(record) if field.name in values})


def _value(field: Field[Any], value: Any) -> Any:
    """The value as the field's kind of number: files tell 5 and 5.0 apart as they like."""
    kind = str(field.type).removesuffix(" | None")
    return int(value) if kind == "int" else float(value) if kind == "float" and value is not None else value


def _problems(record: type[Record], values: Mapping[str, Any], where: str) -> Iterator[Problem]:
    for field in fields(record):
        value = values.get(field.name)
        if value is None:
            if field.default is MISSING and field.name != "step_time":
                yield Problem(where, say("{field} is not stated", field=field.name), say(_AGAIN))
            elif field.default is not None and field.name in values and field.name != "step_time":
                yield Problem(where, say("{field} is blank", field=field.name), say(_AGAIN))
        elif wrong := _wrong(field, value):
            yield Problem(where, say(wrong, field=field.name, value=repr(value)[:60]), say(_AGAIN))


def _wrong(field: Field[Any], value: Any) -> str:
    """What is wrong with a value of a field, to be said of both; "" if nothing."""
    kind = str(field.type).removesuffix(" | None")
    if kind == "str":
        return "" if isinstance(value, str) else noted("{field} {value} is no text")
    if kind not in ("int", "float"):
        return ""
    number = not isinstance(value, bool) and isinstance(value, (int, float)) and math.isfinite(value)
    if not number:
        return noted("{field} {value} is no number")
    if kind == "int" and value != int(value):
        return noted("{field} {value} is no whole number")
    low, high = _AT_LEAST.get(field.name, 0), _AT_MOST.get(field.name, math.inf)
    if value < low or (value == 0 and field.name in _ABOVE_ZERO):
        return noted("{field} {value} is too small")
    return noted("{field} {value} is too large") if value > high else ""
