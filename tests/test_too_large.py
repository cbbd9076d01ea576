"""A problem that planning has no memory for is refused: one line, exit code 2, nothing written."""

from pathlib import Path

from tests.command_line import CHAT, run, workbook


def test_a_problem_too_large_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    """The program itself takes 0.15 GB: nothing that leaves parts of so small a problem out saves any of it."""
    plan = workbook(tmp_path, text=CHAT + "max_memory_gb = 0.1\n")
    refused = run(plan)
    assert refused.exit_code == 2
    assert refused.output.startswith("Workloads: too large (workloads: 1, candidates: ")
    assert "it takes about 0.15 GB, and planning may take 0.10 GB; raise Maximum memory if the machine has more\n" in refused.output
    assert refused.output.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == [plan.name]
