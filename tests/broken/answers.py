"""How the program answers a workbook that cannot be planned: by its messages and exit code 2, with nothing written."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner

from solve import cli


def contents(folder: Path) -> dict[str, bytes | None]:
    """Every path under a folder with its bytes."""
    return {str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


def refused(path: Path, *options: object) -> list[str]:
    """The lines on standard error of a run that must end with exit code 2 and leave the folder as it was."""
    before = contents(path.parent)
    result = CliRunner().invoke(cli, [str(argument) for argument in (path, *options)])
    assert result.exit_code == 2, (result.exit_code, result.output)
    assert result.stdout == ""
    assert contents(path.parent) == before
    return result.stderr.splitlines()
