"""Serving engines: what each does that no fit can tell, and which runs on which GPU."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.records.supply import Gpu, Model
from model.performance.points import ENGINE_NAMES, Floats, Points


@dataclass(frozen=True)
class EngineRules:
    """How an engine schedules and reserves.

    ``shares_free_memory``: the utilisation is a share of what weights leave free (TensorRT-LLM's kv_cache_free_gpu_memory_fraction), else of the whole
    (vLLM's gpu_memory_utilization, SGLang's mem_fraction_static). ``saves_window``: window layers keep only their window. ``occupied_share``: share of
    the output's KV cache a running sequence occupies on average (1 where the whole output is reserved ahead). ``max_sequences``: most requests in flight by
    default. ``token_budget``: tokens an iteration carries by default.
    """

    shares_free_memory: bool
    saves_window: bool
    occupied_share: float
    max_sequences: int
    token_budget: int


# Defaults of the engines' own documentation: vLLM 0.10 (max_num_seqs 256, max_num_batched_tokens 8192 on large GPUs), SGLang 0.5
# (chunked_prefill_size 8192), TensorRT-LLM 1.0 (max_batch_size 2048, max_num_tokens 8192), its C++ runtime 0.20 the same, vLLM 0.2 of 2023 (2560).
RULES = {
    "vllm": EngineRules(shares_free_memory=False, saves_window=True, occupied_share=0.5, max_sequences=1024, token_budget=8192),
    "sglang": EngineRules(shares_free_memory=False, saves_window=True, occupied_share=0.5, max_sequences=1024, token_budget=8192),
    "tensorrt-llm": EngineRules(shares_free_memory=True, saves_window=True, occupied_share=1.0, max_sequences=2048, token_budget=8192),
    "tensorrt-llm-cpp": EngineRules(shares_free_memory=True, saves_window=False, occupied_share=1.0, max_sequences=2048, token_budget=8192),
    "nim": EngineRules(shares_free_memory=True, saves_window=False, occupied_share=1.0, max_sequences=2048, token_budget=8192),
    "vllm-rocm": EngineRules(shares_free_memory=False, saves_window=True, occupied_share=0.5, max_sequences=1024, token_budget=8192),
    "vllm-2023": EngineRules(shares_free_memory=False, saves_window=False, occupied_share=0.5, max_sequences=256, token_budget=2560),
    "synapse": EngineRules(shares_free_memory=True, saves_window=False, occupied_share=1.0, max_sequences=2048, token_budget=8192),
}

# What a workload's `engine` column may say → the profile it means on NVIDIA GPUs.
PLANNED = ("vllm", "sglang", "tensorrt-llm")
OLD_NVIDIA = ("Volta", "Turing", "Pascal")


def engines_for(gpu: Gpu) -> tuple[str, ...]:
    """Engine profiles (of :data:`ENGINE_NAMES`) a plan may use on a GPU: on AMD vLLM's ROCm build, elsewhere than on NVIDIA vLLM alone.

    TensorRT-LLM and SGLang need compute capability 8.0 (their support matrices), so Volta and Turing run vLLM only.
    """
    if gpu.vendor == "AMD":
        return ("vllm-rocm",)
    if gpu.vendor != "NVIDIA" or gpu.arch in OLD_NVIDIA:
        return ("vllm",)
    return PLANNED


def engine_named(name: str, version: str, gpu: Gpu) -> str | None:
    """The profile a user's engine name and version mean on a GPU, or None if it does not run there.

    TensorRT-LLM 0.x is the C++ runtime, 1.x the PyTorch one; "nim" is the container of 2024 on that C++ runtime. "" and "auto" take the first of
    :func:`engines_for`.
    """
    allowed = engines_for(gpu)
    wanted = name.strip().lower()
    if wanted in ("", "auto"):
        return allowed[0]
    if wanted.startswith(("nim", "tensorrt", "trt")):
        if "tensorrt-llm" not in allowed:
            return None
        if wanted.startswith("nim"):
            return "nim"
        return "tensorrt-llm-cpp" if wanted.endswith("cpp") or version.strip().startswith("0.") else "tensorrt-llm"
    if wanted.startswith("vllm"):
        return next((engine for engine in allowed if engine.startswith("vllm")), None)
    return wanted if wanted in ENGINE_NAMES and runs_on(wanted, gpu) else None


def runs_on(engine: str, gpu: Gpu) -> bool:
    """Whether a profile runs on a GPU: what a plan may use, its older runtimes, and SGLang on AMD, whose overheads there nobody has shown."""
    base = "tensorrt-llm" if engine in ("tensorrt-llm-cpp", "nim") else engine
    return base in engines_for(gpu) or (engine == "sglang" and gpu.vendor == "AMD")


def engine_index(name: str) -> int:
    """Index of a profile in :data:`ENGINE_NAMES`."""
    return ENGINE_NAMES.index(name)


def default_kv_precision(engine: str, precision: str) -> str:
    """KV precision where none is stated: NVIDIA's FP8 and FP4 checkpoints carry an FP8 KV cache that TensorRT-LLM takes over; elsewhere 16 bit."""
    return "fp8" if engine.startswith("tensorrt-llm") and precision in ("fp8", "fp4") else "bf16"


def attention_parallel(model: Model, engine: str, mode: str, node_size: int) -> bool:
    """Whether attention runs data parallel where nothing is said: MoE models at full load on TensorRT-LLM's PyTorch runtime (its published throughput)."""
    return model.moe_experts > 0 and engine == "tensorrt-llm" and mode == "max_throughput" and node_size > 1


def token_budget(points: Points) -> Floats:
    """Tokens an iteration may carry: the point's, or its engine's default."""
    defaults = np.array([float(RULES[name].token_budget) for name in ENGINE_NAMES])[points.engine]
    return np.where(points.token_budget > 0, points.token_budget, defaults)


def max_sequences(points: Points) -> Floats:
    """Requests in flight an engine takes by default."""
    return np.array([float(RULES[name].max_sequences) for name in ENGINE_NAMES])[points.engine]
