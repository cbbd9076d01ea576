"""The command line: connects data, model and export (arguments, progress, messages, exit codes).

Exit codes: 0 a plan was written, 2 bad arguments or workbook, 3 proven infeasible, 4 no plan found in time, 1 a bug in the program.
"""

from __future__ import annotations

import contextlib
import io
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

if TYPE_CHECKING:
    from data.records.plan import Plan
    from data.records.scenario import Scenario

EXIT_OK, EXIT_BUG, EXIT_BAD_INPUT, EXIT_INFEASIBLE, EXIT_NO_PLAN = 0, 1, 2, 3, 4
EXIT_BY_STATUS = {"optimal": EXIT_OK, "feasible": EXIT_OK, "infeasible": EXIT_INFEASIBLE, "unsolved": EXIT_NO_PLAN}


class PlanByDefault(click.Group):
    """A group whose first argument may be a workbook instead of a command: ``solve.py SCENARIO.xlsx`` is ``solve.py plan SCENARIO.xlsx``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put ``plan`` before anything that is neither a command nor an option of the group itself."""
        if args and args[0] not in self.commands and args[0] not in ("--help", "-h", "--version"):
            args = ["plan", *args]
        return super().parse_args(ctx, args)


def fail(message: str, code: int = EXIT_BAD_INPUT) -> NoReturn:
    """Print ``message`` to standard error and leave with ``code``."""
    click.echo(message, err=True)
    sys.exit(code)


@contextlib.contextmanager
def stage_shown(*, quiet: bool) -> Iterator[Callable[[str], None]]:
    """A function that names the stage under way on standard error, where that is a terminal."""
    if quiet or not sys.stderr.isatty():
        yield lambda _stage: None
        return
    from rich.console import Console  # noqa: PLC0415

    with Console(stderr=True).status("reading") as status:
        yield status.update


@contextlib.contextmanager
def errors_told(*, debug: bool) -> Iterator[None]:
    """Turn a bad input into its problems and exit code 2, a file that cannot be written into one line, anything else into one line and exit code 1."""
    from data.problems import BadInput  # noqa: PLC0415

    try:
        yield
    except BadInput as bad:
        fail(str(bad))
    except OSError as error:
        if debug:
            traceback.print_exc()
        fail(f"{error.filename or 'file'}: {error.strerror or error}; check the path, the free space and that no other program holds the file")
    except Exception as error:  # noqa: BLE001 - the last line of defence: a user never sees a traceback unasked
        if debug:
            traceback.print_exc()
        fail(f"internal error: {type(error).__name__}: {error}; run again with --debug and report what it prints", EXIT_BUG)


def _print_version(ctx: click.Context, _option: click.Parameter, asked: bool) -> None:  # noqa: FBT001 - click's own signature
    if asked:
        from export.version import program_version  # noqa: PLC0415

        click.echo(program_version())
        ctx.exit()


@click.group(cls=PlanByDefault, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_print_version, help="Show the version.")
def cli() -> None:
    """Plan how many GPUs, of which kind, from whom and on which terms serve your language models in time at the lowest monthly cost.

    \b
    solve.py SCENARIO.xlsx          plan a workbook; writes SCENARIO.result.xlsx beside it
    solve.py template NEW.xlsx      write a workbook to fill in
    """


def settings_from(**options: Any) -> dict[str, Any]:
    """Options that were given, as overrides of the workbook's Settings."""
    return {name: value for name, value in options.items() if value is not None}


