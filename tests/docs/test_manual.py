"""The manual is written from the code, says everything, and builds without a warning."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from data.billing import BILLING
from data.fields import columns_of
from data.records.settings import Settings
from data.records.workload import Workload
from docs.manual.__main__ import ROOT, RUN, WRITTEN, run_commands, write_pages
from docs.manual.assumptions import Assumption, assumptions
from docs.manual.commands import CommandFailedError, commands_of, with_outputs
from docs.manual.markdown import blocks_of, documented, words_of
from model.audit import CHECKS
from model.filters import FILTERS
from model.milp.build import EVERY_CONSTRAINT


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("manual") / "build" / "manual"
    write_pages(folder)
    return folder


def test_the_method_names_every_constraint_filter_check_and_billing_kind(pages: Path) -> None:
    headings = set(re.findall(r"(?m)^#+ (.*)$", (pages / "method.md").read_text(encoding="utf-8")))
    functions = (*EVERY_CONSTRAINT, *FILTERS, *CHECKS)
    assert {words_of(function.__name__) for function in functions} <= headings
    assert {words_of(kind) for kind in BILLING} <= headings


def test_the_method_says_every_formula_of_the_constraints(pages: Path) -> None:
    """Each constraint's docstring is there word for word, marks of Markdown and code aside."""
    shown = _bare((pages / "method.md").read_text(encoding="utf-8"))
    for constraint in EVERY_CONSTRAINT:
        sentence = documented(constraint)[0].partition(". ")[0]
        assert _bare(sentence).rstrip(".") in shown


def _bare(text: str) -> str:
    return re.sub(r"[`\\\s]+", " ", re.sub(r":\w+:`([^`]*)`", r"\1", text)).replace(" ", "")


def test_the_reference_names_every_column(pages: Path) -> None:
    shown = (pages / "reference.md").read_text(encoding="utf-8")
    for record in (Workload, Settings):
        for name, column in columns_of(record).items():
            assert f"| `{name}` | " in shown
            assert column.title in shown


def test_every_assumption_has_its_value_source_and_effect(pages: Path) -> None:
    shown = (pages / "method.md").read_text(encoding="utf-8")
    for number, assumption in enumerate(assumptions(), start=1):
        assert assumption.source
        assert assumption.moves
        assert f"| {number} | " in shown
        assert assumption.value in shown
    assert Assumption(says="", at="data.records.settings:Settings.pue", source="", moves="").value == "1.5"


def test_an_assumption_whose_value_is_gone_stops_the_manual() -> None:
    with pytest.raises(AttributeError):
        _ = Assumption(says="", at="model.queueing.capacity:_NO_SUCH", source="", moves="").value


def test_formulas_stand_apart_from_sentences() -> None:
    said = (
        "Pools carry the load. Σ_c s·Nodes[c] ≥ demand[w], for every w. Σ_c Nodes[c] ≤ most, with what the other pools of the workload keep in its quiet hours."
    )
    text = [f"{said} Raises ValueError where there is none.", "See :func:`model.x.y` of ``Z_z``."]
    assert list(blocks_of(text)) == [
        "Pools carry the load.",
        "    Σ_c s·Nodes[c] ≥ demand[w], for every w",
        "    Σ_c Nodes[c] ≤ most",
        "with what the other pools of the workload keep in its quiet hours.",
        "See `model.x.y` of `Z_z`.",
    ]


def test_every_page_with_commands_is_run_when_the_manual_is_built() -> None:
    assert {path.name for path in (ROOT / "docs").glob("*.md") if list(commands_of(path.read_text(encoding="utf-8")))} == set(RUN)


def test_the_commands_of_the_data_page_run(pages: Path) -> None:
    run_commands(pages / "data.md")
    assert "```text" in (pages / "data.md").read_text(encoding="utf-8")


def test_the_planners_path_runs_and_is_as_it_is_told(pages: Path) -> None:
    """Its table says what the commands print: cost to the gap of a plan (0.1 %), and GPUs."""
    run_commands(pages / "planner.md")
    table, *outputs = re.split(r"(?m)^## ", (pages / "planner.md").read_text(encoding="utf-8"))
    printed = [re.findall(r"(?m)^([\d,.]+) USD a month · (\d+) GPUs paid", output)[0] for output in outputs]
    told = re.findall(r"(?m)^\| \d [a-z ]+ \| ([\d,]+) \| (\d+) \| ", table)
    assert [gpus for _, gpus in told] == [gpus for _, gpus in printed]
    costs = [[float(usd.replace(",", "")) for usd, _ in rows] for rows in (told, printed)]
    assert costs[0] == pytest.approx(costs[1], rel=1e-3)
    assert "stands on spot alone" in outputs[0]
    assert "The plan keeps all its targets." in outputs[2]


def test_a_command_that_fails_stops_the_manual(tmp_path: Path) -> None:
    with pytest.raises(CommandFailedError, match="exit code 2"):
        with_outputs("```sh\nsolve.py check gone.xlsx\n```\n", tmp_path)


def test_what_has_no_docstring_is_refused() -> None:
    with pytest.raises(ValueError, match="has no docstring"):
        documented(lambda: None)


def test_the_site_builds_without_a_warning(pages: Path) -> None:
    folder = pages.parents[1]
    (folder / "mkdocs.yml").write_text((ROOT / "mkdocs.yml").read_text(encoding="utf-8"), encoding="utf-8")
    done = subprocess.run([sys.executable, "-m", "mkdocs", "build", "--strict"], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
    assert {path.stem for path in (folder / "build" / "site").glob("*.html")} >= {Path(name).stem for name in WRITTEN}
