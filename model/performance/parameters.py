"""Parameters of the performance model: a few shared ones, a row an architecture, a row an engine; kept in a readable file."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path

from data.records.supply import Gpu

SHIPPED = Path(__file__).parent / "parameters.toml"

# Architectures that share another's kernels and so its efficiencies. Consumer and workstation Blackwell (compute capability 12) runs Ada's kernels on
# GDDR; Volta and Turing are nearest to Ampere; CDNA2 and CDNA4 to CDNA3.
SAME_AS = {"Grace Hopper": "Hopper", "Blackwell Ultra": "Blackwell", "CDNA2": "CDNA3", "CDNA4": "CDNA3"}


@dataclass(frozen=True, kw_only=True)
class Shared:
    """Parameters of every point. Shares are of the datasheet's peak; latencies of one all-reduce over two GPUs, growing with (S/2)^growth."""

    weight_bandwidth_share: float
    kv_bandwidth_share: float
    smooth_max_power: float
    extra_tokens: float
    attention_compute_share: float
    prefill_ms: float
    prefill_layer_us: float
    moe_compute_share: float
    moe_layer_us: float
    linear_layer_us: float
    fp4_bandwidth_share: float
    int4_bandwidth_share: float
    nvlink_latency_us: float
    nvlink_growth: float
    nvlink_bandwidth_share: float
    pcie_latency_us: float
    pcie_growth: float
    pcie_bandwidth_share: float
    network_latency_us: float
    network_gbs: float


@dataclass(frozen=True, kw_only=True)
class ArchitectureRow:
    """Efficiencies of one GPU architecture: ``mfu_16``, ``mfu_8``, ``mfu_4`` by the width computed in."""

    bandwidth_share: float
    mfu_16: float
    mfu_8: float
    mfu_4: float
    link_latency_factor: float
    moe_layer_factor: float


@dataclass(frozen=True, kw_only=True)
class EngineRow:
    """Overheads of one serving engine: per layer, per step and per sequence of a decode step; ``kv_factor`` on the attention's bandwidth."""

    layer_us: float
    step_ms: float
    sequence_us: float
    kv_factor: float


@dataclass(frozen=True, kw_only=True)
class Parameters:
    """All of them; ``fit`` says from what they came."""

    shared: Shared
    arch: Mapping[str, ArchitectureRow]
    engine: Mapping[str, EngineRow]
    fit: Mapping[str, object] = field(default_factory=dict)


@functools.cache
def shipped_parameters() -> Parameters:
    """The parameters that ship with the program."""
    return read_parameters(SHIPPED)


def read_parameters(path: Path) -> Parameters:
    """Parameters from a TOML file with the tables fit, shared, arch.NAME and engine.NAME."""
    tables = tomllib.loads(path.read_text(encoding="utf-8"))
    return Parameters(
        shared=Shared(**tables["shared"]),
        arch={name: ArchitectureRow(**row) for name, row in tables["arch"].items()},
        engine={name: EngineRow(**row) for name, row in tables["engine"].items()},
        fit=tables["fit"],
    )


def architecture_of(gpu: Gpu, parameters: Parameters) -> str:
    """The row of the architecture table that a GPU uses: its own, the one whose kernels it shares, else "unseen"."""
    if gpu.arch.startswith("Blackwell") and gpu.memory_kind == "GDDR":
        return "Ada"
    name = SAME_AS.get(gpu.arch, gpu.arch)
    return name if name in parameters.arch else "unseen"


def values_of(parameters: Parameters) -> dict[str, float]:
    """Every number under its path: shared.NAME, arch.ROW.NAME, engine.ROW.NAME."""
    values = {f"shared.{f.name}": getattr(parameters.shared, f.name) for f in fields(Shared)}
    for table, rows in (("arch", parameters.arch), ("engine", parameters.engine)):
        for name, row in rows.items():
            values |= {f"{table}.{name}.{f.name}": getattr(row, f.name) for f in fields(row)}
    return values


def with_values(parameters: Parameters, values: Mapping[str, float]) -> Parameters:
    """The parameters with some numbers replaced, named by their path as in :func:`values_of`."""
    shared, arch, engine = parameters.shared, dict(parameters.arch), dict(parameters.engine)
    for path, value in values.items():
        table, *row, name = path.split(".")
        if table == "shared":
            shared = replace(shared, **{name: value})
        elif table == "arch":
            arch[row[0]] = replace(arch[row[0]], **{name: value})
        else:
            engine[row[0]] = replace(engine[row[0]], **{name: value})
    return replace(parameters, shared=shared, arch=arch, engine=engine)
