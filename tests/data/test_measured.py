"""Measured runs as they stand in the tables."""

from __future__ import annotations

from data.measured import SHIPPED, read_runs


def test_the_shipped_runs_are_read_with_lengths_as_sent_and_suspects_named() -> None:
    runs = read_runs(SHIPPED)
    assert len(runs) > 2000
    assert {run.precision for run in runs} <= {"bf16", "fp8", "int8", "int4", "fp4"}
    scaled = next(run for run in runs if run.source_key == "aic_infx" and run.gpu.startswith("H200"))
    assert scaled.input_tokens in (0.9 * 1024, 0.9 * 8192)  # the benchmark draws lengths between .8 and 1 of the nominal
    assert {run.suspect for run in runs if run.source_key == "splitwise"} == {"an engine of 2023"}
    assert all(run.mode == "max_throughput" for run in runs if run.concurrency == 0)
