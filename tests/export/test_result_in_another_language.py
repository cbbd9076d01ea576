"""The result workbook in a language made here, whose words are the English ones in brackets: what stands outside of brackets was not said."""

from __future__ import annotations

import dataclasses
import re
import subprocess
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from openpyxl import load_workbook
from openpyxl.workbook import Workbook
from sample_plan import TODAY, in_french, infeasible, sample

from data.fields import columns_of
from data.languages import say, speaking
from data.records.plan import CommitmentLine, Curve, CurvePoint, PercentileCost, Plan
from data.records.scenario import SHEETS, Scenario
from data.records.settings import Settings
from data.result_file import read_stated_pools
from export.deploy import commands_of
from export.error_tables import shipped_errors
from export.figures import STATUS_WORDS, UNIT_WORDS
from export.version import program_version
from export.workbook import write_result
from export.workbook.result import result_of
from tests.other_language import DRAWN, Bracketed, shown, unsaid

CODES = ("inferplan", program_version(), TODAY.isoformat(), "linked", "USD", "p95")


@pytest.fixture(scope="module")
def bracketed() -> Iterator[None]:
    """French as that language."""
    with pytest.MonkeyPatch.context() as patched:
        words = Bracketed()
        patched.setattr("data.languages.words", lambda _: words)
        yield


def rich() -> tuple[Scenario, Plan]:
    """The sample's plan with what else a plan may hold: commitments, curves with pieces, and what percentiles cost."""
    scenario, plan = sample()
    row, candidate = plan.deployments[0], next(found for found in plan.candidates if found.key == plan.deployments[0].candidate)
    held = CommitmentLine(
        offer=row.offer, provider=row.provider, billing=row.billing, gpu=row.gpu, instances=3, gpus=24, existing=False, first_period="",
        last_period="", first_month=1, last_month=12, term_months=12, usd_per_month=60225.0, usd_in_horizon=60225.0, usd_beyond_horizon=1000.0,
    )  # fmt: skip
    points = tuple(CurvePoint(batch_size=2**b, req_per_s_per_node=0.5 * b + 0.5, ttft_ms=150.0, tpot_ms=12.0 + b) for b in range(7))
    cost = PercentileCost(
        workload=row.workload, candidate=candidate.key, gpu=row.gpu, node_size=4, percentile=95, block="peak", load=16.7, unit="req/s", nodes_for_mean=5,
        nodes_for_percentile=6, nodes_in_plan=6,
    )  # fmt: skip
    curve = Curve(candidate=candidate.key, points=points, pieces=((0.05, 0.1), (0.01, 1.0)), error_bound_share=0.02)
    rows = tuple(replace(found, load_by_block=found.load_by_block or dict(found.nodes_by_block)) for found in plan.deployments)
    return scenario, replace(plan, deployments=rows, commitments=(held, replace(held, existing=True)), curves=(curve,), percentile_costs=(cost,))


