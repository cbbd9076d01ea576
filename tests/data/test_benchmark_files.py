"""Result files of benchmark tools, as short as they may be: keys as the tools write them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from data.benchmark_files import Deployment, read_measurements, with_catalogue_names
from data.library import shipped_gpu_names, shipped_model_names
from data.problems import BadInput

ON = Deployment(gpu="H100 SXM", node_size=2, precision="fp8", engine="vllm")

VLLM = {
    "date": "20261101-120000", "backend": "openai", "model_id": "meta-llama/Llama-3.1-8B-Instruct", "num_prompts": 10, "request_rate": "inf",
    "max_concurrency": 16, "duration": 10.0, "completed": 10, "total_input_tokens": 10000, "total_output_tokens": 2000, "request_throughput": 1.0,
    "output_throughput": 200.0, "mean_ttft_ms": 80.0, "median_ttft_ms": 75.0, "mean_tpot_ms": 9.5, "mean_itl_ms": 9.5,
}  # fmt: skip


def spread(mean: float) -> dict[str, dict[str, float]]:
    return {"successful": {"mean": mean, "median": mean, "count": 10}}


GUIDELLM = {
    "args": {"model": "meta-llama/Llama-3.1-8B-Instruct"},
    "benchmarks": [
        {
            "metrics": {
                "request_concurrency": spread(concurrency), "prompt_token_count": spread(1000), "output_token_count": spread(200),
                "time_to_first_token_ms": spread(80), "inter_token_latency_ms": spread(9.5), "time_per_output_token_ms": spread(9.9),
                "output_tokens_per_second": spread(200),
            }
        }
        for concurrency in (1.0, 15.5)
    ],
}  # fmt: skip

METRICS = {
    "time_to_first_token": {"unit": "ms", "avg": 80.0}, "inter_token_latency": {"unit": "ms", "avg": 9.5},
    "output_sequence_length": {"unit": "tokens", "avg": 200.0}, "input_sequence_length": {"unit": "tokens", "avg": 1000.0},
    "output_token_throughput": {"unit": "tokens/sec", "avg": 200.0}, "request_throughput": {"unit": "requests/sec", "avg": 1.0},
}  # fmt: skip
GENAI_PERF = METRICS | {"input_config": {"model": ["meta-llama/Llama-3.1-8B-Instruct"], "perf_analyzer": {"stimulus": {"concurrency": 16}}}}
AIPERF = METRICS | {"input_config": {"endpoint": {"model_names": ["meta-llama/Llama-3.1-8B-Instruct"]}, "loadgen": {"concurrency": 16}}}


COLUMNS = "model,gpu,input_tokens,output_tokens,tpot_ms\n"


def written(path: Path, content: object) -> Path:
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


@pytest.mark.parametrize(("tool", "content"), [("vllm", VLLM), ("genai-perf", GENAI_PERF), ("aiperf", AIPERF)])
def test_a_run_of_one_tool_is_one_measurement(tmp_path: Path, tool: str, content: object) -> None:
    found = with_catalogue_names(read_measurements(written(tmp_path / f"{tool}.json", content), ON), shipped_model_names(), shipped_gpu_names())
    (run,) = found
    assert (run.model, run.gpu, run.node_size, run.precision, run.engine) == ("Llama-3.1-8B", "H100-SXM5-80GB", 2, "fp8", "vllm")
    assert (run.concurrency, run.input_tokens, run.output_tokens, run.ttft_ms, run.tpot_ms, run.output_tok_per_s) == (16, 1000, 200, 80, 9.5, 200)


def test_every_level_of_a_guidellm_sweep_is_a_measurement(tmp_path: Path) -> None:
    runs = read_measurements(written(tmp_path / "benchmarks.json", GUIDELLM), ON)
    assert [run.concurrency for run in runs] == [1.0, 15.5]
    assert {run.tpot_ms for run in runs} == {9.5}


def test_a_run_at_a_fixed_rate_has_the_requests_in_flight_of_littles_law(tmp_path: Path) -> None:
    # 1 request/s that takes 80 ms + 199 · 9.5 ms = 1.97 s: 1.97 in flight.
    (run,) = read_measurements(written(tmp_path / "rate.json", VLLM | {"max_concurrency": None}), ON)
    assert run.concurrency == pytest.approx(1.9705)


def test_the_projects_own_csv_needs_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_text("model,gpu,precision,input_tokens,output_tokens,concurrency,tpot_ms\nLlama-3.1-8B,L4,fp8,1000,200,8,40\n", encoding="utf-8")
    (run,) = read_measurements(path)
    assert (run.gpu, run.tpot_ms, run.mode) == ("L4", 40.0, "serving")


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("a.json", "{", "a.json: is neither CSV nor JSON; give a CSV with the columns of the sheet Measurements or a result file of a benchmark tool"),
        ("a.json", "{}", "a.json: is no result file of vLLM bench serve, GuideLLM, genai-perf or AIPerf; give one of these, or a CSV"),
        ("a.json", '{"mean_tpot_ms": 1}', "a.json: lacks figures that this tool writes; give the result file of a whole run"),
        ("a.csv", "model,gpu,input_tokens,output_tokens\nLlama-3.1-8B,L4,x,200\n", "a.csv row 2: input_tokens"),
        (
            "a.csv",
            "model,gpu,mode,input_tokens,output_tokens,req_per_s\nLlama-3.1-8B,L4,capacity,100,200,3\n",
            "a.csv row 2: a capacity is taken as it is and calibrates nothing; leave it out, and put it into the sheet Measurements of a scenario",
        ),
        ("a.csv", "", "a.csv: has no row under its header; enter a measured run a row"),
        ("a.csv", COLUMNS + "Llama-3.1-8B,L4,1000,200,\n", "a.csv row 2: says nothing that was measured; enter ttft_ms, tpot_ms or output_tok_per_s"),
        ("a.csv", COLUMNS + "Llama-3.1-8B,L4,1,000,200,9\n", "a.csv row 2: has more cells than the header; put a text with a comma between quotation marks"),
        ("a.csv", COLUMNS + f"{'x' * 200_000},L4,1000,200,9\n", "a.csv: is no text; save it as CSV (UTF-8)"),
        ("a.json", "[" * 100_000, "a.json: is neither CSV nor JSON"),
        ("a.json", '{"benchmarks": []}', "a.json: lacks figures that this tool writes"),
        ("a.json", '{"benchmarks": [{"metrics": {"output_token_count": {"successful": {"count": 1}}}}], "args": null}', "a.json: lacks figures that this tool"),
        ("a.json", json.dumps(VLLM | {"mean_tpot_ms": -9.5}), "a.json: tpot_ms '-9.5' is not above 0; enter a number above 0 to 1,000,000 (ms)"),
        ("a.json", json.dumps(VLLM | {"mean_ttft_ms": float("nan")}), "a.json: ttft_ms 'nan' is not a number"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(tmp_path: Path, name: str, text: str, problem: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(BadInput) as bad:
        read_measurements(tmp_path / name, ON)
    assert str(bad.value).startswith(problem)


def test_a_result_file_needs_the_gpus_it_was_measured_on(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="does not say on which GPUs it was measured; give the GPU, node size, precision and engine as options"):
        read_measurements(written(tmp_path / "a.json", VLLM))


def test_names_that_the_catalogue_does_not_know_are_told_once_each(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(COLUMNS + "Llama-9,L4,1000,200,9\n" * 2 + "Llama-3.1-8B,Voodoo,1000,200,9\n", encoding="utf-8")
    with pytest.raises(BadInput) as bad:
        with_catalogue_names(read_measurements(path), shipped_model_names(), shipped_gpu_names())
    assert [problem.what for problem in bad.value.problems] == ["no model is called 'Llama-9'", "no GPU is called 'Voodoo'"]
