"""Plans of the shipped scenarios and figures of the performance model, for the cases."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from data.library import shipped_gpus, shipped_models
from data.reader import scenario_from_tables
from data.records.plan import Plan
from data.records.scenario import Scenario
from data.scenario_text import tables_from_toml
from data.units import MS, PRECISIONS

FOLDER = Path(__file__).resolve().parents[1]


@cache
def scenario(name: str) -> Scenario:
    """A shipped scenario, without the comparisons that planning makes besides."""
    read = scenario_from_tables(tables_from_toml(FOLDER / f"{name}.toml"))
    return replace(read, settings=replace(read.settings, alternatives=False))


@cache
def planned(name: str) -> Plan:
    """The plan of a shipped scenario."""
    return plan_of(scenario(name))


def plan_of(changed: Scenario) -> Plan:
    """The plan of a changed scenario."""
    from model.planner import plan_scenario  # noqa: PLC0415 - heavy

    return plan_scenario(changed)


def without_tokens(asked: Scenario) -> Scenario:
    """The scenario without offers by the token."""
    return replace(asked, offers=tuple(offer for offer in asked.offers if offer.billing != "per_token"))


@dataclass(frozen=True, kw_only=True)
class Point:
    """A node and its load; ``engine`` is a profile of the performance model."""

    model: str
    gpu: str
    node_size: int
    precision: str
    engine: str
    mode: str
    input_tokens: float
    output_tokens: float
    concurrency: float


def predicted(at: Point) -> tuple[float, float, float]:
    """(TTFT [s], TPOT [ms], req/s) of a node by the performance model."""
    from model.performance.points import ENGINE_NAMES, MODES, make_points  # noqa: PLC0415 - heavy
    from model.performance.predict import predict  # noqa: PLC0415 - heavy

    points = make_points(
        (shipped_models()[at.model],),
        (shipped_gpus()[at.gpu],),
        node_size=at.node_size,
        precision=PRECISIONS.index(at.precision),
        engine=ENGINE_NAMES.index(at.engine),
        mode=MODES.index(at.mode),
        batch=at.concurrency,
        input_tokens=at.input_tokens,
        output_tokens=at.output_tokens,
    )
    found = predict(points)
    return float(found.ttft_s[0]), float(found.tpot_s[0]) / MS, float(found.req_per_s[0])
