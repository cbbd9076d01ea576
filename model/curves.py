"""Throughput and latency of the chosen nodes against the batch size, and the linear pieces between the powers of two with the error they make."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from data.records.candidate import Candidate
from data.records.plan import Curve, CurvePoint, Plan
from data.records.scenario import Scenario
from data.records.workload import Workload
from data.units import MS, PRECISIONS
from model.grid import Physics, points_for
from model.performance.points import ENGINE_NAMES, KV_PRECISIONS
from model.performance.predict import Prediction
from model.queueing.lengths import lengths_of

_BETWEEN = 8  # batch sizes looked at between two powers of two for the error of the pieces


def curves_of(scenario: Scenario, plan: Plan, physics: Physics) -> tuple[Curve, ...]:
    """One curve for each candidate in the plan, at the batch sizes 1, 2, 4 … up to the largest allowed."""
    workloads = plan.served(scenario.workloads)
    chosen = dict.fromkeys(row.candidate for row in plan.deployments if row.candidate)
    candidates = {candidate.key: candidate for candidate in plan.candidates}
    return tuple(_curve(scenario, workloads[candidates[key].workload], candidates[key], physics) for key in chosen)


def _curve(scenario: Scenario, workload: Workload, candidate: Candidate, physics: Physics) -> Curve:
    largest = int(math.log2(max(1, min(scenario.settings.max_batch_size, candidate.max_batch))))
    powers = np.exp2(np.arange(largest + 1, dtype=np.float64))
    at = _predicted(scenario, workload, candidate, powers, physics)
    points = tuple(
        CurvePoint(
            batch_size=int(batch),
            req_per_s_per_node=float(at.req_per_s[i]),
            ttft_ms=float(at.ttft_s[i]) / MS,
            tpot_ms=float(at.tpot_s[i]) / MS,
            meets_targets=_meets(workload, float(at.ttft_s[i]) / MS, float(at.tpot_s[i]) / MS),
        )
        for i, batch in enumerate(powers)
    )
    slopes = np.diff(at.req_per_s) / np.diff(powers)
    pieces = tuple((float(slope), float(rate - slope * batch)) for slope, rate, batch in zip(slopes, at.req_per_s[:-1], powers[:-1], strict=True))
    between = np.unique(np.concatenate([np.linspace(low, 2 * low, _BETWEEN, endpoint=False) for low in powers[:-1]] or [powers]))
    exact = _predicted(scenario, workload, candidate, between, physics).req_per_s
    error = float(np.max(np.abs(np.interp(between, powers, at.req_per_s) / exact - 1)))
    return Curve(candidate=candidate.key, points=points, pieces=pieces, error_bound_share=error)


def _predicted(scenario: Scenario, workload: Workload, candidate: Candidate, batches: NDArray[np.float64], physics: Physics) -> Prediction:
    points = points_for(
        workload,
        lengths_of(workload, scenario.lengths),
        scenario,
        (scenario.gpus[candidate.gpu],),
        node_size=candidate.node_size,
        precision=PRECISIONS.index(candidate.precision),
        kv_precision=KV_PRECISIONS.index(candidate.kv_precision),
        engine=ENGINE_NAMES.index(candidate.engine),
        batch=batches,
    )
    return physics.predict(points)


def _meets(workload: Workload, ttft_ms: float, tpot_ms: float) -> bool:
    """Whether a batch size meets the streaming targets when nobody waits."""
    tpot_target = workload.tpot_target_ms or (1 / MS / workload.tokens_per_s_per_user if workload.tokens_per_s_per_user else math.inf)
    return workload.serving_mode != "streaming" or (ttft_ms <= (workload.ttft_target_ms or math.inf) and tpot_ms <= tpot_target)
