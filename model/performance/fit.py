"""Fit the shared physics to measured runs: ``python -m model.performance.fit RUNS.csv [--left-out] [--out parameters.toml]``.

Least squares on log(prediction / measurement) with a soft-L1 loss, each run weighted by 1/√(runs of the same source, model, GPU, node size and engine), weak
log-normal priors around the published study's values (priors.toml). Deterministic: no random starts.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from data.library import shipped_gpus, shipped_models
from data.measured import read_runs
from data.records.candidate import PROVENANCE
from data.units import PRECISIONS
from model.performance.columns import WIDTHS, compute_peak
from model.performance.family import fit_corrections
from model.performance.observations import METRICS, OLD_ENGINES, Observations, log_errors, observe, predicted, trusted
from model.performance.parameters import PRIORS, Fit, Parameters, Safety, architecture_of, read_parameters, values_of, with_values, write_parameters
from model.performance.points import ENGINE_NAMES, Floats, Integers
from model.performance.predict import predict
from model.performance.provenance import provenance_of

SCALE = 0.05  # residuals above 5 % count by their size, not their square
COVERAGE = 0.90  # of left-out runs that a safety factor covers
METRIC_WEIGHTS = np.array([1.0, 1.0, 0.7])  # TTFT repeats differ most (3 %), so it counts a little less
FEWEST = 12  # runs of a group below which its runs gain no more weight each

# Standard deviation of log(parameter) around its prior, first pattern that matches: tight where the study's rows pinned it, wide for overheads.
PRIOR_WIDTHS = (
    ("mfu_", 0.15),
    (r"arch.*bandwidth_share", 0.08),
    ("weight_bandwidth|kv_bandwidth", 0.1),
    ("growth|attention_compute|moe_compute|link_latency_factor", 0.3),
    ("bandwidth_share", 0.2),
    ("link_latency_us", 0.2),
    ("smooth_max|moe_factor", 0.4),
    (r"nim\.kv_factor", 0.4),
    ("kv_factor", 0.1),
    ("prefill_share|routing", 0.15),
    ("moe_extra|moe_layer|prefill_ms|sequence_us|scheduler_us", 0.7),
    ("step_ms|request_ms", 1.0),
    ("", 0.5),
)

# (TTFT, TPOT, throughput) factors at least. A user's own run repeats within 3 to 7 % between repeats and releases. The left-out runs of an unseen
# architecture or family are few and their priors knew them, so those labels take at least the study's factors for unseen rows, a tenth more where even
# the architecture is unknown.
LEAST = {
    "dense": {"measured": (1.1, 1.1, 1.1), "calibrated": (1.1, 1.1, 1.1), "derived": (1.25, 1.28, 1.25), "estimated": (1.38, 1.41, 1.38)},
    "moe": {"measured": (1.1, 1.1, 1.1), "calibrated": (2.2, 1.1, 1.1), "derived": (2.2, 1.5, 1.5), "estimated": (2.42, 1.65, 1.65)},
}

# Not in the runs, or the unit of others: datasheet-like values and the architecture that the bandwidth shares are relative to.
FIXED = re.compile(r"network|int4|unseen|Hopper.bandwidth_share|(Hopper|Blackwell|Ada|CDNA3).link_latency_factor|" + "|".join(OLD_ENGINES))


@dataclass(frozen=True)
class LeftOut:
    """Log errors of runs predicted by a fit that has not seen them: shape (metrics, runs), NaN where not measured; ``labels`` that fit's provenance."""

    name: str
    errors: Floats
    labels: Integers


def fit(observations: Observations, prior: Parameters) -> Parameters:
    """The prior's parameters moved to the observations, physics only; suspects, bursts and engines of the past must be left out before."""
    from scipy.optimize import least_squares  # noqa: PLC0415 - heavy, needed for fits only

    free = _free(observations, prior)
    start = np.log([values_of(prior)[path] for path in free])
    widths = np.array([next(width for pattern, width in PRIOR_WIDTHS if re.search(pattern, path)) for path in free])
    known = np.isfinite(observations.measured)
    weights = (METRIC_WEIGHTS[:, None] * run_weights(observations))[known]
    measured = np.log(observations.measured[known])

    def residuals(logs: Floats) -> Floats:
        moved = with_values(prior, dict(zip(free, np.exp(logs), strict=True)))
        ratio = (np.log(predicted(predict(observations.points, moved))[known]) - measured) / SCALE
        return np.concatenate([weights * soft_l1(ratio), (logs - start) / widths])

    solution = least_squares(residuals, start, x_scale="jac", ftol=1e-5, max_nfev=60)
    return with_values(prior, dict(zip(free, np.exp(solution.x), strict=True)))


