"""Studies as JSON."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from data.atomic import replacing
from data.languages import spoken
from data.records.outcome import Outcome
from data.records.study import Front, Hedge, Sweep, Tornado
from export.json_result import SCHEMA, one_a_line, plain

_LEFT_OUT = ("inputs", "digest", "path", "variant", "result", "warnings", "seconds", "exit_code", "language")  # what a study's plan has not


def write_study_json(path: Path | str, study: Mapping[str, Any]) -> None:
    """Write a study to ``path`` ("-": standard output), whole or not at all; raises OSError."""
    text = one_a_line({"schema": SCHEMA, "language": spoken(), **study})
    if str(path) == "-":
        sys.stdout.write(text + "\n")
        return
    with replacing(Path(path)) as part:
        part.write_text(text + "\n", encoding="utf-8")


def plan_json(outcome: Outcome) -> dict[str, Any]:
    """The plan of one point."""
    return {name: value for name, value in plain(asdict(outcome)).items() if name not in _LEFT_OUT}


def sweep_json(name: str, found: Sweep) -> dict[str, Any]:
    """A sweep: its fields, its points in their order, its break-evens."""
    return {
        "scenario": name,
        "swept": [{"sheet": field.sheet, "row": field.row, "field": field.field} for field in found.swept],
        "points": [{"values": list(point.values), **plan_json(point.outcome)} for point in found.points],
        "break_evens": [
            {"up_to": change.low, "from": change.high, "leaves": plain(change.left), "takes_up": plain(change.taken_up),
             "usd_per_month": plain(change.after.usd_per_month)}
            for change in found.break_evens
        ],
    }  # fmt: skip


def hedge_json(name: str, found: Hedge) -> dict[str, Any]:
    """Commitments under uncertainty: cases, their own plans, each choice with what it holds and costs."""
    return {
        "scenario": name,
        "cases": [{"probability": p, **plan_json(outcome)} for p, outcome in zip(found.probabilities, found.own, strict=True)],
        "expected_usd_per_month": found.expected(found.own),
        "choices": [
            {"name": choice.name, "held": dict(choice.held), "expected_usd_per_month": found.expected(choice.cases),
             "worst_usd_per_month": found.worst(choice.cases), "bound_usd_per_month": choice.bound_usd_per_month,
             "cases": [plan_json(outcome) for outcome in choice.cases]}
            for choice in found.choices
        ],
    }  # fmt: skip


def tornado_json(name: str, found: Tornado) -> dict[str, Any]:
    """A sensitivity study: the plan as said, each input's swing, and less throughput."""
    return {
        "scenario": name,
        "base": plan_json(found.base),
        "swings": [
            {"input": swing.name, "lower": plan_json(swing.low) if swing.low else None, "higher": plan_json(swing.high) if swing.high else None}
            for swing in found.swings
        ],
        "less_throughput": {
            "share": found.shortfall_share,
            "committed": plan_json(found.kept) if found.kept else None,
            "planned_anew": plan_json(found.replanned),
        },
    }


def fronts_json(name: str, fronts: Sequence[Front]) -> dict[str, Any]:
    """Pareto fronts: their points, and how many plans were dominated."""
    return {
        "scenario": name,
        "fronts": [
            {"against": front.name, "unit": front.unit, "more_is_better": front.more_is_better, "dominated": front.dominated, "without": list(front.without),
             "points": [{"value": point.value, **plan_json(point.outcome)} for point in front.points]}
            for front in fronts
        ],
    }  # fmt: skip
