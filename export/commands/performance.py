"""Commands on the performance model: predict, validate, calibrate; and simulate, which plays a plan."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from data.languages import say, speak
from export.commands.shell import check_output, check_outputs, errors_told, output_path


@click.command()
@click.argument("points", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Where to write the CSV (default: standard output).")
@click.option("--factors", type=click.Path(path_type=Path), help="Correction factors written by calibrate.")
@click.option("--debug", is_flag=True, help="Print the traceback of an internal error.")
def predict(*, points: Path, output: Path | None, factors: Path | None, debug: bool) -> None:
    """The performance model alone, row by row: throughput, latency and memory of each point of a CSV."""
    with errors_told(debug=debug):
        from data.rows import read_rows, rows_csv  # noqa: PLC0415
        from model.performance.table import INPUTS, predict_rows  # noqa: PLC0415

        to_file = output if output and output.name != "-" else None
        if to_file:
            check_output("-o", to_file)
        rows = read_rows(points, needed=INPUTS[:2])
        text = rows_csv(predict_rows(rows, parameters_with(factors)))
        if to_file:
            from data.atomic import replacing  # noqa: PLC0415

            with replacing(to_file) as part:
                part.write_text(text, encoding="utf-8")
        else:
            click.echo(text, nl=False)


def parameters_with(factors: Path | None) -> Any:
    """The shipped parameters of the performance model, with correction factors on top where a file of them is given."""
    from model.performance.calibrate import read_factors  # noqa: PLC0415
    from model.performance.parameters import shipped_parameters  # noqa: PLC0415

    shipped = shipped_parameters()
    return replace(shipped, corrections=(*shipped.corrections, *read_factors(factors))) if factors else shipped


@click.command()
@click.option("--csv", "as_csv", is_flag=True, help="Print the table as CSV.")
@click.option("--debug", is_flag=True, help="Print the traceback of an internal error.")
def validate(*, as_csv: bool, debug: bool) -> None:
    """The performance model against the shipped measurements: error table by GPU, model, node size, engine and source."""
    with errors_told(debug=debug):
        from export.error_tables import error_csv, error_text  # noqa: PLC0415
        from model.performance.parameters import shipped_parameters  # noqa: PLC0415
        from model.performance.validate import validate as errors_of  # noqa: PLC0415

        fit = shipped_parameters().fit
        title = say("Predictions against the shipped measurements (parameters of {day}, fitted to {runs:,} runs)", day=fit.day, runs=fit.rows)
        rows = errors_of()
        click.echo(error_csv(rows) if as_csv else error_text(rows, title), nl=not as_csv)


@click.command()
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
        check_outputs(result, target, json_path)
        stated = read_stated_pools(result)
        speak(stated[0].language)
        pools = pools_of_result(stated)
        with progress_shown(say("simulating"), quiet=quiet) as told:
            found = simulate_pools(pools, seeds=seeds, first_seed=seed, workers=workers, progress=told)
        write_simulation(target, found)
        if json_path:
            write_simulation_json(json_path, result.name, found)
        if not quiet and json_path != "-":
            click.echo("\n".join((*simulation_lines(found), "", say("Workbook: {path}", path=target))))


@click.command()
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

        check_output("-o", output)
        served = Deployment(gpu=gpu, **deployment) if gpu else None
        found = [measurement for path in measured for measurement in read_measurements(path, served)]
        named = with_catalogue_names(found, shipped_model_names(), shipped_gpu_names())
        result = fit_factors(shipped_parameters(), named, shipped_models(), shipped_gpus())
        write_factors(result.factors, output)
        click.echo(calibration_text(result))
