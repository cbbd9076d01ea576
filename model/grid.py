"""A workload's options at every batch size: what the performance model says of each, on the safe side where the settings ask for it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from data.records.plan import WorkloadDemand
from data.records.scenario import Scenario
from data.records.supply import Gpu
from data.records.workload import Workload
from data.units import MS, PRECISIONS
from model.options import Option
from model.performance.parameters import Parameters
from model.performance.points import ENGINE_NAMES, KV_PRECISIONS, Points, make_points
from model.performance.predict import Prediction, StepTimes, predict, step_times
from model.performance.provenance import safety_factors
from model.queueing.lengths import LengthMix, lengths_of
from model.queueing.records import Mode, Targets


@dataclass(frozen=True)
class Grid:
    """A workload's options (rows) at every batch size (columns)."""

    workload: Workload
    demand: WorkloadDemand
    lengths: LengthMix
    options: tuple[Option, ...]
    batches: NDArray[np.float64]
    points: Points  # option-major
    predicted: Prediction
    kv_tokens: NDArray[np.float64]  # of each option's node

    def table(self, values: NDArray[Any]) -> NDArray[Any]:
        """Values of all points as (options, batches)."""
        return values.reshape(len(self.options), len(self.batches))


@dataclass(frozen=True)
class Physics:
    """The performance model as a scenario uses it: its parameters (the user's own measurements on top) and whether figures are taken on the safe side."""

    parameters: Parameters
    safe: bool = False

    def predict(self, points: Points) -> Prediction:
        """The prediction; on the safe side latencies × and rates ÷ the factor that 90 % of left-out runs of the label keep."""
        found = predict(points, self.parameters)
        if not self.safe:
            return found
        ttft, tpot, rate = safety_factors(points, found.provenance, self.parameters)
        ttft_s, tpot_s = found.ttft_s * ttft, found.tpot_s * tpot
        return replace(
            found,
            ttft_s=ttft_s,
            tpot_s=tpot_s,
            e2e_s=ttft_s + (points.output_tokens - 1) * tpot_s,
            req_per_s=found.req_per_s / rate,
            output_tok_per_s=found.output_tok_per_s / rate,
        )

    def step_times(self, points: Points) -> StepTimes:
        """The step law; on the safe side decode × the factor of TPOT or of throughput, whichever is larger, prefill × that or TTFT's, whichever is smaller.

        Prefill in a loaded node is limited by throughput; the TTFT factor covers what a single prompt meets besides (queues of the measuring client).
        """
        found = step_times(points, self.parameters)
        if not self.safe:
            return found
        ttft, tpot, rate = safety_factors(points, predict(points, self.parameters).provenance, self.parameters)
        decode = np.maximum(tpot, rate)
        return replace(
            found,
            iteration_s=found.iteration_s * decode,
            per_sequence_s=found.per_sequence_s * decode,
            per_kv_token_s=found.per_kv_token_s * decode,
            per_prefill_token_s=found.per_prefill_token_s * np.minimum(decode, ttft),
        )


def targets_of(workload: Workload, demand: WorkloadDemand) -> Targets:
    """The latency promise of a workload in seconds."""
    tpot_ms = workload.tpot_target_ms or (1 / MS / workload.tokens_per_s_per_user if workload.tokens_per_s_per_user else math.inf)
    return Targets(
        ttft_s=(workload.ttft_target_ms or math.inf) * MS,
        tpot_s=tpot_ms * MS,
        e2e_s=(workload.e2e_target_ms or math.inf) * MS,
        percentile=float(workload.slo_percentile),
        arrival_cv=workload.arrival_cv,
        mode=_mode(workload),
        closed_loop=demand.unit != "req/s",
        think_time_s=workload.think_time_s or 0.0,
    )


def _mode(workload: Workload) -> Mode:
    """What is looked at: a sequential workload that states a TTFT or TPOT target has them kept too."""
    if workload.serving_mode == "offline":
        return "offline"
    stated = workload.ttft_target_ms or workload.tpot_target_ms or workload.tokens_per_s_per_user
    return "streaming" if workload.serving_mode == "streaming" or stated else "sequential"


def make_grid(
    workload: Workload, demand: WorkloadDemand, scenario: Scenario, options: tuple[Option, ...], physics: Physics, *, lengths: LengthMix | None = None
) -> Grid:  # fmt: skip
    """The grid of a workload's options at the batch sizes 1, 2, 4 … up to the largest allowed; ``lengths`` where they are not the workload's own rows."""
    batches = np.exp2(np.arange(int(math.log2(scenario.settings.max_batch_size)) + 1, dtype=np.float64))
    lengths = lengths or lengths_of(workload, scenario.lengths)
    points = _points(workload, lengths, scenario, options, batches)
    single = physics.step_times(points.take(np.arange(len(options)) * len(batches)))
    return Grid(workload, demand, lengths, options, batches, points, physics.predict(points), single.kv_tokens)


def _points(workload: Workload, lengths: LengthMix, scenario: Scenario, options: Sequence[Option], batches: NDArray[np.float64]) -> Points:
    gpus = tuple({option.gpu.gpu: option.gpu for option in options}.values())
    index = {gpu.gpu: number for number, gpu in enumerate(gpus)}

    def column(values: list[int]) -> NDArray[np.int64]:
        return np.array(values, dtype=np.int64)[:, None]

    return points_for(
        workload,
        lengths,
        scenario,
        gpus,
        gpu=column([index[option.gpu.gpu] for option in options]),
        node_size=column([option.node_size for option in options]),
        precision=column([PRECISIONS.index(option.precision) for option in options]),
        kv_precision=column([KV_PRECISIONS.index(option.kv_precision) for option in options]),
        engine=column([ENGINE_NAMES.index(option.engine) for option in options]),
        batch=batches[None, :],
    )


def points_for(workload: Workload, lengths: LengthMix, scenario: Scenario, gpus: Sequence[Gpu], **at: ArrayLike) -> Points:
    """Points of a workload's requests on some GPUs; ``at`` are the arrays of the hardware, engine and batch size."""
    return make_points(
        (scenario.models[workload.model],),
        gpus,
        input_tokens=lengths.input_mean,
        output_tokens=lengths.output_mean,
        activation=-1 if workload.activation_precision == "auto" else workload.activation_precision,
        cached_prefix_tokens=workload.cached_prefix_tokens,
        gpu_memory_utilization=scenario.settings.gpu_memory_utilization,
        reserve_gb=workload.lora_reserve_gb,
        accepted_tokens_per_step=workload.accepted_tokens_per_step,
        draft_tokens=workload.draft_tokens,
        draft_cost_share=workload.draft_cost_share,
        token_budget=workload.prefill_token_budget or 0,
        **at,
    )
