"""What must hold at every point of the catalogue, whatever the parameters."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from data.library import shipped_gpus, shipped_models
from data.records.supply import Gpu
from model.performance.points import Points, make_points
from model.performance.predict import Prediction, predict, step_times

MODELS = tuple(shipped_models().values())
GPUS = tuple(shipped_gpus().values())
BATCHES = 2.0 ** np.arange(10)
SLACK = 1e-9  # relative, for rounding


def catalogue(gpus: tuple[Gpu, ...] = GPUS, engine: int = 0, batches: np.ndarray = BATCHES, **more: object) -> tuple[Points, tuple[int, ...]]:
    """Every model on every GPU at node sizes 1 and 8, bf16 and fp8, over the batches (last axis)."""
    axes = np.meshgrid(np.arange(len(MODELS)), np.arange(len(gpus)), [1, 8], [0, 1], batches, indexing="ij")
    model, gpu, size, precision, batch = axes
    settings = {"input_tokens": 1500, "output_tokens": 300} | more
    return make_points(MODELS, gpus, model=model, gpu=gpu, node_size=size, precision=precision, batch=batch, engine=engine, **settings), model.shape  # type: ignore[arg-type]


@pytest.mark.parametrize("engine", range(6))
def test_throughput_and_tpot_never_fall_with_the_batch(engine: int) -> None:
    points, shape = catalogue(engine=engine, batches=2.0 ** np.arange(0, 11, 2))
    answer = predict(points)
    rate, tpot = answer.req_per_s.reshape(shape), answer.tpot_s.reshape(shape)
    assert np.all(np.diff(rate, axis=-1) >= -SLACK * rate[..., 1:])
    assert np.all(np.diff(tpot, axis=-1) >= -SLACK * tpot[..., 1:])
    assert np.all(np.isfinite(rate))


@pytest.mark.parametrize(
    "better",
    [
        lambda gpu: replace(gpu, memory_gb=gpu.memory_gb * 1.5, memory_visible_gib=(gpu.memory_visible_gib or gpu.memory_gb) * 1.5),
        lambda gpu: replace(gpu, mem_bw_gbs=gpu.mem_bw_gbs * 1.5),
    ],
    ids=["memory", "bandwidth"],
)
def test_throughput_never_falls_with_more_memory_or_bandwidth(better: object) -> None:
    batches = np.array([1.0, 32.0, 512.0])
    worse = predict(catalogue(batches=batches)[0])
    improved = predict(catalogue(gpus=tuple(better(gpu) for gpu in GPUS), batches=batches)[0])  # type: ignore[operator]
    assert np.all(improved.req_per_s >= worse.req_per_s * (1 - SLACK))
    assert np.all(improved.max_batch >= worse.max_batch)


def test_the_step_law_never_promises_more_than_the_model() -> None:
    points, shape = catalogue(batches=np.array([1.0, 16.0, 64.0]))
    law = step_times(points)
    answer: Prediction = predict(replace(points, mode=np.zeros_like(points.mode)))  # static: TPOT is the decode step alone
    context = points.input_tokens + points.output_tokens / 2
    fits = (answer.max_batch >= points.batch).reshape(shape)

    def step(at: int, sequences: float) -> np.ndarray:
        iteration, slope, read = (values.reshape(shape)[..., at] for values in (law.iteration_s, law.per_sequence_s, law.per_kv_token_s))
        return np.asarray(iteration + sequences * (slope + read * context.reshape(shape)[..., at]))

    modelled = answer.tpot_s.reshape(shape)
    for at, batch in enumerate((1.0, 16.0, 64.0)):
        whole = fits[..., at]
        assert step(at, batch)[whole] == pytest.approx(modelled[..., at][whole], rel=1e-6)
    held = fits[..., 2]
    assert np.all(step(2, 16.0)[held] >= modelled[..., 1][held] * (1 - 1e-6))
    assert np.all(law.iteration_s >= 0)
    assert np.all(law.per_sequence_s >= 0)
