"""The command line in tests: run it, and a scenario small enough to plan dozens of times."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner, Result

from data.scenario_text import tables_from_toml
from data.template import write_template
from solve import cli

CHAT = """
[[Workloads]]
name = "chat"
model = "Llama-3.1-8B"
precision = "fp8"
requests_per_s = 20
input_tokens = 1000
output_tokens = 200
ttft_target_ms = 1000
tpot_target_ms = 50

[[Offers]]
offer = "server of eight"
provider = "A"
gpu = "H100"
gpus_per_instance = 8
billing = "on_demand"
usd_per_instance_hour = 24
max_instances = 2

[[Offers]]
offer = "single"
provider = "B"
gpu = "L40S"
billing = "on_demand"
usd_per_instance_hour = 1

[Settings]
offers = "workbook"
"""


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


def workbook(folder: Path, name: str = "my plan", text: str = CHAT) -> Path:
    source = folder / f"{name}.toml"
    source.write_text(text, encoding="utf-8")
    path = folder / f"{name}.xlsx"
    write_template(path, tables_from_toml(source))
    source.unlink()
    return path
