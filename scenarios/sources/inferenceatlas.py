"""InferenceAtlas: its formulas, and its six reference workloads planned with its own prices.

Formulas, traffic patterns, prices and throughputs: jayeshsuyal/InferenceAtlas, docs/methodology.md and data/platforms.py (Apache-2.0).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from data.units import MILLION
from scenarios.sources.page import Case, Cell, Table
from scenarios.sources.plans import plan_of, planned, scenario, without_tokens

HOURS, DAYS, DAY_S = 720.0, 30.0, 86400.0
LARGEST_LOAD = 0.75  # of a GPU, above which another is added
TOGETHER_USD = 0.88  # a million tokens of a 70B model


@dataclass(frozen=True)
class Pattern:
    """A traffic pattern: share of the time with traffic, efficiency, peak over active mean, gain from batching."""

    active: float
    efficiency: float
    burst: float
    batch: float


@dataclass(frozen=True)
class Platform:
    """A GPU of a provider: memory [GB], price [USD an hour], tokens a second by model, and whether idle hours are free."""

    name: str
    memory_gb: float
    usd_per_hour: float
    tokens_per_s: dict[str, float]
    autoscales: bool = False


@dataclass(frozen=True, kw_only=True)
class Workload:
    """A reference workload: its scenario, and what InferenceAtlas knows of it."""

    scenario: str
    words: str
    model: str
    tokens_per_day: float
    pattern: str
    memory_gb: float  # that one GPU must have, by InferenceAtlas's table
    why: str


PATTERNS = {
    "steady": Pattern(1.0, 0.85, 1.0, 1.25),
    "business_hours": Pattern(0.238, 0.80, 1.0, 1.10),
    "bursty": Pattern(0.40, 0.70, 3.0, 1.35),
}
_A100 = {"8B": 20000.0, "70B": 8000.0, "405B": 1500.0, "Mixtral": 7000.0}
PLATFORMS = (
    Platform("Fireworks A100", 80, 2.9, _A100, autoscales=True),
    Platform("Fireworks H100", 80, 4.0, {"8B": 35000.0, "70B": 15000.0, "405B": 2800.0, "Mixtral": 13000.0}, autoscales=True),
    Platform("Fireworks H200", 141, 6.0, {"8B": 42000.0, "70B": 18000.0, "405B": 3500.0, "Mixtral": 16000.0}, autoscales=True),
    Platform("Fireworks B200", 180, 9.0, {"8B": 60000.0, "70B": 25000.0, "405B": 5000.0, "Mixtral": 22000.0}, autoscales=True),
    Platform("RunPod A100", 80, 1.89, _A100),
    Platform("Vast.ai A100", 80, 1.75, _A100),
    Platform("Replicate A100", 80, 10.08, _A100),
)
WORKLOADS = (
    Workload(
        scenario="atlas_8b_steady",
        words="8B, 864,000 tokens a day, steady",
        model="8B",
        tokens_per_day=864e3,
        pattern="steady",
        memory_gb=16,
        why="one GPU idles in both",
    ),
    Workload(
        scenario="atlas_70b_bursty",
        words="70B, 5 million a day, bursty",
        model="70B",
        tokens_per_day=5e6,
        pattern="bursty",
        memory_gb=80,
        why="in GPUs twice: one of 80 GB does not hold 70 GB of weights, their KV cache and the engine, so two do",
    ),
    Workload(
        scenario="atlas_70b_business",
        words="70B, 5 million a day, business hours",
        model="70B",
        tokens_per_day=5e6,
        pattern="business_hours",
        memory_gb=80,
        why="in GPUs twice: two of 80 GB hold the model",
    ),
    Workload(
        scenario="atlas_405b",
        words="405B, 10 million a day, steady",
        model="405B",
        tokens_per_day=10e6,
        pattern="steady",
        memory_gb=400,
        why="it looks for one GPU of 400 GB and finds none; eight of 80 GB hold the model together",
    ),
    Workload(
        scenario="atlas_70b_strict",
        words="70B, 8.64 million a day, first token within 200 ms at p99",
        model="70B",
        tokens_per_day=8.64e6,
        pattern="steady",
        memory_gb=80,
        why="its load is low, so its penalties do not act; but prompts of the 99th percentile of the lengths take an A100 longer than 200 ms to read",
    ),
    Workload(
        scenario="atlas_mixtral",
        words="Mixtral 8x7B, 50 million a day, steady",
        model="Mixtral",
        tokens_per_day=50e6,
        pattern="steady",
        memory_gb=90,
        why="by its table no A100 holds the model; in FP8 one does, and carries the load",
    ),
)


def gpus_needed(workload: Workload, platform: Platform) -> int | None:
    """GPUs = ceil(required / (gpu_tps·efficiency·batch) / 0.75), required = tokens a day / 86,400 / active · burst; None where one GPU is too small."""
    if platform.memory_gb < workload.memory_gb:
        return None
    pattern = PATTERNS[workload.pattern]
    required = workload.tokens_per_day / DAY_S / pattern.active * pattern.burst
    return math.ceil(required / (platform.tokens_per_s[workload.model] * pattern.efficiency * pattern.batch) / LARGEST_LOAD)


def gpu_answers(workload: Workload) -> Iterator[tuple[float, int, str]]:
    """(USD a month, GPUs, platform) of every platform by the GPU: active hours where it scales itself, 720 hours where it is dedicated."""
    for platform in PLATFORMS:
        if gpus := gpus_needed(workload, platform):
            hours = HOURS * PATTERNS[workload.pattern].active if platform.autoscales else HOURS
            yield hours * platform.usd_per_hour * gpus, gpus, platform.name


def token_usd(workload: Workload) -> float:
    """Tokens a day · 30 / 10⁶ · price."""
    return workload.tokens_per_day * DAYS / MILLION * TOGETHER_USD


def references() -> Case:
    """Case 5: the six reference workloads."""
    rows: list[tuple[Cell, ...]] = []
    for workload in WORKLOADS:
        theirs = min(gpu_answers(workload), default=None)
        asked = scenario(workload.scenario)
        sold = any(offer.billing == "per_token" for offer in asked.offers)
        gpus = plan_of(without_tokens(asked)) if sold else planned(workload.scenario)
        used = " + ".join(dict.fromkeys(row.offer for row in gpus.deployments))
        rows.append(
            (
                workload.words,
                f"{theirs[1]} on {theirs[2]}" if theirs else "none",
                theirs[0] if theirs else None,
                token_usd(workload) if sold else None,
                used,
                gpus.usd_per_month,
                planned(workload.scenario).usd_per_month if sold else None,
                workload.why,
            )
        )
    header = (
        "workload", "its cheapest GPUs", "USD a month", "its price by the token", "GPUs here", "USD a month", "by the token here", "why they differ",
    )  # fmt: skip
    return Case(
        title="InferenceAtlas: six reference workloads",
        asks="InferenceAtlas compares platforms by tokens a day and a traffic pattern: a table of tokens a second for each GPU and model, one model a "
        "GPU, 25 % of headroom. "
        "Its prices are taken as they are; it says nothing of request lengths, so 1,000 / 250 tokens are assumed here. Months have 720 hours.",
        scenarios=tuple(workload.scenario for workload in WORKLOADS),
        tables=(Table(header, tuple(rows)), _kinds()),
        learnt=f"For the bursty 70B workload tokens by the million cost less than GPUs up to {_break_even():.0f} million tokens a day. Of the GPUs, "
        f"the offer that scales "
        "itself wins where the hours are few, the dedicated one where they are many. The formula is blind to memory beyond one GPU, which decides "
        "four of six cases.",
    )


def _break_even() -> float:
    """Millions of tokens a day at which the bursty workload costs by the token what its GPUs cost."""
    gpus = plan_of(without_tokens(scenario("atlas_70b_bursty"))).usd_per_month or 0.0
    return gpus / DAYS / TOGETHER_USD


def _kinds() -> Table:
    """Autoscaling against dedicated, each alone, for the two workloads with quiet hours."""
    rows: list[tuple[Cell, ...]] = []
    for workload in WORKLOADS[1:3]:
        for kind, words in (("autoscaling", "scales itself"), ("reserved", "dedicated")):
            autoscales = kind == "autoscaling"
            named = {platform.name for platform in PLATFORMS if platform.autoscales == autoscales}
            theirs = min(answer for answer in gpu_answers(workload) if answer[2] in named)
            asked = scenario(workload.scenario)
            plan = plan_of(replace(asked, offers=tuple(offer for offer in asked.offers if offer.billing == kind)))
            rows.append((workload.words, words, theirs[0], plan.usd_per_month, plan.usd_per_month and plan.usd_per_month / theirs[0]))
    return Table(("workload", "GPUs", "its USD a month", "USD a month here", "ratio"), tuple(rows))
