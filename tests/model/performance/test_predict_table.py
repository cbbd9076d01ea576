"""The rows of the predict command."""

from __future__ import annotations

import pytest

from model.performance.table import OUTPUTS, predict_rows

ROW = {"model": "Llama-3.1-8B", "gpu": "H100 SXM", "node_size": "1", "precision": "fp8", "engine": "vllm", "input_tokens": "1000", "output_tokens": "200"}


def test_a_row_keeps_its_columns_and_gets_its_figures() -> None:
    (answer,) = predict_rows([{"case": "a,b", **ROW, "mode": "serving", "concurrency": "32"}])
    assert answer["case"] == "a,b"
    assert list(answer)[-len(OUTPUTS) :] == list(OUTPUTS)
    assert (answer["fits"], answer["provenance"], answer["problem"]) == ("true", "calibrated", "")
    assert float(answer["output_tok_per_s"]) == pytest.approx(200 * float(answer["req_per_s"]), rel=1e-4)


def test_rows_keep_their_order_and_a_bad_one_its_place() -> None:
    rows = [ROW | {"concurrency": "1"}, ROW | {"gpu": "H1000"}, ROW | {"concurrency": "8"}]
    answers = predict_rows(rows)
    assert [bool(answer["problem"]) for answer in answers] == [False, True, False]
    assert float(answers[2]["req_per_s"]) > float(answers[0]["req_per_s"])


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"model": ""}, "model is blank; enter a name of the catalogue"),
        ({"concurrency": ""}, "concurrency is blank; enter a number"),
        ({"input_tokens": "many"}, "input_tokens is 'many'; enter a number"),
        ({"node_size": "1.5"}, "node_size is 1.5; enter a whole number above 0"),
        ({"precision": "fp3"}, "precision 'fp3' is unknown; enter bf16, fp8, int8, int4, fp4"),
        ({"mode": "bursty"}, "mode 'bursty' is unknown; enter static, serving, max_throughput"),
        ({"engine": "triton"}, "engine 'triton' does not run on H100-SXM5-80GB; enter vllm, sglang, tensorrt-llm"),
        ({"node_size": "64"}, "nodes of 64 GPUs are beyond the 16 the model knows"),
        (
            {"model": "Llama-3.1-405B"},
            "does not fit: 410.1 GB of weights and 4.2 GB overhead a GPU leave no room for one sequence on 1 × H100-SXM5-80GB",
        ),
    ],
)
def test_a_row_without_an_answer_says_why(change: dict[str, str], problem: str) -> None:
    (answer,) = predict_rows([ROW | {"concurrency": "8"} | change])
    assert answer["problem"] == problem
    assert answer["ttft_ms"] == ""


def test_a_blank_engine_is_the_best_allowed() -> None:
    rows = [ROW | {"engine": engine, "concurrency": "64"} for engine in ("", "vllm", "sglang", "tensorrt-llm")]
    best, *others = (float(answer["req_per_s"]) for answer in predict_rows(rows))
    assert best == max(others)


def test_full_load_needs_no_concurrency_and_a_batch_beyond_memory_is_said_not_to_fit() -> None:
    full, over = predict_rows([ROW | {"mode": "max_throughput"}, ROW | {"mode": "static", "concurrency": "100000"}])
    assert full["fits"] == "true"
    assert over["fits"] == "false"
    assert int(over["max_batch"]) < 100_000


def test_no_rows_give_no_rows() -> None:
    assert predict_rows([]) == []
