"""Time and memory of the whole program by size (`make load`): workloads × 1,000 offers × 24 blocks, to 100 workloads, each in a process of its own."""

from __future__ import annotations

import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from data.library import shipped_offers  # noqa: E402 - the path first
from data.reader import read_scenario  # noqa: E402
from data.template import write_template  # noqa: E402
from model.filters import reduce_problem  # noqa: E402
from model.planner import pose  # noqa: E402
from model.size import size_of  # noqa: E402
from tests.data.cells import Rows, sheet_of, tables  # noqa: E402

SIZES = (12, 25, 50, 100)
OFFERS, BLOCKS, SECONDS = 1000, 24, 30
MODELS = ("Llama-3.1-8B", "Llama-3.1-70B", "Qwen3-32B", "Mistral-7B-v0.3")
# The peak memory of the process is what the kernel says at its end.
RUN = "import sys; sys.argv = {!r}; import solve\ntry: solve.main()\nfinally: print(open('/proc/self/status').read(), file=sys.stderr)"


def sheets(workloads: int) -> dict[str, Rows]:
    """Workloads of a few models on one profile of 24 hours, and hourly offers of every GPU that the catalogue sells."""
    draw = random.Random(workloads)  # noqa: S311
    gpus = sorted({offer.gpu for offer in shipped_offers() if offer.gpu})
    served = [
        {"name": f"w{n:03}", "model": draw.choice(MODELS), "requests_per_s": round(draw.uniform(1, 80), 2), "profile": "day", "input_tokens": 1000,
         "output_tokens": 250, "ttft_target_ms": 2000, "tpot_target_ms": 60} for n in range(workloads)
    ]  # fmt: skip
    sold = [
        {"offer": f"o{n:04}", "provider": f"p{n % 20}", "gpu": gpus[n % len(gpus)], "gpus_per_instance": draw.choice((1, 2, 4, 8)), "billing": "on_demand",
         "usd_per_instance_hour": round(draw.uniform(1, 30), 2), "max_instances": draw.randint(4, 400)} for n in range(OFFERS)
    ]  # fmt: skip
    hours = [{"profile": "day", "block": f"h{t:02}", "hours_per_month": 730 / BLOCKS, "multiplier": 0.3 + 0.7 * (1 - abs(t - 14) / 14)} for t in range(BLOCKS)]
    rules = [["setting", "value"], ["offers", "workbook"], ["time_limit_s", SECONDS], ["alternatives", "no"]]
    return {"Workloads": sheet_of(*served), "Offers": sheet_of(*sold), "Profiles": sheet_of(*hours), "Settings": rules}


def told_now(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def expected_gb(plan: Path) -> float:
    """The memory that the program itself foretells."""
    posed = pose(read_scenario(plan))
    reduced = reduce_problem(posed.problem)
    return size_of(reduced.problem, len(posed.problem.candidates) + len(posed.ruled_out) + len(reduced.ruled_out)).memory_gb


def told_in(result: Path) -> tuple[int, str, str]:
    """Candidates, status and gap of a result's JSON, which is too large to be loaded as a whole."""
    candidates, said = set(), {}
    with result.open(encoding="utf-8") as lines:
        for line in lines:
            if line.startswith('  {"candidate": '):
                candidates.add(line.split('"', 4)[3])
            elif line.startswith((' "status": ', ' "gap": ')):
                name, _, value = line.strip().rstrip(",").partition(": ")
                said[name.strip('"')] = value.strip('"')
    return len(candidates), said["status"], "–" if said["gap"] == "null" else f"{float(said['gap']):.1%}"


def main() -> None:
    """Print a row for each size."""
    told_now("workloads  candidates  seconds  processor s  peak MB  foretold MB  status       gap")
    for workloads in [int(size) for size in sys.argv[1:]] or SIZES:
        with tempfile.TemporaryDirectory() as folder:
            plan, told = Path(folder) / "plan.xlsx", Path(folder) / "plan.json"
            write_template(plan, tables(**sheets(workloads)))
            began, spent = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
            done = subprocess.run(
                [sys.executable, "-c", RUN.format(["solve.py", str(plan), "--json", str(told)])], cwd=ROOT, capture_output=True, text=True, check=False
            )
            seconds, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
            processor = after.ru_utime + after.ru_stime - spent.ru_utime - spent.ru_stime
            peak = next(int(line.split()[1]) / 1000 for line in done.stderr.splitlines() if line.startswith("VmHWM"))
            if not told.exists():
                told_now(f"{workloads:>9}  exit code {done.returncode} after {seconds:.0f} s, {peak:.0f} MB: {done.stderr.partition(chr(10))[0][:120]}")
                continue
            count, status, gap = told_in(told)
            told_now(
                f"{workloads:>9}  {count:>10,}  {seconds:>7.1f}  {processor:>11.1f}  {peak:>7.0f}  {1000 * expected_gb(plan):>11.0f}  {status:<8}  {gap:>6}"
            )


if __name__ == "__main__":
    main()
