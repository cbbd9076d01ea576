"""Time of one pass of the model over a node: weights, arithmetic, attention, communication and fixed costs, in seconds.

Symbols: S GPUs of a node, L layers, H hidden size, n tokens in the pass, c context tokens of a sequence.
"""

from __future__ import annotations

import numpy as np

from model.performance.engines import token_budget
from model.performance.points import Floats
from model.performance.terms import US, Terms

ACTIVATION_BYTES = 2.0  # all-reduced in 16 bit


def experts_touched(t: Terms, tokens: Floats) -> Floats:
    """Share of the routed experts that n tokens touch: u(n) = 1 − (1 − k/E)^(n^d), d = 1 if tokens chose independently of each other."""
    return np.asarray(-np.expm1(tokens**t.p.routing_diversity * np.log1p(-np.minimum(t.m.top_k / t.m.experts, 1 - 1e-9))))


def gemm_s(t: Terms, tokens: Floats, sampled: Floats) -> Floats:
    """Matrix products of a pass over ``tokens`` tokens of which ``sampled`` get logits: the part every token passes, and the routed experts.

    Each part is a smooth maximum G = (memᵖ + compᵖ)^(1/p) of weight traffic and arithmetic:
    mem = weights touched / (S·rate); comp = 2·[(n + n0)·body + sampled·head] / (S·F·mfu), for the experts
    comp = 2·(P_r/E)·(n·k + E·u(n)·pad) / (S·F·mfu·e_moe), pad the rows that a touched expert's tile adds.
    Under attention data parallelism each GPU holds the whole body and takes 1/S of the tokens.
    """
    m, p, size = t.m, t.p, t.points.node_size
    split = np.where(t.points.attention_dp, 1.0, size)
    share = np.where(t.points.attention_dp, tokens / size, tokens)
    mem = (m.body * t.weight_bytes + m.head * t.head_bytes) / (split * t.weight_rate)
    comp = 2 * ((share + p.extra_tokens) * m.body + sampled * m.head * split / size) / (split * t.flops)
    touched = experts_touched(t, tokens)
    expert_mem = m.routed * t.routed_bytes * touched / (size * t.weight_rate * p.moe_bandwidth_share)
    rows = tokens * m.top_k + m.experts * touched * p.moe_extra_tokens
    expert_comp = 2 * m.routed / m.experts * rows / (size * t.routed_flops * p.moe_compute_share)
    return smooth_max(mem, comp, p.smooth_max_power) + smooth_max(expert_mem, expert_comp, p.moe_smooth_max_power)


def smooth_max(first: Floats, second: Floats, power: float) -> Floats:
    """(firstᵖ + secondᵖ)^(1/p), 0 where both are."""
    big = np.maximum(np.maximum(first, second), 1e-30)
    return np.asarray(big * (1 + (np.minimum(first, second) / big) ** power) ** (1 / power) * (big > 1e-30))


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
    latency = np.where(linked, t.link_latency_s, p.pcie_latency_us * US)
    growth = np.where(linked, p.nvlink_growth, p.pcie_growth)
    payload = tokens * t.m.hidden * ACTIVATION_BYTES
    inside = np.where(group > 1, latency * (np.maximum(group, 2) / 2) ** growth + 2 * (group - 1) / group * payload / rate, 0.0)
    servers = np.ceil(size / group)
    outside = (servers - 1) * p.network_latency_us * US + 2 * (servers - 1) / servers * payload / group / (p.network_gbs * 1e9)
    return np.asarray(t.m.layers * np.where(t.points.attention_dp, 1.0, t.m.all_reduces) * (inside + outside))


def fixed_s(t: Terms) -> Floats:
    """Cost of a decode step whatever the batch: launching its layers and the scheduler."""
    p, m = t.p, t.m
    return t.step_s + m.layers * t.layer_s + m.moe_layers * t.moe_layer_s + m.linear_layers * p.linear_layer_us * US


def kv_read_s(t: Terms, sequences: Floats, context: Floats) -> Floats:
    """Reading the KV cache of b sequences of c tokens in a decode step."""
    return sequences * kv_bytes(t, context) / (t.kv_split * t.kv_rate)


def decode_s(t: Terms, sequences: Floats, context: Floats) -> Floats:
    """One decode step of b sequences of mean context c: G(b) + KV + AR(b) + fixed + b·t_seq; drafted tokens are checked with the rest."""
    tokens = sequences * (1 + t.points.draft_tokens)
    step = gemm_s(t, tokens, tokens) + kv_read_s(t, sequences, context) + all_reduce_s(t, tokens) + fixed_s(t) + sequences * t.sequence_s
    return step * (1 + t.points.draft_cost_share) * t.decode_factor


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
    return (gemm_s(t, tokens, prompts) + prefill_attention_s(t, prompts) + all_reduce_s(t, tokens) + fixed) * t.prefill_factor


def shared_prefill_s(t: Terms, sequences: Floats) -> Floats:
    """Prefill time a prompt costs a serial engine with b in flight: the b/osl prompts that arrive in a step go together, as far as the budget reaches."""
    together = np.maximum(np.minimum(sequences / t.points.output_tokens, token_budget(t.points) / new_tokens(t)), 1.0)
    return prefill_s(t, together) / together


def fused_s(t: Terms, sequences: Floats, context: Floats) -> Floats:
    """Mean step of an engine that carries prefill tokens with decode tokens: b·(1 + new/output) tokens in G and AR, and the prompts' attention."""
    share = 1 / np.maximum(t.points.output_tokens, 1)  # prompts a step and sequence
    decode_tokens = sequences * (1 + t.points.draft_tokens)
    tokens = decode_tokens + sequences * new_tokens(t) * share
    step = gemm_s(t, tokens, decode_tokens) + kv_read_s(t, sequences, context) + all_reduce_s(t, tokens) + fixed_s(t) + sequences * t.sequence_s
    return (step * (1 + t.points.draft_cost_share) + prefill_attention_s(t, sequences) * share) * t.decode_factor


def new_tokens(t: Terms) -> Floats:
    """Tokens of a prompt that are computed: input less cached prefix, at least the last one."""
    return np.maximum(t.points.input_tokens - t.points.cached_prefix_tokens, 1.0)
