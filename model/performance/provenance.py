"""How far a predicted figure can be trusted: label, safety factors, and what leaves the calibrated range."""

from __future__ import annotations

import re

import numpy as np

from data.languages import noted, say
from data.records.candidate import PROVENANCE
from data.records.supply import Gpu, Model
from data.units import PRECISIONS
from model.performance.columns import WIDTHS, compute_peak
from model.performance.parameters import Parameters, architecture_of
from model.performance.points import ENGINE_NAMES, MODES, Flags, Floats, Integers, Points

MEASURED, CALIBRATED, DERIVED, ESTIMATED = range(len(PROVENANCE))
NEAR = 2.0  # a point whose lengths and requests in flight are within this factor of a measured run counts as measured


def provenance_of(points: Points, parameters: Parameters) -> Integers:
    """Label of every point, the weakest that went in; shape (n,), indices of PROVENANCE.

    calibrated: GPU architecture with the width computed in, engine, and for models beyond dense attention the family, are all in the fit; derived: one of
    them is not, but the GPU shares another's kernels or the model another's form; estimated: architecture or engine on it unknown, or nodes over
    several servers.
    """
    by_gpu = np.array([[_gpu_label(gpu, precision, parameters) for precision in PRECISIONS] for gpu in points.gpus])
    by_model = np.array([_model_label(model, parameters) for model in points.models])
    by_engine = np.array([CALIBRATED if name in parameters.fit.engines else ESTIMATED for name in ENGINE_NAMES])
    foreign = np.array([[_foreign(gpu, engine) for engine in ENGINE_NAMES] for gpu in points.gpus])
    reach = np.array([max(gpu.gpus_per_node_typical, gpu.max_gpus_scaleup_domain) for gpu in points.gpus])
    over = np.where(points.node_size > reach[points.gpu], ESTIMATED, CALIBRATED)
    weakest = np.maximum.reduce(
        [
            by_gpu[points.gpu, points.precision],
            by_model[points.model],
            by_engine[points.engine],
            np.where(foreign[points.gpu, points.engine], ESTIMATED, CALIBRATED),
            over,
        ]
    )
    return np.asarray(np.where(_measured(points, parameters), MEASURED, weakest))


def safety_factors(points: Points, provenance: Integers, parameters: Parameters) -> tuple[Floats, Floats, Floats]:
    """(TTFT, TPOT, throughput) factors ≥ 1 of every point by its label and kind of model; 90 % of left-out runs keep them."""
    moe = np.array([model.moe_experts > 0 for model in points.models])[points.model]
    table = np.array(
        [[(row.ttft, row.tpot, row.throughput) for row in (parameters.safety[f"{label} {kind}"] for kind in ("dense", "moe"))] for label in PROVENANCE]
    )
    chosen = table[provenance, moe.astype(np.int64)]
    return chosen[:, 0], chosen[:, 1], chosen[:, 2]


def range_notes(input_tokens: float, output_tokens: float, batch: float, parameters: Parameters) -> tuple[str, ...]:
    """In words, what of a workload lies beyond the runs the model was fitted to (nothing: empty)."""
    fit = parameters.fit
    asked = (
        (noted("{asked:,.0f} input tokens are beyond the {most:,.0f} the model was fitted to"), input_tokens, fit.max_input_tokens),
        (noted("{asked:,.0f} output tokens are beyond the {most:,.0f} the model was fitted to"), output_tokens, fit.max_output_tokens),
        (noted("{asked:,.0f} requests in flight on a node are beyond the {most:,.0f} the model was fitted to"), batch, fit.max_batch),
    )
    return tuple(say(words, asked=value, most=most) for words, value, most in asked if value > most)


def _gpu_label(gpu: Gpu, precision: str, parameters: Parameters) -> int:
    row = architecture_of(gpu, parameters)
    if row == "unseen":
        return ESTIMATED
    width = f"{row} {WIDTHS[compute_peak(gpu, precision)[1]]}"
    return CALIBRATED if gpu.arch == row and width in parameters.fit.widths and precision != "int4" else DERIVED


def _model_label(model: Model, parameters: Parameters) -> int:
    """Dense models with plain attention share one form; experts, latents and states behave by family."""
    plain = not model.moe_experts and model.mla_kv_lora_rank is None and not model.n_linear_or_ssm_layers
    return CALIBRATED if (plain and _plain_attention(model)) or model.family in parameters.fit.families else DERIVED


def _plain_attention(model: Model) -> bool:
    return bool(re.match(r"(GQA|MHA|MQA)", model.attention_type)) and "hybrid" not in model.attention_type


def _foreign(gpu: Gpu, engine: str) -> bool:
    """Whether an engine's row of overheads was measured on another maker's GPUs."""
    measured_on = {"vllm-rocm": "AMD", "synapse": "Intel"}.get(engine, "NVIDIA")
    return gpu.vendor != measured_on


def _measured(points: Points, parameters: Parameters) -> Flags:
    found = np.zeros(len(points), dtype=np.bool_)
    for run in parameters.measured:
        model = np.array([m.model == run.model for m in points.models])[points.model]
        gpu = np.array([g.gpu == run.gpu for g in points.gpus])[points.gpu]
        same = model & gpu & (points.engine == ENGINE_NAMES.index(run.engine)) & (points.precision == PRECISIONS.index(run.precision))
        near = (points.node_size == run.node_size) & _close(points.input_tokens, run.input_tokens) & _close(points.output_tokens, run.output_tokens)
        offline = points.mode == MODES.index("max_throughput")
        found |= same & near & np.where(run.batch > 0, _close(points.batch, run.batch) & ~offline, offline)
    return found


def _close(values: Floats, reference: float) -> Flags:
    return np.asarray((values <= reference * NEAR) & (values >= reference / NEAR))
