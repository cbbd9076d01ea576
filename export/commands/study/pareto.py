"""``solve.py pareto``: cost against TTFT, energy and the number of providers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from data.languages import say
from export.commands.shell import errors_told
from export.commands.study.common import Study, read_base, study_options, tell


@click.command()
@click.argument("scenario", type=click.Path(path_type=Path))
@click.option(
    "--against", multiple=True, type=click.Choice(["ttft", "energy", "providers"]), default=("ttft", "energy", "providers"), show_default=True,
    help="What cost is set against; may be repeated.",
)  # fmt: skip
@study_options("pareto")
def pareto(*, scenario: Path, against: tuple[str, ...], **options: Any) -> None:
    """The plans none of which is both dearer and worse than another: cost against the TTFT target, energy, the number of providers."""
    study = Study(**options)
    with errors_told(debug=study.debug):
        from data.variants import without_variants  # noqa: PLC0415
        from export.progress import progress_shown  # noqa: PLC0415
        from export.study_json import fronts_json  # noqa: PLC0415
        from export.study_words import front_lines  # noqa: PLC0415
        from export.workbook.pareto import write_fronts  # noqa: PLC0415
        from model.study.brief import Point  # noqa: PLC0415
        from model.study.pareto import fronts_of  # noqa: PLC0415

        name, tables, target = read_base(scenario, study, "pareto")
        with progress_shown(say("re-solving"), quiet=study.quiet) as told:
            found = fronts_of(Point(name=name, tables=without_variants(tables), settings=study.settings), against, study.where, told)
        write_fronts(target, name, found)
        tell(study, fronts_json(name, found), tuple(front_lines(found)), target)
