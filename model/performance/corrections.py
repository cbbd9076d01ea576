"""Factors that measured runs put on top of the shared physics, gathered for every point."""

from __future__ import annotations

import numpy as np

from data.units import PRECISIONS
from model.performance.parameters import Correction, Parameters, architecture_of
from model.performance.points import ENGINE_NAMES, Floats, Points


def factors(points: Points, parameters: Parameters) -> tuple[Floats, Floats]:
    """(decode, prefill) factor of every point: the product of all corrections that cover it, 1 without any."""
    shape = (len(points.models), len(points.gpus), len(PRECISIONS), len(ENGINE_NAMES))
    decode, prefill = np.ones(shape), np.ones(shape)
    for correction in parameters.corrections:
        covered = np.ix_(*_covered(correction, points, parameters))
        decode[covered] *= correction.decode_factor
        prefill[covered] *= correction.prefill_factor
    at = (points.model, points.gpu, points.precision, points.engine)
    return decode[at], prefill[at]


def _covered(correction: Correction, points: Points, parameters: Parameters) -> list[list[int]]:
    """Indices of the models, GPUs, precisions and engines a correction covers."""
    models = [i for i, m in enumerate(points.models) if correction.model in ("", m.model) and correction.family in ("", m.family)]
    gpus = [i for i, g in enumerate(points.gpus) if correction.gpu in ("", g.gpu) and correction.arch in ("", architecture_of(g, parameters))]
    precisions = [i for i, name in enumerate(PRECISIONS) if correction.precision in ("", name)]
    engines = [i for i, name in enumerate(ENGINE_NAMES) if correction.engine in ("", name)]
    return [models, gpus, precisions, engines]
