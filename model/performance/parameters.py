"""Parameters of the performance model: a few shared ones, a row an architecture, a row an engine; kept in a readable file."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from pathlib import Path
from typing import Any

from data.records.supply import Gpu

SHIPPED = Path(__file__).parent / "parameters.toml"
PRIORS = Path(__file__).parent / "priors.toml"  # where a fit starts and what weakly holds it: the published study's values

# Architectures that share another's kernels and so its efficiencies. Consumer and workstation Blackwell (compute capability 12) runs Ada's kernels on
# GDDR; Volta and Turing are nearest to Ampere; CDNA2 and CDNA4 to CDNA3.
SAME_AS = {"Grace Hopper": "Hopper", "Blackwell Ultra": "Blackwell", "CDNA2": "CDNA3", "CDNA4": "CDNA3", "Volta": "Ampere", "Turing": "Ampere"}


@dataclass(frozen=True, kw_only=True)
class Shared:
    """Parameters of every point. Shares are of the datasheet's peak; latencies of one all-reduce over two GPUs, growing with (S/2)^growth."""

    weight_bandwidth_share: float
    kv_bandwidth_share: float
    smooth_max_power: float
    moe_smooth_max_power: float
    extra_tokens: float
    attention_compute_share: float
    prefill_ms: float
    prefill_layer_us: float
    moe_compute_share: float
    moe_bandwidth_share: float
    moe_extra_tokens: float
    moe_unpack_share: float
    moe_layer_16_us: float
    moe_layer_8_us: float
    moe_layer_4_us: float
    routing_diversity: float
    linear_layer_us: float
    fp4_bandwidth_share: float
    int4_bandwidth_share: float
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


@dataclass(frozen=True, kw_only=True)
class EngineRow:
    """Overheads of one serving engine: per layer, per step and per sequence of a decode step, ``scheduler_us`` per
    sequence more where requests come and go (not static); ``prefill_share`` of the others' prefill falls into a request's decode phase; ``fused_share`` of the
    prefill shares its step with decode tokens, the rest comes in steps between; ``kv_factor`` on the attention's bandwidth."""

    layer_us: float
    step_ms: float
    sequence_us: float
    scheduler_us: float
    request_ms: float
    prefill_share: float
    fused_share: float
    kv_factor: float
    moe_factor: float
    link_latency_us: float


@dataclass(frozen=True, kw_only=True)
class Correction:
    """What measured runs say beyond the shared physics: times of the points it covers are multiplied. "" in a field covers every value.

    ``decode_factor`` multiplies decode steps, ``prefill_factor`` prefill; ``runs`` is how many runs it stands on.
    """

    family: str = ""
    model: str = ""
    gpu: str = ""
    arch: str = ""
    engine: str = ""
    precision: str = ""
    decode_factor: float
    prefill_factor: float
    runs: int


@dataclass(frozen=True, kw_only=True)
class Safety:
    """Measured times stay below prediction × factor, measured throughput above prediction / factor.

    ``coverage`` is the share of the left-out runs of this label that do (0: none had it).
    """

    ttft: float
    tpot: float
    throughput: float
    coverage: float


@dataclass(frozen=True, kw_only=True)
class MeasuredPoint:
    """A point a user has measured; predictions near it are labelled so."""

    model: str
    gpu: str
    engine: str
    precision: str
    node_size: int
    input_tokens: float
    output_tokens: float
    batch: float  # 0 for max_throughput


@dataclass(frozen=True, kw_only=True)
class Fit:
    """From what the parameters came: date, runs, what the runs cover ("Hopper 8 bit", engines, families) and how far (medians and limits)."""

    day: date
    rows: int
    seed: int
    note: str
    widths: tuple[str, ...]  # architecture and width computed in, as "Hopper 8"
    engines: tuple[str, ...]
    families: tuple[str, ...]
    max_input_tokens: float
    max_output_tokens: float
    max_batch: float
    tpot_median_error: float
    throughput_median_error: float
    ttft_median_error: float


@dataclass(frozen=True, kw_only=True)
class Parameters:
    """All of them. ``safety`` is by provenance and kind of model: "calibrated dense", "derived moe" …"""

    shared: Shared
    arch: Mapping[str, ArchitectureRow]
    engine: Mapping[str, EngineRow]
    fit: Fit
    corrections: tuple[Correction, ...] = ()
    safety: Mapping[str, Safety]
    measured: tuple[MeasuredPoint, ...] = ()


@functools.cache
def shipped_parameters() -> Parameters:
    """The parameters that ship with the program."""
    return read_parameters(SHIPPED)


def read_parameters(path: Path) -> Parameters:
    """Parameters from a TOML file with the tables fit, shared, arch.NAME, engine.NAME, safety.LABEL and the list correction."""
    tables = tomllib.loads(path.read_text(encoding="utf-8"))
    fit: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in tables["fit"].items()}
    return Parameters(
        shared=Shared(**tables["shared"]),
        arch={name: ArchitectureRow(**row) for name, row in tables["arch"].items()},
        engine={name: EngineRow(**row) for name, row in tables["engine"].items()},
        fit=Fit(**fit),
        corrections=tuple(Correction(**row) for row in tables.get("correction", ())),
        safety={label: Safety(**row) for label, row in tables["safety"].items()},
    )


def write_parameters(parameters: Parameters, path: Path) -> None:
    """Write what :func:`read_parameters` reads, numbers to four digits (measured points are a scenario's own and not kept)."""
    lines = ["# Parameters of the performance model, written by its fit. Shares are of the datasheet's peak; units stand in the names.", ""]
    tables = {"fit": parameters.fit, "shared": parameters.shared}
    tables |= {f"arch.{name}": row for name, row in parameters.arch.items()}
    tables |= {f"engine.{name}": row for name, row in parameters.engine.items()}
    tables |= {f'safety."{label}"': row for label, row in parameters.safety.items()}
    for title, row in tables.items():
        lines += [f"[{title}]", *_entries(row), ""]
    for correction in parameters.corrections:
        lines += ["[[correction]]", *_entries(correction), ""]
    path.write_text("\n".join(lines), encoding="utf-8")


def _entries(row: object) -> list[str]:
    return [f"{f.name} = {_toml(getattr(row, f.name))}" for f in fields(row) if getattr(row, f.name) != ""]  # type: ignore[arg-type]


def _toml(value: object) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(_toml(item) for item in value)}]"
    if isinstance(value, float):
        return f"{value:.4g}" if value % 1 else f"{value:.1f}"
    return f'"{value}"' if isinstance(value, str) else str(value)


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
