"""One scenario of a batch: read, plan, write. What a worker process does; nothing here writes to the disk of the batch."""

from __future__ import annotations

import functools
import tempfile
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from data.digest import digest_of, program_digest
from data.languages import say, speak, speaking, spoken
from data.problems import BadInput, Problem
from data.records.outcome import Case, Outcome
from data.records.scenario import SETTINGS_SHEET
from data.tables import Tables, language_of
from export.commands.shell import NO_MEMORY

EXIT_BY_STATUS = {"optimal": 0, "feasible": 0, "infeasible": 3, "unsolved": 4, "bad input": 2, "failed": 1}  # the contract's exit codes
_WORKBOOKS_KEPT = 8  # whose cells a process remembers: variants of one workbook read it once

# The solver may not be set to other threads while another solve runs, and a Dask worker may have several threads.
_ONE_AT_A_TIME = threading.Lock()


@dataclass(frozen=True, kw_only=True)
class Task:
    """A case with all that its planning needs: the workbook's content, the settings given beside it, and the fingerprint of a result that is there."""

    case: Case
    content: bytes
    settings: Mapping[str, object] = field(default_factory=dict)
    known_digest: str = ""
    program: str = ""  # fingerprint of the program that hands out: a cluster must run the same


@dataclass(frozen=True, kw_only=True)
class Finished:
    """A case's row of the comparison and its result workbook; ``unchanged``: the result that is there still holds, and neither is made anew."""

    outcome: Outcome
    workbook: bytes = b""
    unchanged: bool = False


def plan_case(task: Task) -> Finished:
    """Read, plan and write one case; a workbook that cannot be planned is an outcome too, and so is a bug of the program."""
    language = ""
    with _ONE_AT_A_TIME, speaking(""):
        try:
            if task.program and task.program != program_digest():
                what = say("a worker runs another version of the program or of its catalogue")
                raise BadInput([Problem("--scheduler", what, say("install the same on all"))])
            language = _language(task)
            speak(language)
            finished = _planned(task)
        except BadInput as bad:
            finished = Finished(outcome=unplanned(task.case, "bad input", str(bad)))
        except MemoryError:
            finished = Finished(outcome=unplanned(task.case, "unsolved", say(NO_MEMORY)))
        except Exception as error:  # noqa: BLE001 - one scenario's bug is a row of the comparison, not the end of the batch
            words = say("internal error: {error}; plan it alone with --debug and report what it prints", error=f"{type(error).__name__}: {error}")
            finished = Finished(outcome=unplanned(task.case, "failed", words))
    return replace(finished, outcome=replace(finished.outcome, language=language))


def _language(task: Task) -> str:
    """The language that the command line or the workbook asks for; "" for none."""
    if asked := task.settings.get("language"):
        return str(asked)
    try:
        return language_of(_tables(task.case.path, task.content))
    except BadInput:  # told when it is planned
        return ""


def unplanned(case: Case, status: str, reason: str, exit_code: int | None = None) -> Outcome:
    """The outcome of a case without a plan."""
    code = EXIT_BY_STATUS.get(status, 1) if exit_code is None else exit_code
    return Outcome(name=case.name, status=status, exit_code=code, path=case.path, variant=case.variant, reason=reason)  # type: ignore[arg-type]  # of the vocabulary


def _planned(task: Task) -> Finished:
    from data.reader import scenario_from_tables, with_overrides  # noqa: PLC0415
    from data.variants import setting_of  # noqa: PLC0415

    start = time.perf_counter()
    tables = tables_of_case(task.case, task.content)
    settings = dict(task.settings)
    if task.case.variant and not setting_of(tables, "alternatives"):
        settings.setdefault("alternatives", False)  # variants are each other's: solved for each, they would take most of the time
    digest = digest_of(tables, {**settings, "language": spoken()}, Path(task.case.path).stem)
    if digest == task.known_digest:
        return Finished(outcome=unplanned(task.case, "optimal", ""), unchanged=True)
    scenario = with_overrides(scenario_from_tables(tables), **settings)
    speak(scenario.settings.language)
    read_s = time.perf_counter() - start

    from export.workbook import result_content  # noqa: PLC0415
    from model.outcome import outcome_of  # noqa: PLC0415
    from model.planner import plan_scenario  # noqa: PLC0415

    # One thread each: the processes share the cores. The plan is the same with any number of threads.
    planned = plan_scenario(replace(scenario, settings=replace(scenario.settings, threads=scenario.settings.threads or 1)))
    planned = replace(planned, seconds=replace(planned.seconds, read=read_s))
    content = result_content(scenario, planned)
    outcome = replace(
        outcome_of(scenario, planned, task.case.name, EXIT_BY_STATUS[planned.status]),
        path=task.case.path, variant=task.case.variant, result=task.case.result, digest=digest, seconds=time.perf_counter() - start,
    )  # fmt: skip
    return Finished(outcome=outcome, workbook=content)


def tables_of_case(case: Case, content: bytes) -> Tables:
    """The cells of a case's scenario, those of its variant changed; raises BadInput."""
    from data.variants import Change, changed, setting_of, variants_of, without_variants  # noqa: PLC0415

    tables = _tables(case.path, content)
    if not case.variant:
        return without_variants(tables) if case.beside_variants else tables
    named = next(variant for variant in variants_of(tables) if variant.name == case.variant)
    if named.problems:
        raise BadInput(named.problems)
    base = without_variants(tables)
    title = setting_of(base, "scenario_name") or Path(case.path).stem
    return changed(base, (Change(SETTINGS_SHEET, "", "scenario_name", f"{title} · {case.variant}"), *named.changes))


@functools.lru_cache(maxsize=_WORKBOOKS_KEPT)
def _tables(path: str, content: bytes) -> Tables:
    """A workbook's cells from its content; it may come from another machine, so it is read from a copy of the same name."""
    from data.sheets import read_tables  # noqa: PLC0415

    if not content:
        return read_tables(Path(path))  # which says what is wrong with the file itself
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / Path(path).name
        copy.write_bytes(content)
        try:
            tables = read_tables(copy)
        except BadInput as bad:
            raise BadInput([replace(problem, where=problem.where.replace(str(copy), path)) for problem in bad.problems]) from None
    return replace(tables, path=path)
