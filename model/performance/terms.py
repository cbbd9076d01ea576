"""Everything a point's formulas need, gathered from the tables of models, GPUs, engines and parameters into arrays of one shape."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.units import BYTES_PER_KV_ELEMENT, BYTES_PER_WEIGHT, PRECISIONS
from model.performance.columns import GpuColumns, ModelColumns, gpu_columns, model_columns, take
from model.performance.engines import RULES
from model.performance.parameters import Parameters, Shared, architecture_of
from model.performance.points import ENGINE_NAMES, KV_PRECISIONS, Flags, Floats, Points

US = 1e-6  # seconds
FP4 = PRECISIONS.index("fp4")
INT4 = PRECISIONS.index("int4")


@dataclass(frozen=True)
class Terms:
    """Arrays of shape (n,): ``m`` and ``g`` are the gathered tables, ``p`` the shared parameters, rates in SI units."""

    points: Points
    m: ModelColumns
    g: GpuColumns
    p: Shared
    weight_bytes: Floats  # a weight outside the routed experts
    routed_bytes: Floats  # a routed expert's weight
    head_bytes: Floats  # a weight of the embedding and output projection
    kv_bytes_factor: Floats  # KV bytes over those at 2 bytes an element
    weight_rate: Floats  # bytes/s a GPU streams weights at
    kv_rate: Floats  # bytes/s a GPU reads the KV cache at
    flops: Floats  # FLOP/s a GPU reaches in matrix products
    attention_flops: Floats
    link_latency_factor: Floats
    moe_layer_s: Floats
    layer_s: Floats
    step_s: Floats
    sequence_s: Floats
    fused: Flags
    kv_split: Floats  # GPUs over which a sequence's KV cache is split


def gather(points: Points, parameters: Parameters) -> Terms:
    """The terms of every point."""
    p = parameters.shared
    m = take(model_columns(points.models), points.model)
    g_table = gpu_columns(points.gpus)
    g = take(g_table, points.gpu)
    rows = [parameters.arch[architecture_of(gpu, parameters)] for gpu in points.gpus]
    mfu = np.array([[row.mfu_16, row.mfu_8, row.mfu_4] for row in rows])
    bandwidth = np.array([row.bandwidth_share for row in rows])[points.gpu] * g.bandwidth
    engines = [parameters.engine[name] for name in ENGINE_NAMES]
    at_point = (points.gpu, points.precision)
    bits = g_table.compute_bits[at_point]
    kv_factor = np.array([BYTES_PER_KV_ELEMENT[name] / 2 for name in KV_PRECISIONS])[points.kv_precision]
    # In fp4 checkpoints of MoE models only the routed experts are fp4, the rest fp8 or 16 bit; head and embedding stay 16 bit in all.
    stored = np.array([BYTES_PER_WEIGHT[name] for name in PRECISIONS])[points.precision]
    return Terms(
        points=points,
        m=m,
        g=g,
        p=p,
        weight_bytes=np.where((points.precision == FP4) & (m.is_moe > 0), BYTES_PER_WEIGHT["fp8"], stored),
        routed_bytes=stored,
        head_bytes=np.full(len(points), BYTES_PER_WEIGHT["bf16"]),
        kv_bytes_factor=kv_factor,
        weight_rate=bandwidth * p.weight_bandwidth_share * _packed_share(points, p, m),
        kv_rate=bandwidth * p.kv_bandwidth_share * np.array([row.kv_factor for row in engines])[points.engine],
        flops=g_table.peak_flops[at_point] * mfu[points.gpu, bits],
        attention_flops=g.fp16_flops * p.attention_compute_share,
        link_latency_factor=np.array([row.link_latency_factor for row in rows])[points.gpu],
        moe_layer_s=p.moe_layer_us * US * np.array([row.moe_layer_factor for row in rows])[points.gpu],
        layer_s=np.array([row.layer_us for row in engines])[points.engine] * US,
        step_s=np.array([row.step_ms for row in engines])[points.engine] * 1e-3,
        sequence_s=np.array([row.sequence_us for row in engines])[points.engine] * US,
        fused=np.array([RULES[name].fused for name in ENGINE_NAMES])[points.engine],
        kv_split=np.where(points.attention_dp, points.node_size, np.minimum(points.node_size, m.kv_heads)),
    )


def _packed_share(points: Points, p: Shared, m: ModelColumns) -> Floats:
    """What unpacking 4-bit weights leaves of the bandwidth (dense fp4 and int4; experts are streamed at the full share)."""
    dense_fp4 = (points.precision == FP4) & (m.is_moe == 0)
    return np.where(dense_fp4, p.fp4_bandwidth_share, np.where(points.precision == INT4, p.int4_bandwidth_share, 1.0))
