"""Files that are damaged, hostile, too large or no workbooks: one line, exit code 2, nothing written; the heavy ones in a process with 10 s and 500 MB."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from tests.broken.answers import contents, refused
from tests.broken.archives import HEAVY, LARGE, SPOILT, right, spoilt

ROOT = Path(__file__).resolve().parent.parent.parent
SECONDS, MEGABYTES = 10, 500


def like(line: str, said: str) -> bool:
    """Whether a line is as expected, where * in what is expected stands for the words of a library."""
    return line == said or fnmatchcase(line, said.replace("[", "[[]"))


@pytest.mark.parametrize("name", SPOILT)
def test_a_spoilt_file(name: str, tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    spoil, said = SPOILT[name]
    path = spoilt(tmp_path, spoil)
    (line,) = refused(path)
    assert like(line.replace(str(path), "FILE"), said), line
    record_property("broken workbooks answered", 1)


@pytest.mark.parametrize("name", HEAVY)
def test_a_heavy_file_in_little_time_and_memory(name: str, tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    spoil, said = HEAVY[name]
    path = spoilt(tmp_path, spoil)
    code, output, error, megabytes = limited(tmp_path, str(path))
    assert (code, output) == (2, ""), error[-300:]
    (line,) = error.splitlines()
    assert like(line.replace(str(path), "FILE"), said), line
    assert megabytes < MEGABYTES
    assert [*contents(tmp_path)] == [path.name]
    record_property("broken workbooks answered", 1)


@pytest.mark.parametrize("name", LARGE)
def test_a_large_file_is_read_in_little_time_and_memory(name: str, tmp_path: Path) -> None:
    code, output, error, megabytes = limited(tmp_path, "check", str(spoilt(tmp_path, LARGE[name])))
    assert (code, error) == (0, "")
    assert output.endswith("1 workload, 1 offer, no problems\n")
    assert megabytes < MEGABYTES


def limited(folder: Path, *arguments: str) -> tuple[int, str, str, float]:
    """Exit code, outputs and peak memory [MB] of the program, killed after 10 s of processor time.

    The memory is what the kernel says of the process at its end: what it says to the parent counts the parent's own before the child began.
    """
    peak = folder.parent / "peak"
    run = (
        f"import resource, sys; resource.setrlimit(resource.RLIMIT_CPU, ({SECONDS}, {SECONDS})); sys.argv = ['solve.py', *{arguments!r}]; import solve\n"
        f"try: solve.main()\nfinally: open({str(peak)!r}, 'w').write(open('/proc/self/status').read())"
    )
    done = subprocess.run([sys.executable, "-c", run], cwd=ROOT, capture_output=True, text=True, check=False)
    found = re.search(r"VmHWM:\s+(\d+) kB", peak.read_text(encoding="utf-8")) if peak.exists() else None
    return done.returncode, done.stdout, done.stderr, int(found[1]) / 1000 if found else 0.0


@pytest.mark.parametrize("name", ["größe 1/план 2026.xlsx", "日本語 🚀/a b.xlsx", "it's; $HOME && x/%s {0}.xlsx", "new\nline.xlsx", "..xlsx.xlsx"])
def test_any_path_is_read_and_named(name: str, tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(right()[:500])
    assert " ".join(refused(path)) == f"{path}: is damaged or cut off (File is not a zip file); ".replace("\n", " ") + (
        "fetch the file again, or open it in Excel or LibreOffice and save it"
    )
    record_property("broken workbooks answered", 1)


def test_what_is_no_file(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    """A folder, a link to nothing, to itself and to a device, a pipe that nobody fills, and other names of a right workbook."""
    save = "open it in Excel or LibreOffice and save it as an Excel workbook (.xlsx)"
    places = {name: tmp_path / f"{name}.xlsx" for name in ("folder", "dangling", "loop", "device", "pipe", "none")}
    places["folder"].mkdir()
    places["dangling"].symlink_to(tmp_path / "gone.xlsx")
    places["loop"].symlink_to(places["loop"])
    places["device"].symlink_to("/dev/zero")
    os.mkfifo(places["pipe"])
    gone = "does not exist; check the path, or write a new workbook with the template command"
    said = {
        "folder": "has no workbook to plan; name workbooks, or a folder with scenarios (*.xlsx) in it",
        "dangling": gone,
        "loop": gone,
        "none": gone,
        "device": "is not a regular file; give the path of a workbook (.xlsx)",
        "pipe": "is not a regular file; give the path of a workbook (.xlsx)",
    }
    for name, path in places.items():
        assert refused(path) == [f"{path}: {said[name]}"]
    for ending, words in {".csv": "is a .csv file", ".xls": "is a .xls file", ".ods": "is a .ods file", "": "has no .xlsx at its end"}.items():
        path = tmp_path / f"plan{ending}"
        path.write_bytes(right())
        assert refused(path) == [f"{path}: {words}; {save}"]
    long = tmp_path / ("x" * 300 + ".xlsx")
    assert refused(long)[0].endswith(".xlsx: File name too long; check the path, the free space and that no other program holds the file")
    record_property("broken workbooks answered", len(places) + 5)
