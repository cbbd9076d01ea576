"""The command lines that the project's documents name, in blocks and in sentences, and those of them that a test cannot run, with the reason."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from docs.manual.__main__ import ROOT, RUN
from docs.manual.commands import BLOCK
from solve import cli

# README, the pages of docs/ as they stand, and what else is written for users.
DOCUMENTS = (
    "README.md",
    "SECURITY.md",
    "CHANGELOG.md",
    *sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")),
    "scenarios/README.md",
    "data/catalogue/README.md",
    "data/measurements/README.md",
)
_PROGRAMS = ("solve.py", "inferplan", "make", "python", "py", "pip", "uv", "dask", ".ci/run")
_SAME = {"uv run solve.py": "solve.py", "inferplan ": "solve.py "}  # the same program under another name

# What a test does not run, by how the line starts, and why.
NOT_RUN = {
    "make demo": "sets an environment up from a package registry; what it plans then is run as `uv run solve.py scenarios/organisation.xlsx`",
    "make test": "sets an environment up from a package registry; what it runs then is the tests",
    "make test-office": "sets an environment up from a package registry; what it runs then are the tests that need LibreOffice",
    "make docs": "tests/docs/test_manual.py builds the manual; CI runs it",
    "make words": "would rewrite the table of words; tests/data/test_languages.py collects the texts and compares",
    "make scenarios": "would rewrite the shipped workbooks; tests/data/test_scenario_text.py builds them anew and compares",
    "make sbom": "CI runs it: it installs its tool from a package registry",
    "make audit": "tests/supply/test_supply_chain.py calls it; CI runs it",
    "make fuzz": "an hour; tests/fuzz/test_reader_fuzzed.py runs its target",
    "make bench": "minutes of measurement",
    "make load": "minutes of measurement",
    ".ci/run": "runs the tests",
    "uv run --group dev pytest": "runs the tests",
    "py -m venv": "Windows, and a package registry",
    "pip install": "a package registry",
    "dask scheduler": "tests/export/commands/test_batch_on_cluster.py starts a cluster on this machine and plans on it",
    "dask worker": "tests/export/commands/test_batch_on_cluster.py starts a cluster on this machine and plans on it",
    "solve.py bids/ --scheduler tcp://SCHEDULER:8786": "tests/export/commands/test_batch_on_cluster.py starts a cluster on this machine and plans on it",
    "solve.py import gpuhunt ": "asks providers over the network",
    "python -m scenarios.sources": "would rewrite docs/sources.md; tests/scenarios/test_sources.py plans its cases and compares",
    "python tests/bench/": "minutes of measurement",
    "python data/catalogue/build.py PATH_TO_REFERENCE_TABLES": "the tables that it reads are not part of the project",
}


def documented_commands(document: str) -> Iterator[str]:
    """The command lines of a document in its order, each once; the blocks of pages that the manual runs when it is built are left out."""
    text = (ROOT / document).read_text(encoding="utf-8")
    blocks = [] if Path(document).name in RUN else BLOCK.findall(text)
    lines = [line for block in blocks for line in block.splitlines()]
    lines += re.findall(r"(?m)^ {4}(\S.*)$", text)
    lines += re.findall(r"`([^`\n]+)`", BLOCK.sub("", text))
    commands = (_proper(line.partition(" #")[0].strip()) for line in lines)
    yield from dict.fromkeys(command for command in commands if command)


def _proper(line: str) -> str:
    """The line as a command of this program or of a tool; "" if it is none, or only names one."""
    for name, same in _SAME.items():
        line = f"{same}{line.removeprefix(name)}" if line.startswith(name) else line
    first, _, rest = line.partition(" ")
    if first in cli.commands and rest:  # "Other commands: `predict POINTS.csv`"
        return f"solve.py {line}"
    return line if (rest and first in _PROGRAMS) or (line in _PROGRAMS and "/" in line) else ""
