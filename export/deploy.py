"""Commands for the engineers who deploy a plan: serve a pool with vLLM, SGLang or TensorRT-LLM, and benchmark one node of it.

Option names: vLLM 0.11 to 0.15 (``vllm serve``, ``vllm bench serve``), SGLang 0.5 (``sglang.launch_server``, ``sglang.bench_serving``) and TensorRT-LLM
1.0 (``trtllm-serve``), from their documentation.
"""

from __future__ import annotations

import math
import re
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from data.languages import noted, say
from data.records.candidate import Candidate
from data.records.plan import Deployment, Plan, WorkloadDemand
from data.records.scenario import Scenario
from data.records.supply import Model
from data.records.workload import Workload
from model.performance.engines import OLD_NVIDIA, engines_for

VLLM_PORT, SGLANG_PORT = 8000, 30000  # the engines' own defaults
BENCHMARK_S = 300  # seconds of load a benchmark sends: long enough to pass the warm-up of the batch several times
FEWEST_PROMPTS = 100
LENGTH_STEP = 256  # tokens: the longest request is rounded up to a multiple
PERCENTILES = "50,90,95,99"
_REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+")
_THIS_COPY = re.compile(r"this repo is the (\w+) copy", re.IGNORECASE)
# How a published quantised copy names its precision.
_NAMES = {"fp8": ("FP8",), "int8": ("INT8", "W8A8"), "int4": ("INT4", "AWQ", "GPTQ", "W4A16"), "fp4": ("FP4",), "bf16": ("BF16",)}


@dataclass(frozen=True)
class Checkpoint:
    """What to load: the repository, the engine's quantisation option ("" for none) and what to know about it ("" for nothing)."""

    repository: str
    quantization: str
    note: str


@dataclass(frozen=True)
class Commands:
    """The commands of one pool; ``engine`` is the one its figures assume."""

    workload: str
    candidate: str
    gpu: str
    nodes: int
    node_size: int
    engine: str
    serve: tuple[tuple[str, str], ...]  # engine → command, for each node
    benchmark: tuple[tuple[str, str], ...]  # engine → command, against one node
    notes: tuple[str, ...]


def commands_of(scenario: Scenario, plan: Plan) -> tuple[Commands, ...]:
    """The commands of every pool of a plan, in the plan's order."""
    candidates = {candidate.key: candidate for candidate in plan.candidates}
    workloads = plan.served(scenario.workloads)
    demands = {demand.workload: demand for demand in plan.demands}
    found = []
    for key in dict.fromkeys(row.candidate for row in plan.deployments if row.candidate):
        rows = [row for row in plan.deployments if row.candidate == key]
        candidate = candidates[key]
        found.append(_pool(scenario, workloads[candidate.workload], demands.get(candidate.workload), candidate, rows))
    return tuple(found)