@cli.command()
@click.argument("scenario", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Result workbook (default: SCENARIO.result.xlsx beside the scenario).")
@click.option("--json", "json_path", metavar="PATH", help="Also write the result as JSON; - is standard output.")
@click.option("--gap", type=click.FloatRange(0, 0.5), help="Relative gap at which the solver may stop.")
@click.option("--time-limit", type=click.FloatRange(0, min_open=True), help="Solver time in seconds.")
@click.option("--threads", type=click.IntRange(0), help="Solver threads (0: all).")
@click.option("--seed", type=click.IntRange(0), help="Seed of everything random.")
@click.option("--formulation", type=click.Choice(["candidate", "piecewise"]), help="Which form of the MILP is solved; both have the same optimum.")
@click.option("--lp", "lp_path", type=click.Path(path_type=Path), help="Write the MILP as an LP file.")
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
@click.option("--debug", is_flag=True, help="Print the traceback of an internal error.")
def plan(
    *, scenario: Path, output: Path | None, json_path: str | None, gap: float | None, time_limit: float | None, threads: int | None,
    seed: int | None, formulation: str | None, lp_path: Path | None, quiet: bool, debug: bool,
) -> None:  # fmt: skip
    """Plan a workbook and write the result workbook."""
    overrides = settings_from(optimality_gap=gap, time_limit_s=time_limit, threads=threads, seed=seed, formulation=formulation)
    with errors_told(debug=debug):
        target = output_path(scenario, output)
        check_outputs(scenario, target, json_path, lp_path)
        with stage_shown(quiet=quiet) as show:
            found, planned = plan_workbook(scenario, target, overrides, lp_path, show)
        if json_path:
            from export.json_result import write_json  # noqa: PLC0415

            write_json(json_path, found, planned)
        if not quiet and json_path != "-":
            from export.terminal import summary  # noqa: PLC0415

            summary(found, planned, target)
        sys.exit(EXIT_BY_STATUS[planned.status])


def check_outputs(scenario: Path, target: Path, json_path: str | None, lp_path: Path | None) -> None:
    """Stop before anything is written where an output is a folder, the scenario or another output."""
    others = {"--json": Path(json_path) if json_path and json_path != "-" else None, "--lp": lp_path}
    taken = {scenario.resolve(): "the scenario", target.resolve(): "the result workbook"}
    for option, path in others.items():
        if path is None:
            continue
        if path.is_dir():
            fail(f"{option} {path}: is a folder; name a file in it")
        if path.resolve() in taken:
            fail(f"{option} {path}: would overwrite {taken[path.resolve()]}; give another path")
        taken[path.resolve()] = f"what {option} writes"


def output_path(source: Path, output: Path | None, kind: str = "result") -> Path:
    """Where the workbook of a kind goes; never over the file it is made from."""
    name = f"{source.stem}.{kind}.xlsx"
    target = output or source.parent / name
    if target.is_dir():
        target = target / name
    if target.resolve() == source.resolve():
        fail(f"{target}: the {kind} would overwrite the file it is made from; give another path with -o")
    return target


def plan_workbook(scenario: Path, target: Path, overrides: dict[str, Any], lp_path: Path | None, show: Callable[[str], None]) -> tuple[Scenario, Plan]:
    """Read, plan and write one workbook: the whole program in four calls."""
    from data.reader import read_scenario, with_overrides  # noqa: PLC0415

    start = time.perf_counter()
    found = with_overrides(read_scenario(scenario), **overrides)
    read_s = time.perf_counter() - start

    from model.planner import plan_scenario  # noqa: PLC0415

    planned = plan_scenario(found, lp_path=lp_path, show=show)

    from export.workbook import write_result  # noqa: PLC0415

    show("writing")
    start = time.perf_counter()
    planned = replace(planned, seconds=replace(planned.seconds, read=read_s))
    write_result(target, found, planned)
    return found, replace(planned, seconds=replace(planned.seconds, write=time.perf_counter() - start))


@cli.command()
@click.argument("scenario", type=click.Path(path_type=Path))
@click.option("--debug", is_flag=True, help="Print the traceback of an internal error.")
def check(scenario: Path, *, debug: bool) -> None:
    """Read and check a workbook; print every problem at once."""
    with errors_told(debug=debug):
        from data.reader import read_scenario  # noqa: PLC0415

        found = read_scenario(scenario)
        for warning in found.warnings:
            click.echo(f"warning: {warning}", err=True)
        click.echo(f"{scenario}: {len(found.workloads)} workloads, {len(found.offers)} offers, no problems")


@cli.command()
@click.argument("new", type=click.Path(path_type=Path), required=False)
@click.option("--example", metavar="NAME", help="Fill it with a shipped scenario (see --list).")
@click.option("--force", is_flag=True, help="Replace a workbook that exists.")
@click.option("--list", "listed", is_flag=True, help="List the shipped scenarios.")
@click.option("--debug", is_flag=True, help="Print the traceback of an internal error.")
def template(*, new: Path | None, example: str | None, force: bool, listed: bool, debug: bool) -> None:
    """Write a workbook to fill in: blank, or filled with a shipped scenario."""
    with errors_told(debug=debug):
        from data.scenario_text import tables_from_toml  # noqa: PLC0415
        from data.template import write_template  # noqa: PLC0415

        shipped = {path.stem: path for path in sorted((Path(__file__).parent / "scenarios").glob("*.toml"))}
        if listed:
            click.echo("\n".join(shipped))
        elif new is None:
            fail("template: no file named; enter where to write the workbook, as in: solve.py template NEW.xlsx")
        elif new.exists() and not force:
            fail(f"{new}: exists already, perhaps filled; give another path, or --force to replace it")
        elif example and example not in shipped:
            fail(f"--example {example}: no shipped scenario has this name; choose one of {', '.join(shipped)}")
        else:
            write_template(new, tables_from_toml(shipped[example]) if example else None)
            click.echo(f"wrote {new}")


@cli.command()
@click.argument("what", type=click.Choice(["gpus", "models", "offers"]))
@click.option("--filter", "filters", multiple=True, metavar="FIELD=TEXT", help="Only rows whose field contains the text (any case); may be repeated.")
@click.option("--debug", is_flag=True, help="Print the traceback of an internal error.")
def catalogue(*, what: str, filters: tuple[str, ...], debug: bool) -> None:
    """Print what is known of GPUs, models or offers, with source and date, as CSV."""
    with errors_told(debug=debug):
        from export.catalogue import catalogue_csv  # noqa: PLC0415

        click.echo(catalogue_csv(what, filters), nl=False)


@cli.command()
@click.argument("points", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Where to write the CSV (default: standard output).")
@click.option("--factors", type=click.Path(path_type=Path), help="Correction factors written by calibrate.")
@click.option("--debug", is_flag=True, help="Print the traceback of an internal error.")
def predict(*, points: Path, output: Path | None, factors: Path | None, debug: bool) -> None:
    """The performance model alone, row by row: throughput, latency and memory of each point of a CSV."""
    with errors_told(debug=debug):
        from data.rows import read_rows, rows_csv  # noqa: PLC0415
        from model.performance.table import INPUTS, predict_rows  # noqa: PLC0415

        rows = read_rows(points, needed=INPUTS[:2])
        text = rows_csv(predict_rows(rows, parameters_with(factors)))
        if output:
            from data.atomic import replacing  # noqa: PLC0415

            with replacing(output) as part:
                part.write_text(text, encoding="utf-8")
        else:
            click.echo(text, nl=False)


def parameters_with(factors: Path | None) -> Any:
    """The shipped parameters of the performance model, with correction factors on top where a file of them is given."""
    from model.performance.calibrate import read_factors  # noqa: PLC0415
    from model.performance.parameters import shipped_parameters  # noqa: PLC0415

    shipped = shipped_parameters()
    return replace(shipped, corrections=(*shipped.corrections, *read_factors(factors))) if factors else shipped


@cli.command()
@click.option("--csv", "as_csv", is_flag=True, help="Print the table as CSV.")
@click.option("--debug", is_flag=True, help="Print the traceback of an internal error.")
def validate(*, as_csv: bool, debug: bool) -> None:
    """The performance model against the shipped measurements: error table by GPU, model, node size, engine and source."""
    with errors_told(debug=debug):
        from export.error_tables import error_csv, error_text  # noqa: PLC0415
        from model.performance.parameters import shipped_parameters  # noqa: PLC0415
        from model.performance.validate import validate as errors_of  # noqa: PLC0415

        fit = shipped_parameters().fit
        title = f"Predictions against the shipped measurements (parameters of {fit.day}, fitted to {fit.rows:,} runs)"
        rows = errors_of()
        click.echo(error_csv(rows) if as_csv else error_text(rows, title), nl=not as_csv)


@cli.command()
@click.argument("result", type=click.Path(path_type=Path), metavar="RESULT.xlsx|PLAN.json")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Workbook of the simulation (default: RESULT.simulation.xlsx beside the result).")
@click.option("--json", "json_path", metavar="PATH", help="Also write the simulation as JSON; - is standard output.")
@click.option("--seeds", type=click.IntRange(1, 1000), default=4, show_default=True, help="Runs of each pool, each with arrivals of its own.")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="The first of these runs' seeds.")
@click.option("--workers", type=click.IntRange(1), help="Processes (default: all cores).")
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
@click.option("--debug", is_flag=True, help="Print the traceback of an internal error.")
def simulate(
    *, result: Path, output: Path | None, json_path: str | None, seeds: int, seed: int, workers: int | None, quiet: bool, debug: bool
) -> None:  # fmt: skip
    """Play random arrivals on the pools of a plan, iteration by iteration: does it keep its targets, and with one node more or fewer?

    Ends with exit code 0 whether the targets are kept or missed: the summary, the workbook and the JSON (keeps_its_targets) say which.
    """
    with errors_told(debug=debug):
        from data.result_file import read_stated_pools  # noqa: PLC0415
        from export.progress import progress_shown  # noqa: PLC0415
        from export.simulation_json import write_simulation_json  # noqa: PLC0415
        from export.simulation_words import simulation_lines  # noqa: PLC0415
        from export.workbook.simulation import write_simulation  # noqa: PLC0415
        from model.simulate.pool import simulate_pools  # noqa: PLC0415
        from model.simulate.stated import pools_of_result  # noqa: PLC0415

        target = output_path(result, output, "simulation")
        pools = pools_of_result(read_stated_pools(result))
        with progress_shown("simulating", quiet=quiet) as told:
            found = simulate_pools(pools, seeds=seeds, first_seed=seed, workers=workers, progress=told)
        write_simulation(target, found)
        if json_path:
            write_simulation_json(json_path, result.name, found)
        if not quiet and json_path != "-":
            click.echo("\n".join((*simulation_lines(found), "", f"Workbook: {target}")))


@cli.command()
@click.argument("measured", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help="Where to write the correction factors (CSV).")
@click.option("--gpu", help="GPU of a benchmark tool's result file (a CSV says it itself).")
@click.option("--model", default="", help="Model of a result file that does not say it.")
@click.option("--node-size", type=click.IntRange(1), default=1, help="GPUs of the replica in a result file.")
@click.option("--precision", default="bf16", help="Weight precision in a result file.")
@click.option("--kv-precision", default="bf16", help="KV cache precision in a result file.")
@click.option("--engine", default="auto", help="Engine in a result file.")
@click.option("--debug", is_flag=True, help="Print the traceback of an internal error.")
def calibrate(*, measured: tuple[Path, ...], output: Path, gpu: str | None, debug: bool, **deployment: Any) -> None:
    """Fit correction factors from your own benchmark runs: CSV, or results of vLLM bench serve, GuideLLM, genai-perf, AIPerf."""
    with errors_told(debug=debug):
        from data.benchmark_files import Deployment, read_measurements, with_catalogue_names  # noqa: PLC0415
        from data.library import shipped_gpu_names, shipped_gpus, shipped_model_names, shipped_models  # noqa: PLC0415
        from export.error_tables import calibration_text  # noqa: PLC0415
        from model.performance.calibrate import calibrate as fit_factors  # noqa: PLC0415
        from model.performance.calibrate import write_factors  # noqa: PLC0415
        from model.performance.parameters import shipped_parameters  # noqa: PLC0415

        served = Deployment(gpu=gpu, **deployment) if gpu else None
        found = [measurement for path in measured for measurement in read_measurements(path, served)]
        named = with_catalogue_names(found, shipped_model_names(), shipped_gpu_names())
        result = fit_factors(shipped_parameters(), named, shipped_models(), shipped_gpus())
        write_factors(result.factors, output)
        click.echo(calibration_text(result))


def main() -> None:
    """Run the command line; characters that standard output cannot show (a redirected Windows console) are replaced, not fatal."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    cli()


if __name__ == "__main__":
    main()
