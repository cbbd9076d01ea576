"""A simulation as JSON: each pool as it was simulated, its percentiles with their confidence, and one node more and fewer."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from data.atomic import replacing
from data.languages import spoken
from export.json_result import SCHEMA, one_a_line, plain
from export.simulation_words import judged
from export.version import program_version
from model.simulate.pool import PoolResult, WhatIf


def write_simulation_json(path: Path | str, source: str, results: Sequence[WhatIf]) -> None:
    """Write the simulation of ``source`` as JSON to ``path`` ("-": standard output), whole or not at all; raises OSError."""
    text = one_a_line(simulation_json(source, results)) + "\n"
    if str(path) == "-":
        sys.stdout.write(text)
        return
    with replacing(Path(path)) as part:
        part.write_text(text, encoding="utf-8")


def simulation_json(source: str, results: Sequence[WhatIf]) -> dict[str, Any]:
    """The simulation as what JSON can hold; times in ms, ``plus_minus_ms`` half of the 95 % confidence interval over the seeds."""
    return {
        "schema": SCHEMA,
        "program": f"inferplan {program_version()}",
        "language": spoken(),
        "simulation_of": source,
        "keeps_its_targets": all(what_if.planned.keeps_its_targets for what_if in results),
        "pools": [
            {
                "pool": plain(what_if.planned.spec),
                "planned": _result(what_if.planned),
                "one_more": _result(what_if.one_more),
                "one_fewer": _result(what_if.one_fewer),
            }
            for what_if in results
        ],
    }


def _result(result: PoolResult | None) -> dict[str, Any] | None:
    if result is None:
        return None
    figures = ("nodes", "req_per_s", "load_ratio", "busy_share", "batch", "preemptions_per_request", "seeds", "requests", "keeps_its_targets")
    latencies = {
        latency.name: {"target_ms": latency.target_ms, "kept": result.kept[latency.name], "percentiles": plain(latency.percentiles)}
        for latency in judged(result)
    }
    return {**{name: plain(getattr(result, name)) for name in figures}, "latencies": latencies}
