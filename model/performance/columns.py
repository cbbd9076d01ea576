"""Columns of the model and GPU tables as arrays, in SI units, ready to be gathered for every point."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import TypeVar

import numpy as np

from data.records.supply import Gpu, Model
from data.units import GB, GIB, PRECISIONS
from model.performance.points import Floats, Integers

WIDTHS = (16, 8, 4)  # bits computed in, by the index that compute_peak returns

Columns = TypeVar("Columns", "ModelColumns", "GpuColumns")

# Visible over labelled memory where the driver's figure is not in the catalogue: an "80 GB" HBM card shows 79.2 GiB; the ECC of GDDR takes a
# sixteenth (L40S: 45 of 48 GiB, nvidia-smi).
VISIBLE_SHARE = {"HBM": 0.99, "GDDR": 15 / 16, "LPDDR": 0.95}


@dataclass(frozen=True)
class ModelColumns:
    """One entry a model: counts, and parameters by how they are used (in parameters, not 10⁹)."""

    layers: Floats
    hidden: Floats
    kv_heads: Floats  # 1 for MLA, whose latent is one for all heads
    query_width: Floats  # heads · head dimension
    attention_layers: Floats  # layers whose prefill attends to the whole context
    window_layers: Floats
    window: Floats  # inf without one
    linear_layers: Floats
    moe_layers: Floats
    experts: Floats
    top_k: Floats
    body: Floats  # every token: attention, dense MLP, shared experts, router
    head: Floats  # every sampled token: output projection
    embedding: Floats  # stored, not streamed (0 if tied)
    routed: Floats
    routed_active: Floats
    kv_slope: Floats  # bytes a token at 2 bytes an element
    kv_slope_unsaved: Floats  # the same where an engine keeps window layers whole
    kv_window_bytes: Floats
    state_bytes: Floats
    all_reduces: Floats  # a layer: 1 for parallel blocks, else 2
    is_moe: Floats
    four_bit: Floats  # index in PRECISIONS where the published routed experts are 4 bit, else -1


@dataclass(frozen=True)
class GpuColumns:
    """One entry a GPU, rates in SI units; ``peak_flops`` has the shape (GPUs, precisions) and is the peak of the precision computed in."""

    memory_bytes: Floats  # as the driver shows it
    bandwidth: Floats  # bytes/s
    fp16_flops: Floats
    peak_flops: Floats
    compute_bits: Integers  # (GPUs, precisions): 0 = 16 bit, 1 = 8 bit, 2 = 4 bit
    link: Floats  # bytes/s one way to all others, where the GPU has a scale-up link (0 without)
    link_pair: Floats  # bytes/s one way between two GPUs over it
    domain: Floats  # GPUs it joins
    bridge: Floats  # bytes/s one way over the bridge (0 without)
    bridge_size: Floats
    pcie: Floats
    server: Floats  # GPUs in a server


def take(columns: Columns, rows: Integers) -> Columns:
    """The entries of ``rows``, column by column."""
    return type(columns)(*(getattr(columns, f.name)[rows] for f in fields(columns)))


def model_columns(models: Sequence[Model]) -> ModelColumns:
    """The model table as arrays."""
    return ModelColumns(*np.array([_model_row(model) for model in models], dtype=np.float64).reshape(len(models), -1).T)


def _model_row(model: Model) -> tuple[float, ...]:
    # The order is that of ModelColumns.
    routed = model.params_routed_experts_b * 1e9
    total = model.params_total_b * 1e9
    active = (model.params_active_b or model.params_total_b) * 1e9
    matrix = float(model.vocab * model.hidden_size)
    embedding = 0.0 if model.tie_embeddings else matrix
    is_mla = model.mla_kv_lora_rank is not None
    full = model.n_layers - model.n_window_layers - model.n_linear_or_ssm_layers if model.n_full_attn_layers is None else model.n_full_attn_layers
    slope = model.kv_bytes_per_token_fp16
    unsaved = model.kv_bytes_per_token_fp16_no_window_saving
    is_moe = model.moe_experts > 0
    native = native_precision(model)
    return (
        model.n_layers,
        model.hidden_size,
        1 if is_mla else model.n_kv_heads,
        model.n_heads * model.head_dim,
        full,
        model.n_window_layers,
        model.window or np.inf,
        model.n_linear_or_ssm_layers,
        model.n_layers - model.moe_dense_layers if is_moe else 0,
        max(model.moe_experts, 1),
        max(model.moe_top_k, 1),
        max(total - routed - matrix - embedding, 0.0),
        matrix,
        embedding,
        routed,
        max(active - (total - routed), 0.0) if is_moe else 0.0,
        slope,
        slope if unsaved is None else unsaved,
        model.kv_window_cap_bytes_per_seq_fp16,
        model.state_bytes_per_seq,
        1 if model.parallel_block else 2,
        is_moe,
        PRECISIONS.index(native) if is_moe and native in ("int4", "fp4") else -1,
    )


def native_precision(model: Model) -> str:
    """Precision of the published weights, of :data:`data.units.PRECISIONS`."""
    native = model.native_precision.lower()
    if "int4" in native:
        return "int4"
    if re.search(r"fp4|4.?bit", native):
        return "fp4"
    return "fp8" if "fp8" in native else "int8" if "int8" in native else "bf16"


def gpu_columns(gpus: Sequence[Gpu]) -> GpuColumns:
    """The GPU table as arrays."""
    peaks = [[compute_peak(gpu, precision) for precision in PRECISIONS] for gpu in gpus]
    linked = [gpu.max_gpus_scaleup_domain > 1 and gpu.scaleup_gbs_unidir_per_gpu > gpu.pcie_gbs_unidir for gpu in gpus]
    pairs = zip(gpus, linked, strict=True)
    return GpuColumns(
        memory_bytes=np.array([visible_memory_bytes(gpu) for gpu in gpus]),
        bandwidth=np.array([gpu.mem_bw_gbs * GB for gpu in gpus]),
        fp16_flops=np.array([gpu.fp16_bf16_tflops * 1e12 for gpu in gpus]),
        peak_flops=np.array([[flops for flops, _ in row] for row in peaks]),
        compute_bits=np.array([[bits for _, bits in row] for row in peaks], dtype=np.int64),
        link=np.array([gpu.scaleup_gbs_unidir_per_gpu * GB if has else 0.0 for gpu, has in pairs]),
        link_pair=np.array([(gpu.p2p_pair_gbs_unidir or gpu.scaleup_gbs_unidir_per_gpu) * GB for gpu in gpus]),
        domain=np.array([float(gpu.max_gpus_scaleup_domain) for gpu in gpus]),
        bridge=np.array([(gpu.bridge_gbs_unidir or 0.0) * GB for gpu in gpus]),
        bridge_size=np.array([float(gpu.bridge_size) for gpu in gpus]),
        pcie=np.array([gpu.pcie_gbs_unidir * GB for gpu in gpus]),
        server=np.array([float(gpu.gpus_per_node_typical) for gpu in gpus]),
    )


def visible_memory_bytes(gpu: Gpu) -> float:
    """Memory the driver shows [bytes]: the catalogue's figure, or the label less what HBM rounding or the ECC of GDDR takes."""
    if gpu.memory_visible_gib is not None:
        return gpu.memory_visible_gib * GIB
    return gpu.memory_gb * GIB * VISIBLE_SHARE[gpu.memory_kind]


def compute_peak(gpu: Gpu, precision: str) -> tuple[float, int]:
    """Dense peak [FLOP/s] of the precision that weights of ``precision`` are multiplied in, and its width (0: 16 bit, 1: 8 bit, 2: 4 bit).

    int4 weights (AWQ, GPTQ) are unpacked to 16 bit; so are fp8 where the GPU has no FP8 unit (weight-only kernels on Ampere), int8 without INT8
    units worth the name (Blackwell Ultra cut them) and fp4 before Blackwell.
    """
    fp16 = gpu.fp16_bf16_tflops
    if precision == "fp4" and gpu.fp4_tflops:
        return gpu.fp4_tflops * 1e12, 2
    if precision == "fp8" and gpu.fp8_tflops and gpu.fp8_tflops > fp16:
        return gpu.fp8_tflops * 1e12, 1
    if precision == "int8" and gpu.int8_tops and gpu.int8_tops > fp16:
        return gpu.int8_tops * 1e12, 1
    return fp16 * 1e12, 0
