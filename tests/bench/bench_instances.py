"""Instances for the benchmark, made from the shipped catalogue: offers on demand and reserved, instances of 1 and 8 GPUs, limited stock, daily profiles.

``small``: the peak demand of a workload is worth 1 to 40 of the GPUs that serve it best, so whole nodes bite; ``big``: 1 to 800.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, replace

from data.library import shipped_gpus, shipped_models, shipped_offers
from data.records.scenario import Scenario
from data.records.settings import Settings
from data.records.supply import Offer
from data.records.workload import ProfileBlock, Workload
from model.planner import pose
from model.problem import Problem

MODELS = ("Llama-3.1-8B", "Llama-3.1-70B", "Qwen3-32B", "Qwen3-30B-A3B", "gpt-oss-120b", "Gemma-3-27B", "Mistral-Small-3.1-24B")
GPUS = ("H100-SXM5-80GB", "H200-SXM-141GB", "A100-SXM4-80GB", "L40S", "B200-SXM-180GB", "L4")
HOURS_PER_MONTH = 730.0


@dataclass(frozen=True)
class Size:
    """Workloads × offers × blocks, and the most GPUs that a workload's peak is worth."""

    workloads: int
    offers: int
    blocks: int
    most_gpus: float
    pooling: bool = True

    @property
    def name(self) -> str:
        """As in the benchmark's table."""
        return f"{self.workloads}×{self.offers}×{self.blocks} {'big' if self.most_gpus > 40 else 'small'}{'' if self.pooling else ', no pooling'}"


def instance(size: Size, seed: int = 1) -> Problem:
    """A problem of a size; without ``pooling`` a pool of N nodes carries N times what a node does in a large pool."""
    draw = random.Random(f"{size.name}/{seed}")  # noqa: S311 - not for secrets
    models = [name for name in MODELS if name in shipped_models()]
    workloads = tuple(_workload(draw, number, models) for number in range(size.workloads))
    scenario = Scenario(
        name=size.name,
        workloads=workloads,
        settings=Settings(time_limit_s=60.0, optimality_gap=0.005, node_sizes=(1, 2, 4, 8)),
        profiles=_profiles(draw, workloads, size.blocks),
        offers=_offers(draw, size.offers),
        gpus=shipped_gpus(),
        models=shipped_models(),
    )
    best = _best_rate_per_gpu(pose(scenario).problem)
    demands = {w.name: best[w.name] * math.exp(draw.uniform(0.0, math.log(size.most_gpus))) for w in workloads}
    problem = pose(replace(scenario, workloads=tuple(replace(w, requests_per_s=demands[w.name]) for w in workloads))).problem
    return problem if size.pooling else replace(problem, candidates=tuple(replace(c, pooling_loss=0.0) for c in problem.candidates))


def _workload(draw: random.Random, number: int, models: list[str]) -> Workload:
    return Workload(
        name=f"w{number}",
        model=draw.choice(models),
        requests_per_s=10.0,
        profile=f"p{number}",
        input_tokens=round(math.exp(draw.uniform(math.log(300), math.log(4000)))),
        output_tokens=round(math.exp(draw.uniform(math.log(60), math.log(900)))),
        ttft_target_ms=draw.choice((1000.0, 2000.0, 4000.0)),
        tpot_target_ms=draw.choice((40.0, 60.0, 100.0)),
    )


def _profiles(draw: random.Random, workloads: tuple[Workload, ...], blocks: int) -> tuple[ProfileBlock, ...]:
    """A day of ``blocks`` hours for every workload on one clock: a sine with a peak and a depth of its own, and some noise."""
    rows = []
    for w in workloads:
        peak, depth = draw.uniform(0, 1), draw.uniform(0.2, 0.8)
        levels = [1 - depth / 2 + depth / 2 * math.cos(2 * math.pi * (t / blocks - peak)) for t in range(blocks)]
        levels = [level * draw.uniform(0.9, 1.1) for level in levels]
        rows += [ProfileBlock(profile=w.profile, block=f"h{t:02}", hours_per_month=HOURS_PER_MONTH / blocks, multiplier=m) for t, m in enumerate(levels)]
    return tuple(rows)


def _offers(draw: random.Random, count: int) -> tuple[Offer, ...]:
    """A draw from the shipped offers on demand and reserved, two in five with a limited stock; repeated with other prices where the catalogue has too few."""
    pool = [o for o in shipped_offers() if o.billing in ("on_demand", "reserved") and o.gpu in GPUS and o.gpus_per_instance in (1, 8)]
    offers = []
    for number in range(count):
        made = draw.choice(pool)
        stock = draw.choice((None, None, None, draw.randint(2, 12), draw.randint(2, 60)))
        price = (made.usd_per_instance_hour or 0.0) * draw.uniform(0.85, 1.15)
        offers.append(replace(made, offer=f"{made.offer} #{number}", usd_per_instance_hour=round(price, 4), max_instances=stock))
    return tuple(offers)


def _best_rate_per_gpu(problem: Problem) -> dict[str, float]:
    """Workload → the most load a GPU carries of any candidate."""
    best: dict[str, float] = {}
    for made in problem.candidates:
        best[made.workload] = max(best.get(made.workload, 0.0), made.capacity_per_node / made.node_size)
    return best
