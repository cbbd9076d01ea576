"""What every command shares: exit codes, errors told in words, where a workbook goes, progress on a terminal."""

from __future__ import annotations

import contextlib
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

import click

EXIT_OK, EXIT_BUG, EXIT_BAD_INPUT, EXIT_INFEASIBLE, EXIT_NO_PLAN = 0, 1, 2, 3, 4
EXIT_INTERRUPTED = 130  # 128 + SIGINT, as shells have it
EXIT_BY_STATUS = {"optimal": EXIT_OK, "feasible": EXIT_OK, "infeasible": EXIT_INFEASIBLE, "unsolved": EXIT_NO_PLAN}


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
    """Turn a bad input into its problems, a file that cannot be written into one line, both with exit code 2.

    Ctrl-C becomes exit code 130, anything else one line and exit code 1.
    """
    from data.problems import BadInput  # noqa: PLC0415

    try:
        yield
    except BadInput as bad:
        fail(str(bad))
    except KeyboardInterrupt:
        fail("interrupted", EXIT_INTERRUPTED)
    except OSError as error:
        if debug:
            traceback.print_exc()
        fail(f"{error.filename or 'file'}: {error.strerror or error}; check the path, the free space and that no other program holds the file")
    except Exception as error:  # noqa: BLE001 - the last line of defence: a user never sees a traceback unasked
        if debug:
            traceback.print_exc()
        fail(f"internal error: {type(error).__name__}: {error}; run again with --debug and report what it prints", EXIT_BUG)


def settings_from(**options: Any) -> dict[str, Any]:
    """Options that were given, as overrides of the workbook's Settings."""
    return {name: value for name, value in options.items() if value is not None}


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
