"""``make bench``: 200 variants of the demo in one command on two processes, against single runs, with results equal to theirs."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))
TEXT = ROOT / "scenarios" / "organisation.toml"
COUNT = int(sys.argv[1]) if len(sys.argv) > 1 else 200  # variants
COMPARED = 4  # of them planned alone too
KINDS = (
    ("Workloads", "chat assistant", "users", 20000.0),
    ("Workloads", "document answers", "requests_per_s", 4.0),
    ("Workloads", "chat assistant", "output_tokens", 300.0),
    ("Workloads", "nightly batch", "tokens_per_day", 4e8),
    ("Workloads", "chat assistant", "ttft_target_ms", 2000.0),
)


@dataclass(frozen=True)
class Run:
    """What a command took: wall and processor seconds, and its processes' memory at the peak [MB]."""

    wall_s: float
    cpu_s: float
    peak_mb: float


def change_of(number: int) -> tuple[str, str, str, float]:
    """The cell that a variant changes: each kind in turn, from half to twice its value."""
    sheet, row, field, value = KINDS[number % len(KINDS)]
    return sheet, row, field, round(value * (0.5 + 1.5 * number / (COUNT - 1)), 3)


def measured(*arguments: str) -> Run:
    """One run of ``solve.py``; the memory is that of all its processes together, looked at twice a second (Linux; 0 elsewhere)."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    process = subprocess.Popen([sys.executable, str(ROOT / "solve.py"), *arguments], stdout=subprocess.DEVNULL)
    peaks = [0.0]

    def watch() -> None:
        while process.poll() is None:
            peaks.append(sum(_resident_mb(pid) for pid in _family(process.pid)))
            time.sleep(0.5)

    watcher = threading.Thread(target=watch)
    watcher.start()
    if process.wait():
        raise SystemExit(f"solve.py {' '.join(arguments)} ended with {process.returncode}")
    watcher.join()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Run(time.perf_counter() - start, cpu_s, max(peaks))


def _family(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children")
    try:
        return [pid, *(member for child in children.read_text().split() for member in _family(int(child)))]
    except OSError:
        return []


def _resident_mb(pid: int) -> float:
    """Memory of a process that is its own, with its share of what it shares [MB]."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1000 for line in lines if line.startswith("Pss:")), 0.0)


def workbooks(folder: Path) -> tuple[Path, list[Path]]:
    """The demo with its variants, and some of them as workbooks of their own."""
    from data.scenario_text import tables_from_toml  # noqa: PLC0415
    from data.tables import Cell, Table  # noqa: PLC0415
    from data.template import write_template  # noqa: PLC0415
    from data.variants import Change, changed  # noqa: PLC0415

    tables = tables_from_toml(TEXT)
    names = ("variant", "sheet", "row", "field", "value")
    rows = tuple(tuple(Cell(str(value), "") for value in (f"variant {number:03d}", *change_of(number))) for number in range(COUNT))
    all_path = folder / "demo.xlsx"
    table = Table("Variants", tuple(Cell(name, "") for name in names), rows)
    write_template(all_path, replace(tables, sheets={**tables.sheets, "Variants": table}))
    alone = []
    for number in range(0, COUNT, COUNT // COMPARED):
        sheet, row, field, value = change_of(number)
        alone.append(folder / f"variant {number:03d}.xlsx")
        write_template(alone[-1], changed(tables, [Change(sheet, row, field, value)]))
    return all_path, alone


def batch_report() -> str:
    """The benchmark's lines."""
    lines = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path, alone = workbooks(folder)
        for words, options in (("plans alone", ("--no-alternatives",)), ("with what else was possible", ("--alternatives",))):
            result = folder / "all.json"
            batch = measured(str(path), "--variants", "--workers", "2", "-o", str(folder / "out"), "--json", str(result), "--quiet", *options)
            rows = {row["name"]: row for row in json.loads(result.read_text(encoding="utf-8"))["scenarios"]}
            single = []
            for each in alone:
                single.append(measured(str(each), "--json", str(folder / "one.json"), "--quiet", *options))
                plan, row = json.loads((folder / "one.json").read_text(encoding="utf-8")), rows[each.stem]
                same = [plan[key] == row[key] for key in ("usd_per_month", "bound_usd_per_month", "gpus")]
                same.append([{key: found[key] for key in row["plan"][0]} for found in plan["plan"]] == row["plan"])
                if not all(same):
                    raise SystemExit(f"{each.stem}: the batch and the single run differ")
            alone_cpu_s = sum(run.cpu_s for run in single) / len(single)
            lines.append(
                f"batch of {len(rows)} variants on 2 processes, {words}: {batch.wall_s:.0f} s, {batch.peak_mb:.0f} MB in all, "
                f"{batch.cpu_s / len(rows):.2f} s of processor time each, {alone_cpu_s * len(rows) / batch.cpu_s:.1f} × less than {len(single)} run alone "
                f"({alone_cpu_s:.2f} s each; equal plans, costs and bounds)"
            )
    return "\n".join(lines)


if __name__ == "__main__":
    sys.stdout.write(batch_report() + "\n")
