"""What runs where, with the reason in words where it does not."""

from __future__ import annotations

from collections.abc import Sequence

from data.languages import noted, say
from data.records.supply import Gpu, Model
from data.units import BYTES_PER_WEIGHT
from model.performance.columns import native_precision
from model.performance.engines import OLD_NVIDIA, engines_for, runs_on

# GPUs of a node at most: beyond two servers of eight, tensor parallelism over the network has no measured use.
MAX_NODE_SIZE = 16
FP8_WEIGHT_ONLY = ("Ampere",)  # vLLM runs FP8 checkpoints there with 16 bit arithmetic (Marlin kernels)


def why_not(gpu: Gpu, model: Model, precision: str, engine: str, node_size: int = 1) -> str:
    """Why ``engine`` cannot serve ``model`` at ``precision`` on nodes of ``node_size`` such GPUs, in words; "" where it can. Memory is not looked at."""
    return cannot_run(gpu, model, precision, engine, node_size) or _enlarging_reason(model, precision)


def cannot_run(gpu: Gpu, model: Model, precision: str, engine: str, node_size: int) -> str:
    """The same as far as hardware, engine and node size forbid it; a precision wider than the published weights runs, if to no use."""
    return _engine_reason(gpu, engine) or _precision_reason(gpu, model, precision, engine) or _node_reason(gpu, model, node_size)


def supported(gpu: Gpu, model: Model, precision: str, engine: str) -> bool:
    """Whether ``engine`` serves ``model`` at ``precision`` on this GPU at all."""
    return not why_not(gpu, model, precision, engine)


def supported_precisions(gpu: Gpu, model: Model, precisions: Sequence[str]) -> tuple[str, ...]:
    """The precisions of ``precisions`` that the GPU computes and the model is published in or may be quantised to, in the order given."""
    engine = engines_for(gpu)[0]
    return tuple(p for p in precisions if not (_precision_reason(gpu, model, p, engine) or _enlarging_reason(model, p)))


def _engine_reason(gpu: Gpu, engine: str) -> str:
    if runs_on(engine, gpu):
        return ""
    return say("{engine} does not run on {gpu} ({engines} does)", engine=engine, gpu=gpu.gpu, engines=", ".join(engines_for(gpu)))


def _precision_reason(gpu: Gpu, model: Model, precision: str, engine: str) -> str:
    if precision == "fp8" and not gpu.fp8_tflops:
        if gpu.arch not in FP8_WEIGHT_ONLY:
            return say("{gpu} has no FP8", gpu=gpu.gpu)
        if not engine.startswith("vllm"):
            return say("{engine} has no weight-only FP8 for {gpu}, which has no FP8 units", engine=engine, gpu=gpu.gpu)
    if precision == "int8" and not gpu.int8_tops:
        return say("{gpu} has no INT8 units", gpu=gpu.gpu)
    if precision == "fp4" and not gpu.fp4_tflops and not (native_precision(model) == "fp4" and gpu.arch not in OLD_NVIDIA):
        return say("{gpu} has no FP4 units", gpu=gpu.gpu)
    return ""


def _enlarging_reason(model: Model, precision: str) -> str:
    if BYTES_PER_WEIGHT[precision] > BYTES_PER_WEIGHT[native_precision(model)] * 1.1:  # fp4 and int4 differ by their scales only
        words = noted("{model} is published in {published}; {precision} would only enlarge it")
        return say(words, model=model.model, published=model.native_precision, precision=precision)
    return ""


def _node_reason(gpu: Gpu, model: Model, node_size: int) -> str:
    if node_size > MAX_NODE_SIZE:
        return say("nodes of {size} GPUs are beyond the {most} the model knows", size=node_size, most=MAX_NODE_SIZE)
    if model.n_heads % node_size:
        return say("{heads} attention heads do not split over {size} GPUs", heads=model.n_heads, size=node_size)
    kv_heads = 1 if model.mla_kv_lora_rank is not None else model.n_kv_heads
    if kv_heads % node_size and node_size % kv_heads:
        return say("{heads} KV heads neither split nor repeat evenly over {size} GPUs", heads=kv_heads, size=node_size)
    if node_size > gpu.gpus_per_node_typical > 0 and gpu.max_gpus_scaleup_domain < node_size and gpu.scaleup_gbs_unidir_per_gpu <= gpu.pcie_gbs_unidir:
        return say("a server holds {count} {gpu}, and PCIe cards are not joined over servers", count=gpu.gpus_per_node_typical, gpu=gpu.gpu)
    return ""
