"""``solve.py sweep``: plans over one or two fields of the input."""

from __future__ import annotations

from pathlib import Path

import click

from commands.shell import errors_told, fail, output_path, settings_from


@click.command()
@click.argument("scenario", type=click.Path(path_type=Path))
@click.option(
    "--set", "ranges", multiple=True, required=True, metavar="FIELD=FROM:TO:STEPS[:log]",
    help="Field to vary (Workloads.NAME.users, Offers.NAME.usd_per_instance_hour, a setting) and its values; once or twice.",
)  # fmt: skip
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Workbook of the sweep (default: SCENARIO.sweep.xlsx beside the scenario).")
@click.option("--json", "json_path", metavar="PATH", help="Also write the sweep as JSON; - is standard output.")
@click.option("--gap", type=click.FloatRange(0, 0.5), help="Relative gap at which the solver may stop (default: 0.00001, so that plans can be compared).")
@click.option("--time-limit", type=click.FloatRange(0, min_open=True), help="Solver time in seconds, of each plan.")
@click.option("--workers", type=click.IntRange(1), help="Processes (default: all cores).")
@click.option("--scheduler", default="", metavar="ADDRESS", help="Plan on the Dask cluster with this scheduler.")
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
@click.option("--debug", is_flag=True, help="Print the traceback of an internal error.")
def sweep(
    *, scenario: Path, ranges: tuple[str, ...], output: Path | None, json_path: str | None, gap: float | None, time_limit: float | None,
    workers: int | None, scheduler: str, quiet: bool, debug: bool,
) -> None:  # fmt: skip
    """Plan a scenario over one or two of its inputs: cost and plan as a curve or a heat map, and the values at which the plan changes."""
    with errors_told(debug=debug):
        if len(ranges) > 2:
            fail("--set: at most two fields can be swept together")
        from data.reader import scenario_from_tables  # noqa: PLC0415
        from data.sheets import read_tables  # noqa: PLC0415
        from data.sweeps import swept_of  # noqa: PLC0415
        from data.variants import without_variants  # noqa: PLC0415
        from export.progress import progress_shown  # noqa: PLC0415
        from export.study_json import sweep_json, write_study_json  # noqa: PLC0415
        from export.study_words import sweep_lines  # noqa: PLC0415
        from export.workbook.sweep import write_sweep  # noqa: PLC0415
        from model.parallel.spread import Where  # noqa: PLC0415
        from model.study.sweep import sweep as sweep_over  # noqa: PLC0415

        target = output_path(scenario, output, "sweep")
        tables = without_variants(read_tables(scenario))
        base = scenario_from_tables(tables)
        swept = [swept_of(tables, text) for text in ranges]
        settings = tuple(settings_from(optimality_gap=gap, time_limit_s=time_limit).items())
        with progress_shown("sweeping", quiet=quiet) as told:
            found = sweep_over(tables, swept, settings, Where(workers or 0, scheduler), told)
        write_sweep(target, base.name, found)
        if json_path:
            write_study_json(json_path, sweep_json(base.name, found))
        if not quiet and json_path != "-":
            click.echo("\n".join((*sweep_lines(found), f"Workbook: {target}")))
