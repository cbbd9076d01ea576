"""Kills a writer at random moments, and looks each time at what it left: run in a process of its own, because it forks. Prints the moments survived.

The writer puts result workbooks of two plans at one path, in turn, as fast as it can; whatever the moment, the path must hold one of the two, whole.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from data.atomic import replacing
from export.workbook import write_result
from tests.export.sample_plan import TODAY, infeasible, sample

LONGEST_S = 0.02  # some writings


def main(folder: Path, kills: int) -> None:
    """Kill ``kills`` writers; leave with an error where what they left is neither the one result nor the other."""
    path = folder / "plan.result.xlsx"
    whole = set()
    for scenario, plan in (sample(), infeasible()):
        write_result(path, scenario, plan, TODAY)
        whole.add(path.read_bytes())
    chance = random.Random(1)  # noqa: S311 - moments, no secrets
    for _ in range(kills):
        child = os.fork()
        if not child:
            while True:
                for content in whole:
                    with replacing(path) as part:
                        part.write_bytes(content)
        time.sleep(chance.uniform(0, LONGEST_S))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        if path.read_bytes() not in whole:
            sys.exit(f"{path} holds neither result")
    print(kills)  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
