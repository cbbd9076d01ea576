"""Factors from a user's own runs, and the fit that made the shipped parameters."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from data.library import shipped_gpus, shipped_models
from data.measured import SHIPPED, read_runs
from data.records.candidate import PROVENANCE
from data.records.supply import Measurement
from model.performance.calibrate import calibrate, calibrated_parameters, read_factors, run_of, write_factors
from model.performance.fit import fit
from model.performance.observations import log_errors, observe, predicted, trusted
from model.performance.parameters import Parameters, read_parameters, shipped_parameters, values_of, with_values, write_parameters
from model.performance.predict import predict


def measured(concurrency: float, slower: float = 1.3) -> Measurement:
    """A run of a 14B model on an L40S that is slower than the model says by one factor."""
    run = Measurement(model="Phi-4", gpu="L40S", precision="fp8", engine="vllm", input_tokens=1000, output_tokens=200, concurrency=concurrency, tpot_ms=1.0)
    answer = predict(observe([run_of(run, shipped_gpus())], shipped_models(), shipped_gpus()).points)
    return replace(run, tpot_ms=float(answer.tpot_s[0]) * 1e3 * slower)


def test_four_runs_that_are_30_percent_slower_bring_the_error_from_30_to_a_few_percent() -> None:
    runs = [measured(concurrency) for concurrency in (1, 8, 32, 64)]
    result = calibrate(shipped_parameters(), runs, shipped_models(), shipped_gpus())
    (factor,) = result.factors
    assert (factor.model, factor.gpu, factor.engine, factor.runs) == ("Phi-4", "L40S", "vllm", 4)
    assert factor.decode_factor == pytest.approx(1.3, rel=0.04)
    assert result.before[0].median == pytest.approx(1 - 1 / 1.3, rel=0.01)
    assert result.after[0].median < 0.03


def test_a_measurement_moves_only_what_it_was_measured_on() -> None:
    parameters = calibrated_parameters(shipped_parameters(), [measured(8)], shipped_models(), shipped_gpus())
    near = observe([run_of(replace(measured(8), gpu=gpu, tpot_ms=1.0), shipped_gpus()) for gpu in ("L40S", "L4")], shipped_models(), shipped_gpus())
    before, after = predict(near.points), predict(near.points, parameters)
    assert sorted(after.tpot_s / before.tpot_s) == pytest.approx([1.0, 1.25], abs=0.05)
    assert sorted(PROVENANCE[i] for i in after.provenance) == ["calibrated", "measured"]


def test_a_rate_of_requests_counts_as_its_tokens() -> None:
    run = replace(measured(8), tpot_ms=None, req_per_s=2.0)
    assert run_of(run, shipped_gpus()).output_tok_per_s == 400.0


def test_without_measurements_nothing_changes() -> None:
    assert calibrated_parameters(shipped_parameters(), [], shipped_models(), shipped_gpus()) is shipped_parameters()


def test_factors_are_read_as_written(tmp_path: Path) -> None:
    factors = calibrate(shipped_parameters(), [measured(8)], shipped_models(), shipped_gpus()).factors
    write_factors(factors, tmp_path / "factors.csv")
    assert [round(factor.decode_factor, 4) for factor in factors] == [factor.decode_factor for factor in read_factors(tmp_path / "factors.csv")]


def test_parameters_are_read_as_written(tmp_path: Path) -> None:
    write_parameters(shipped_parameters(), tmp_path / "parameters.toml")
    again = read_parameters(tmp_path / "parameters.toml")
    assert again == shipped_parameters()


def test_the_fit_finds_the_parameter_that_made_its_runs() -> None:
    # 60 runs made by the model with a bandwidth 15 % lower than the prior's on Ampere: the fit must come most of the way.
    prior = replace(shipped_parameters(), corrections=())
    truth = with_values(prior, {"arch.Ampere.bandwidth_share": values_of(prior)["arch.Ampere.bandwidth_share"] * 0.85})
    observations = observe(read_runs(SHIPPED), shipped_models(), shipped_gpus())
    chosen = [i for i in np.flatnonzero(trusted(observations)) if observations.runs[i].gpu.startswith("A100")][:60]
    some = observations.take(chosen)
    made = replace(some, measured=np.where(np.isfinite(some.measured), predicted(predict(some.points, truth)), np.nan))

    def error(parameters: Parameters) -> float:
        return float(np.nanmedian(np.abs(log_errors(made, parameters))))

    assert error(prior) > 0.03
    assert error(fit(made, prior)) < error(prior) / 3
