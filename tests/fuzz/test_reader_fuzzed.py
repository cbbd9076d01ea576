"""The reader answers any bytes with a scenario or with problems in words: what the fuzzer found, its seeds, and seeds with some bytes changed."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.reader_target import answer, seeds

FINDINGS = sorted((Path(__file__).resolve().parent / "findings").glob("*"))  # each made the reader fail once
SEEDS = tuple(seeds())
EXAMPLES = 150


# Numbered, for an archive holds the time of its making: its length differs from process to process.
@pytest.mark.parametrize("data", [*SEEDS, *(path.read_bytes() for path in FINDINGS)], ids=itertools.count())
def test_seeds_and_findings(data: bytes, tmp_path: Path) -> None:
    answer(data, tmp_path)


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(SEEDS), st.lists(st.tuples(st.floats(0, 1), st.integers(0, 40), st.binary(max_size=12)), max_size=4))
def test_seeds_with_some_bytes_changed(seed: bytes, changes: list[tuple[float, int, bytes]]) -> None:
    """At some places some bytes are cut out and others put in; archives and XML, cells and numbers are all struck."""
    for place, cut, put in changes:
        start = 1 + int(place * (len(seed) - 1))  # the first byte says what the rest is
        seed = seed[:start] + put + seed[start + cut :]
    with tempfile.TemporaryDirectory() as folder:
        answer(seed, Path(folder))


def test_inputs_tried(record_property: Callable[[str, object], None]) -> None:
    """Told at the end with the others."""
    record_property("fuzzed inputs answered", EXAMPLES + len(SEEDS) + len(FINDINGS))
