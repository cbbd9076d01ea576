"""What the performance model is asked: many points at once, one a row, in broadcastable arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from data.records.supply import Gpu, Model
from data.units import PRECISIONS

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

KV_PRECISIONS = ("bf16", "fp8")
MODES = ("static", "serving", "max_throughput")

# Engine profiles: rows of [engine] in parameters.toml. The first six are what a plan may use; the last two only explain old measurements.
ENGINE_NAMES = ("vllm", "sglang", "tensorrt-llm", "tensorrt-llm-cpp", "nim", "vllm-rocm", "vllm-2023", "synapse")


@dataclass(frozen=True, kw_only=True)
class Points:
    """Points to predict: ``models`` and ``gpus`` are the tables, every other field an array of shape (n,).

    ``model`` and ``gpu`` index the tables, ``precision`` indexes :data:`data.units.PRECISIONS`, ``kv_precision`` :data:`KV_PRECISIONS`,
    ``activation`` PRECISIONS again (−1: as the weights are computed; W8A16 is fp8 with bf16), ``engine``
    :data:`ENGINE_NAMES`, ``mode`` :data:`MODES`. ``node_size`` is S, the GPUs of the model replica (tensor parallel). ``batch`` is requests in flight
    on the node (ignored for max_throughput). ``input_tokens`` includes ``cached_prefix_tokens``, which are not computed again.
    ``accepted_tokens_per_step``, ``draft_tokens`` and ``draft_cost_share`` describe speculative decoding (1, 0, 0 = off). ``token_budget`` is the tokens
    an iteration may carry (0 = the engine's default); ``gpu_memory_utilization`` the share of the visible memory the engine takes; ``reserve_gb`` what is
    kept free of it on each GPU (LoRA adapters). ``attention_dp`` runs attention data parallel over the node. Whether experts are split or kept whole
    does not enter: over the measured runs neither is faster.
    """

    models: tuple[Model, ...]
    gpus: tuple[Gpu, ...]
    model: Integers
    gpu: Integers
    node_size: Floats
    precision: Integers
    kv_precision: Integers
    activation: Integers
    engine: Integers
    mode: Integers
    batch: Floats
    input_tokens: Floats
    output_tokens: Floats
    cached_prefix_tokens: Floats
    gpu_memory_utilization: Floats
    reserve_gb: Floats
    accepted_tokens_per_step: Floats
    draft_tokens: Floats
    draft_cost_share: Floats
    token_budget: Floats
    attention_dp: Flags

    def __len__(self) -> int:
        return len(self.model)

    def take(self, rows: slice | NDArray[Any]) -> Points:
        """The points of ``rows`` (a slice, indices or a mask), on the same tables."""
        arrays = {f.name: getattr(self, f.name)[rows] for f in fields(self) if f.name not in ("models", "gpus")}
        return Points(models=self.models, gpus=self.gpus, **arrays)


def make_points(
    models: Sequence[Model],
    gpus: Sequence[Gpu],
    *,
    input_tokens: ArrayLike,
    output_tokens: ArrayLike,
    model: ArrayLike = 0,
    gpu: ArrayLike = 0,
    node_size: ArrayLike = 1,
    precision: ArrayLike | str = "bf16",
    kv_precision: ArrayLike | str = "bf16",
    activation: ArrayLike | str = -1,
    engine: ArrayLike | str = "vllm",
    mode: ArrayLike | str = "serving",
    batch: ArrayLike = 1,
    cached_prefix_tokens: ArrayLike = 0,
    gpu_memory_utilization: ArrayLike = 0.90,
    reserve_gb: ArrayLike = 0,
    accepted_tokens_per_step: ArrayLike = 1,
    draft_tokens: ArrayLike = 0,
    draft_cost_share: ArrayLike = 0,
    token_budget: ArrayLike = 0,
    attention_dp: ArrayLike = False,
) -> Points:
    """Points from scalars and arrays that broadcast to one shape, which is then flattened; names may stand for a vocabulary's index.

    ``precision``, ``kv_precision``, ``engine`` and ``mode`` take a name, or an index array. The default utilisation .90 is vLLM's.
    Raises ValueError for a name outside its vocabulary or shapes that do not broadcast.
    """
    arrays = {
        "model": _integers(model),
        "gpu": _integers(gpu),
        "node_size": _floats(node_size),
        "precision": _coded(precision, PRECISIONS, "precision"),
        "kv_precision": _coded(kv_precision, KV_PRECISIONS, "KV precision"),
        "activation": _coded(activation, PRECISIONS, "activation precision"),
        "engine": _coded(engine, ENGINE_NAMES, "engine"),
        "mode": _coded(mode, MODES, "mode"),
        "batch": _floats(batch),
        "input_tokens": _floats(input_tokens),
        "output_tokens": _floats(output_tokens),
        "cached_prefix_tokens": _floats(cached_prefix_tokens),
        "gpu_memory_utilization": _floats(gpu_memory_utilization),
        "reserve_gb": _floats(reserve_gb),
        "accepted_tokens_per_step": _floats(accepted_tokens_per_step),
        "draft_tokens": _floats(draft_tokens),
        "draft_cost_share": _floats(draft_cost_share),
        "token_budget": _floats(token_budget),
        "attention_dp": np.asarray(attention_dp, dtype=np.bool_),
    }
    shape = np.broadcast_shapes(*(array.shape for array in arrays.values()))
    flat = {name: np.broadcast_to(array, shape).ravel() for name, array in arrays.items()}
    return Points(models=tuple(models), gpus=tuple(gpus), **flat)


def _floats(value: ArrayLike) -> Floats:
    return np.asarray(value, dtype=np.float64)


def _integers(value: ArrayLike) -> Integers:
    return np.asarray(value, dtype=np.int64)


def _coded(value: ArrayLike | str, vocabulary: tuple[str, ...], what: str) -> Integers:
    if not isinstance(value, str):
        return _integers(value)
    if value not in vocabulary:
        message = f"{value} is no {what}; known: {', '.join(vocabulary)}"
        raise ValueError(message)
    return _integers(vocabulary.index(value))
