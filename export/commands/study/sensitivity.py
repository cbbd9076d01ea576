"""``solve.py sensitivity``: how far the inputs a planner doubts most move the cost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from data.languages import say
from export.commands.shell import errors_told
from export.commands.study.common import Study, read_base, study_options, tell


@click.command()
@click.argument("scenario", type=click.Path(path_type=Path))
@study_options("sensitivity")
def sensitivity(*, scenario: Path, **options: Any) -> None:
    """Demand, output length, throughput, prices and utilisation 20 % lower and higher, each re-solved; and the plan if nodes do 20 % less."""
    study = Study(**options)
    with errors_told(debug=study.debug):
        from data.variants import without_variants  # noqa: PLC0415
        from export.progress import progress_shown  # noqa: PLC0415
        from export.study_json import tornado_json  # noqa: PLC0415
        from export.study_words import tornado_lines  # noqa: PLC0415
        from export.workbook.tornado import write_tornado  # noqa: PLC0415
        from model.study.brief import Point  # noqa: PLC0415
        from model.study.tornado import tornado  # noqa: PLC0415

        name, tables, target = read_base(scenario, study, "sensitivity")
        with progress_shown(say("re-solving"), quiet=study.quiet) as told:
            found = tornado(Point(name=name, tables=without_variants(tables), settings=study.settings), study.where, told)
        write_tornado(target, name, found)
        tell(study, tornado_json(name, found), tuple(tornado_lines(found)), target)
