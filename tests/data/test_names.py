"""What people call GPUs and models, and which catalogue entry is meant."""

from dataclasses import replace

import pytest

from data.library import shipped_gpu_names, shipped_gpus, shipped_model_names, shipped_models
from data.names import AmbiguousName, Names, UnknownName, gpu_names_of, resolve


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("H100-SXM5-80GB", "H100-SXM5-80GB"),
        ("H100", "H100-SXM5-80GB"),
        ("h200", "H200-SXM-141GB"),
        ("A100-80GB", "A100-SXM4-80GB"),
        ("a100 80gb pcie", "A100-PCIe-80GB"),
        ("MI300X", "MI300X"),
        ("l40s", "L40S"),
        ("RTX PRO 6000", "RTX-PRO-6000-BW-Server"),
        ("NVIDIA H100 80GB HBM3", "H100-SXM5-80GB"),  # as nvidia-smi prints it
        ("NVIDIA GeForce RTX 4090", "RTX-4090"),
        ("A100-SXM-80GB", "A100-SXM4-80GB"),  # as the measurements call it
    ],
)
def test_a_gpu_is_known_by_its_usual_names(written: str, meant: str) -> None:
    assert resolve(written, shipped_gpu_names()) == meant


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("meta-llama/Llama-3.1-8B-Instruct", "Llama-3.1-8B"),
        ("llama 3.1 8b", "Llama-3.1-8B"),
        ("llama 405b", "Llama-3.1-405B"),
        ("Qwen/Qwen3-32B-FP8", "Qwen3-32B"),
        ("TheBloke/Llama-2-7B-Chat-AWQ", "Llama-2-7B"),
        ("mistralai/Mixtral-8x7B-Instruct-v0.1", "Mixtral-8x7B"),
        ("google/gemma-3-27b-it", "Gemma-3-27B"),
        ("deepseek-ai/DeepSeek-R1-Distill-Llama-70B", "Llama-3.3-70B"),  # same shape
    ],
)
def test_a_model_is_known_by_its_repositories_and_short_forms(written: str, meant: str) -> None:
    assert resolve(written, shipped_model_names()) == meant


def test_every_name_alias_and_repository_of_the_catalogue_means_its_own_row() -> None:
    for gpu in shipped_gpus().values():
        assert {resolve(name, shipped_gpu_names()) for name in (gpu.gpu, gpu.gpu.upper(), *gpu.aliases)} == {gpu.gpu}
    for model in shipped_models().values():
        assert {resolve(name, shipped_model_names()) for name in (model.model, model.model.lower(), model.hf_repo, *model.aliases)} == {model.model}


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("A100", "'A100' may be more than one GPU; enter A100-SXM4-40GB, A100-SXM4-80GB, A100-PCIe-40GB or A100-PCIe-80GB"),
        ("RTX 6000", "'RTX 6000' may be more than one GPU; enter RTX-6000-Ada or RTX-PRO-6000-BW-Server"),
    ],
)
def test_a_short_form_of_several_gpus_is_not_guessed(written: str, message: str) -> None:
    with pytest.raises(AmbiguousName) as caught:
        resolve(written, shipped_gpu_names())
    assert str(caught.value) == message


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(UnknownName) as caught:
        resolve("H2000", shipped_gpu_names())
    assert caught.value.what == "no GPU is called 'H2000'"
    assert "H200-SXM-141GB" in caught.value.close
    with pytest.raises(UnknownName, match="enter the name of a GPU of the catalogue"):
        resolve("zzz", shipped_gpu_names())


def test_a_name_beats_the_alias_of_another() -> None:
    own = replace(shipped_gpus()["H100-SXM5-80GB"], gpu="h-100", aliases=())
    names = gpu_names_of([*shipped_gpus().values(), own])
    assert resolve("H100", names) == "h-100"


def test_an_alias_of_two_is_ambiguous() -> None:
    names = Names.of("model", {"a": ["x"], "b": ["x"]})
    with pytest.raises(AmbiguousName):
        resolve("X", names)
