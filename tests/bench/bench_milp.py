"""The MILP by size: time, peak memory and gap of ours, of the plain linked formulation with HiGHS, and of that with CBC where it is installed.

``python tests/bench/bench_milp.py [--limit 60] [--seeds 1] [SIZE …]``, a size as 10x60x4small or 20x100x24big; each run is a process of its own.
"""

from __future__ import annotations

import argparse
import json
import re
import resource
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))

from bench_instances import Size, instance  # noqa: E402 - after the path to the project
from plain_model import MOST_COLUMNS, solve_plain  # noqa: E402

SIZES = (
    *("5x60x24small", "10x60x4small", "10x60x4big", "10x60x24small", "10x100x24small", "20x100x24small", "20x100x24big"),
    *("20x250x24small", "20x250x24big", "40x300x24small", "40x300x24big"),
)
WAYS = ("ours", "plain highs", "plain cbc")
GAP = 0.005


def size_of(text: str) -> Size:
    """A size from its name, as 10x60x4small."""
    found = re.fullmatch(r"(\d+)x(\d+)x(\d+)(small|big)(-no-pooling)?", text)
    if found is None:
        raise SystemExit(f"{text} is no size; write it as 10x60x4small")
    return Size(int(found[1]), int(found[2]), int(found[3]), 40.0 if found[4] == "small" else 800.0, pooling=not found[5])


def run_one(size: str, seed: int, way: str, limit: float, gap: float) -> dict[str, float | str | None]:
    """One solve in this process."""
    problem = instance(size_of(size), seed)
    start = time.perf_counter()
    if way == "ours":
        from model.filters import reduce_problem  # noqa: PLC0415 - the other ways do without
        from model.milp.solve import solve  # noqa: PLC0415

        reduced = reduce_problem(problem).problem
        left = limit - (time.perf_counter() - start)
        found = solve(replace(reduced, settings=replace(reduced.settings, time_limit_s=left, optimality_gap=gap)))
        cost, bound, columns = found.usd_per_month, found.bound_usd_per_month, found.size.variables
    else:
        plain = solve_plain(problem, way.removeprefix("plain "), limit, gap)
        cost, bound, columns = plain.cost, plain.bound, plain.columns
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6
    return {"cost": cost, "bound": bound, "columns": columns, "seconds": time.perf_counter() - start, "mb": peak}


def cell(found: dict[str, float | None], best: float | None) -> str:
    """Seconds, gap, distance to the best plan known, memory."""
    cost, bound = found["cost"], found["bound"]
    if (found["columns"] or 0) > MOST_COLUMNS and cost is None:
        return f"{found['columns']:,} columns: not tried"
    if cost is None:
        return f"{found['seconds']:.0f} s, no plan"
    gap = "no bound" if bound is None else f"gap {max(0.0, 1 - bound / cost):.2%}"
    dearer = f", {cost / best - 1:.1%} dearer" if best and cost > best * 1.0005 else ""
    return f"{found['seconds']:.1f} s, {gap}{dearer}, {found['mb']:.0f} MB, {found['columns']:,} columns"


def main() -> None:
    """The table, a line a size."""
    parser = argparse.ArgumentParser()
    parser.add_argument("sizes", nargs="*", default=SIZES)
    parser.add_argument("--limit", type=float, default=60.0)
    parser.add_argument("--gap", type=float, default=GAP)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--ways", default=",".join(WAYS))
    parser.add_argument("--one", nargs=3, metavar=("SIZE", "SEED", "WAY"))
    given = parser.parse_args()
    if given.one:
        sys.stdout.write(json.dumps(run_one(given.one[0], int(given.one[1]), given.one[2], given.limit, given.gap)))
        return
    ways = [way for way in given.ways.split(",") if way != "plain cbc" or shutil.which("cbc")]
    sys.stdout.write(f"gap asked for {given.gap:.2%}, {given.limit:g} s at most\n")
    for size in given.sizes:
        for seed in range(1, given.seeds + 1):
            found = {}
            for way in ways:
                command = [sys.executable, __file__, "--one", size, str(seed), way, "--limit", str(given.limit), "--gap", str(given.gap)]
                found[way] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            best = min((f["cost"] for f in found.values() if f["cost"]), default=None)
            sys.stdout.write(f"{size_of(size).name} #{seed}: " + "; ".join(f"{way}: {cell(f, best)}" for way, f in found.items()) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
