"""Factors per model family, engine, architecture and precision: what young kernels do beyond the shared physics."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace

import numpy as np

from model.performance.observations import Observations, predicted
from model.performance.parameters import Correction, Parameters, architecture_of
from model.performance.points import ENGINE_NAMES, Floats
from model.performance.predict import predict

FEWEST_RUNS = 6  # of a group that gets a factor of its own in the shipped parameters
DECODE_WIDTH = 0.06  # prior standard deviation of log(decode factor): half a run's own scatter, so that four runs outweigh it
COUPLING = 0.1  # of log(prefill factor / decode factor): they move together until TTFTs tell them apart
SCATTER = 0.12  # of a single run around the model [log], the soft-L1 scale
LIMIT = np.log(4.0)  # a factor beyond four times says that something else was measured


@dataclass(frozen=True)
class Priors:
    """How far factors may move from 1: standard deviations of their logarithms."""

    decode: float = DECODE_WIDTH
    coupling: float = COUPLING


def fit_corrections(observations: Observations, parameters: Parameters) -> Parameters:
    """The parameters with one correction for each family, engine, architecture and precision that has runs enough."""
    groups: dict[tuple[str, str, str, str], list[int]] = defaultdict(list)
    points = observations.points
    for i, run in enumerate(observations.runs):
        gpu, family = points.gpus[points.gpu[i]], points.models[points.model[i]].family
        groups[family, ENGINE_NAMES[points.engine[i]], architecture_of(gpu, parameters), run.precision].append(i)
    corrections = []
    for (family, engine, arch, precision), rows in sorted(groups.items()):
        if len(rows) >= FEWEST_RUNS:
            scope = Correction(family=family, engine=engine, arch=arch, precision=precision, decode_factor=1.0, prefill_factor=1.0, runs=len(rows))
            corrections.append(fit_factors(observations.take(rows), parameters, scope, Priors()))
    return replace(parameters, corrections=(*parameters.corrections, *corrections))


def fit_factors(observations: Observations, parameters: Parameters, scope: Correction, priors: Priors) -> Correction:
    """The scope's decode and prefill factors that bring the observations nearest, on top of the parameters' own corrections."""
    from scipy.optimize import least_squares  # noqa: PLC0415 - heavy, needed for fits only

    known = np.isfinite(observations.measured)
    measured = np.log(observations.measured[known])

    def with_factors(logs: Floats) -> Correction:
        decode, prefill = np.exp(np.clip(logs, -LIMIT, LIMIT))
        return replace(scope, decode_factor=float(decode), prefill_factor=float(prefill))

    def residuals(logs: Floats) -> Floats:
        tried = replace(parameters, corrections=(*parameters.corrections, with_factors(logs)))
        ratio = (np.log(predicted(predict(observations.points, tried))[known]) - measured) / SCATTER
        soft = np.sign(ratio) * np.sqrt(2 * (np.sqrt(1 + ratio**2) - 1))
        return np.concatenate([soft, [logs[0] / priors.decode, (logs[1] - logs[0]) / priors.coupling]])

    return with_factors(least_squares(residuals, np.zeros(2), diff_step=1e-3, ftol=1e-6, max_nfev=30).x)
