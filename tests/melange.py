"""Mélange's problem (Griggs et al. 2024): request sizes to GPU types, as a workbook and as its own integer program."""

from __future__ import annotations

import itertools
import json
import random
from dataclasses import dataclass
from pathlib import Path

import highspy
import numpy as np

from data.scenario_text import tables_from_toml
from data.template import write_template

INPUTS = (25, 100, 250, 500, 1000, 2000, 4000, 8000, 16000, 32000)  # tokens
OUTPUTS = (25, 100, 250, 500, 1000, 1500, 2000, 3000, 4000, 6000)
# GPU, relative speed, memory [GB] and the mean of its price [USD/h]: rounded from the catalogue.
GPUS = (
    ("L4", 0.12, 24, 0.7), ("A10G", 0.2, 24, 1.0), ("L40S", 0.4, 48, 1.6), ("A100-SXM4-80GB", 0.6, 80, 2.2), ("H100-SXM5-80GB", 1.0, 80, 3.6),
    ("H200-SXM-141GB", 1.3, 141, 4.5),
)  # fmt: skip
SLICES = 8  # parts of each size, each served by one GPU type


@dataclass(frozen=True)
class Melange:
    """Request rates by size (sizes,), throughput of an instance in req/s by GPU type and size (6, sizes), price by GPU type [USD/h]."""

    rates: np.ndarray
    throughput: np.ndarray
    price: np.ndarray


def random_melange(seed: int) -> Melange:
    """10 × 10 sizes around a typical one; small GPUs are slow with long requests, and serve none whose KV cache they do not hold."""
    draw = random.Random(seed)  # noqa: S311
    centre = (draw.choice(INPUTS[2:7]), draw.choice(OUTPUTS[1:6]))
    sizes = list(itertools.product(INPUTS, OUTPUTS))
    weights = np.array([np.exp(-(np.log(i / centre[0]) ** 2 + np.log(o / centre[1]) ** 2) / 3) for i, o in sizes])
    throughput = np.zeros((len(GPUS), len(sizes)))
    for g, (_, speed, memory, _) in enumerate(GPUS):
        for k, (i, o) in enumerate(sizes):
            room = max(memory - 18.0, 2.0) * 1e9 / 131072 / (i + o / 2)  # requests whose KV cache fits beside an 8B model
            if room >= 1:
                gain = speed ** (0.5 + 0.1 * np.log(i + o) / np.log(10))  # small GPUs are nearest to large ones with short requests
                throughput[g, k] = round(float(25 * gain * room / (room + 8) / (0.02 * i / 100 + o / 100)) * draw.uniform(0.9, 1.1), 4)
    price = np.array([round(usd * draw.uniform(0.8, 1.2), 2) for *_, usd in GPUS])
    return Melange(weights / weights.sum() * draw.uniform(5, 100), throughput, price)


def write_workbook(posed: Melange, path: Path) -> None:
    """The problem as a workbook: Lengths, a measured capacity for each size and GPU type, and one offer a GPU type."""
    sizes = list(itertools.product(INPUTS, OUTPUTS))
    workload = {"name": "mixed", "model": "Llama-3.1-8B", "precision": "bf16", "requests_per_s": float(posed.rates.sum()), "route_by_size": True}
    workload |= {"input_tokens": 1000, "output_tokens": 200, "ttft_target_ms": 10000, "tpot_target_ms": 120}
    shares = posed.rates / posed.rates.sum()
    capacities = [
        {"model": "Llama-3.1-8B", "gpu": gpu, "node_size": 1, "precision": "bf16", "mode": "capacity", "input_tokens": i, "output_tokens": o,
         "req_per_s": float(posed.throughput[g, k])}
        for g, (gpu, *_) in enumerate(GPUS) for k, (i, o) in enumerate(sizes) if posed.throughput[g, k] > 0
    ]  # fmt: skip
    offers = [
        {"offer": f"one {gpu}", "provider": "P", "gpu": gpu, "billing": "on_demand", "usd_per_instance_hour": float(usd)}
        for (gpu, *_), usd in zip(GPUS, posed.price, strict=True)
    ]
    tables = {
        "Workloads": [workload],
        "Lengths": [{"workload": "mixed", "input_tokens": i, "output_tokens": o, "share": float(s)} for (i, o), s in zip(sizes, shares, strict=True)],
        "Measurements": capacities,
        "Offers": offers,
    }
    lines = ["[Settings]", 'offers = "workbook"', "node_sizes = 1", "hours_per_month = 730"]
    for sheet, rows in tables.items():
        for row in rows:
            lines += [f"[[{sheet}]]", *(f"{name} = {json.dumps(value)}" for name, value in row.items())]
    text = path.with_suffix(".toml")
    text.write_text("\n".join(lines), encoding="utf-8")
    write_template(path, tables_from_toml(text))


def cheapest_by_slices(posed: Melange, seconds: float = 20.0, slices: int = SLICES) -> tuple[float, float]:
    """(USD an hour, its lower bound) of Mélange's own program: every slice of a size on one GPU type, Σ load/throughput ≤ N, min Σ price·N.

    ``slices`` 0 lets a size be split at will.
    """
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("time_limit", seconds)
    solver.setOptionValue("mip_rel_gap", 1e-6)
    gpus = range(len(posed.price))
    nodes = [solver.addVariable(lb=0, obj=float(posed.price[g]), type=highspy.HighsVarType.kInteger) for g in gpus]
    work: list[list[tuple[float, highspy.highs_var]]] = [[] for _ in gpus]
    for k, rate in enumerate(posed.rates):
        for _ in range(slices or 1):
            able = [g for g in gpus if posed.throughput[g, k] > 0]
            kind = highspy.HighsVarType.kInteger if slices else highspy.HighsVarType.kContinuous
            on = {g: solver.addVariable(lb=0, ub=1, type=kind) for g in able}
            solver.addConstr(sum(on.values()) == 1)
            for g in able:
                work[g].append((float(rate) / (slices or 1) / float(posed.throughput[g, k]), on[g]))
    for g in gpus:
        solver.addConstr(sum(share * x for share, x in work[g]) <= nodes[g])
    solver.run()
    info = solver.getInfo()
    return float(info.objective_function_value), float(info.mip_dual_bound)
