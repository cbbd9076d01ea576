"""Everything a point's formulas need, gathered from the tables of models, GPUs, engines and parameters into arrays of one shape."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.units import BYTES_PER_KV_ELEMENT, BYTES_PER_WEIGHT, PRECISIONS
from model.performance.columns import GpuColumns, ModelColumns, gpu_columns, model_columns, take
from model.performance.corrections import factors
from model.performance.parameters import Parameters, Shared, architecture_of
from model.performance.points import ENGINE_NAMES, KV_PRECISIONS, MODES, Floats, Integers, Points

US = 1e-6  # seconds
FP4 = PRECISIONS.index("fp4")
INT4 = PRECISIONS.index("int4")
_BITS = np.array([{"bf16": 16, "fp8": 8, "int8": 8}.get(name, 4) for name in PRECISIONS])  # width of a stored weight
STATIC = MODES.index("static")


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
    routed_flops: Floats  # the same for routed experts
    attention_flops: Floats
    link_latency_s: Floats  # of one all-reduce over two linked GPUs
    moe_layer_s: Floats
    layer_s: Floats
    step_s: Floats
    sequence_s: Floats
    request_s: Floats  # the server's own time before the first token
    prefill_share: Floats  # share of the other requests' prefill that falls into a request's decode phase
    fused_share: Floats
    kv_split: Floats  # GPUs over which a sequence's KV cache is split
    decode_factor: Floats  # of measured runs on top of the physics
    prefill_factor: Floats


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
    decode_factor, prefill_factor = factors(points, parameters)
    # A model published with 4-bit experts keeps them whatever is asked; the rest of a MoE model in fp4, or so published, stays 16 bit.
    four_bit = m.four_bit >= 0
    routed_precision = np.where(four_bit, m.four_bit, points.precision).astype(np.int64)
    computed, routed_computed = (_computed(points, of) for of in (points.precision, routed_precision))
    bits, routed_bits = (g_table.compute_bits[points.gpu, of] for of in (computed, routed_computed))
    kv_factor = np.array([BYTES_PER_KV_ELEMENT[name] / 2 for name in KV_PRECISIONS])[points.kv_precision]
    stored = np.array([BYTES_PER_WEIGHT[name] for name in PRECISIONS])
    moe_layer = np.array([p.moe_layer_16_us, p.moe_layer_8_us, p.moe_layer_8_us, p.moe_layer_4_us, p.moe_layer_4_us])
    unpacked = (routed_precision >= INT4) & (routed_bits == 0)
    return Terms(
        points=points,
        m=m,
        g=g,
        p=p,
        weight_bytes=np.where(((points.precision == FP4) & (m.is_moe > 0)) | four_bit, BYTES_PER_WEIGHT["bf16"], stored[points.precision]),
        routed_bytes=stored[routed_precision],
        head_bytes=np.full(len(points), BYTES_PER_WEIGHT["bf16"]),
        kv_bytes_factor=kv_factor,
        weight_rate=bandwidth * p.weight_bandwidth_share * _packed_share(points, p, m),
        kv_rate=bandwidth * p.kv_bandwidth_share * np.array([row.kv_factor for row in engines])[points.engine],
        flops=g_table.peak_flops[points.gpu, computed] * mfu[points.gpu, bits],
        routed_flops=g_table.peak_flops[points.gpu, routed_computed] * mfu[points.gpu, routed_bits] * np.where(unpacked, p.moe_unpack_share, 1.0),
        attention_flops=g.fp16_flops * p.attention_compute_share,
        link_latency_s=np.array([row.link_latency_us for row in engines])[points.engine] * np.array([row.link_latency_factor for row in rows])[points.gpu] * US,
        moe_layer_s=moe_layer[routed_precision] * US * np.array([row.moe_factor for row in engines])[points.engine],
        layer_s=np.array([row.layer_us for row in engines])[points.engine] * US,
        step_s=np.array([row.step_ms for row in engines])[points.engine] * 1e-3,
        sequence_s=(
            np.array([row.sequence_us for row in engines])[points.engine]
            + np.array([row.scheduler_us for row in engines])[points.engine] * (points.mode != STATIC)
        )
        * US,
        request_s=np.array([row.request_ms for row in engines])[points.engine] * 1e-3,
        prefill_share=np.array([row.prefill_share for row in engines])[points.engine],
        fused_share=np.array([min(row.fused_share, 1.0) for row in engines])[points.engine],
        kv_split=np.where(points.attention_dp, points.node_size, np.minimum(points.node_size, m.kv_heads)),
        decode_factor=decode_factor,
        prefill_factor=prefill_factor,
    )


def _computed(points: Points, stored: Integers) -> Integers:
    """The precision whose units multiply weights ``stored`` so: the activations' where that is stated and no narrower than the weights."""
    stated = (points.activation >= 0) & (_BITS[points.activation] >= _BITS[stored])
    return np.where(stated, points.activation, stored)


def _packed_share(points: Points, p: Shared, m: ModelColumns) -> Floats:
    """What unpacking 4-bit weights leaves of the bandwidth (dense fp4 and int4; experts are streamed at the full share)."""
    dense_fp4 = (points.precision == FP4) & (m.is_moe == 0)
    return np.where(dense_fp4, p.fp4_bandwidth_share, np.where(points.precision == INT4, p.int4_bandwidth_share, 1.0))
