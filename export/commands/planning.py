"""``solve.py SCENARIO.xlsx``: plan workbooks and write their results."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from data.atomic import tidy
from data.languages import LANGUAGES, say, speak
from export.commands.shell import EXIT_BY_STATUS, check_outputs, errors_told, output_path, reject, settings_from, stage_shown

if TYPE_CHECKING:
    from data.records.plan import Plan
    from data.records.scenario import Scenario


@click.command()
@click.argument("scenarios", type=click.Path(path_type=Path), nargs=-1, required=True, metavar="SCENARIO.xlsx|FOLDER …")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Result workbook, or folder for the results of several scenarios (default: beside them).")
@click.option("--json", "json_path", metavar="PATH", help="Also write the result, or the comparison, as JSON; - is standard output.")
@click.option("--gap", type=click.FloatRange(0, 0.5), help="Relative gap at which the solver may stop.")
@click.option("--time-limit", type=click.FloatRange(0, min_open=True), help="Solver time in seconds.")
@click.option("--threads", type=click.IntRange(0), help="Solver threads (0: all).")
@click.option("--seed", type=click.IntRange(0), help="Seed of everything random.")
@click.option("--language", type=click.Choice(LANGUAGES), help="Language of the result and of messages (default: as the Settings say).")
@click.option("--formulation", type=click.Choice(["candidate", "piecewise"]), help="Which form of the MILP is solved; both have the same optimum.")
@click.option(
    "--alternatives/--no-alternatives", default=None, help="Whether what else was possible is solved too (default: as the Settings say; variants: no)."
)
@click.option("--lp", "lp_path", type=click.Path(path_type=Path), help="Write the MILP of a single scenario as an LP file.")
@click.option("--variants", is_flag=True, help="Also plan every variant of the sheet Variants, and compare.")
@click.option("--base", default="", metavar="NAME", help="Scenario that the comparison's differences are against (default: the first with a plan).")
@click.option("--workers", type=click.IntRange(1), help="Processes for several scenarios (default: all cores).")
@click.option("--scheduler", default="", metavar="ADDRESS", help="Plan several scenarios on the Dask cluster with this scheduler.")
@click.option("--resume", is_flag=True, help="Keep results of several scenarios that are done and unchanged.")
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
@click.option("--debug", is_flag=True, help="Print the traceback of an internal error.")
def plan(
    *, scenarios: tuple[Path, ...], output: Path | None, json_path: str | None, gap: float | None, time_limit: float | None, threads: int | None,
    seed: int | None, language: str | None, formulation: str | None, alternatives: bool | None, lp_path: Path | None, variants: bool, base: str,
    workers: int | None, scheduler: str, resume: bool, quiet: bool, debug: bool,
) -> None:  # fmt: skip
    """Plan a workbook and write the result workbook; plan several, or a workbook's variants, and write a comparison too."""
    settings = settings_from(
        optimality_gap=gap, time_limit_s=time_limit, threads=threads, seed=seed, language=language, formulation=formulation, alternatives=alternatives
    )  # fmt: skip
    with errors_told(debug=debug):
        speak(language or "")
        if len(scenarios) == 1 and not scenarios[0].is_dir() and not variants:
            sys.exit(_plan_one(scenarios[0], output, json_path, lp_path, settings, quiet=quiet))
        if lp_path:
            reject("--lp", say("writes the MILP of one scenario"), say("plan that one alone"))
        from export.commands.batch.command import BatchOptions, plan_batch  # noqa: PLC0415

        options = BatchOptions(
            output=output, json_path=json_path, variants=variants, workers=workers or 0, scheduler=scheduler, resume=resume, base=base, quiet=quiet,
            settings=settings,
        )  # fmt: skip
        sys.exit(plan_batch(scenarios, options))


def _plan_one(scenario: Path, output: Path | None, json_path: str | None, lp_path: Path | None, settings: dict[str, Any], *, quiet: bool) -> int:
    """Plan one scenario and tell its result; returns the exit code."""
    target = output_path(scenario, output)
    check_outputs(scenario, target, json_path, lp_path)
    tidy(target)
    with stage_shown(quiet=quiet) as show:
        found, planned = plan_workbook(scenario, target, settings, lp_path, show)
    if json_path:
        from export.json_result import write_json  # noqa: PLC0415

        write_json(json_path, found, planned)
    if not quiet and json_path != "-":
        from export.terminal import summary  # noqa: PLC0415

        summary(found, planned, target)
    return EXIT_BY_STATUS[planned.status]


def plan_workbook(scenario: Path, target: Path, overrides: dict[str, Any], lp_path: Path | None, show: Callable[[str], None]) -> tuple[Scenario, Plan]:
    """Read, plan and write one workbook: the whole program in four calls."""
    from data.reader import read_scenario, with_overrides  # noqa: PLC0415

    start = time.perf_counter()
    found = with_overrides(read_scenario(scenario), **overrides)
    speak(found.settings.language)
    read_s = time.perf_counter() - start

    from model.planner import plan_scenario  # noqa: PLC0415

    planned = plan_scenario(found, lp_path=lp_path, show=show)

    from export.workbook import write_result  # noqa: PLC0415

    show(say("writing"))
    start = time.perf_counter()
    planned = replace(planned, seconds=replace(planned.seconds, read=read_s))
    write_result(target, found, planned)
    return found, replace(planned, seconds=replace(planned.seconds, write=time.perf_counter() - start))
