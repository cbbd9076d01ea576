"""A batch that is killed, interrupted or finds the disk full: results are whole, and after --resume the comparison is that of an undisturbed run."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from batch_scenario import PATIENCE_S, cells, undisturbed, until, without_seconds, workbook
from openpyxl import load_workbook

from data.records.outcome import Case
from export.commands.batch.job import Task, plan_case
from export.commands.shell import NO_MEMORY
from tests.command_line import run

ROOT = Path(__file__).resolve().parents[3]
RESULT_BYTES = 30_000  # less than a result needs


@pytest.fixture(scope="module")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any], list[tuple[Any, ...]]]:
    return undisturbed(tmp_path_factory.mktemp("undisturbed"))


def resumed(path: Path, out: Path) -> tuple[str, dict[str, Any], list[tuple[Any, ...]]]:
    """What a run with --resume says, and its comparison."""
    result = run(path, "--variants", "--workers", 1, "-o", out, "--resume", "--json", out / "all.json")
    assert result.exit_code == 3, result.output
    assert not list(out.glob(".*.part"))
    return run(path, "--variants", "--workers", 1, "-o", out, "--resume").output, without_seconds(out / "all.json"), cells(out / "comparison.xlsx")


def started(path: Path, out: Path) -> subprocess.Popen[str]:
    """A batch of two processes in a process of its own."""
    command = [sys.executable, str(ROOT / "solve.py"), str(path), "--variants", "--workers", "2", "-o", str(out)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_killed_it_leaves_whole_results_and_resumes_to_the_same_comparison(scenario: Any, tmp_path: Path) -> None:
    path, comparison, table = scenario
    batch = started(path, tmp_path / "out")
    until(lambda: list(tmp_path.glob("out/*.result.xlsx")))
    batch.kill()
    batch.communicate()
    for result in (tmp_path / "out").glob("*.result.xlsx"):
        load_workbook(result)
    said, *found = resumed(path, tmp_path / "out")
    assert found == [comparison, table]
    assert "4 of them kept from before" in said


def test_interrupted_it_ends_with_130_and_a_comparison_of_what_there_is(scenario: Any, tmp_path: Path) -> None:
    path, comparison, table = scenario
    for attempt in range(5):  # on a busy machine a batch may end before the key is heard: then it is another's turn
        out = tmp_path / f"out{attempt}"
        batch = started(path, out)
        until(lambda out=out: list(out.glob("*.result.xlsx")))
        batch.send_signal(signal.SIGINT)
        said, errors = batch.communicate(timeout=PATIENCE_S)
        if batch.returncode != 3:
            break
    assert batch.returncode == 130, said + errors
    assert errors == ""
    assert "interrupted: run again with --resume" in said
    states = [row[2] for row in cells(out / "comparison.xlsx") if row[0] == "Comparison" and row[1] in ("bid", "half the load", "no singles")]
    assert set(states) <= {"optimal", "not run"}
    assert "optimal" in states
    assert resumed(path, out)[1:] == (comparison, table)


def test_a_full_disk_is_told_for_each_result_and_resumes_once_there_is_room(scenario: Any, tmp_path: Path) -> None:
    path, comparison, table = scenario
    out = tmp_path / "out"
    out.mkdir()
    with small_disk(out) as limited:
        command = [sys.executable, str(ROOT / "solve.py"), str(path), "--variants", "--workers", "2", "-o", str(out)]
        ended = subprocess.run(command, check=False, capture_output=True, text=True, preexec_fn=limited, timeout=PATIENCE_S)
        left = sorted(file.name for file in out.iterdir() if file.is_file())
        assert "Traceback" not in ended.stderr
        assert ended.returncode in (2, 3)
        assert "o space left" in ended.stdout + ended.stderr or "File too large" in ended.stdout + ended.stderr
        assert not [name for name in left if name.endswith(".part")]
    assert resumed(path, out)[1:] == (comparison, table)


@contextmanager
def small_disk(folder: Path) -> Iterator[Callable[[], None]]:
    """A disk of 64 KB at ``folder`` where it may be mounted, else a limit on the size of files, which fails the same way: while a file is written."""
    mounted = shutil.which("mount") is not None and os.geteuid() == 0
    mounted = mounted and subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder], check=False, capture_output=True).returncode == 0
    try:
        yield lambda: None if mounted else resource.setrlimit(resource.RLIMIT_FSIZE, (RESULT_BYTES, RESULT_BYTES))
    finally:
        if mounted:
            subprocess.run(["umount", folder], check=True)


def test_too_little_memory_is_no_plan_found_and_no_bug(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same words and exit code as where the scenario is planned alone."""

    def without_memory(*_arguments: object, **_named: object) -> None:
        raise MemoryError

    monkeypatch.setattr("model.planner.plan_scenario", without_memory)
    path = workbook(tmp_path)
    outcome = plan_case(Task(case=Case(name="bid", path=str(path), result=""), content=path.read_bytes())).outcome
    assert (outcome.status, outcome.exit_code, outcome.reason) == ("unsolved", 4, NO_MEMORY)
