"""Outputs that cannot be written, or would overwrite an input: told before anything is computed, exit code 2, nothing written; links are followed."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from export.commands import shell
from solve import cli
from tests.broken.answers import refused
from tests.broken.archives import right


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    """A right workbook in a folder with a folder, a link that leads to itself, a device, a pipe and a link to the workbook."""
    path = tmp_path / "my plan.xlsx"
    path.write_bytes(right())
    (tmp_path / "folder").mkdir()
    (tmp_path / "loop.xlsx").symlink_to(tmp_path / "loop.xlsx")
    (tmp_path / "null.xlsx").symlink_to("/dev/null")
    (tmp_path / "link.xlsx").symlink_to(path)
    return path


BAD = {
    ("-o", "-"): "-o -: the result is a workbook and does not go to standard output; give the path of an .xlsx file (--json - prints the result as JSON)",
    ("-o", "result.txt"): "-o result.txt: the result is an Excel workbook; give a path that ends in .xlsx, or a folder there is",
    ("-o", "result"): "-o result: the result is an Excel workbook; give a path that ends in .xlsx, or a folder there is",
    ("-o", "result.xlsm"): "-o result.xlsm: the result is an Excel workbook; give a path that ends in .xlsx, or a folder there is",
    ("-o", "my plan.xlsx"): "my plan.xlsx: the result would overwrite the file it is made from; give another path with -o",
    ("-o", "link.xlsx"): "link.xlsx: the result would overwrite the file it is made from; give another path with -o",
    ("-o", "nowhere/a.xlsx"): "-o nowhere/a.xlsx: there is no folder {}/nowhere; make it, or give another path",
    ("-o", "my plan.xlsx/a.xlsx"): "-o my plan.xlsx/a.xlsx: there is no folder {}/my plan.xlsx; make it, or give another path",
    ("-o", "loop.xlsx"): "-o loop.xlsx: is a link that leads to itself; give another path",
    ("-o", "null.xlsx"): "-o null.xlsx: is not a regular file; give another path",
    ("--json", "folder"): "--json folder: is a folder; name a file in it",
    ("--json", "nowhere/a.json"): "--json nowhere/a.json: there is no folder {}/nowhere; make it, or give another path",
    ("--json", "my plan.xlsx"): "--json my plan.xlsx: would overwrite the scenario; give another path",
    ("--json", "my plan.result.xlsx"): "--json my plan.result.xlsx: would overwrite the result workbook; give another path",
    ("--lp", "-"): "--lp -: does not go to standard output; give the path of a file",
    ("--lp", "folder"): "--lp folder: is a folder; name a file in it",
    ("--json", "a.lp", "--lp", "a.lp"): "--lp a.lp: would overwrite what --json writes; give another path",
}


@pytest.mark.parametrize("options", BAD, ids=" ".join)
def test_an_output_that_cannot_be(
    options: tuple[str, ...], plan: Path, monkeypatch: pytest.MonkeyPatch, record_property: Callable[[str, object], None]
) -> None:
    monkeypatch.chdir(plan.parent)
    assert refused(Path(plan.name), *options) == [BAD[options].format(plan.parent)]
    record_property("bad outputs answered", 1)


@pytest.mark.parametrize("name", ["old.xlsx", "new.xlsx"])
def test_an_output_that_may_not_be_written(name: str, plan: Path, monkeypatch: pytest.MonkeyPatch, record_property: Callable[[str, object], None]) -> None:
    """A read-only file, and a new file in a read-only folder (the superuser, who may write everything, is told so by a stand-in for the system's answer)."""
    (plan.parent / "old.xlsx").write_bytes(b"an earlier result")
    target = plan.parent / name
    asked = target if target.exists() else plan.parent
    monkeypatch.setattr(shell.os, "access", lambda path, mode: mode != os.W_OK or Path(path) != asked)
    assert refused(plan, "-o", target) == [f"-o {target}: may not be written; change its permissions, or give another path"]
    record_property("bad outputs answered", 1)


def test_a_link_is_followed_and_paths_are_any(plan: Path) -> None:
    """The result goes to the file that a link names, also in a folder with spaces, quotes and other scripts, also over a hard link of another name."""
    folder = plan.parent / "größe 'ü' 日本 🚀"
    folder.mkdir()
    target, link, hard = folder / "résultat 1.xlsx", plan.parent / "to result.xlsx", plan.parent / "kept.xlsx"
    target.write_bytes(b"an earlier result")
    os.link(target, hard)
    link.symlink_to(target)
    done = CliRunner().invoke(cli, [str(plan), "-o", str(link)])
    assert (done.exit_code, done.stderr) == (0, "")
    assert link.is_symlink()
    assert target.read_bytes()[:2] == b"PK"
    assert hard.read_bytes() == b"an earlier result"


def test_other_commands_do_not_write_anywhere_either(plan: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(plan.parent)
    (plan.parent / "points.csv").write_text("model,gpu\nLlama-3.1-8B,L4\n", encoding="utf-8")
    for arguments, said in (
        (("template", "new.txt"), "new.txt: the template is an Excel workbook; give a path that ends in .xlsx"),
        (("template", "-"), "-: the template is an Excel workbook; give a path that ends in .xlsx"),
        (("predict", "points.csv", "-o", "folder"), "-o folder: is a folder; name a file in it"),
        (("calibrate", "points.csv", "-o", "nowhere/f.csv"), f"-o nowhere/f.csv: there is no folder {plan.parent}/nowhere; make it, or give another path"),
    ):
        done = CliRunner().invoke(cli, arguments)
        assert (done.exit_code, done.stdout, done.stderr) == (2, "", said + "\n")
    assert CliRunner().invoke(cli, ["predict", "points.csv", "-o", "-"]).stdout.startswith("model,gpu,")
