"""What every command shares: exit codes, errors told in words, where a workbook goes, progress on a terminal."""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NoReturn

import click

from data.languages import noted, preferred, say, speaking
from data.problems import BadInput, Problem
from data.units import GB

EXIT_OK, EXIT_BUG, EXIT_BAD_INPUT, EXIT_INFEASIBLE, EXIT_NO_PLAN = 0, 1, 2, 3, 4
EXIT_INTERRUPTED = 130  # 128 + SIGINT, as shells have it
# The address space that the numerical libraries need to load, and the shipped example: 0.4 GB. With less they abort or wait for ever.
LEAST_MEMORY_GB = 0.6
NO_MEMORY = noted("not enough memory: close other programs, plan fewer workloads at a time, or give fewer offers, demand blocks or node sizes")
EXIT_BY_STATUS = {"optimal": EXIT_OK, "feasible": EXIT_OK, "infeasible": EXIT_INFEASIBLE, "unsolved": EXIT_NO_PLAN}
# What a command makes, by its place in the name of the workbook.
PRODUCTS = {
    "result": noted("the result"),
    "simulation": noted("the simulation"),
    "sweep": noted("the sweep"),
    "sensitivity": noted("the sensitivity"),
    "pareto": noted("the pareto"),
    "robust": noted("the robust"),
}


def fail(message: str, code: int = EXIT_BAD_INPUT) -> NoReturn:
    """Print ``message`` to standard error and leave with ``code``."""
    click.echo(message, err=True)
    sys.exit(code)


def reject(where: str, what: str, enter: str) -> NoReturn:
    """Leave for an argument that cannot be taken: which, what is wrong with it, what to give instead."""
    fail(str(Problem(where, what, enter)))


@contextlib.contextmanager
def stage_shown(*, quiet: bool) -> Iterator[Callable[[str], None]]:
    """A function that names the stage under way on standard error, where that is a terminal, and is where a Ctrl-C that was lost is heard."""
    with interruption_kept() as listen:
        if quiet or not sys.stderr.isatty():
            yield lambda _stage: listen()
            return
        from rich.console import Console  # noqa: PLC0415

        with Console(stderr=True).status(say("reading")) as status:

            def show(stage: str) -> None:
                listen()
                status.update(stage)

            yield show


@contextlib.contextmanager
def interruption_kept() -> Iterator[Callable[[], None]]:
    """A function that raises KeyboardInterrupt if Ctrl-C was pressed in the block: Python drops one that is raised in a destructor."""
    asked: list[int] = []

    def interrupt(number: int, _frame: object) -> None:
        asked.append(number)
        raise KeyboardInterrupt

    def listen() -> None:
        if asked:
            raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():  # signals reach the main thread alone
        yield listen
        return
    usual = signal.signal(signal.SIGINT, interrupt)
    try:
        yield listen
    finally:
        signal.signal(signal.SIGINT, usual)


@contextlib.contextmanager
def errors_told(*, debug: bool) -> Iterator[None]:
    """Turn a bad input into its problems, a file that cannot be written into one line, both with exit code 2.

    Ctrl-C becomes exit code 130, anything else one line and exit code 1.
    """
    try:
        language = preferred()
    except ValueError as unknown:
        fail(str(unknown))
    with speaking(language), _errors_told(debug=debug):
        check_memory()
        yield


@contextlib.contextmanager
def _errors_told(*, debug: bool) -> Iterator[None]:
    """The same, in the language spoken when the error comes."""
    try:
        yield
    except BadInput as bad:
        fail(str(bad))
    except KeyboardInterrupt:
        fail(say("interrupted"), EXIT_INTERRUPTED)
    except MemoryError:
        fail(say(NO_MEMORY), EXIT_NO_PLAN)
    except OSError as error:
        if debug:
            traceback.print_exc()
        if error.errno == errno.ENOMEM:
            fail(say(NO_MEMORY), EXIT_NO_PLAN)
        check = say("check the path, the free space and that no other program holds the file")
        reject(str(error.filename or say("file")), str(error.strerror or error), check)
    except Exception as error:  # noqa: BLE001 - the last line of defence: a user never sees a traceback unasked
        if debug:
            traceback.print_exc()
        words = say("internal error: {error}; run again with --debug and report what it prints", error=f"{type(error).__name__}: {error}")
        fail(words, EXIT_BUG)


