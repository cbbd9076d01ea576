"""Serve and benchmark commands: the plan's own figures under the engines' option names, quoted for a shell."""

from __future__ import annotations

import shlex
from dataclasses import replace

import pytest
from sample_plan import BATCH, CHAT, RAG, sample

from export.deploy import Commands, checkpoint_of, commands_of


def options(command: str) -> dict[str, str]:
    """The options of a command that take one value."""
    words = shlex.split(command)
    return {word: words[i + 1] for i, word in enumerate(words[:-1]) if word.startswith("--") and not words[i + 1].startswith("--")}


def pool(workload: str) -> Commands:
    return next(found for found in commands_of(*sample()) if found.workload == workload)


def test_one_entry_for_each_pool_over_all_its_offers() -> None:
    found = commands_of(*sample())
    assert [(entry.workload, entry.nodes) for entry in found] == [(CHAT, 6), (RAG, 3), (BATCH, 14)]


def test_vllm_serves_with_the_plans_figures() -> None:
    command = dict(pool(CHAT).serve)["vLLM"]
    assert command.startswith("vllm serve nvidia/Llama-3.1-70B-Instruct-FP8 ")
    found = options(command)
    assert found["--tensor-parallel-size"] == "4"
    assert found["--max-num-seqs"] == "64"
    assert found["--gpu-memory-utilization"] == "0.9"
    assert "--quantization" not in found  # the checkpoint is quantised already
    assert int(found["--max-model-len"]) % 256 == 0


def test_sglang_serves_with_the_same_memory_less_the_overhead() -> None:
    found = options(dict(pool(CHAT).serve)["SGLang"])
    assert (found["--tp-size"], found["--max-running-requests"]) == ("4", "64")
    assert float(found["--mem-fraction-static"]) == pytest.approx(0.9 * (72 - 4.1) / 72, abs=1e-3)


def test_a_model_without_a_quantised_copy_is_quantised_on_loading_and_a_note_says_so() -> None:
    found = pool(BATCH)
    assert options(dict(found.serve)["vLLM"])["--quantization"] == "fp8"
    assert "quantises" in found.notes[0]


@pytest.mark.parametrize(
    ("precision", "native", "variants", "repository", "note"),
    [
        ("bf16", "bf16", "", "meta/x", ""),
        ("fp8", "fp8 (block)", "", "meta/x", ""),
        ("fp4", "bf16", "a/x-FP8; b/x-NVFP4", "b/x-NVFP4", ""),
        ("int4", "bf16", "a/x-FP8", "meta/x", "The plan counts on int4 weights: put an int4 checkpoint of x in the model's place."),
        ("fp4", "bf16", "this repo is the NVFP4 copy", "meta/x", ""),
    ],
)
def test_the_checkpoint_of_a_precision(precision: str, native: str, variants: str, repository: str, note: str) -> None:
    model = replace(sample()[0].models["Llama-3.1-8B"], model="x", hf_repo="meta/x", native_precision=native, quantised_variants=variants)
    found = checkpoint_of(model, precision)
    assert (found.repository, found.quantization, found.note) == (repository, "", note)


def test_an_open_loop_is_benchmarked_at_its_rate_and_a_closed_one_at_its_concurrency() -> None:
    chat, rag = (options(dict(pool(name).benchmark)["vLLM"]) for name in (CHAT, RAG))
    assert float(chat["--request-rate"]) == pytest.approx(16.7 / 6, rel=1e-3)  # the peak over six nodes
    assert (chat["--random-input-len"], chat["--random-output-len"]) == ("1200", "300")
    assert (rag["--request-rate"], rag["--max-concurrency"]) == ("inf", "40")  # 120 in flight on three nodes
    assert "ttft:2000 tpot:50" in dict(pool(CHAT).benchmark)["vLLM"]


def test_a_repository_with_spaces_or_quotes_is_one_word() -> None:
    scenario, plan = sample()
    evil = replace(scenario.models["Llama-3.1-8B"], hf_repo="a b'; rm -rf ~ #")
    found = commands_of(replace(scenario, models={**scenario.models, "Llama-3.1-8B": evil}), plan)[-1]
    for _, command in (*found.serve, *found.benchmark):
        assert "a b'; rm -rf ~ #" in shlex.split(command)
