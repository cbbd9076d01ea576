"""``make bench``: what the demo costs — wall time from start to written workbook, peak memory, and the share of each stage."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "scenarios" / "organisation.xlsx"
RUNS = 5


def timed(*arguments: str) -> float:
    """Wall seconds of one run of ``solve.py``."""
    start = time.perf_counter()
    subprocess.run([sys.executable, str(ROOT / "solve.py"), *arguments], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def demo_report() -> str:
    """The benchmark's lines: medians of ``RUNS`` runs after one that warms the file cache."""
    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder) / "result.json"
        run = (str(DEMO), "-o", str(Path(folder) / "result.xlsx"), "--json", str(result), "--quiet")
        timed(*run)
        total = median(timed(*run) for _ in range(RUNS))
        # Linux counts in KiB, macOS in bytes; the largest child so far is the demo itself.
        peak_mb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6
        seconds = json.loads(result.read_text(encoding="utf-8"))["seconds"]
    help_s = median(timed("--help") for _ in range(RUNS))
    lines = [f"demo: {total:.2f} s from start to written workbook, {peak_mb:.0f} MB at its peak; solve.py --help: {help_s:.2f} s"]
    rest = total - sum(seconds.values())
    for stage, value in [("import and start", rest), *seconds.items()]:
        lines.append(f"  {stage:<17} {value:6.2f} s  {value / total:5.0%}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.stdout.write(demo_report() + "\n")
