"""The command line: connects data, model and export. Each command's work is in ``export/commands/``; this is their table.

Exit codes: 0 a plan was written, 2 bad arguments or workbook, 3 proven infeasible, 4 no plan found in time, 1 a bug in the program, 130 interrupted.
"""

from __future__ import annotations

import io
import os
import sys

import click

from export.commands.importing import import_prices
from export.commands.performance import calibrate, predict, simulate, validate
from export.commands.planning import plan
from export.commands.shell import EXIT_INTERRUPTED
from export.commands.study.pareto import pareto
from export.commands.study.robust import robust
from export.commands.study.sensitivity import sensitivity
from export.commands.study.sweep import sweep
from export.commands.workbooks import catalogue, check, template


class PlanByDefault(click.Group):
    """A group whose first argument may be a workbook instead of a command: ``solve.py SCENARIO.xlsx`` is ``solve.py plan SCENARIO.xlsx``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put ``plan`` before anything that is neither a command nor an option of the group itself."""
        if args and args[0] not in self.commands and args[0] not in ("--help", "-h", "--version"):
            args = ["plan", *args]
        return super().parse_args(ctx, args)


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


for command in (
    plan, sweep, sensitivity, robust, pareto, check, template, catalogue, predict, validate, simulate, calibrate, import_prices,
):  # fmt: skip
    cli.add_command(command)


def main() -> None:
    """Run the command line; characters that standard output cannot show (a redirected Windows console) are replaced, not fatal.

    The numerical libraries get one thread each: the products here are small, and every further thread would hold memory of its own.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        cli()
    except SystemExit as done:
        if done.code == EXIT_INTERRUPTED:  # a search that was left may still run in its thread, and the interpreter would wait for it
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(EXIT_INTERRUPTED)
        raise


if __name__ == "__main__":
    main()
