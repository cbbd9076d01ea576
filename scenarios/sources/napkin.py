"""The article of napkin mathematics: KV cache, roofline and cost of a user."""

from __future__ import annotations

from data.library import shipped_gpus
from data.units import BYTES_PER_KV_ELEMENT, GB
from scenarios.sources.page import Case, Figure, side_by_side
from scenarios.sources.plans import planned, scenario

CONTEXT = 200_000.0  # tokens
HEADS, KV_HEADS = 64, 8
FREE_GB = 160.0  # of a B200 of 192 GB beside 32 GB of weights
USERS = 300.0
USD_PER_HOUR = 4.0
HOURS = 720.0


def napkin() -> Case:
    """Case 4."""
    model, gpu = scenario("napkin_32b").models["Napkin-32B"], shipped_gpus()["B200-SXM-180GB"]
    grouped = model.kv_bytes_per_token_fp16 * BYTES_PER_KV_ELEMENT["fp8"] / BYTES_PER_KV_ELEMENT["bf16"] * CONTEXT / GB
    plan = planned("napkin_32b")
    (row,) = plan.deployments
    (made,) = (candidate for candidate in plan.candidates if candidate.key == row.candidate)
    return Case(
        title="Napkin mathematics: a 32B model on B200",
        asks="A 32B model at one byte a parameter, d = 8,192, 64 layers, contexts of 200,000 tokens: how much memory a conversation takes, how many "
        "fit, what a user "
        "costs. The article gives 300 to 800 users a GPU where a fifth of them are busy, 40 to 60 where all are.",
        scenarios=("napkin_32b",),
        tables=(
            side_by_side(
                Figure(what="KV cache of a sequence without grouped queries [GB]", source=2 * CONTEXT * 8192 * 64 / GB, here=grouped * HEADS / KV_HEADS),
                Figure(what="KV cache of a sequence with 8 of 64 heads [GB]", source=26.0, here=grouped, why="the article rounds"),
                Figure(what="sequences in 160 GB", source=6.0, here=float(FREE_GB // grouped)),
                Figure(
                    what="operations a byte of a B200, FP8",
                    source=562.0,
                    here=(gpu.fp8_tflops or 0.0) * 1e12 / (gpu.mem_bw_gbs * GB),
                    why="the article rounds",
                ),
                Figure(what="USD a user and hour, 300 users a GPU", source=0.013, here=USD_PER_HOUR / USERS, why="the article rounds"),
                Figure(
                    what="USD a user and month, 300 users a GPU", source=9.36, here=USD_PER_HOUR / USERS * HOURS, why="the article multiplies what it rounded"
                ),
                Figure(
                    what="conversations of 20,000 tokens that a GPU holds",
                    source=60.0,
                    here=float(made.max_batch),
                    why="180 GB a GPU instead of 192, a tenth of it kept back, overhead of the engine",
                ),
                Figure(
                    what="users of the plan for each GPU, a fifth of them busy",
                    source=300.0,
                    here=USERS / plan.gpus,
                    why=f"whole GPUs, and batches that are powers of two: {row.batch_size} run at once",
                ),
                Figure(what="USD a user and month in the plan", source=9.36, here=(plan.usd_per_month or 0.0) / USERS, why="the same"),
            ),
        ),
        learnt="The memory model gives the article's figures to its rounding. What the napkin leaves out is what a plan pays for: memory kept back, "
        "whole GPUs, and "
        "the time to first token of new turns.",
    )
