"""``solve.py sweep``: plans over one or two fields of the input."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from data.languages import say
from export.commands.shell import errors_told, fail
from export.commands.study.common import Study, read_base, study_options, tell


@click.command()
@click.argument("scenario", type=click.Path(path_type=Path))
@click.option(
    "--set", "ranges", multiple=True, required=True, metavar="FIELD=FROM:TO:STEPS[:log]",
    help="Field to vary (Workloads.NAME.users, Offers.NAME.usd_per_instance_hour, a setting) and its values; once or twice.",
)  # fmt: skip
@study_options("sweep")
def sweep(*, scenario: Path, ranges: tuple[str, ...], **options: Any) -> None:
    """Plan a scenario over one or two of its inputs: cost and plan as a curve or a heat map, and the values at which the plan changes."""
    study = Study(**options)
    with errors_told(debug=study.debug):
        if len(ranges) > 2:
            fail(say("{option}: at most two fields can be swept together", option="--set"))
        from data.sweeps import swept_of  # noqa: PLC0415
        from data.variants import without_variants  # noqa: PLC0415
        from export.progress import progress_shown  # noqa: PLC0415
        from export.study_json import sweep_json  # noqa: PLC0415
        from export.study_words import sweep_lines  # noqa: PLC0415
        from export.workbook.sweep import write_sweep  # noqa: PLC0415
        from model.study.sweep import sweep as sweep_over  # noqa: PLC0415

        name, tables, target = read_base(scenario, study, "sweep")
        base = without_variants(tables)
        swept = [swept_of(base, text) for text in ranges]
        if len({(one.sheet, one.row, one.field) for one in swept}) < len(swept):
            fail(say("{option}: names the same field twice", option="--set"))
        with progress_shown(say("sweeping"), quiet=study.quiet) as told:
            found = sweep_over(base, swept, study.settings, study.where, told)
        write_sweep(target, name, found)
        tell(study, sweep_json(name, found), tuple(sweep_lines(found)), target)
