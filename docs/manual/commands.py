"""Runs the commands that a page documents and shows below each block what they print; a command that fails stops the manual."""

from __future__ import annotations

import contextlib
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

BLOCK = re.compile(r"(?ms)^```sh\n(.*?)^```\n")
PROGRAM = "solve.py"
MOST_LINES = 40  # of an output that is shown


class CommandFailedError(Exception):
    """A documented command did not end well."""


def commands_of(page: str) -> Iterator[str]:
    """The program's command lines in the blocks of a page."""
    for block in BLOCK.findall(page):
        yield from (line for line in block.splitlines() if line.startswith(PROGRAM))


def with_outputs(page: str, folder: Path) -> str:
    """The page with what its commands print, run in ``folder`` one after another; raises CommandFailedError."""

    def shown(match: re.Match[str]) -> str:
        printed = [run(line, folder) for line in match[1].splitlines() if line.startswith(PROGRAM)]
        return f"{match[0]}\n```text\n{_short(''.join(printed))}\n```\n" if any(printed) else match[0]

    with contextlib.chdir(folder):
        return BLOCK.sub(shown, page)


def run(line: str, folder: Path) -> str:
    """What a command line prints when run in ``folder``; raises CommandFailedError where its exit code is not 0."""
    from click.testing import CliRunner  # noqa: PLC0415 - with the whole program

    from solve import cli  # noqa: PLC0415

    with contextlib.chdir(folder):
        result = CliRunner().invoke(cli, shlex.split(line, comments=True)[1:])
    if result.exit_code:
        raise CommandFailedError(f"{line}: exit code {result.exit_code}: {result.output}")
    return result.output


def _short(text: str) -> str:
    """At most so many lines, without trailing blanks."""
    lines = [line.rstrip() for line in text.rstrip().splitlines()]
    return "\n".join(lines if len(lines) <= MOST_LINES else [*lines[:MOST_LINES], "…"])
