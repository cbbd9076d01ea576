"""Requests routed by size (Mélange's problem): time and cost against Mélange's own integer program, on 10 × 10 sizes and six GPU types."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[2]), str(Path(__file__).resolve().parents[1])]

from melange import SLICES, cheapest_by_slices, random_melange, write_workbook  # noqa: E402 - after the path to the tests

SEEDS = range(5)
SECONDS = 10.0  # for Mélange's program


def melange_report() -> str:
    """A line a problem: cost and seconds of both, ours proven to the gap asked for."""
    from data.reader import read_scenario  # noqa: PLC0415
    from model.filters import reduce_problem  # noqa: PLC0415
    from model.milp.solve import solve  # noqa: PLC0415
    from model.planner import pose  # noqa: PLC0415

    lines = [f"requests by size, 10 × 10 sizes on 6 GPU types; Mélange's program with {SLICES} slices a size, {SECONDS:g} s at most"]
    with tempfile.TemporaryDirectory() as folder:
        for seed in SEEDS:
            posed, path = random_melange(seed), Path(folder) / f"{seed}.xlsx"
            write_workbook(posed, path)
            scenario = read_scenario(path)
            begun = time.perf_counter()
            problem = reduce_problem(pose(scenario).problem).problem
            posed_s = time.perf_counter() - begun
            found = solve(problem)
            begun = time.perf_counter()
            usd, bound = cheapest_by_slices(posed, SECONDS)
            theirs_s = time.perf_counter() - begun
            ours = f"{(found.usd_per_month or 0.0) / 730:8.2f} USD/h {found.status} in {found.seconds_build + found.seconds_solve:.2f} s"
            lines.append(f"  {seed}: {ours} (candidates {posed_s:.1f} s); Mélange {usd:8.2f} (bound {bound:.2f}) in {theirs_s:.1f} s")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.stdout.write(melange_report() + "\n")
