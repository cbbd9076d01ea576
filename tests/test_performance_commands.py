"""predict, validate and calibrate as a script calls them."""

import csv
import io
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from export.error_tables import error_csv, shipped_errors
from model.performance.validate import validate
from solve import cli

FACTORS = "model,gpu,engine,precision,decode_factor,prefill_factor,runs\n"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


def test_predict_keeps_every_row_in_its_place_and_other_columns_untouched(tmp_path: Path) -> None:
    points = tmp_path / "points.csv"
    points.write_text(
        "id,model,gpu,node_size,precision,mode,input_tokens,output_tokens,concurrency\n"
        "a,meta-llama/Llama-3.1-8B-Instruct,H100,1,fp8,serving,2000,200,25\n"
        "b,Llama-9-1B,H100,1,fp8,serving,2000,200,25\n"
        "c,Llama-3.1-405B,L4,1,bf16,static,100,100,1\n",
        encoding="utf-8",
    )
    out = tmp_path / "out.csv"
    assert run("predict", points, "-o", out).exit_code == 0
    served, unknown, large = csv.DictReader(io.StringIO(out.read_text(encoding="utf-8")))
    assert [row["id"] for row in (served, unknown, large)] == ["a", "b", "c"]
    assert served["problem"] == ""
    assert float(served["output_tok_per_s"]) > 0
    assert "Llama-9-1B" in unknown["problem"]
    assert unknown["tpot_ms"] == ""
    assert (large["fits"], large["req_per_s"]) == ("false", "")


def test_an_unreadable_file_of_points_ends_with_2_and_one_line(tmp_path: Path) -> None:
    assert run("predict", tmp_path / "missing.csv").exit_code == 2
    picture = tmp_path / "picture.csv"
    picture.write_bytes(b"\x89PNG\xff\xfe\x00")
    result = run("predict", picture)
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1


def test_the_shipped_error_table_is_what_validate_prints_today() -> None:
    result = run("validate", "--csv")
    assert result.exit_code == 0
    assert [tuple(vars(row).values()) for row in shipped_errors()] == [
        (row["by"], row["group"], row["metric"], int(row["runs"]), float(row["median"]), float(row["p90"]), float(row["bias"]))
        for row in csv.DictReader(io.StringIO(result.stdout))
    ]
    assert error_csv(validate()) == result.stdout


def test_calibrate_moves_predictions_to_the_users_own_runs(tmp_path: Path) -> None:
    """A node measured at twice the predicted time per token is predicted at about that after calibration."""
    points = tmp_path / "points.csv"
    header = "model,gpu,node_size,precision,engine,mode,input_tokens,output_tokens,concurrency"
    cases = [f"Llama-3.1-8B,L40S,1,fp8,vllm,serving,1000,500,{n}" for n in (1, 8, 32)]
    points.write_text("\n".join([header, *cases]) + "\n", encoding="utf-8")
    before = [float(row["tpot_ms"]) for row in csv.DictReader(io.StringIO(run("predict", points).stdout))]
    measured = tmp_path / "measured.csv"
    rows = [f"{case},{2 * tpot:.4f}" for case, tpot in zip(cases, before, strict=True)]
    measured.write_text("\n".join([f"{header},tpot_ms", *rows]) + "\n", encoding="utf-8")
    factors = tmp_path / "factors.csv"
    result = run("calibrate", measured, "-o", factors)
    assert result.exit_code == 0, result.output
    assert "decode ×" in result.stdout
    after = [float(row["tpot_ms"]) for row in csv.DictReader(io.StringIO(run("predict", points, "--factors", factors).stdout))]
    assert all(abs(new / (2 * old) - 1) < 0.1 for new, old in zip(after, before, strict=True))


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", f"{FACTORS}Llama-3.1-8B,L40S,vllm,fp8,-3,1,1\n", f"{FACTORS}Llama-3.1-8B,L40S,vllm,fp8,nan,1,1\n"])
def test_a_file_that_holds_no_correction_factors_is_told(text: str, tmp_path: Path) -> None:
    (tmp_path / "points.csv").write_text("model,gpu,input_tokens,output_tokens,concurrency\nLlama-3.1-8B,L40S,1000,500,8\n", encoding="utf-8")
    (tmp_path / "factors.csv").write_text(text, encoding="utf-8")
    result = run("predict", tmp_path / "points.csv", "--factors", tmp_path / "factors.csv")
    assert (result.exit_code, result.output) == (2, "factors.csv: is no table of correction factors; give what calibrate writes\n")
