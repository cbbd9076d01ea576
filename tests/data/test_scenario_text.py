"""Scenarios as text are read like workbooks; their addresses are sheet, row and field."""

from pathlib import Path

import pytest

from data.problems import BadInput
from data.scenario_text import tables_from_toml
from tests.data.cells import said

CHAT = '[[Workloads]]\nname = "chat"\nmodel = "Llama-3.1-8B"\nrequests_per_s = 2\ninput_tokens = 1000\noutput_tokens = 200\n'


def test_problems_are_told_by_sheet_row_and_field(tmp_path: Path) -> None:
    text = tmp_path / "plan.toml"
    text.write_text(f'title = "A plan"\n{CHAT}{CHAT.replace("1000", "-1")}precision = ["fp8", "fp9"]\n[Settings]\nnode_sizes = [1, 3]\n')
    assert said(tables_from_toml(text)) == [
        "Workloads[2].precision: Precision 'fp9' is not one of the choices (did you mean fp8?); enter one or more of auto, bf16, fp8, int8, int4, fp4",
        "Workloads[2].input_tokens: Input tokens '-1' is below 1; enter a number from 1 to 10,000,000 (tokens)",
        "Workloads[2].name: Workload 'chat' stands twice (first in Workloads[1].name); give each a name of its own",
        "Settings.node_sizes: 3 is not a power of two; enter node sizes out of 1, 2, 4, 8, 16, 32, 64",
    ]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("[[Workload]]\n", "there is no input sheet 'Workload'; enter Workloads, or the name of an input sheet"),
        ("[Workloads]\n", "Workloads is no table; write [[Workloads]] for each row"),
        ("[[Settings]]\n", "Settings is no table; write [Settings]"),
        ("a = \n", "is not TOML (Invalid value (at line 1, column 5)); correct its syntax"),
    ],
)
def test_text_of_another_shape(tmp_path: Path, content: str, problem: str) -> None:
    text = tmp_path / "plan.toml"
    text.write_text(content)
    with pytest.raises(BadInput) as caught:
        tables_from_toml(text)
    assert str(caught.value) == f"{text}: {problem}"
