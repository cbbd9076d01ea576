"""InfraScale's questions: its equations solved exactly, its method's answer, and our plan."""

from __future__ import annotations

from dataclasses import replace

from scenarios.sources.infrascale import DEPLOYABLE, GPUS, MODELS, MOST_GPUS, Answer, Question, continuous, exact, published
from scenarios.sources.page import Case, Cell, Table
from scenarios.sources.plans import plan_of, scenario

USERS = (100, 1_000, 10_000, 100_000, 2_500_000)
CATALOGUE = {"A100": "A100-PCIe-80GB", "H100": "H100-SXM5-80GB"}
HEADER = ("model, GPU", "users", "continuous optimum", "its method", "exact", "exact, nodes of 1, 2, 4, 8", "lost to rounding", "planned here")


def gpus_planned(model: str, gpu: str, users: int) -> int:
    """GPUs of our plan for one of its questions, on one GPU type."""
    asked = scenario(f"infrascale_{model.lower()}")
    workload = replace(asked.workloads[0], concurrent_requests=float(users), allowed_gpus=(CATALOGUE[gpu],))
    return plan_of(replace(asked, workloads=(workload,), variants=())).gpus


def questions() -> Case:
    """Case 6."""
    rows: list[tuple[Cell, ...]] = []
    for model, facts in MODELS.items():
        for gpu, card in GPUS.items():
            for users in USERS:
                asked = Question(model=facts, gpu=card, users=float(users))
                relaxed, method, best, sold = continuous(asked), published(asked), exact(asked, range(1, MOST_GPUS + 1)), exact(asked, DEPLOYABLE)
                lost = round(method.gpus - best.gpus) if method and best else None
                here = gpus_planned(model, gpu, users)
                rows.append((f"{model} on {gpu}", users, relaxed.gpus if relaxed else None, _words(method), _words(best), _words(sold), lost, here))
    return Case(
        title="InfraScale: 8B to 70B models for 100 to 2.5 million users",
        asks="How many GPUs for so many users with a request in flight, 10 tokens a second each, 5 s of waiting at most; requests of 1,000 tokens, "
        "200 of them prompt, FP16. "
        "InfraScale minimises S·N over node size S, node count N, batch size 2^B and load Q. Its code takes the continuous optimum, floors B, "
        "optimises again and "
        "rounds S and N up. Here its equations are also solved exactly over the integers, for any S and for the node sizes that can be bought. In the table "
        "S × N = GPUs.",
        scenarios=tuple(f"infrascale_{model.lower()}" for model in MODELS),
        tables=(Table(HEADER, tuple(rows)),),
        learnt=_learnt(rows),
    )


def _words(answer: Answer | None) -> Cell:
    return None if answer is None else f"{answer.node_size:,.0f} × {answer.nodes:,.0f} = {answer.gpus:,.0f}"


def _learnt(rows: list[tuple[Cell, ...]]) -> str:
    """What the table shows, counted."""
    lost = [int(row[6]) for row in rows if isinstance(row[6], int)]
    odd = sum(str(row[3]).split(" ")[0] not in {str(size) for size in DEPLOYABLE} for row in rows)
    worst = max(rows, key=lambda row: int(row[6]) / float(str(row[4]).split("= ")[1].replace(",", "")) if isinstance(row[6], int) else 0.0)
    return (
        f"Rounding costs GPUs in {sum(value > 0 for value in lost)} of {len(rows)} questions, most in proportion for {worst[0]} and {worst[1]:,} "
        f"users: flooring B halves "
        "the batch at worst, and one GPU more in S is paid N times. It is worst for few users, where a second node is bought for nothing. "
        f"In {odd} of {len(rows)} its node size is none that can be bought or that tensor parallelism splits over.\n\n"
        "Our plans need fewer GPUs throughout, and for known reasons: its KV cache ignores grouped-query attention (2.6 to 8 times too large for "
        "these models), so memory "
        "forces large nodes and small batches; its decode time grows with the logarithm of the batch on top of what it computes, fitted to models of "
        "8B to 27B on one and two "
        "H100; its H100 has the peak with sparsity. It counts queued requests as served (Q above 1) up to the wait; so do we, in a closed loop, up to "
        "the TTFT target."
    )
