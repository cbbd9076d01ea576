"""What a result file, workbook or JSON, states about its pools: raw values, for the simulator to check."""

from __future__ import annotations

import io
import json
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any, NoReturn

from data.languages import LANGUAGES, noted, said_in, say
from data.problems import BadInput, Problem
from data.records.candidate import StepTime
from data.records.stated import StatedPool
from data.tables import sheet_name
from data.workbook_file import read_workbook_file, refuse

POOLS_SHEET = "_pools"
FIRST_SHEET = "Summary"  # of a result, whose language tells that of the file
POOL = "pool"  # header of the first column: the pool's number
# The sheet's three tables by their second header: the pools' own is another.
LENGTHS_SECOND, BESIDE_SECOND = "input_tokens", "beside"

_GIVE = noted("give the workbook or the JSON that planning wrote")
_PLAN_AGAIN = noted("plan the scenario again with this version")
_STEP_TIME = tuple(column.name for column in fields(StepTime))


def read_stated_pools(path: Path) -> tuple[StatedPool, ...]:
    """The pools of a result workbook or of its JSON; raises BadInput in one line where the file is another or has none."""
    workbook = path.is_dir() or path.suffix.lower() in (".xlsx", ".xlsm")
    pools = tuple(_pools_of_workbook(path) if workbook else _pools_of_json(path))
    if not pools:
        what = say("has no nodes to simulate (the plan is infeasible, buys all by the token, or stands on measured capacities)")
        refuse(path, what, say("give a result whose plan has nodes"))
    return pools


def _pools_of_json(path: Path) -> Iterator[StatedPool]:
    try:
        result = json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        refuse(path, say("does not exist"), say(_GIVE))
    except OSError as error:
        refuse(path, say("cannot be read ({error})", error=error.strerror or error), say("check the path and the permissions"))
    except (ValueError, RecursionError) as error:
        why = say("nested too deep") if isinstance(error, RecursionError) else _short(error)
        refuse(path, say("is no result workbook (.xlsx), and no JSON ({error})", error=why), say(_GIVE))
    if not isinstance(result, dict) or not {"schema", "status", "plan"} <= result.keys():
        refuse(path, say("is not the JSON of a plan"), say(_GIVE))
    if result["schema"] != 1:
        refuse(path, say("has the schema {schema}, and this version reads 1", schema=f"{result['schema']!r:.40}"), say(_PLAN_AGAIN))
    pools = result.get("pools")
    if not isinstance(pools, list) or not all(isinstance(pool, dict) for pool in pools):
        refuse(path, say("does not say what its pools serve"), say(_PLAN_AGAIN))
    language = next((known for known in LANGUAGES if known == result.get("language")), "")
    for number, pool in enumerate(pools, start=1):
        yield StatedPool(say("{path}: pool {number}", path=path, number=number), pool, language)


def _short(error: Exception) -> str:
    return str(error).partition("\n")[0][:100]


def _pools_of_workbook(path: Path) -> Iterator[StatedPool]:
    sheets, rows = _rows(path)
    language = next((known for known in LANGUAGES if said_in(known, FIRST_SHEET) in sheets), "")
    pools, bars, others = (list(_table(rows, second)) for second in ("", LENGTHS_SECOND, BESIDE_SECOND))
    for number, values in pools:
        served = values.get("workload")
        own = [_bar(bar, served) for _, bar in bars if bar[POOL] == values[POOL] and bar.get("workload", served) == served]
        step_time = {name: values[name] for name in _STEP_TIME if name in values}
        plain = {name: value for name, value in values.items() if name not in _STEP_TIME}
        beside = [
            {**other, "workload": other["beside"], "lengths": [_bar(bar, served) for _, bar in bars if _is_of(bar, values[POOL], other["beside"])]}
            for _, other in others
            if other[POOL] == values[POOL]
        ]
        stated = {**plain, "step_time": step_time, "lengths": own, "beside": beside}
        yield StatedPool(say("{file} row {number}", file=POOLS_SHEET, number=number), stated, language)


def _bar(bar: dict[str, Any], workload: object) -> dict[str, Any]:
    return {"workload": workload, **bar}


def _is_of(bar: dict[str, Any], pool: object, workload: object) -> bool:
    return bar[POOL] == pool and bar.get("workload") == workload


def _table(rows: Iterable[tuple[int, tuple[Any, ...]]], second: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """The rows of one of the sheet's tables, from its header to the first blank row, with their numbers; blank cells are left out.

    ``second`` is the second header of the table; "" that of the pools.
    """
    header: tuple[Any, ...] = ()
    for number, cells in rows:
        blank = not cells or cells[0] is None
        if not blank and cells[0] == POOL:
            known = cells[1] if len(cells) > 1 and cells[1] in (LENGTHS_SECOND, BESIDE_SECOND) else ""
            header = cells if known == second else ()
        elif blank:
            header = ()
        elif header:
            yield number, {str(name): value for name, value in zip(header, cells, strict=False) if name is not None and value is not None}


def _rows(path: Path) -> tuple[list[str], list[tuple[int, tuple[Any, ...]]]]:
    """The names of a workbook's sheets, and the rows of that of pools with their numbers; raises BadInput where the workbook has none."""
    file = read_workbook_file(path)
    from openpyxl import load_workbook  # noqa: PLC0415 - heavy

    try:
        with warnings.catch_warnings():  # of things in the file that do not matter here: unknown extensions, styles
            warnings.simplefilter("ignore")
            book = load_workbook(io.BytesIO(file.content), read_only=True, data_only=True, keep_links=False)
            names = book.sheetnames
            if POOLS_SHEET not in names:
                _not_a_result(path, names)
            sheet: Any = book[POOLS_SHEET]
            if problem := file.parts[sheet._worksheet_path].too_large:
                refuse(path, f"{POOLS_SHEET} {problem}", say(_GIVE))
            sheet.reset_dimensions()
            return names, list(enumerate(sheet.iter_rows(values_only=True), start=1))
    except BadInput:
        raise
    except Exception as error:  # noqa: BLE001 - the library raises whatever its parsing runs into
        what = say("cannot be read as a workbook ({error})", error=f"{type(error).__name__}: {_short(error)}")
        refuse(path, what, say("plan the scenario again"))


def _not_a_result(path: Path, sheets: Iterable[str]) -> NoReturn:
    if any(sheet_name(name) == "Workloads" for name in sheets):
        enter = say("plan it first (solve.py {path}), then simulate what that writes", path=path)
        raise BadInput([Problem(str(path), say("is a scenario, not a result"), enter)])
    refuse(path, say("is not the result workbook of a plan (it has no sheet {sheet})", sheet=POOLS_SHEET), say(_GIVE))
