"""Procurement problems of realistic size and make: GPU types, prices and daily profiles like the catalogue's, for timings and for agreement at size."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

from milp_factory import MEMORY, STEP

from data.records.candidate import Candidate
from data.records.plan import Block, WorkloadDemand
from data.records.settings import Settings
from data.records.supply import Offer
from data.records.workload import Workload
from model.problem import Problem


@dataclass(frozen=True)
class Gpu:
    name: str
    speed: float  # against an H100
    memory_gb: float
    usd_per_hour: float  # on demand, median of the market, rounded
    weight: float  # share of the offers


GPUS = (
    Gpu("T4", 0.06, 16, 0.5, 3), Gpu("L4", 0.12, 24, 0.8, 12), Gpu("A10G", 0.15, 24, 1.1, 4), Gpu("RTX-4090", 0.3, 24, 0.5, 1), Gpu("A40", 0.2, 48, 0.7, 1),
    Gpu("L40S", 0.35, 48, 1.6, 8), Gpu("A100-40", 0.4, 40, 1.9, 8), Gpu("A100-80", 0.55, 80, 2.3, 10), Gpu("RTX-PRO-6000", 0.6, 96, 2.0, 8),
    Gpu("H100-PCIe", 0.7, 80, 2.5, 4), Gpu("H100-SXM", 1.0, 80, 3.2, 22), Gpu("H200", 1.3, 141, 3.9, 11),
    Gpu("B200", 2.2, 180, 6.0, 8), Gpu("MI300X", 1.1, 192, 3.5, 1),
)  # fmt: skip
MODEL_GB = (16, 16, 28, 64, 140, 140, 280, 810)  # weights in 16 bit
HOURS = 730.0


def realistic_problem(workloads: int, offers: int, blocks: int, *, small: bool = True, seed: int = 1, **settings: object) -> Problem:
    """A problem of ``workloads`` × ``offers`` × ``blocks``; small: each peak is worth at most 40 of the best GPU, else at most 800."""
    draw = random.Random(seed)  # noqa: S311
    names = [f"w{i:02d}" for i in range(workloads)]
    candidates = [made for w in names for made in _candidates(draw, w)]
    peaks = {w: _peak([c for c in candidates if c.workload == w], draw, 40 if small else 800) for w in names}
    phase = {w: draw.uniform(0, 24) if draw.random() < 0.3 else 14.0 for w in names}
    depth = {w: draw.uniform(0.2, 0.8) for w in names}
    shape = {w: [1 - depth[w] * (1 - math.cos((24 * (t + 0.5) / blocks - phase[w]) * math.pi / 12)) / 2 for t in range(blocks)] for w in names}
    return Problem(
        workloads=tuple(Workload(name=w, model="m", input_tokens=1000, output_tokens=300) for w in names),
        demands=tuple(_demand(w, peaks[w]) for w in names),
        blocks=tuple(Block(name=f"h{t:02d}", hours_per_month=HOURS / blocks, demand={w: peaks[w] * shape[w][t] for w in names}) for t in range(blocks)),
        candidates=tuple(candidates),
        offers=tuple(_offer(draw, i) for i in range(offers)),
        settings=Settings(**{"optimality_gap": 0.001, "time_limit_s": 60.0, "threads": 1} | settings),  # type: ignore[arg-type]
    )


def _candidates(draw: random.Random, workload: str) -> list[Candidate]:
    weights, difficulty = draw.choice(MODEL_GB), draw.uniform(0.5, 2)
    found = []
    for gpu in GPUS:
        for size in (1, 2, 4, 8, 16):
            for precision, factor, speed in (("bf16", 1.0, 1.0), ("fp8", 0.5, 1.6), ("int4", 0.27, 1.5)):
                room = 0.9 * gpu.memory_gb * size - weights * factor - 4.5 * size
                if room <= 0.05 * gpu.memory_gb * size:
                    continue
                most = int(8 * room / math.sqrt(weights))
                for exponent in range(2, 10):
                    batch = 2**exponent
                    if batch > max(4, most):
                        break
                    rate = 100 * gpu.speed * size**0.9 * speed / weights / difficulty * batch / (batch + 24 * math.sqrt(size))
                    found.append(_candidate(workload, gpu.name, precision, (size, batch, most), (rate, draw.uniform(0.05, 0.5) * rate)))
    return found


def _candidate(workload: str, gpu: str, precision: str, shape: tuple[int, int, int], carried: tuple[float, float]) -> Candidate:
    (size, batch, most), (rate, loss) = shape, carried
    return Candidate(
        key=f"{workload}|{gpu}|{precision}|vllm|{size}|{batch}", workload=workload, gpu=gpu, precision=precision, kv_precision="bf16", engine="vllm",
        node_size=size, batch_size=batch, capacity_per_node=rate, pooling_loss=loss, req_per_s_per_node=rate,
        ttft_ms=1, tpot_ms=1, e2e_ms=1, output_tok_per_s_per_node=1,
        max_batch=max(most, batch), memory=MEMORY, step_time=STEP, provenance="estimated",
    )  # fmt: skip


def _peak(candidates: list[Candidate], draw: random.Random, most_gpus: int) -> float:
    """A peak worth between one and ``most_gpus`` of the best GPU."""
    best = max(c.capacity_per_node / c.node_size for c in candidates)
    return best * most_gpus ** draw.uniform(0.1, 1.0)


def _demand(workload: str, peak: float) -> WorkloadDemand:
    return WorkloadDemand(
        workload=workload, unit="req/s", peak=peak, mean=peak, requests_per_month=1, tokens_per_month=1, requests_per_unit_hour=3600, formula=""
    )  # fmt: skip


def _offer(draw: random.Random, number: int) -> Offer:
    gpu = draw.choices(GPUS, [g.weight for g in GPUS])[0]
    size = draw.choices((1, 2, 4, 8), (5, 1, 2, 6))[0]
    billing = draw.choices(("on_demand", "reserved", "spot", "autoscaling"), (50, 25, 15, 10))[0]
    factor = {"on_demand": 1.0, "reserved": 0.65, "spot": 0.5, "autoscaling": 1.3}[billing]
    limited = draw.random() < 0.35
    return Offer(
        offer=f"o{number:03d}", provider=f"p{draw.randrange(30):02d}", region="eu", gpu=gpu.name, gpus_per_instance=size, billing=billing,
        usd_per_instance_hour=round(size * gpu.usd_per_hour * factor * math.exp(draw.gauss(0, 0.3)), 3), term_months=12 if billing == "reserved" else None,
        max_instances=draw.randint(1, 12) if limited else None, interruption_share=draw.choice((0.05, 0.1)) if billing == "spot" else 0.0,
    )  # fmt: skip
