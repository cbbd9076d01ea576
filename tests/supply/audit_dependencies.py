"""Audits every locked package against known advisories, offline: ``python tests/supply/audit_dependencies.py [ALL.zip]``.

The data are OSV's dump for PyPI, one JSON file an advisory (https://google.github.io/osv-scanner/usage/offline-mode), in the file named or in the folder that
osv-scanner keeps it in (OSV_SCANNER_LOCAL_DB_CACHE_DIRECTORY). Where there are none the audit says that it was not run: pip-audit would ask a service, and
calls a list clean of which it could look up nothing. Exit code 1 if a locked package is affected.
"""

from __future__ import annotations

import json
import os
import sys
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from locked import LOCKS, locked
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

FOLDER = "OSV_SCANNER_LOCAL_DB_CACHE_DIRECTORY"


def data_file(named: Iterable[str]) -> Path | None:
    """The dump: the file named, or osv-scanner's; None where there is none. Raises FileNotFoundError for a named file that is not there."""
    for text in named:
        return Path(text).resolve(strict=True)
    kept = sorted(Path(folder).glob("*/PyPI/all.zip")) if (folder := os.environ.get(FOLDER)) else []
    return kept[-1] if kept else None


def advisories(dump: Path) -> Iterator[dict[str, Any]]:
    """The advisories of a dump that stand."""
    with zipfile.ZipFile(dump) as archive:
        for name in archive.namelist():
            advisory = json.loads(archive.read(name))
            if "withdrawn" not in advisory:
                yield advisory


def found(pinned: Mapping[str, Iterable[str]], known: Iterable[dict[str, Any]]) -> Iterator[str]:
    """A line for each pinned version (name → versions) that an advisory affects."""
    for advisory in known:
        for affected in advisory.get("affected", ()):
            name = canonicalize_name(affected.get("package", {}).get("name", ""))
            for version in pinned.get(name, ()):
                if _affects(affected, Version(version)):
                    yield f"{name} {version}: {advisory['id']} {advisory.get('summary', '')}".rstrip()


def _affects(affected: dict[str, Any], version: Version) -> bool:
    """Whether a version is listed, or lies in a range (OSV schema: the last event at or below it decides)."""
    if any(_version(listed) == version for listed in affected.get("versions", ())):
        return True
    return any(_in_range(span.get("events", ()), version) for span in affected.get("ranges", ()) if span.get("type") == "ECOSYSTEM")


def _in_range(events: Iterable[dict[str, str]], version: Version) -> bool:
    inside = False
    for at, kind in sorted((_version(text) or Version("0"), kind) for event in events for kind, text in event.items()):
        if kind == "introduced" and version >= at:
            inside = True
        elif (kind == "fixed" and version >= at) or (kind == "last_affected" and version > at):
            inside = False
    return inside


def _version(text: str) -> Version | None:
    try:
        return Version(text)
    except InvalidVersion:
        return None


def main(named: list[str]) -> int:
    """Print what was found, or that nothing was looked for; the exit code."""
    pinned: dict[str, set[str]] = {}
    for lock in LOCKS:
        for name, version in locked(lock).items():
            pinned.setdefault(canonicalize_name(name), set()).add(version)
    dump = data_file(named)
    if dump is None:
        sys.stdout.write(f"dependency audit: NOT RUN, {len(pinned)} packages unaudited: {FOLDER} names no folder with */PyPI/all.zip\n")
        return 0
    known = list(advisories(dump))
    newest = max((advisory.get("modified", "") for advisory in known), default="no day")[:10]
    lines = sorted(found(pinned, known))
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.write(f"dependency audit: {len(pinned)} locked packages against {len(known):,} advisories up to {newest}: {len(lines) or 'none'} known\n")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
