"""Small problems in few words: workloads, candidates, offers and blocks with everything else at rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from data.records.candidate import Candidate, MemoryUse, StepTime
from data.records.plan import Block, WorkloadDemand
from data.records.settings import Settings
from data.records.supply import Offer
from data.records.workload import Workload
from model.milp.build import build
from model.milp.matrix import Matrix, matrix_of
from model.milp.sets import Sets, make_sets
from model.problem import Problem

MEMORY = MemoryUse(weights_gb=1, kv_cache_gb=1, overhead_gb=1, free_gb=1, usable_gb=4)
STEP = StepTime(iteration_s=0.01, per_sequence_s=0, per_kv_token_s=0, per_prefill_token_s=0, kv_tokens=1e6, token_budget=2048)
HOURS = 100.0  # of the month, in these problems: an instance at 1 USD/h costs 100 USD a month
EXACT = Settings(hours_per_month=HOURS, optimality_gap=0.0, time_limit_s=60, threads=1, discount_rate_per_year=0.0)


def candidate(workload: str = "w", *, size: int = 1, rate: float = 1.0, loss: float = 0.0, gpu: str = "G", **more: Any) -> Candidate:
    """Nodes of ``size`` GPUs that carry ``rate`` each, less ``loss`` for the pool."""
    said: dict[str, Any] = {"precision": "fp8", "engine": "vllm", "batch_size": 64, "max_batch": 1024} | more
    key = "|".join([workload, gpu, said["precision"], said["engine"], str(size), str(said["batch_size"])])
    fixed = {"kv_precision": "bf16", "ttft_ms": 1, "tpot_ms": 1, "e2e_ms": 1, "output_tok_per_s_per_node": 1, "provenance": "measured"}
    return Candidate(
        **(
            fixed
            | {"key": key, "workload": workload, "gpu": gpu, "node_size": size, "capacity_per_node": rate, "pooling_loss": loss}
            | {"req_per_s_per_node": rate, "memory": MEMORY, "step_time": STEP}
            | said
        )
    )


def offer(name: str = "o", *, usd: float | None = 1.0, gpus: int = 1, billing: str = "on_demand", gpu: str | None = "G", **more: Any) -> Offer:
    """Instances of ``gpus`` GPUs at ``usd`` an hour."""
    said = {"offer": name, "provider": "P", "gpu": gpu, "gpus_per_instance": gpus, "billing": billing, "usd_per_instance_hour": usd}
    return Offer(**(said | more))  # type: ignore[arg-type]


def tokens(name: str = "t", *, usd: float, **more: Any) -> Offer:
    """A per-token offer on which a unit of load costs ``usd`` an hour."""
    said = {"offer": name, "provider": "API", "billing": "per_token", "model": "m", "usd_per_m_input_tokens": usd, "usd_per_m_output_tokens": 0.0}
    return Offer(**(said | more))


def workload(name: str = "w", **more: Any) -> Workload:
    """A workload of one million input tokens a request, so that a per-token price is the price of a request."""
    return Workload(**({"name": name, "model": "m", "input_tokens": 1e6, "output_tokens": 1} | more))


def problem(
    loads: Mapping[str, float | Sequence[float]],
    candidates: Sequence[Candidate],
    offers: Sequence[Offer],
    *,
    workloads: Sequence[Workload] = (),
    hours: Sequence[float] = (HOURS,),
    **settings: Any,
) -> Problem:
    """Workload → its load, one for each block of ``hours`` (or one for all); a unit of load makes one request an hour."""
    by_block = {w: tuple(load) if isinstance(load, Sequence) else (float(load),) * len(hours) for w, load in loads.items()}
    given = {w.name: w for w in workloads}
    return Problem(
        workloads=tuple(given.get(w) or workload(w) for w in loads),
        demands=tuple(_demand(w, by_block[w]) for w in loads),
        blocks=tuple(Block(name=f"b{t}", hours_per_month=h, demand={w: by_block[w][t] for w in loads}) for t, h in enumerate(hours)),
        candidates=tuple(candidates),
        offers=tuple(offers),
        settings=Settings(**(vars(EXACT) | settings)),
    )


def _demand(name: str, loads: Sequence[float]) -> WorkloadDemand:
    return WorkloadDemand(
        workload=name, unit="req/s", peak=max(loads), mean=max(loads), requests_per_month=1, tokens_per_month=1, requests_per_unit_hour=1, formula=""
    )  # fmt: skip


def matrix_with_sets(posed: Problem) -> tuple[Matrix, Sets] | None:
    """The problem as rows and columns, with its index sets; None where a workload cannot be served or a constraint cannot hold."""
    sets = make_sets(posed)
    model = None if sets.unserved else build(sets)
    return None if model is None else (matrix_of(model), sets)
