"""Faults from outside: a killed writer, a full disk, a locked result, no memory, Ctrl-C: one clear line, its exit code, the old result whole."""

from __future__ import annotations

import errno
import os
import random
import resource
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from export import workbook as result_workbook
from model import planner
from model.milp import solver
from solve import cli
from tests.broken.answers import contents
from tests.broken.archives import right

ROOT = Path(__file__).resolve().parent.parent.parent
OLD = b"an earlier result"
Count = Callable[[str, object], None]


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    """A right workbook with an earlier result beside it."""
    path = tmp_path / "plan.xlsx"
    path.write_bytes(right())
    path.with_name("plan.result.xlsx").write_bytes(OLD)
    return path


def ended(plan: Path, *options: str) -> tuple[int, str]:
    """Exit code and standard error of a run that must leave the folder as it was."""
    before = contents(plan.parent)
    done = CliRunner().invoke(cli, [str(plan), *options])
    assert contents(plan.parent) == before
    return done.exit_code, done.stderr


def whole(workbook: Path) -> bool:
    """Whether every part of a workbook is there and whole."""
    with zipfile.ZipFile(workbook) as written:
        return written.testzip() is None


def process(*arguments: object, limits: dict[int, int] | None = None) -> subprocess.Popen[str]:
    def limited() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # a write beyond the limit then fails with an error, as on a full disk
        for kind, most in (limits or {}).items():
            resource.setrlimit(kind, (most, most))

    command = [sys.executable, str(ROOT / "solve.py"), *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=limited)  # noqa: PLW1509


def test_a_writer_killed_at_100_random_moments_leaves_one_whole_result(tmp_path: Path, record_property: Count) -> None:
    script = ROOT / "tests" / "faults" / "killed_while_writing.py"
    done = subprocess.run([sys.executable, str(script), str(tmp_path), "100"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "100\n"), done.stderr
    record_property("faults survived", 100)


def test_the_program_killed_at_any_stage_leaves_the_old_result_or_the_new(plan: Path, record_property: Count) -> None:
    target, chance = plan.with_name("plan.result.xlsx"), random.Random(2)  # noqa: S311 - moments, no secrets
    for _ in range(8):
        child = process(plan)
        time.sleep(chance.uniform(0.05, 1.2))
        child.kill()
        child.communicate()
        assert target.read_bytes() == OLD or whole(target)
        record_property("faults survived", 1)
    assert CliRunner().invoke(cli, [str(plan)]).exit_code == 0
    assert sorted(contents(plan.parent)) == ["plan.result.xlsx", "plan.xlsx"]  # nor anything else: what a killed writer left is cleared away


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        PermissionError(errno.EACCES, "The process cannot access the file because it is being used by another process"),
        OSError(errno.EIO, "Input/output error"),
        OSError(errno.EROFS, "Read-only file system"),
    ],
    ids=["full disk", "result open in Excel", "broken disk", "read-only disk"],
)
@pytest.mark.parametrize("moment", ["write_bytes", "replace"])
def test_a_result_that_cannot_be_written(error: OSError, moment: str, plan: Path, monkeypatch: pytest.MonkeyPatch, record_property: Count) -> None:
    def fail(path: Path, *_: Any) -> None:
        raise type(error)(error.errno, error.strerror, str(path))

    monkeypatch.setattr(Path, moment, fail)
    target = plan.with_name("plan.result.xlsx")
    assert ended(plan) == (2, f"{target}: {error.strerror}; check the path, the free space and that no other program holds the file\n")
    record_property("faults survived", 1)


def test_a_disk_that_is_full_before_the_result_is_whole(plan: Path, record_property: Count) -> None:
    """The system's own refusal in the middle of the file: at most 10 kB of it may be written."""
    before = contents(plan.parent)
    child = process(plan, limits={resource.RLIMIT_FSIZE: 10_000})
    _, line = child.communicate()
    assert (child.returncode, contents(plan.parent)) == (2, before)
    assert line == f"{plan.with_name('plan.result.xlsx')}: File too large; check the path, the free space and that no other program holds the file\n"
    record_property("faults survived", 1)


@pytest.mark.parametrize("megabytes", [50, 200, 500])
def test_too_little_memory_granted(megabytes: int, plan: Path, record_property: Count) -> None:
    before = contents(plan.parent)
    child = process(plan, limits={resource.RLIMIT_AS: megabytes * 1_000_000})
    _, line = child.communicate(timeout=60)
    words = f"the system grants {megabytes / 1000:.2f} GB and planning needs 0.6 GB; raise the limit (ulimit -v)"
    assert (child.returncode, line) == (4, f"not enough memory: {words}\n")
    assert contents(plan.parent) == before
    record_property("faults survived", 1)


@pytest.mark.parametrize("stage", [(planner, "pose"), (solver, "_run"), (result_workbook, "result_of")], ids=["predicting", "solving", "writing"])
def test_memory_that_ends_on_the_way(stage: tuple[Any, str], plan: Path, monkeypatch: pytest.MonkeyPatch, record_property: Count) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise MemoryError

    monkeypatch.setattr(*stage, fail)
    assert ended(plan) == (
        4, "not enough memory: close other programs, plan fewer workloads at a time, or give fewer offers, demand blocks or node sizes\n",
    )  # fmt: skip
    record_property("faults survived", 1)


@pytest.mark.parametrize("seconds", [0.1, 0.3, 0.5, 0.8, 1.1])
def test_ctrl_c_ends_with_130_and_nothing_half_written(seconds: float, plan: Path, record_property: Count) -> None:
    child = process(plan)
    time.sleep(seconds)
    child.send_signal(signal.SIGINT)
    _, line = child.communicate(timeout=30)
    target = plan.with_name("plan.result.xlsx")
    if child.returncode == 130:
        assert (line, target.read_bytes()) == ("interrupted\n", OLD)
    else:  # it was faster, or the program could not listen yet or any more: Python's own answer, or the system's
        assert child.returncode in (0, 1, -signal.SIGINT), line
        assert target.read_bytes() == OLD or whole(target)
    assert sorted(contents(plan.parent)) == ["plan.result.xlsx", "plan.xlsx"]
    record_property("faults survived", 1)


def test_ctrl_c_is_heard_during_a_long_search(plan: Path, monkeypatch: pytest.MonkeyPatch, record_property: Count) -> None:
    """The search does not end by itself; the one who waits for it hears the key."""

    class Endless:
        def run(self) -> None:
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(3600)

    run = solver._run
    monkeypatch.setattr(solver, "_run", lambda _solver: run(Endless()))
    assert ended(plan) == (130, "interrupted\n")
    record_property("faults survived", 1)


def test_ctrl_c_that_python_drops_is_heard_at_the_next_stage(plan: Path, monkeypatch: pytest.MonkeyPatch, record_property: Count) -> None:
    """Pressed while a destructor runs: Python prints the exception and goes on."""
    pose = planner.pose

    class Dropped:
        def __del__(self) -> None:
            os.kill(os.getpid(), signal.SIGINT)

    def posed(scenario: Any) -> Any:
        Dropped()
        return pose(scenario)

    monkeypatch.setattr(planner, "pose", posed)
    monkeypatch.setattr(sys, "unraisablehook", lambda _told: None)
    assert ended(plan) == (130, "interrupted\n")
    record_property("faults survived", 1)
