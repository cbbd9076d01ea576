"""Every command that the documents name is run, in a folder with the files they speak of; what a test cannot run is listed with its reason."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from documented import DOCUMENTS, NOT_RUN, documented_commands

from data.scenario_text import tables_from_toml
from data.template import write_template
from docs.manual.__main__ import ROOT
from docs.manual.commands import run
from solve import cli

FOUND = {command: document for document in reversed(DOCUMENTS) for command in documented_commands(document)}
COMMANDS = sorted(command for command in FOUND if not command.startswith(tuple(NOT_RUN)))
# A planner's own workbook: users, two offers, and two cases with their weights.
MINE = """
[[Workloads]]
name = "chat"
model = "Llama-3.1-8B"
precision = "fp8"
users = 5000
requests_per_user_per_hour = 2
input_tokens = 1000
output_tokens = 200
ttft_target_ms = 1000
tpot_target_ms = 50

[[Offers]]
offer = "rented"
provider = "A"
gpu = "L40S"
billing = "on_demand"
usd_per_instance_hour = 1.9

[[Offers]]
offer = "for a year"
provider = "A"
gpu = "L40S"
billing = "reserved"
term_months = 12
usd_per_instance_hour = 1.2

[[Variants]]
variant = "few"
sheet = "Workloads"
row = "chat"
field = "users"
value = "2000"
weight = 3

[[Variants]]
variant = "many"
sheet = "Workloads"
row = "chat"
field = "users"
value = "20000"
weight = 1

[Settings]
offers = "workbook"
alternatives = false
node_sizes = "1"
"""
PRINTED = {  # what a document says that a command finds
    "solve.py sweep scenarios/api_rent_buy.xlsx --set users=1000:1e6:40:log": "users from 17,105: the plan leaves API (per token)",
}
POINTS = "model,gpu,precision,input_tokens,output_tokens,concurrency\nLlama-3.1-8B,L40S,fp8,1000,200,8\n"
MEASURED = "model,gpu,precision,input_tokens,output_tokens,concurrency,ttft_ms,tpot_ms\nLlama-3.1-8B,L40S,fp8,1000,200,8,120,18\n"
PRICES = "Instance,GPU model,GPU count,Region,Price per hour\nh100.8,H100 SXM,8,fr-1,$21.60\n"
GPUHUNT = "instance_name,location,price,cpu,memory,gpu_count,gpu_name,gpu_memory,spot,disk_size\nbox,eu-1,2.5,8,64,1,L40S,48,False,\n"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every file that a document names."""
    folder = tmp_path_factory.mktemp("desk")
    (folder / "mine.toml").write_text(MINE, encoding="utf-8")
    write_template(folder / "my.xlsx", tables_from_toml(folder / "mine.toml"))
    for name in ("SCENARIO.xlsx", "a.xlsx", "b.xlsx", "A.xlsx", "B.xlsx", "bids/one.xlsx", "bids/two.xlsx", "FOLDER/one.xlsx", "scenarios/my.xlsx"):
        (folder / name).parent.mkdir(exist_ok=True)
        shutil.copy(folder / "my.xlsx", folder / name)
    for name in ("organisation", "api_rent_buy"):
        shutil.copy(ROOT / "scenarios" / f"{name}.xlsx", folder / "scenarios")
    run("solve.py my.xlsx -o RESULT.xlsx", folder)
    for name, text in (("POINTS.csv", POINTS), ("MEASURED.csv", MEASURED), ("PRICES.csv", PRICES), ("prices.csv", PRICES)):
        (folder / name).write_text(text, encoding="utf-8")
    with zipfile.ZipFile(folder / "catalog.zip", "w") as archive:
        archive.writestr("aws.csv", GPUHUNT)
    head, *runs = (ROOT / "data/measurements/calibration.csv").read_text(encoding="utf-8").splitlines()
    few = [line for line in runs if line.startswith(("Llama-3.1-8B,H100-SXM5-80GB", "Llama-3.3-70B,H200-SXM-141GB"))][::12]
    (folder / "RUNS.csv").write_text("\n".join([head, *few]) + "\n", encoding="utf-8")
    return folder


@pytest.mark.parametrize("command", COMMANDS)
def test_a_documented_command_ends_well(command: str, desk: Path, tmp_path: Path) -> None:
    folder = tmp_path / "desk"
    shutil.copytree(desk, folder)
    if command.startswith("solve.py template"):
        (folder / "my.xlsx").unlink()  # it never writes over a workbook
    command = command.replace("--example NAME", "--example organisation").replace("--provider NAME", "--provider Acme")
    program, *arguments = shlex.split(command)
    if program == "solve.py":
        printed = run(f"{command} --help" if arguments[-1] in cli.commands else command, folder)  # a command named alone
        assert PRINTED.get(command, "") in printed
        return
    assert program == "python"
    code = [str(ROOT / arguments[0])] if arguments[0].endswith(".py") else arguments[:2]
    line = [sys.executable, *code, *arguments[len(code) :]]
    done = subprocess.run(line, cwd=folder, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("start", NOT_RUN)
def test_what_is_not_run_is_documented_and_what_it_names_exists(start: str) -> None:
    """No entry outlives its command; targets, requirement files, extras and the tests that do the same in its place are there."""
    commands = [command for command in FOUND if command.startswith(start)]
    assert commands
    targets = (ROOT / "Makefile").read_text(encoding="utf-8")
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    for command in commands:
        for target in re.findall(r"^make (\S+)", command):
            assert f"\n{target}:" in targets
        for file in re.findall(r"\S+\.(?:lock|py)\b", command):
            assert (ROOT / file.replace("\\", "/")).is_file()
        for extra in re.findall(r"inferplan\[(\w+)\]", command):
            assert extra in extras
    for file in re.findall(r"tests/\S+\.py", NOT_RUN[start]):
        assert (ROOT / file).is_file()


def test_every_option_that_the_readme_names_exists() -> None:
    options = {option for command in cli.commands.values() for parameter in command.params for option in parameter.opts}
    named = re.findall(r"`(--?[a-z-]+)[^`]*`", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert named
    assert set(named) <= options | {"--help", "--preload"}  # the latter is Dask's


def test_the_readmes_accuracy_is_what_validate_prints(tmp_path: Path) -> None:
    printed = run("solve.py validate", tmp_path).replace("%", " %")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"(?m)^\| (TPOT|output tokens/s|TTFT)[^|]*\| ([\d,]+) \| ([^|]*) \| ([^|]*) \| ([^|]*) \|$", readme)
    assert len(rows) == 3
    for metric, *figures in rows:
        line = re.search(rf"(?m)^all +all +{metric} .*$", printed)
        assert line
        assert line[0].split()[-7:] == " ".join(figures).replace(",", "").replace("\N{MINUS SIGN}", "-").split()
