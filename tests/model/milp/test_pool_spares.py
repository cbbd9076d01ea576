"""Spares from an availability target: the study's table in the MILP, the larger of both kinds, and the audit. A month has 100 hours."""

from dataclasses import replace

import pytest
from milp_factory import candidate, offer, problem, workload

from model.audit import AuditError, audit
from model.filters import reduce_problem
from model.milp.solve import solve
from model.problem import Problem
from model.report import plan_from
from model.spares import with_spares


def posed(load: float, **more: object) -> Problem:
    """Nodes of 8 GPUs that carry 1 each, down 0.76 % of the time with 48 h of repair; an instance costs 1 USD an hour."""
    asked = workload(**({"availability_target": 0.999} | more))
    return with_spares(problem({"w": load}, [candidate(size=8)], [offer(gpus=8)], workloads=[asked], node_repair_hours=48.0))


@pytest.mark.parametrize(("nodes", "spares"), [(1, 1), (4, 1), (16, 2), (64, 4)])
def test_the_table_of_the_study(nodes: int, spares: int) -> None:
    """Three nines: one spare beside 1 or 4 nodes, two beside 16, four beside 64."""
    asked = posed(nodes)
    found = solve(asked)
    assert found.usd_per_month == pytest.approx(100 * (nodes + spares))
    audit(asked, plan_from(asked, found))


def test_the_larger_of_stated_and_computed_spares_holds() -> None:
    assert solve(posed(4, spare_nodes=3)).usd_per_month == pytest.approx(700)
    assert solve(posed(64, spare_nodes=3)).usd_per_month == pytest.approx(6800)


def test_without_a_target_nothing_is_added() -> None:
    assert solve(posed(64, availability_target=None)).usd_per_month == pytest.approx(6400)


def test_filters_leave_the_optimum() -> None:
    """Larger nodes fail more often and are fewer: which is cheaper is left to the MILP."""
    made = [candidate(size=1, rate=0.12), candidate(size=2, rate=0.24), candidate(size=8, rate=1.0, batch_size=8), candidate(size=8, rate=1.0)]
    for load in (1.0, 3.5, 9.0):
        asked = with_spares(problem({"w": load}, made, [offer(gpus=8)], workloads=[workload(availability_target=0.9999)], node_repair_hours=48.0))
        assert solve(reduce_problem(asked).problem).usd_per_month == pytest.approx(solve(asked).usd_per_month)


def test_a_spare_too_few_is_refused() -> None:
    """One spare beside 16 nodes leaves them up 99.2 % of the time."""
    asked = posed(16)
    short = replace(asked, candidates=tuple(replace(made, spare_nodes=1) for made in asked.candidates))
    with pytest.raises(AuditError, match="w, block b0: 16 of 17 nodes are not up 99"):
        audit(short, plan_from(short, solve(short)))


def test_nodes_that_stand_for_the_loss_of_a_provider_need_not_be_up_with_the_others() -> None:
    """A node at each of two providers, and one carries the load: it is up 99.2 % of the time, both are 98.5 %, and 99 % is asked for."""
    offers = [offer("one", gpus=8, provider="A"), offer("other", gpus=8, provider="B")]
    asked = with_spares(
        problem({"w": 1.0}, [candidate(size=8)], offers, workloads=[workload(availability_target=0.99)], node_repair_hours=48.0, survive_provider_loss=True)
    )
    found = solve(asked)
    assert found.usd_per_month == pytest.approx(200)
    audit(asked, plan_from(asked, found))