def soft_l1(ratio: Floats) -> Floats:
    """Residuals whose square is the soft-L1 loss 2(√(1 + r²) − 1)."""
    return np.asarray(np.sign(ratio) * np.sqrt(2 * (np.sqrt(1 + ratio**2) - 1)))


def run_weights(observations: Observations) -> Floats:
    """1/√(runs of the same source, model, GPU, node size and engine), with at least :data:`FEWEST` in the root."""
    groups = [(run.source_key, run.model, run.gpu, run.node_size, run.engine) for run in observations.runs]
    count = Counter(groups)
    return np.array([1 / np.sqrt(max(count[group], FEWEST)) for group in groups])


def fit_all(observations: Observations, prior: Parameters) -> Parameters:
    """Physics, then the factors of the model families and engines in the runs, then what the runs cover and how well."""
    used = observations.take(np.flatnonzero(trusted(observations)))
    fitted = fit_corrections(used, fit(used, prior))
    return replace(fitted, fit=_summary(used, fitted))


def left_out(observations: Observations, prior: Parameters, report: Callable[[str], None]) -> tuple[LeftOut, ...]:
    """Errors of every run when its GPU, its model, or all long requests (4,000 tokens and more) were kept from the fit."""
    usable = trusted(observations)
    gpus, models = np.array([run.gpu for run in observations.runs]), np.array([run.model for run in observations.runs])
    long = np.array([run.input_tokens + run.output_tokens >= 4000 for run in observations.runs])
    folds = {
        "GPU": [gpus == name for name in sorted(set(gpus[usable]))],
        "model": [models == name for name in sorted(set(models[usable]))],
        "longest lengths": [long],
    }
    results = []
    for name, held in folds.items():
        errors, labels = np.full(observations.measured.shape, np.nan), np.zeros(len(observations), dtype=np.int64)
        for hold in held:
            report(f"left out by {name}: {int((hold & usable).sum())} runs")
            rest = observations.take(np.flatnonzero(usable & ~hold))
            seen = fit_corrections(rest, fit(rest, prior))
            seen = replace(seen, fit=_summary(rest, seen))
            chosen = np.flatnonzero(usable & hold)
            errors[:, chosen] = log_errors(observations.take(chosen), seen)
            labels[chosen] = provenance_of(observations.take(chosen).points, seen)
        results.append(LeftOut(name, errors, labels))
    return tuple(results)


def safety_of(observations: Observations, results: Sequence[LeftOut]) -> dict[str, Safety]:
    """Factors that :data:`COVERAGE` of the left-out runs keep, by the label they had and dense or MoE, with the share of runs that does keep them.

    No factor is below :data:`LEAST` or a stronger label's.
    """
    moe = np.array([model.moe_experts > 0 for model in observations.points.models])[observations.points.model]
    factors: dict[str, Safety] = {}
    for kind, members in (("dense", ~moe), ("moe", moe)):
        stronger = [1.0, 1.0, 1.0]
        for label, least in LEAST[kind].items():
            at = PROVENANCE.index(label)
            errors = np.concatenate([result.errors[:, members & (result.labels == at)] for result in results], axis=1)
            excess = [-errors[METRICS.index("ttft")], -errors[METRICS.index("tpot")], errors[METRICS.index("rate")]]
            stronger = [max(a, b, _covering(row)) for a, b, row in zip(stronger, least, excess, strict=True)]
            kept = [row[np.isfinite(row)] <= np.log(factor) for row, factor in zip(excess, stronger, strict=True)]
            told = np.concatenate(kept)
            ttft, tpot, throughput = stronger
            factors[f"{label} {kind}"] = Safety(ttft=ttft, tpot=tpot, throughput=throughput, coverage=float(told.mean()) if len(told) else 0.0)
    return factors