def strings(value: object) -> Iterator[str]:
    """Every text of a record and of what it holds."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from (text for item in (*value.keys(), *value.values()) for text in strings(item))
    elif isinstance(value, (tuple, list, frozenset)):
        yield from (text for item in value for text in strings(item))
    elif dataclasses.is_dataclass(value):
        yield from (text for field in dataclasses.fields(value) for text in strings(getattr(value, field.name)))


def names(scenario: Scenario, plan: Plan) -> re.Pattern[str]:
    """What is the same in every language, the longest first: names and texts of the input and the plan, codes, fields, commands, labels of pools."""
    columns = [item for record in (*(record for record, _ in SHEETS.values()), Settings) for item in columns_of(record).items()]
    codes = {text for field, column in columns for text in (field, *column.choices, *strings(column.default))}
    commands = {text for pool in commands_of(scenario, plan) for text in strings((pool.serve, pool.benchmark))}
    labels = {pool.label for pool in result_of(scenario, plan, TODAY).fleet.pools}
    groups = {row.group for row in shipped_errors()}
    words = {*STATUS_WORDS, *UNIT_WORDS, *(line.item for line in plan.costs)}  # of the plan, but said where they are shown
    found = {*strings(scenario), *strings(plan)} - words | {*codes, *commands, *labels, *groups, *CODES}
    return re.compile("|".join(map(re.escape, sorted(found - {""}, key=len, reverse=True))))


@pytest.mark.usefixtures("bracketed")
def test_every_text_of_a_result_is_said_or_a_name(tmp_path: Path) -> None:
    for made in (rich(), infeasible()):
        write_result(tmp_path / "said.xlsx", *in_french(*made), TODAY)
        allowed, found = names(*made), list(shown(tmp_path / "said.xlsx"))
        left = [f"{where}: {text}" for where, text in found if unsaid(text, allowed)]
        assert not left, "\n".join(left)
        assert len(found) > 100


@pytest.mark.usefixtures("bracketed")
def test_charts_and_names_refer_to_the_sheets_as_they_are_called(tmp_path: Path) -> None:
    write_result(tmp_path / "said.xlsx", *in_french(*rich()), TODAY)
    book = load_workbook(tmp_path / "said.xlsx")
    with zipfile.ZipFile(tmp_path / "said.xlsx") as archive:
        charts = [ElementTree.fromstring(archive.read(part)) for part in archive.namelist() if part.startswith("xl/charts/chart")]  # noqa: S314
    ranges = [found.text or "" for chart in charts for found in chart.iter(f"{DRAWN}chart}}f")]
    ranges += [name.attr_text or "" for name in book.defined_names.values()]
    assert {text.rpartition("!")[0].strip("'") for text in ranges} <= set(book.sheetnames)
    assert len(ranges) > 40


@pytest.mark.usefixtures("bracketed")
def test_simulate_reads_the_pools_whatever_the_language(tmp_path: Path) -> None:
    write_result(tmp_path / "english.xlsx", *rich(), TODAY)
    write_result(tmp_path / "said.xlsx", *in_french(*rich()), TODAY)
    english, said = (read_stated_pools(tmp_path / f"{name}.xlsx") for name in ("english", "said"))
    assert [pool.values for pool in said] == [pool.values for pool in english]


@pytest.mark.libreoffice
@pytest.mark.usefixtures("bracketed")
def test_recalculated_the_numbers_are_those_of_the_english_result(tmp_path: Path) -> None:
    write_result(tmp_path / "english.xlsx", *rich(), TODAY)
    write_result(tmp_path / "said.xlsx", *in_french(*rich()), TODAY)
    for name in ("english", "said"):
        load_workbook(tmp_path / f"{name}.xlsx").save(tmp_path / f"{name}.xlsx")  # drops the cached values
    english, said = (book for book in recalculated(tmp_path, "english", "said"))
    compared = 0
    for one, other in zip(english, said, strict=True):
        assert other.title == in_words(one.title)
        for cell in (cell for row in one.iter_rows() for cell in row if cell.value is not None):
            found = other[cell.coordinate]
            assert found.data_type != "e", f"{other.title}!{cell.coordinate}"
            if isinstance(cell.value, (int, float)):
                assert found.value == pytest.approx(cell.value, rel=1e-9), f"{other.title}!{cell.coordinate}"
                compared += 1
            elif cell.value in ("ok", "short of capacity", "over stock"):
                assert found.value == in_words(cell.value)
    assert compared > 500


def in_words(text: str) -> str:
    with speaking("fr"):
        return say(text)


def recalculated(folder: Path, *files: str) -> Iterator[Workbook]:
    """Workbooks of a folder with every formula computed by LibreOffice."""
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    paths = [folder / f"{name}.xlsx" for name in files]
    command = ["soffice", profile, "--headless", "--convert-to", "xlsx", "--outdir", folder / "saved", *paths]
    subprocess.run(command, check=True, capture_output=True, timeout=240)
    yield from (load_workbook(folder / "saved" / path.name, data_only=True) for path in paths)
