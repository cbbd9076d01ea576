"""What becomes of a workload's options: candidates with their figures, and what is ruled out."""

from __future__ import annotations

from dataclasses import dataclass

from data.records.candidate import PROVENANCE, Candidate, MemoryUse, RuledOut, StepTime
from data.units import MS
from model.grid import Grid
from model.performance.predict import StepTimes


@dataclass(frozen=True)
class Considered:
    """What became of a workload's options."""

    candidates: tuple[Candidate, ...]
    ruled_out: tuple[RuledOut, ...]


def candidate_at(grid: Grid, row: int, column: int, step_time: StepTime) -> Candidate:
    """Option ``row`` at batch size ``column`` of the grid with its predicted figures, and no capacity yet."""
    option, workload, at = grid.options[row], grid.workload, grid.predicted
    point, batch = row * len(grid.batches) + column, int(grid.batches[column])
    return Candidate(
        key=f"{workload.name}|{option.gpu.gpu}|{option.precision}|{option.kv_precision}|{option.engine}|{option.node_size}|{batch}",
        workload=workload.name,
        gpu=option.gpu.gpu,
        precision=option.precision,
        kv_precision=option.kv_precision,
        engine=option.engine,
        node_size=option.node_size,
        batch_size=batch,
        capacity_per_node=0.0,
        pooling_loss=0.0,
        req_per_s_per_node=0.0,
        ttft_ms=float(at.ttft_s[row * len(grid.batches)]) / MS,
        tpot_ms=float(at.tpot_s[point]) / MS,
        e2e_ms=float(at.e2e_s[point]) / MS,
        output_tok_per_s_per_node=float(at.output_tok_per_s[point]),
        max_batch=int(min(at.max_batch[point], 1e9)),
        memory=MemoryUse(
            weights_gb=float(at.weights_gb[point]),
            kv_cache_gb=float(at.kv_gb[point]),
            overhead_gb=float(at.overhead_gb[point]),
            free_gb=float(at.free_gb[point]),
            usable_gb=float(at.usable_gb[point]),
        ),
        step_time=step_time,
        provenance=PROVENANCE[int(at.provenance[point])],
    )


def step_time_of(steps: StepTimes, index: int) -> StepTime:
    """The step law of one entry."""
    return StepTime(
        iteration_s=float(steps.iteration_s[index]),
        per_sequence_s=float(steps.per_sequence_s[index]),
        per_kv_token_s=float(steps.per_kv_token_s[index]),
        per_prefill_token_s=float(steps.per_prefill_token_s[index]),
        kv_tokens=float(steps.kv_tokens[index]),
        token_budget=int(steps.token_budget[index]),
    )
