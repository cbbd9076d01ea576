"""Several scenarios at once: workbooks, folders, variants; a result each and one comparison."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import click

from data.languages import VARIABLE, say, speak
from export.commands.shell import check_apart, check_output, json_file, reject

if TYPE_CHECKING:
    from data.records.outcome import Case, Outcome


@dataclass(frozen=True, kw_only=True)
class BatchOptions:
    """What the command line says of a batch."""

    output: Path | None = None
    json_path: str | None = None
    variants: bool = False
    workers: int = 0
    scheduler: str = ""
    resume: bool = False
    base: str = ""
    quiet: bool = False
    settings: Mapping[str, object] = field(default_factory=dict)


def plan_batch(paths: tuple[Path, ...], options: BatchOptions) -> int:
    """Plan all scenarios of ``paths``, write their results and the comparison; returns the exit code. Raises BadInput, OSError."""
    from export.batch.cases import COMPARISON, cases_of, workbooks_of  # noqa: PLC0415
    from export.batch.progress import outcomes_shown  # noqa: PLC0415
    from export.batch.words import batch_lines  # noqa: PLC0415
    from export.commands.batch.run import How, run_batch  # noqa: PLC0415
    from export.comparison_json import write_comparison_json  # noqa: PLC0415
    from export.workbook.compare import write_comparison  # noqa: PLC0415
    from export.workbook.compare.comparison import comparison_of  # noqa: PLC0415
    from model.parallel.spread import Where  # noqa: PLC0415

    workbooks = workbooks_of(paths)
    folder = options.output or workbooks[0].parent
    target = folder / COMPARISON
    cases = cases_of(workbooks, options.output, variants=options.variants)
    _check_paths(workbooks, cases, options, target)
    folder.mkdir(parents=True, exist_ok=True)
    how = How(folder=folder, settings=options.settings, where=Where(options.workers, options.scheduler), resume=options.resume)
    with outcomes_shown(quiet=options.quiet) as told:
        batch = run_batch(cases, how, told)
    speak(_language(batch.outcomes, options))
    comparison = comparison_of(batch.outcomes, options.base)
    try:
        write_comparison(target, comparison)
        if options.json_path:
            write_comparison_json(options.json_path, comparison)
    finally:  # also where the disk is full: which results there are is told
        if not options.quiet and options.json_path != "-":
            click.echo("\n".join(batch_lines(batch, comparison, target if target.exists() else None)))
    return batch.exit_code


def _language(outcomes: Sequence[Outcome], options: BatchOptions) -> str:
    """What the comparison is told in: what the command line or the environment asks for ("": spoken already), else the first scenario that asks for one."""
    asked = "language" in options.settings or os.environ.get(VARIABLE, "").strip()
    return "" if asked else next((outcome.language for outcome in outcomes if outcome.language), "")


def _check_paths(workbooks: tuple[Path, ...], cases: tuple[Case, ...], options: BatchOptions, target: Path) -> None:
    """Stop before anything is planned where an output would take the place of an input, or a base is named that is not there."""
    from export.batch.cases import called  # noqa: PLC0415

    inputs = {path.resolve() for path in workbooks}
    if options.output is not None and (options.output.is_file() or options.output.suffix.lower() == ".xlsx"):
        reject(f"-o {options.output}", say("is a file"), say("name a folder for the results of several scenarios"))
    for path in (target.resolve(), *(Path(case.result).resolve() for case in cases)):
        if path in inputs:
            reject(str(path), say("would be overwritten by what the batch writes"), say("give another folder with -o"))
    if options.base:
        called(cases, options.base)
    if target.parent.is_dir():
        check_output("-o", target)
    json = json_file(options.json_path)
    results = dict.fromkeys((target, *(Path(case.result) for case in cases)), say("would overwrite a workbook that the batch writes"))
    check_apart({"--json": json}, {**results, **dict.fromkeys(workbooks, say("would overwrite the scenario"))})
    if json and (json.parent.is_dir() or not target.parent.absolute().is_relative_to(json.parent.absolute())):  # what is not there yet is made with the results
        check_output("--json", json)
