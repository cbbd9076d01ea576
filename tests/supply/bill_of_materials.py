"""Holds a bill of materials (CycloneDX JSON) to the lock file and adds the licences: ``python tests/supply/bill_of_materials.py BILL.json``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from locked import ROOT, hashes, licences, locked


def completed(bill: dict[str, Any], lock: Path) -> dict[str, Any]:
    """The bill with a licence for each component; raises ValueError where it is not what the lock file pins, name, version and hashes."""
    components = {part["name"]: part for part in bill["components"]}
    said = {name: (part["version"], _sums(part)) for name, part in components.items()}
    sums = hashes(lock)
    pinned = {name: (version, sums[name]) for name, version in locked(lock).items()}
    if wrong := sorted(name for name in said.keys() | pinned.keys() if said.get(name) != pinned.get(name)):
        raise ValueError(f"the bill of materials and {lock.name} differ in {', '.join(wrong)}")
    known = licences()
    parts = [part | {"licenses": [{"expression": known[part["name"]]}]} for part in bill["components"]]
    return {**bill, "components": parts}


def _sums(part: dict[str, Any]) -> set[str]:
    return {found["content"] for reference in part.get("externalReferences", ()) for found in reference.get("hashes", ()) if found["alg"] == "SHA-256"}


def main(path: Path) -> None:
    """Check and complete a bill in its file."""
    lock = ROOT / "requirements.lock"
    bill = completed(json.loads(path.read_text(encoding="utf-8")), lock)
    path.write_text(json.dumps(bill, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    files = sum(len(sums) for sums in hashes(lock).values())
    sys.stdout.write(f"bill of materials: {len(bill['components'])} packages with their licences and {files} hashes, as {lock.name} pins them\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