def _covering(excess: Floats) -> float:
    """Factor that covers :data:`COVERAGE` of the log excesses; 1 where too few tell."""
    told = excess[np.isfinite(excess)]
    return round(float(np.exp(np.quantile(told, COVERAGE))), 2) if len(told) >= FEWEST else 1.0


def medians(errors: Floats) -> tuple[float, float, float]:
    """Median relative error of TPOT, throughput and TTFT."""
    found = [np.abs(np.expm1(row[np.isfinite(row)])) for row in errors]
    tpot, rate, ttft = (float(np.median(row)) if len(row) else 0.0 for row in found)
    return tpot, rate, ttft


def _free(observations: Observations, prior: Parameters) -> list[str]:
    """Paths of the parameters that the observations tell of."""
    engines = {ENGINE_NAMES[i] for i in observations.points.engine}
    rows = {architecture_of(gpu, prior) for gpu in observations.points.gpus}

    values = values_of(prior)

    def told(path: str) -> bool:
        table, *row, _ = path.split(".")
        return values[path] > 0 and not FIXED.search(path) and (table == "shared" or row[0] in (engines if table == "engine" else rows))

    return [path for path in values if told(path)]


def _summary(used: Observations, fitted: Parameters) -> Fit:
    points = used.points
    widths = {
        f"{architecture_of(gpu, fitted)} {WIDTHS[compute_peak(gpu, PRECISIONS[p])[1]]}"
        for gpu, p in {(points.gpus[g], int(q)) for g, q in zip(points.gpu, points.precision, strict=True)}
    }
    tpot, rate, ttft = medians(log_errors(used, fitted))
    return replace(
        fitted.fit,
        day=datetime.now(tz=UTC).date(),
        rows=len(used),
        note="measured runs of TensorRT-LLM, vLLM and SGLang; see data/measurements for those that may be shown",
        widths=tuple(sorted(widths)),
        engines=tuple(sorted({ENGINE_NAMES[i] for i in points.engine})),
        families=tuple(sorted({points.models[i].family for i in points.model})),
        max_input_tokens=float(points.input_tokens.max()),
        max_output_tokens=float(points.output_tokens.max()),
        max_batch=float(points.batch.max()),
        tpot_median_error=tpot,
        throughput_median_error=rate,
        ttft_median_error=ttft,
    )


def main() -> None:
    """The command: fit, optionally measure the left-out errors and the safety factors, write the parameters, print the errors."""
    parser = argparse.ArgumentParser(description="Fit the performance model to a table of measured runs.")
    parser.add_argument("runs", type=Path, help="table of runs, in the form of data/measurements/calibration.csv")
    parser.add_argument("--out", type=Path, help="where the parameters go (without it only their errors are printed)")
    parser.add_argument("--left-out", action="store_true", help="also refit without each GPU, each model and the longest lengths (minutes)")
    asked = parser.parse_args()
    observations = observe(read_runs(asked.runs), shipped_models(), shipped_gpus())
    prior = read_parameters(PRIORS)
    fitted = fit_all(observations, prior)
    write = sys.stdout.write
    write(f"fitted to {fitted.fit.rows} runs: {_line(log_errors(observations, fitted)[:, trusted(observations)])}\n")
    if asked.left_out:
        results = left_out(observations, prior, _progress)
        for result in results:
            write(f"left out by {result.name}: {_line(result.errors)}\n")
        fitted = replace(fitted, safety=safety_of(observations, results))
    if asked.out is not None:
        write_parameters(fitted, asked.out)


def _progress(text: str) -> None:
    sys.stderr.write(text + "\n")


def _line(errors: Floats) -> str:
    texts = []
    for metric, row in zip(METRICS, errors, strict=True):
        found = np.abs(np.expm1(row[np.isfinite(row)]))
        texts.append(f"{metric} median {np.median(found):.1%}, p90 {np.quantile(found, 0.9):.1%} (n {len(found)})" if len(found) else f"{metric} -")
    return "; ".join(texts)


if __name__ == "__main__":
    main()
