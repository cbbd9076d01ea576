"""How far a predicted figure can be trusted."""

from __future__ import annotations

import numpy as np

from data.records.plan import PROVENANCE
from model.performance.parameters import Parameters, architecture_of
from model.performance.points import Integers, Points

CALIBRATED, DERIVED, ESTIMATED = (PROVENANCE.index(name) for name in ("calibrated", "derived", "estimated"))


def provenance_of(points: Points, parameters: Parameters) -> Integers:
    """Label of every point, the weakest that went in: calibrated where GPU architecture, computed width and engine are in the fit."""
    rows = [architecture_of(gpu, parameters) for gpu in points.gpus]
    seen = np.array([row in parameters.arch and row != "unseen" for row in rows])
    exact = np.array([gpu.arch in parameters.arch for gpu in points.gpus])
    by_gpu = np.where(exact, CALIBRATED, np.where(seen, DERIVED, ESTIMATED))
    return np.asarray(by_gpu[points.gpu])
