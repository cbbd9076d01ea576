"""Time of one pass of the model over a node: weights, arithmetic, attention, communication and fixed costs, in seconds.

Symbols: S GPUs of a node, L layers, H hidden size, n tokens in the pass, c context tokens of a sequence.
"""

from __future__ import annotations

import numpy as np

from model.performance.points import Floats
from model.performance.terms import US, Terms

ACTIVATION_BYTES = 2.0  # all-reduced in 16 bit


def experts_touched(t: Terms, tokens: Floats) -> Floats:
    """Share of the routed experts that n tokens touch: u(n) = 1 − (1 − k/E)ⁿ, tokens choosing independently."""
    return np.asarray(-np.expm1(tokens * np.log1p(-np.minimum(t.m.top_k / t.m.experts, 1 - 1e-9))))


def gemm_s(t: Terms, tokens: Floats, sampled: Floats) -> Floats:
    """Matrix products of a pass over ``tokens`` tokens of which ``sampled`` get logits.

    G = (memᵖ + compᵖ)^(1/p), a smooth maximum of weight traffic mem = weights touched / (S·rate) and arithmetic
    comp = 2·[(n + n0)·(body + routed active / e_moe) + sampled·head] / (S·F·mfu).
    """
    m, p, size = t.m, t.p, t.points.node_size
    traffic = m.body * t.weight_bytes + m.head * t.head_bytes + m.routed * t.routed_bytes * experts_touched(t, tokens)
    flop = 2 * ((tokens + p.extra_tokens) * (m.body + m.routed_active / p.moe_compute_share) + sampled * m.head)
    mem = traffic / (size * t.weight_rate)
    comp = flop / (size * t.flops)
    return np.asarray(mem * (1 + (comp / mem) ** p.smooth_max_power) ** (1 / p.smooth_max_power))


def kv_bytes(t: Terms, context: Floats) -> Floats:
    """KV bytes a sequence of c tokens reads in a decode step: slope·c + min(c/window, 1)·window cap + state."""
    m = t.m
    return (m.kv_slope * context + np.minimum(context / m.window, 1.0) * m.kv_window_bytes) * t.kv_bytes_factor + m.state_bytes


def all_reduce_s(t: Terms, tokens: Floats) -> Floats:
    """All-reduces of a pass over n tokens: per layer and reduce a·(S/2)^g + 2(S − 1)/S · n·H·2 / (e·B_link); 0 for S = 1.

    Nodes wider than the linked group add a ring over the servers' network cards, one a GPU.
    """
    g, p, size = t.g, t.p, t.points.node_size
    bridged = (g.bridge > 0) & (size <= g.bridge_size)
    linked = (g.link > 0) | bridged
    group = np.minimum(size, np.where(g.link > 0, g.domain, np.where(bridged, g.bridge_size, g.server)))
    mesh = np.minimum(g.link, g.link_pair * np.maximum(group - 1, 1))
    rate = np.where(g.link > 0, mesh, np.where(bridged, g.bridge, g.pcie))
    rate = rate * np.where(linked, p.nvlink_bandwidth_share, p.pcie_bandwidth_share)
    latency = np.where(linked, p.nvlink_latency_us * t.link_latency_factor, p.pcie_latency_us) * US
    growth = np.where(linked, p.nvlink_growth, p.pcie_growth)
    payload = tokens * t.m.hidden * ACTIVATION_BYTES
    inside = np.where(group > 1, latency * (np.maximum(group, 2) / 2) ** growth + 2 * (group - 1) / group * payload / rate, 0.0)
    servers = np.ceil(size / group)
    outside = (servers - 1) * p.network_latency_us * US + 2 * (servers - 1) / servers * payload / group / (p.network_gbs * 1e9)
    return np.asarray(t.m.layers * t.m.all_reduces * (inside + outside))


def fixed_s(t: Terms) -> Floats:
    """Cost of a decode step whatever the batch: launching its layers and the scheduler."""
    p, m = t.p, t.m
    return t.step_s + m.layers * t.layer_s + m.moe_layers * t.moe_layer_s + m.linear_layers * p.linear_layer_us * US


def kv_read_s(t: Terms, sequences: Floats, context: Floats) -> Floats:
    """Reading the KV cache of b sequences of c tokens."""
    return sequences * kv_bytes(t, context) / (t.kv_split * t.kv_rate)


def decode_s(t: Terms, sequences: Floats, context: Floats) -> Floats:
    """One decode step of b sequences of mean context c: G(b) + KV + AR(b) + fixed + b·t_seq; drafted tokens are checked with the rest."""
    tokens = sequences * (1 + t.points.draft_tokens)
    step = gemm_s(t, tokens, tokens) + kv_read_s(t, sequences, context) + all_reduce_s(t, tokens) + fixed_s(t) + sequences * t.sequence_s
    return step * (1 + t.points.draft_cost_share)


def prefill_attention_s(t: Terms, prompts: Floats) -> Floats:
    """Attention of whole prompts: 2·heads·head dim·Σ over layers of (c² − cached²) FLOP, causal, window layers attend to their window."""
    m, points = t.m, t.points
    length, cached = points.input_tokens, points.cached_prefix_tokens

    def pairs(upto: Floats) -> Floats:
        windowed = np.where(upto > m.window, np.minimum(upto, m.window) * (2 * upto - np.minimum(upto, m.window)), upto * upto)
        return m.attention_layers * upto * upto + m.window_layers * windowed

    flop = 2 * m.query_width * (pairs(length) - pairs(cached))
    return prompts * flop / (points.node_size * t.attention_flops)


def prefill_s(t: Terms, prompts: Floats) -> Floats:
    """Prefill of m prompts in one go: G(m·new tokens) + attention + AR + fixed (twice the layer cost for MoE layers)."""
    tokens = prompts * new_tokens(t)
    fixed = t.p.prefill_ms * 1e-3 + (t.m.layers + t.m.moe_layers) * t.p.prefill_layer_us * US
    return gemm_s(t, tokens, prompts) + prefill_attention_s(t, prompts) + all_reduce_s(t, tokens) + fixed


def fused_s(t: Terms, sequences: Floats, context: Floats) -> Floats:
    """Mean step of an engine that carries prefill tokens with decode tokens: b·(1 + new/output) tokens in G and AR, and the prompts' attention."""
    share = 1 / np.maximum(t.points.output_tokens, 1)  # prompts a step and sequence
    decode_tokens = sequences * (1 + t.points.draft_tokens)
    tokens = decode_tokens + sequences * new_tokens(t) * share
    step = gemm_s(t, tokens, decode_tokens) + kv_read_s(t, sequences, context) + all_reduce_s(t, tokens) + fixed_s(t) + sequences * t.sequence_s
    return step * (1 + t.points.draft_cost_share) + prefill_attention_s(t, sequences) * share


def new_tokens(t: Terms) -> Floats:
    """Tokens of a prompt that are computed: input less cached prefix, at least the last one."""
    return np.maximum(t.points.input_tokens - t.points.cached_prefix_tokens, 1.0)