def _pool(scenario: Scenario, workload: Workload, demand: WorkloadDemand | None, candidate: Candidate, rows: Sequence[Deployment]) -> Commands:
    model = scenario.models[workload.model]
    checkpoint = checkpoint_of(model, candidate.precision)
    longest = longest_request(workload, scenario, model)
    share = scenario.settings.gpu_memory_utilization
    load = node_load(candidate, rows) * candidate.in_flight_share(workload.think_time_s or 0.0)
    gpus = {offer.offer: offer.gpus_per_instance for offer in scenario.offers}
    instances = max(-(-candidate.node_size // max(1, gpus[row.offer])) for row in rows)
    gpu = scenario.gpus[candidate.gpu]
    sglang = any(engine.startswith("sglang") for engine in engines_for(gpu))
    half = " --dtype half" if gpu.arch in OLD_NVIDIA else ""  # no bfloat16 units before Ampere
    serve = [("vLLM", vllm_serve(candidate, checkpoint, longest, share, instances) + half)]
    if sglang:
        serve.append(("SGLang", sglang_serve(candidate, checkpoint, longest, share, instances)))
    if candidate.engine.startswith(("tensorrt-llm", "nim")):
        serve.append(("TensorRT-LLM", trtllm_serve(candidate, checkpoint, longest, share)))
    closed = demand is not None and demand.unit != "req/s"
    return Commands(
        workload=workload.name,
        candidate=candidate.key,
        gpu=candidate.gpu,
        nodes=sum(row.node_count for row in rows),
        node_size=candidate.node_size,
        engine=candidate.engine,
        serve=tuple(serve),
        benchmark=(
            ("vLLM", vllm_benchmark(workload, checkpoint, load, closed=closed)),
            *((("SGLang", sglang_benchmark(workload, checkpoint, load, closed=closed)),) if sglang else ()),
        ),
        notes=tuple(_notes(checkpoint, workload, instances, serve[-1][0])),
    )


def node_load(candidate: Candidate, rows: Sequence[Deployment]) -> float:
    """Load of one node at the workload's peak, in the demand's unit; what it takes at most where its nodes are on at other hours only."""
    nodes = sum(row.node_count for row in rows)
    load = sum(row.load for row in rows)
    return load / nodes if load > 0 else candidate.capacity(nodes) / max(1, nodes)


def _notes(checkpoint: Checkpoint, workload: Workload, instances: int, engine: str) -> Iterable[str]:
    if checkpoint.note:
        yield checkpoint.note
    if checkpoint.quantization and engine == "TensorRT-LLM":
        yield say("TensorRT-LLM does not quantise on loading: give it a {precision} checkpoint.", precision=checkpoint.quantization)
    if instances > 1:
        words = noted("A node spans {count} instances: start Ray on them first (vLLM), or run the SGLang command on each with its own --node-rank.")
        yield say(words, count=instances)
    if workload.accepted_tokens_per_step > 1:
        yield say("The plan counts on speculative decoding: add the engine's options for your draft model.")


def checkpoint_of(model: Model, precision: str) -> Checkpoint:
    """The weights to load for a precision: the published ones, a published quantised copy, quantised on loading (FP8), or one still to be found."""
    repository = model.hf_repo or model.model
    unknown = "" if model.hf_repo else say("No repository is known for {model}: put its path or name in its place.", model=model.model)
    names = _NAMES.get(precision, ())
    this = _THIS_COPY.search(model.quantised_variants)
    native = this.group(1) if this else model.native_precision
    if precision == native.lower() or native.lower().startswith(precision) or any(name in native.upper() for name in names):
        return Checkpoint(repository, "", unknown)
    copies = [copy for copy in _REPOSITORY.findall(model.quantised_variants) if any(name in copy.upper() for name in names)]
    if copies:
        return Checkpoint(copies[0], "", "")
    if precision == "fp8" and native.lower().startswith(("bf16", "fp16")):
        note = say("The engine quantises the weights to FP8 as it loads them; an FP8 checkpoint loads faster.")
        return Checkpoint(repository, "fp8", f"{unknown} {note}".strip())
    note = say("The plan counts on {precision} weights: put an {precision} checkpoint of {model} in the model's place.", precision=precision, model=model.model)
    return Checkpoint(repository, "", f"{unknown} {note}".strip())


def longest_request(workload: Workload, scenario: Scenario, model: Model) -> int:
    """Longest request a node must hold [tokens]: as given, else the 99th percentiles of input and output, rounded up, at most the model's own."""
    from model.queueing.lengths import lengths_of  # noqa: PLC0415 - SciPy is heavy

    if workload.max_context_tokens:
        return math.ceil(workload.max_context_tokens)
    lengths = lengths_of(workload, scenario.lengths)
    longest = lengths.prefill_quantile(99) * lengths.input_mean / lengths.prefill_mean + lengths.output_quantile(99)
    return min(math.ceil(longest / LENGTH_STEP) * LENGTH_STEP, model.max_context or math.ceil(longest))


def _line(words: Iterable[object]) -> str:
    """A command line, every word quoted for a POSIX shell where it needs to be."""
    return shlex.join(str(word) for word in words)


def vllm_serve(candidate: Candidate, checkpoint: Checkpoint, longest: int, memory_share: float, instances: int = 1) -> str:
    """``vllm serve`` for a node of a candidate."""
    words: list[object] = ["vllm", "serve", checkpoint.repository, "--tensor-parallel-size", candidate.node_size]
    words += [
        "--max-num-seqs",
        candidate.batch_size,
        "--max-model-len",
        longest,
        "--max-num-batched-tokens",
        max(candidate.step_time.token_budget, candidate.batch_size),
    ]
    words += ["--gpu-memory-utilization", f"{memory_share:g}"]
    if candidate.kv_precision == "fp8":
        words += ["--kv-cache-dtype", "fp8"]
    if checkpoint.quantization:
        words += ["--quantization", checkpoint.quantization]
    if instances > 1:
        words += ["--distributed-executor-backend", "ray"]
    return _line(words)


def static_share(candidate: Candidate, memory_share: float) -> float:
    """SGLang's mem_fraction_static: the same memory as vLLM's share, less the overhead, which SGLang does not count in."""
    memory = candidate.memory
    return memory_share * (memory.usable_gb - memory.overhead_gb) / memory.usable_gb


def sglang_serve(candidate: Candidate, checkpoint: Checkpoint, longest: int, memory_share: float, instances: int = 1) -> str:
    """``sglang.launch_server`` for a node of a candidate."""
    words: list[object] = ["python", "-m", "sglang.launch_server", "--model-path", checkpoint.repository, "--tp-size", candidate.node_size]
    words += ["--max-running-requests", candidate.batch_size, "--context-length", longest, "--chunked-prefill-size", candidate.step_time.token_budget]
    words += ["--mem-fraction-static", f"{static_share(candidate, memory_share):.3f}"]
    if candidate.kv_precision == "fp8":
        words += ["--kv-cache-dtype", "fp8_e4m3"]
    if checkpoint.quantization:
        words += ["--quantization", checkpoint.quantization]
    if instances > 1:
        words += ["--nnodes", instances, "--node-rank", 0, "--dist-init-addr", "HEAD_ADDRESS:20000"]
    return _line(words)


def trtllm_serve(candidate: Candidate, checkpoint: Checkpoint, longest: int, memory_share: float) -> str:
    """``trtllm-serve`` for a node of a candidate."""
    words: list[object] = ["trtllm-serve", checkpoint.repository, "--tp_size", candidate.node_size, "--max_batch_size", candidate.batch_size]
    words += ["--max_seq_len", longest, "--max_num_tokens", candidate.step_time.token_budget, "--kv_cache_free_gpu_memory_fraction", f"{memory_share:g}"]
    return _line(words)


def _pace(load: float, *, closed: bool, flag: str) -> tuple[list[object], int]:
    """The options that set the load of a benchmark of one node, and how many requests to send."""
    if closed:
        in_flight = max(1, math.ceil(load))
        return ["--request-rate", "inf", flag, in_flight], max(FEWEST_PROMPTS, 10 * in_flight)
    rate = load if load > 0 else 1.0
    return ["--request-rate", f"{rate:.4g}"], max(FEWEST_PROMPTS, math.ceil(rate * BENCHMARK_S))


def vllm_benchmark(workload: Workload, checkpoint: Checkpoint, load: float, *, closed: bool) -> str:
    """``vllm bench serve`` at the load the plan puts on one node (req/s, or requests in flight for a closed loop), against its targets."""
    pace, prompts = _pace(load, closed=closed, flag="--max-concurrency")
    prefix = round(min(workload.cached_prefix_tokens, workload.input_tokens - 1))
    words: list[object] = [
        "vllm",
        "bench",
        "serve",
        "--model",
        checkpoint.repository,
        "--base-url",
        f"http://127.0.0.1:{VLLM_PORT}",
        "--dataset-name",
        "random",
    ]
    words += ["--random-input-len", round(workload.input_tokens) - prefix, "--random-output-len", round(workload.output_tokens)]
    words += ["--random-prefix-len", prefix] if prefix > 0 else []
    words += [*pace, "--num-prompts", prompts, "--ignore-eos"]
    if not closed and workload.arrival_cv != 1:
        words += ["--burstiness", f"{1 / workload.arrival_cv**2:.4g}"]  # shape of the gamma distribution of the times between arrivals: 1/CV²
    words += ["--percentile-metrics", "ttft,tpot,itl,e2el", "--metric-percentiles", PERCENTILES]
    targets = [("ttft", workload.ttft_target_ms), ("tpot", workload.tpot_target_ms), ("e2el", workload.e2e_target_ms)]
    goals = [f"{name}:{value:g}" for name, value in targets if value and workload.serving_mode != "offline"]
    return _line([*words, "--goodput", *goals] if goals else words)


def sglang_benchmark(workload: Workload, checkpoint: Checkpoint, load: float, *, closed: bool) -> str:
    """``sglang.bench_serving`` at the load the plan puts on one node; all requests have the mean length (range ratio 1)."""
    pace, prompts = _pace(load, closed=closed, flag="--max-concurrency")
    words: list[object] = ["python", "-m", "sglang.bench_serving", "--backend", "sglang", "--model", checkpoint.repository]
    words += ["--base-url", f"http://127.0.0.1:{SGLANG_PORT}", "--dataset-name", "random", "--random-range-ratio", 1]
    words += ["--random-input-len", round(workload.input_tokens), "--random-output-len", round(workload.output_tokens)]
    return _line([*words, *pace, "--num-prompts", prompts])