def check_memory() -> None:
    """Stop in one line where the system grants this process too little memory (ulimit -v) for its libraries to load."""
    try:
        import resource  # noqa: PLC0415 - not on Windows, which has no such limit
    except ImportError:
        return
    granted, _ = resource.getrlimit(resource.RLIMIT_AS)
    if granted != resource.RLIM_INFINITY and granted < LEAST_MEMORY_GB * GB:
        words = noted("not enough memory: the system grants {granted:.2f} GB and planning needs {least} GB; raise the limit (ulimit -v)")
        fail(say(words, granted=granted / GB, least=LEAST_MEMORY_GB), EXIT_NO_PLAN)


def settings_from(**options: Any) -> dict[str, Any]:
    """Options that were given, as overrides of the workbook's Settings."""
    return {name: value for name, value in options.items() if value is not None}


def check_outputs(scenario: Path, target: Path, json_path: str | None, lp_path: Path | None = None) -> None:
    """Stop before anything is computed where an output cannot be written, or is the scenario or another output."""
    check_output("-o", target)
    outputs = {"--json": json_file(json_path), "--lp": lp_path}
    for option, path in outputs.items():
        if path is not None:
            check_output(option, path)
    check_apart(outputs, {scenario: say("would overwrite the scenario"), target: say("would overwrite the result workbook")})


def json_file(json_path: str | None) -> Path | None:
    """The file that --json names; None for none and for standard output."""
    return Path(json_path) if json_path and json_path != "-" else None


def check_apart(outputs: Mapping[str, Path | None], files: Mapping[Path, str]) -> None:
    """Stop where an output would take the place of one of ``files``, each with the words for that, or of another output; links are followed."""
    taken = {_real(path): what for path, what in files.items()}
    for option, path in outputs.items():
        if path is None:
            continue
        if (real := _real(path)) in taken:
            reject(f"{option} {path}", taken[real], say("give another path"))
        taken[real] = say("would overwrite what {option} writes", option=option)


def check_output(option: str, path: Path) -> None:
    """Stop before anything is computed where ``path`` cannot be written: hours of solving should not end there."""
    if path.name == "-":
        reject(f"{option} -", say("does not go to standard output"), say("give the path of a file"))
    where, folder = f"{option} {path}", _real(path).parent
    try:
        if path.is_dir():
            reject(where, say("is a folder"), say("name a file in it"))
        if not folder.is_dir():
            reject(where, say("there is no folder {folder}", folder=folder), say("make it, or give another path"))
        if path.exists() and not path.is_file():
            reject(where, say("is not a regular file"), say("give another path"))
        if path.is_symlink() and not path.exists() and _real(path).is_symlink():
            reject(where, say("is a link that leads to itself"), say("give another path"))
        if not os.access(path if path.exists() else folder, os.W_OK):
            reject(where, say("may not be written"), say("change its permissions, or give another path"))
    except OSError as error:  # a name too long
        reject(where, say("cannot be written ({error})", error=error.strerror or error), say("give another path"))


def _real(path: Path) -> Path:
    """Where a path leads, links followed; a link that leads to itself stays (pathlib raises there)."""
    return Path(os.path.realpath(path))


def output_path(source: Path, output: Path | None, kind: str = "result") -> Path:
    """Where the workbook of a kind goes; never over the file it is made from, never to a file that Excel would not open."""
    name, product = f"{source.stem}.{kind}.xlsx", say(PRODUCTS[kind])
    target = output or source.parent / name
    if target.name == "-":
        enter = say("give the path of an .xlsx file (--json - prints {product} as JSON)", product=product)
        reject("-o -", say("{product} is a workbook and does not go to standard output", product=product), enter)
    if target.is_dir():
        target = target / name
    if target.suffix.lower() != ".xlsx":
        reject(f"-o {target}", say("{product} is an Excel workbook", product=product), say("give a path that ends in .xlsx, or a folder there is"))
    if _real(target) == _real(source):
        reject(str(target), say("{product} would overwrite the file it is made from", product=product), say("give another path with -o"))
    return target
