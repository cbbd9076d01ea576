"""AIConfigurator's recommendation for Qwen3-32B on H200."""

from __future__ import annotations

from scenarios.sources.page import Case, Figure, side_by_side
from scenarios.sources.plans import planned


def qwen3() -> Case:
    """Case 7."""
    plan = planned("qwen3_32b_h200")
    (cost,) = plan.percentile_costs
    size = cost.node_size
    load = 50.0 / sum(row.capacity for row in plan.deployments)
    return Case(
        title="AIConfigurator: Qwen3-32B on H200",
        asks="Qwen3-32B in FP8, 50 requests a second of 4,000 / 1,000 tokens, TTFT within 2 s and TPOT within 30 ms. AIConfigurator's `recommend` "
        "answers 88 GPUs, which "
        "that rate loads to 99.8 %: what waits at such a load has no bound worth naming.",
        scenarios=("qwen3_32b_h200",),
        tables=(
            side_by_side(
                Figure(
                    what="GPUs if requests came evenly",
                    source=88.0,
                    here=float(cost.nodes_for_mean * size),
                    why="another performance model; its figure is not published in parts, so the difference is not traced further",
                ),
                Figure(what="GPUs that keep the 95th percentile", source=None, here=float(cost.nodes_for_percentile * size), why="the plan"),
                Figure(what="GPUs more for the percentile", source=None, here=float(cost.extra_gpus)),
                Figure(what="load over what the pool takes within its targets", source=0.998, here=load, why="of what keeps the percentile, not of the mean"),
            ),
        ),
        learnt="A plan at the mean rate has no reserve for chance. The percentile costs the GPUs named above, and the simulator confirms that they suffice "
        "(`solve.py simulate` on the result).",
    )
