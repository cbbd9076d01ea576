"""What the lock files pin, and the licence of each package, as the table beside says it."""

from __future__ import annotations

import csv
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOCKS = sorted(ROOT.glob("requirements*.lock"))


def locked(lock: Path) -> dict[str, str]:
    """Name → version of each requirement of a lock file."""
    return dict(re.findall(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", lock.read_text(encoding="utf-8"), flags=re.MULTILINE))


def hashes(lock: Path) -> dict[str, set[str]]:
    """Name → SHA-256 sums of the files of each requirement of a lock file."""
    entries = re.split(r"^(?=[A-Za-z0-9])", lock.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {entry.partition("==")[0]: set(re.findall(r"--hash=sha256:([0-9a-f]{64})", entry)) for entry in entries if "==" in entry}


def licences() -> dict[str, str]:
    """Name → licence (SPDX) of every package that any lock file pins."""
    with (Path(__file__).parent / "licences.csv").open(encoding="utf-8", newline="") as file:
        return {row["package"]: row["licence"] for row in csv.DictReader(file)}
