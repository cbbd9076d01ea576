"""Commands beside planning: check, template, catalogue."""

from __future__ import annotations

from pathlib import Path

import click

from data.languages import LANGUAGES, say, say_count, speak
from export.commands.shell import errors_told, reject

SCENARIOS = Path(__file__).resolve().parents[2] / "scenarios"


@click.command()
@click.argument("scenario", type=click.Path(path_type=Path))
@click.option("--debug", is_flag=True, help="Print the traceback of an internal error.")
def check(scenario: Path, *, debug: bool) -> None:
    """Read and check a workbook; print every problem at once."""
    with errors_told(debug=debug):
        from data.reader import read_scenario  # noqa: PLC0415

        found = read_scenario(scenario)
        speak(found.settings.language)
        for warning in found.warnings:
            click.echo(say("warning: {warning}", warning=warning), err=True)
        workloads = say_count("{count} workload", "{count} workloads", len(found.workloads))
        offers = say_count("{count} offer", "{count} offers", len(found.offers))
        click.echo(say("{scenario}: {workloads}, {offers}, no problems", scenario=scenario, workloads=workloads, offers=offers))


@click.command()
@click.argument("new", type=click.Path(path_type=Path), required=False)
@click.option("--example", metavar="NAME", help="Fill it with a shipped scenario (see --list).")
@click.option("--force", is_flag=True, help="Replace a workbook that exists.")
@click.option("--language", type=click.Choice(LANGUAGES), help="Language of its titles and prompts (default: that of INFERPLAN_LANGUAGE, else English).")
@click.option("--list", "listed", is_flag=True, help="List the shipped scenarios.")
@click.option("--debug", is_flag=True, help="Print the traceback of an internal error.")
def template(*, new: Path | None, example: str | None, force: bool, language: str | None, listed: bool, debug: bool) -> None:
    """Write a workbook to fill in: blank, or filled with a shipped scenario."""
    with errors_told(debug=debug):
        from data.scenario_text import tables_from_toml  # noqa: PLC0415
        from data.tables import language_of  # noqa: PLC0415
        from data.template import write_template  # noqa: PLC0415

        speak(language or "")
        shipped = {path.stem: path for path in sorted(SCENARIOS.glob("*.toml"))}
        if listed:
            click.echo("\n".join(shipped))
        elif new is None:
            reject("template", say("no file named"), say("enter where to write the workbook, as in: solve.py template NEW.xlsx"))
        elif new.suffix.lower() != ".xlsx":
            reject(str(new), say("the template is an Excel workbook"), say("give a path that ends in .xlsx"))
        elif new.exists() and not force:
            reject(str(new), say("exists already, perhaps filled"), say("give another path, or --force to replace it"))
        elif example and example not in shipped:
            reject(f"--example {example}", say("no shipped scenario has this name"), say("choose one of {names}", names=", ".join(shipped)))
        else:
            tables = tables_from_toml(shipped[example]) if example else None
            speak(language or (language_of(tables) if tables else ""))
            write_template(new, tables)
            click.echo(say("wrote {path}", path=new))


@click.command()
@click.argument("what", type=click.Choice(["gpus", "models", "offers"]))
@click.option("--filter", "filters", multiple=True, metavar="FIELD=TEXT", help="Only rows whose field contains the text (any case); may be repeated.")
@click.option("--debug", is_flag=True, help="Print the traceback of an internal error.")
def catalogue(*, what: str, filters: tuple[str, ...], debug: bool) -> None:
    """Print what is known of GPUs, models or offers, with source and date, as CSV."""
    with errors_told(debug=debug):
        from export.catalogue import catalogue_csv  # noqa: PLC0415

        click.echo(catalogue_csv(what, filters), nl=False)
