"""``solve.py robust``: what to commit to before it is known which variant comes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from data.languages import say
from export.commands.shell import errors_told
from export.commands.study.common import Study, read_base, study_options, tell


@click.command()
@click.argument("scenario", type=click.Path(path_type=Path))
@click.option("--with-base/--without-base", default=False, show_default=True, help="Whether the scenario itself is a case too, with the weight 1.")
@study_options("robust")
def robust(*, scenario: Path, with_base: bool, **options: Any) -> None:
    """The commitments that are cheapest on average, and in the worst case, over the sheet Variants with its weights.

    Reserved and bought instances are held whichever variant comes; what is by the hour or by the token follows.
    """
    study = Study(**options)
    with errors_told(debug=study.debug):
        from data.problems import BadInput  # noqa: PLC0415
        from data.variants import variants_of, without_variants  # noqa: PLC0415
        from export.progress import progress_shown  # noqa: PLC0415
        from export.study_json import hedge_json  # noqa: PLC0415
        from export.study_words import hedge_lines  # noqa: PLC0415
        from export.workbook.hedge import write_hedge  # noqa: PLC0415
        from model.study.brief import Point  # noqa: PLC0415
        from model.study.hedge import hedge  # noqa: PLC0415

        name, tables, target = read_base(scenario, study, "robust")
        variants = variants_of(tables)
        if problems := [problem for variant in variants for problem in variant.problems]:
            raise BadInput(problems)
        base = without_variants(tables)
        points = [Point(name=variant.name, tables=base, changes=variant.changes, settings=study.settings) for variant in variants]
        weights = [variant.weight for variant in variants]
        if with_base:
            points, weights = [Point(name=say("as it stands"), tables=base, settings=study.settings), *points], [1.0, *weights]
        with progress_shown(say("planning"), quiet=study.quiet) as told:
            found = hedge(points, weights, told)
        write_hedge(target, name, found)
        tell(study, hedge_json(name, found), tuple(hedge_lines(found)), target)
