"""The shipped catalogue: GPUs, models, offers and demand profiles from ``data/catalogue/*.csv``, read once, and their names."""

from __future__ import annotations

import csv
import functools
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

from data.fields import columns_of
from data.languages import say
from data.names import Names, gpu_names_of, model_names_of
from data.parse import CellError, record_from_strings
from data.problems import BadInput, Problem
from data.records.supply import Gpu, Model, Offer
from data.records.workload import ProfileBlock

Record = TypeVar("Record")

CATALOGUE = Path(__file__).parent / "catalogue"


@functools.cache
def shipped_gpus() -> Mapping[str, Gpu]:
    """The shipped GPUs by catalogue name."""
    return {gpu.gpu: gpu for gpu in read_records(CATALOGUE / "gpus.csv", Gpu)}


@functools.cache
def shipped_models() -> Mapping[str, Model]:
    """The shipped models by catalogue name."""
    return {model.model: model for model in read_records(CATALOGUE / "models.csv", Model)}


@functools.cache
def shipped_offers() -> tuple[Offer, ...]:
    """The shipped offers, prices in USD; their GPUs and models are catalogue names."""
    return read_records(CATALOGUE / "offers.csv", Offer)


@functools.cache
def shipped_profiles() -> tuple[ProfileBlock, ...]:
    """The blocks of the shipped demand profiles; each profile's hours add up to 730, its peak block has the multiplier 1."""
    return read_records(CATALOGUE / "profiles.csv", ProfileBlock)


@functools.cache
def shipped_gpu_names() -> Names:
    """The index of the shipped GPUs' names and aliases, for :func:`data.names.resolve`."""
    return gpu_names_of(shipped_gpus().values())


@functools.cache
def shipped_model_names() -> Names:
    """The index of the shipped models' names and aliases, for :func:`data.names.resolve`."""
    return model_names_of(shipped_models().values())


def read_records(path: Path, record: type[Record]) -> tuple[Record, ...]:
    """Every row of a CSV as a record; columns that are no field of the record (a profile's source) are left aside.

    Raises BadInput that names every row that does not parse.
    """
    columns = columns_of(record)
    records, problems = [], []
    with path.open(encoding="utf-8", newline="") as file:
        for number, row in enumerate(csv.DictReader(file), start=2):  # row 1 is the header
            try:
                records.append(record_from_strings(record, {name: cell for name, cell in row.items() if name in columns}))
            except CellError as error:
                problems.append(Problem(say("{file} row {number}", file=path.name, number=number), error.what, error.enter))
    if problems:
        raise BadInput(problems)
    return tuple(records)
