"""Memory of a node: weights, KV cache, overhead, and the sequences that fit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.units import GB
from model.performance.engines import RULES, token_budget
from model.performance.points import ENGINE_NAMES, Floats
from model.performance.terms import Terms

CONTEXT_GB = 1.0  # CUDA context, libraries and CUDA graphs of one GPU (vLLM's profile logs: .5 GB + .17–.36 GiB of graphs)
COLLECTIVE_GB = 0.7  # NCCL and all-reduce buffers where S > 1


@dataclass(frozen=True)
class Memory:
    """Per GPU [GB] and per node: ``max_batch`` sequences fit (mean length), ``kv_tokens`` tokens of such sequences."""

    usable_gb: Floats
    weights_gb: Floats
    overhead_gb: Floats
    kv_room_gb: Floats
    kv_gb_per_sequence: Floats
    max_batch: Floats
    kv_tokens: Floats


def memory(t: Terms) -> Memory:
    """What fits.

    b_max = S·room / (KV(isl + occ·osl)·S/split); room = u·M − W/S − overhead for engines whose utilisation u is a share of the whole memory,
    u·(M − W/S − overhead) where it is a share of what is free. Overhead: context, collective buffers and activations of one iteration.
    """
    points = t.points
    rules = [RULES[name] for name in ENGINE_NAMES]
    visible = t.g.memory_bytes / GB - points.reserve_gb
    weights = weights_gb(t)
    overhead = CONTEXT_GB + np.where(points.node_size > 1, COLLECTIVE_GB, 0.0) + activations_gb(t)
    of_free = np.array([rule.shares_free_memory for rule in rules])[points.engine]
    share = points.gpu_memory_utilization
    usable = np.where(of_free, weights + overhead + share * np.maximum(visible - weights - overhead, 0.0), share * visible)
    room = np.maximum(usable - weights - overhead, 0.0)
    occupied = np.array([rule.occupied_share for rule in rules])[points.engine]
    length = points.input_tokens + occupied * points.output_tokens
    sequence = reserved_kv_bytes(t, length) / t.kv_split / GB
    fitting = room / np.maximum(sequence, 1e-12)
    return Memory(usable, weights, overhead, room, sequence, np.floor(fitting + 1e-9), fitting * length)


def weights_gb(t: Terms) -> Floats:
    """Weights on each GPU [GB], embedding included; attention data parallelism repeats all but the routed experts."""
    m, size = t.m, t.points.node_size
    dense = m.body * t.weight_bytes + (m.head + m.embedding) * t.head_bytes
    return (dense / np.where(t.points.attention_dp, 1.0, size) + m.routed * t.routed_bytes / size) / GB


def activations_gb(t: Terms) -> Floats:
    """Activations of one iteration [GB]: about one 16 bit value a token for each column of a layer's matrices (active parameters / (L·H)), split over S."""
    m, points = t.m, t.points
    columns = (m.body + m.routed_active) / (m.layers * m.hidden)
    return token_budget(points) * columns * 2.0 / points.node_size / GB


def reserved_kv_bytes(t: Terms, length: Floats) -> Floats:
    """KV bytes kept for a sequence of ``length`` tokens; window layers keep their window where the engine has a hybrid cache, else everything."""
    m = t.m
    saves = np.array([RULES[name].saves_window for name in ENGINE_NAMES])[t.points.engine]
    windowed = m.kv_slope * length + np.minimum(length / m.window, 1.0) * m.kv_window_bytes
    whole = m.kv_slope_unsaved * length
    return np.where(saves, np.minimum(windowed, np.maximum(whole, m.kv_slope * length)), whole) * t.kv_bytes_factor + m.state_bytes
