"""What the commands of studies share: their options, and the scenario as its cells."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from data.languages import say, speak
from data.records.scenario import SETTINGS_SHEET
from export.commands.shell import check_outputs, output_path, settings_from

if TYPE_CHECKING:
    from data.tables import Tables
    from model.parallel.spread import Where

Command = TypeVar("Command", bound=Callable[..., Any])


def study_options(kind: str) -> Callable[[Command], Command]:
    """The options of a study that writes SCENARIO.``kind``.xlsx."""
    options = (
        click.option("-o", "--output", type=click.Path(path_type=Path), help=f"Workbook to write (default: SCENARIO.{kind}.xlsx beside the scenario)."),
        click.option("--json", "json_path", metavar="PATH", help="Also write the study as JSON; - is standard output."),
        click.option(
            "--gap", type=click.FloatRange(0, 0.5), help="Relative gap at which the solver may stop (default: 0.00001, so that plans can be compared)."
        ),
        click.option("--time-limit", type=click.FloatRange(0, min_open=True), help="Solver time in seconds, of each plan."),
        click.option("--workers", type=click.IntRange(1), help="Processes (default: all cores)."),
        click.option("--scheduler", default="", metavar="ADDRESS", help="Plan on the Dask cluster with this scheduler."),
        click.option("--quiet", is_flag=True, help="Print nothing but errors."),
        click.option("--debug", is_flag=True, help="Print the traceback of an internal error."),
    )

    def with_options(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return with_options


@dataclass(frozen=True, kw_only=True)
class Study:
    """What the options of a study say."""

    output: Path | None
    json_path: str | None
    gap: float | None
    time_limit: float | None
    workers: int | None
    scheduler: str
    quiet: bool
    debug: bool

    @property
    def settings(self) -> tuple[tuple[str, object], ...]:
        """Settings given beside the workbook."""
        return tuple(settings_from(optimality_gap=self.gap, time_limit_s=self.time_limit).items())

    @property
    def where(self) -> Where:
        """Where its plans are made."""
        from model.parallel.spread import Where  # noqa: PLC0415

        return Where(self.workers or 0, self.scheduler)


def read_base(scenario: Path, study: Study, kind: str) -> tuple[str, Tables, Path]:
    """The scenario's name, all its cells, and where the study's workbook goes. Raises BadInput where the scenario itself cannot be planned."""
    from data.reader import scenario_from_tables  # noqa: PLC0415
    from data.sheets import read_tables  # noqa: PLC0415
    from data.tables import column_title  # noqa: PLC0415
    from data.variants import without_variants  # noqa: PLC0415

    target = output_path(scenario, study.output, kind)
    check_outputs(scenario, target, study.json_path)
    tables = read_tables(scenario)
    base = scenario_from_tables(without_variants(tables))
    speak(base.settings.language)
    if base.settings.when_short == "by_priority":
        setting = column_title(SETTINGS_SHEET, "when_short")
        words = say("warning: {setting} = by_priority is for a single plan: a study counts only plans that serve the whole demand", setting=setting)
        click.echo(words, err=True)
    return base.name, tables, target


def tell(study: Study, json: Mapping[str, Any], lines: tuple[str, ...], target: Path) -> None:
    """Write the JSON where asked for and tell the lines."""
    if study.json_path:
        from export.study_json import write_study_json  # noqa: PLC0415

        write_study_json(study.json_path, json)
    if not study.quiet and study.json_path != "-":
        click.echo("\n".join((*lines, say("Workbook: {path}", path=target))))
