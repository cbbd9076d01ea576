"""NVIDIA's course on sizing inference systems: three cases."""

from __future__ import annotations

import math
from dataclasses import replace

from data.units import HOUR
from scenarios.sources.page import Case, Figure, side_by_side
from scenarios.sources.plans import Point, plan_of, planned, predicted, scenario

GPU = "H100-SXM5-80GB"
CHAT = Point(
    model="Llama-3.1-8B",
    gpu=GPU,
    node_size=1,
    precision="fp8",
    engine="nim",
    mode="serving",
    input_tokens=2000,
    output_tokens=200,
    concurrency=25,
)
LLAMA2 = Point(
    model="Llama-2-70B",
    gpu=GPU,
    node_size=4,
    precision="bf16",
    engine="tensorrt-llm-cpp",
    mode="static",
    input_tokens=3500,
    output_tokens=200,
    concurrency=8,
)
WORDS_A_TOKEN = 0.75  # the course's ratio
WORKING_DAY_H = 8.0
REQUESTS_A_USER = 3.0
PERCENTILE = 0.95  # of the Poisson demand that the course sizes for


def summaries() -> Case:
    """Case 1: 13 systems by the measured rate."""
    plan, model = planned("nvidia_summaries"), plan_of(replace(scenario("nvidia_summaries"), measurements=()))
    said = next(made.measured for made in plan.candidates if made.measured is not None)
    (row,) = model.deployments
    return Case(
        title="NVIDIA's course, 1: summaries on DGX H100",
        asks="NeMo 43B reads 3,500 words and writes 500, at 0.75 words a token; the first token within 3 s; 31 requests a second at the peak. "
        "The course measured 2.4 requests a second on a DGX H100 and buys 31 / 2.4 = 12.9, so 13 systems.",
        scenarios=("nvidia_summaries",),
        tables=(
            side_by_side(
                Figure(what="input tokens", source=3500 / WORDS_A_TOKEN, here=scenario("nvidia_summaries").workloads[0].input_tokens),
                Figure(what="systems, with the measured rate", source=13.0, here=plan.gpus / 8, why="a measured capacity is taken as it is"),
                Figure(
                    what="requests a second of a system, by the performance model",
                    source=2.4,
                    here=said.model_capacity_per_node,
                    why="TTFT kept at the 95th percentile under random arrivals, not in the mean; another stack; the model's shape is not published in full",
                ),
                Figure(
                    what="systems, by the performance model",
                    source=13.0,
                    here=float(row.node_count),
                    why=f"31 / {said.model_capacity_per_node:.3g}, and {said.model_pooling_loss:.2g} req/s that the pool loses to chance",
                ),
                Figure(
                    what="USD a month",
                    source=13 * (320000 / 48 + (3000 + 8 * 4500) / 12),
                    here=plan.usd_per_month,
                    why="the course's costs: server over four years, hosting, licences",
                ),
            ),
        ),
        learnt="With the rate as a row of `Measurements` (mode `capacity`) the plan is the course's. The warning on it says what the performance "
        "model would have "
        "said, so a doubtful measurement shows.",
    )


def chat_day() -> Case:
    """Case 2: a day of chat on one server."""
    course = 70.7
    nim, vllm, trt = (8 * predicted(replace(CHAT, engine=engine))[2] for engine in ("nim", "vllm", "tensorrt-llm"))
    plan = planned("nvidia_chat_day")
    day = WORKING_DAY_H * HOUR
    newer = "the stack of 2026 instead of the container of 2024"
    return Case(
        title="NVIDIA's course, 2: a day of chat on one server",
        asks="Llama-3-8B in FP8 on eight H100, 2,000 tokens in and 200 out, 25 requests in flight a GPU, the first token within 500 ms in the mean: "
        "70.7 prompts a second. "
        "An 8-hour day makes two million requests of it, 679,000 users of three requests each.",
        scenarios=("nvidia_chat_day",),
        tables=(
            side_by_side(
                Figure(what="prompts a second of 8 GPUs, NIM of 2024", source=course, here=nim, why="the performance model, nothing measured for the case"),
                Figure(what="the same on vLLM", source=course, here=vllm, why=newer),
                Figure(what="the same on TensorRT-LLM 1.x", source=course, here=trt, why=newer),
                Figure(what="requests of a day [10⁶]", source=2.0, here=nim * day / 1e6, why="the course rounds"),
                Figure(what="users a day [10³]", source=679.0, here=nim * day / REQUESTS_A_USER / 1e3),
                Figure(what="GPUs bought for 679,000 users", source=8.0, here=float(plan.gpus), why="whole servers"),
                Figure(
                    what="GPUs of them that work",
                    source=8.0,
                    here=float(sum(row.node_count for row in plan.deployments)),
                    why=f"{newer}, and a larger batch: the median of TTFT and no TPOT target allow {plan.deployments[0].batch_size} in flight a GPU",
                ),
            ),
        ),
        learnt="The performance model meets the course's figure on the engine the course used. On today's engines the same server has room for more users.",
    )


def llama2_70b() -> Case:
    """Case 3: prefill and decode times, and Poisson demand."""
    from scipy.stats import poisson  # noqa: PLC0415 - heavy

    prefill, token, _ = predicted(LLAMA2)
    peak = float(poisson.ppf(PERCENTILE, 64))
    rate = 8 / (2.6 + 200 * 0.0268)
    nodes = math.ceil(peak / rate)
    plan = planned("nvidia_llama2_70b")
    return Case(
        title="NVIDIA's course, 3: Llama-2-70B on four H100",
        asks="FP16, a batch of 8 prompts of 3,500 tokens: prefill 2.6 s, 26.8 ms a token on the stack of that day; a newer one was 1.37 and 1.35 "
        "times faster. "
        "Demand is Poisson with a mean of 64; the course sizes for its 95th percentile.",
        scenarios=("nvidia_llama2_70b",),
        tables=(
            side_by_side(
                Figure(what="prefill of the batch [s], first stack", source=2.6, here=prefill, why="the model is fitted to newer stacks"),
                Figure(what="prefill of the batch [s], newer stack", source=2.6 / 1.37, here=prefill),
                Figure(what="time a token [ms], first stack", source=26.8, here=token, why="the model is fitted to newer stacks"),
                Figure(what="time a token [ms], newer stack", source=26.8 / 1.35, here=token),
                Figure(what="95th percentile of Poisson(64)", source=77.0, here=peak),
                Figure(
                    what="GPUs for 64 requests a second, 200 tokens out",
                    source=float(nodes * 4),
                    here=float(sum(row.node_count * row.node_size for row in plan.deployments)),
                    why="the course's static batches on the first stack, sized for 77; here continuous batches, 64 with random arrivals, p95 kept",
                ),
            ),
        ),
        learnt="Sizing for the 95th percentile of the demand and then at the mean of the service is one way to keep a reserve. The planner keeps the "
        "percentile of "
        "what users feel instead, so a large pool needs less reserve than a small one.",
    )
