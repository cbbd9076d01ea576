"""The bill of instances and tokens: one way for the search, the report and the studies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from data.cost_lines import instance_costs, setup_costs, token_costs
from data.records.plan import CostLine
from model.problem import Problem, TokenPurchase


def bill_of(problem: Problem, instances: Mapping[str, Mapping[str, int]], tokens: Sequence[TokenPurchase]) -> tuple[CostLine, ...]:
    """The cost lines of instances (offer → block → count) and of bought tokens, set-up once an offer."""
    offers = {offer.offer: offer for offer in problem.offers}
    workloads, demands = {workload.name: workload for workload in problem.served}, {demand.workload: demand for demand in problem.demands}
    lines: list[CostLine] = []
    for name, by_block in instances.items():
        lines += instance_costs(offers[name], by_block, problem.blocks, problem.settings)
    for bought in tokens:
        lines += token_costs(
            offers[bought.offer], workloads[bought.workload], demands[bought.workload], bought.load_by_block, problem.blocks,
            tokens_by_block=bought.tokens_by_block,
        )  # fmt: skip
    for name in dict.fromkeys(bought.offer for bought in tokens):
        lines += setup_costs(offers[name], problem.settings)
    return tuple(lines)
