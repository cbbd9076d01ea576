"""The batch on a real Dask cluster of several processes, one of them killed in the middle."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from batch_scenario import PATIENCE_S, cells, undisturbed, until, without_seconds

from tests.command_line import run

ROOT = Path(__file__).resolve().parents[3]
PRELOAD = ("--no-dashboard", "--preload", str(ROOT / "inferplan.py"))


@contextmanager
def dask(folder: Path, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """A Dask process as the README starts it."""
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen([sys.executable, "-m", "dask", *arguments, *PRELOAD], cwd=folder, stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def test_with_a_worker_killed_in_the_middle_nothing_is_lost_or_done_twice(tmp_path: Path) -> None:
    path, comparison, table = undisturbed(tmp_path)
    out, where = tmp_path / "cluster", tmp_path / "scheduler.json"
    with ExitStack() as stack:
        stack.enter_context(dask(tmp_path, "scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(where)))
        until(where.exists)
        of_two = [stack.enter_context(dask(tmp_path, "worker", "--scheduler-file", str(where), "--nthreads", "1", "--no-nanny")) for _ in range(2)]
        address = json.loads(where.read_text(encoding="utf-8"))["address"]
        command = [sys.executable, str(ROOT / "solve.py"), str(path), "--variants", "--scheduler", address, "-o", str(out), "--json", str(tmp_path / "c.json")]
        batch = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        until(lambda: list(out.glob("*.result.xlsx")))
        of_two[0].kill()
        said, errors = batch.communicate(timeout=PATIENCE_S)
    assert batch.returncode == 3, said + errors
    assert without_seconds(tmp_path / "c.json") == comparison
    assert cells(out / "comparison.xlsx") == table


def test_a_cluster_that_is_not_there_is_told_in_a_line(tmp_path: Path) -> None:
    path, *_ = undisturbed(tmp_path)
    result = run(path, "--variants", "--scheduler", "tcp://127.0.0.1:9", "-o", tmp_path / "none")
    assert result.exit_code == 2
    assert result.stderr.startswith("--scheduler tcp://127.0.0.1:9: cannot be reached")
