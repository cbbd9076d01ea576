"""Surviving the loss of a provider, and the most that one may carry: tiny problems with their optimum, and the audit's own view. A month has 100 hours."""

from dataclasses import replace

import pytest
from milp_factory import candidate, offer, problem, tokens, workload

from data.records.plan import Plan
from model.audit import AuditError, audit
from model.explain import diagnose
from model.milp.solve import solve
from model.problem import Problem
from model.provider_risk import largest_share
from model.report import plan_from

SOLD = [offer("a", usd=1.0, provider="A"), offer("b", usd=1.1, provider="B"), offer("c", usd=1.2, provider="C")]


def usd(posed: Problem) -> float | None:
    return solve(posed).usd_per_month


def planned(posed: Problem) -> Plan:
    plan = plan_from(posed, solve(posed))
    audit(posed, plan)
    return plan


def test_two_providers_each_carry_everything_three_carry_half() -> None:
    """4 load on nodes of 1: of two providers 4 + 4 nodes, 840 USD; of three 2 + 2 + 2 survive the loss of any, 660."""
    assert usd(problem({"w": 4}, [candidate()], SOLD)) == pytest.approx(400)
    assert usd(problem({"w": 4}, [candidate()], SOLD[:2], survive_provider_loss=True)) == pytest.approx(840)
    assert usd(problem({"w": 4}, [candidate()], SOLD, survive_provider_loss=True)) == pytest.approx(660)


def test_what_survives_of_a_pool_takes_its_loss_again() -> None:
    """1.5 load, a node carries 1, a pool loses 0.5: 2 nodes elsewhere, so 2 + 2; a third provider's cannot halve that: 1 + 1 + 1 leave 2, which do."""
    made = [candidate(loss=0.5)]
    assert usd(problem({"w": 1.5}, made, SOLD[:2], survive_provider_loss=True)) == pytest.approx(200 + 220)
    assert usd(problem({"w": 1.5}, made, SOLD, survive_provider_loss=True)) == pytest.approx(100 + 110 + 120)


def test_a_pool_all_at_the_lost_provider_loses_nothing_more() -> None:
    """A sells G, B sells H: without A the pool on H carries its 1 load (2 nodes, 0.5 lost), whatever was lost on G, which carries it without B."""
    made = [candidate(loss=0.5), candidate(gpu="H", loss=0.5)]
    sold = [SOLD[0], replace(SOLD[1], gpu="H")]
    assert usd(problem({"w": 1}, made, sold, survive_provider_loss=True)) == pytest.approx(200 + 220)


def test_spare_nodes_are_kept_through_the_loss() -> None:
    """N + 1 at either provider: 2 nodes each for a load of 1."""
    spare = [workload(spare_nodes=1)]
    assert usd(problem({"w": 1}, [candidate()], SOLD[:2], workloads=spare, survive_provider_loss=True)) == pytest.approx(200 + 220)


def test_tokens_count_as_they_are_bought() -> None:
    """Without A the tokens of B must already be bought for the whole load: 100 for the node and 2 USD/h for a load of 1; without them B's node does at 110."""
    sold = [SOLD[0], tokens(usd=2.0, provider="B")]
    assert usd(problem({"w": 1}, [candidate()], sold, survive_provider_loss=True)) == pytest.approx(300)
    assert usd(problem({"w": 1}, [candidate()], [*SOLD[:2], *sold[1:]], survive_provider_loss=True)) == pytest.approx(210)


def test_one_deployment_a_workload_may_stand_at_several_providers() -> None:
    assert usd(problem({"w": 4}, [candidate()], SOLD, survive_provider_loss=True, max_deployments_per_workload=1)) == pytest.approx(660)


def test_held_instances_count_in_every_block() -> None:
    """A reserved node at A for the base and one at B: by day 2 load takes two at each, by night one."""
    sold = [offer("a", usd=1.0, provider="A", billing="reserved"), offer("b", usd=1.0, provider="B")]
    assert usd(problem({"w": [2, 1]}, [candidate()], sold, hours=(50, 50), survive_provider_loss=True)) == pytest.approx(200 + 100 + 50)


def test_one_provider_alone_cannot_be_lost_and_is_named() -> None:
    posed = problem({"w": 1}, [candidate()], SOLD[:1], survive_provider_loss=True)
    assert solve(posed).status == "infeasible"
    assert diagnose(posed, (), solve) == (
        (
            "w: ruled out by the loss of a provider to be survived (Settings: Survive provider loss) (A alone sells what can serve w): "
            "without that limit the plan takes 1 × G for 100 USD a month"
        ),
    )


def test_the_plan_shows_what_is_left_and_the_audit_refuses_less() -> None:
    posed = problem({"w": 4}, [candidate()], SOLD, survive_provider_loss=True)
    plan = planned(posed)
    limit = next(limit for limit in plan.limits if limit.name.startswith("capacity without "))
    assert (limit.value, limit.bound, limit.binding) == (pytest.approx(4), pytest.approx(4), True)
    less = replace(plan, deployments=tuple(replace(row, nodes_by_block={"b0": 1}) if row.offer == "c" else row for row in plan.deployments))
    with pytest.raises(AuditError, match=r"w, block b0: without A the others carry 3\.0000 of the load 4\.0000"):
        audit(posed, less)


@pytest.mark.parametrize(
    ("share", "expected"),
    [
        (0.5, 200 + 220),  # two at A, two at B
        (0.75, 300 + 110),
        (0.4, 200 + 220 + 120),  # 1.6 each at most: with 2 + 1 + 1 nodes A would carry 2; 2 + 2 + 1 carry 1.6, 1.4 and 1
    ],
)
def test_no_provider_carries_more_than_its_share(share: float, expected: float) -> None:
    assert usd(problem({"w": 4}, [candidate()], SOLD, max_provider_share=share)) == pytest.approx(expected)


def test_idle_instances_do_not_make_a_share_smaller() -> None:
    """One node of 8 GPUs at A carries all of v's load and w's is small: B must carry half of the load, not own half of the GPUs."""
    sold = [offer("a", usd=8.0, gpus=8, provider="A"), offer("b", usd=0.1, provider="B", gpu="H")]
    made = [candidate("v", size=8, rate=8.0), candidate("w", gpu="H")]
    assert usd(problem({"v": 8, "w": 1}, made, sold)) == pytest.approx(810)
    assert solve(problem({"v": 8, "w": 1}, made, sold, max_provider_share=0.6)).status == "infeasible"


def test_workloads_are_weighed_by_the_gpus_their_load_takes() -> None:
    """v's unit of load takes 8 GPUs, w's one: 1 of v at A and 8 of w at B are half each."""
    sold = [offer("a", usd=8.0, gpus=8, provider="A"), offer("b", usd=1.0, provider="B", gpu="H")]
    posed = problem({"v": 1, "w": 8}, [candidate("v", size=8), candidate("w", gpu="H")], sold, max_provider_share=0.5)
    assert solve(posed).status == "infeasible"
    weighed = replace(posed, demands=tuple(replace(d, gpus_per_load=8.0 if d.workload == "v" else 1.0) for d in posed.demands))
    assert planned(weighed).usd_per_month == pytest.approx(1600)


def test_tokens_carry_their_part_of_the_load() -> None:
    """Two nodes of A carry 2 of 3, tokens of B the rest."""
    sold = [SOLD[0], tokens(usd=2.0, provider="B")]
    posed = problem({"w": 3}, [candidate()], sold, max_provider_share=0.7)
    plan = planned(posed)
    assert plan.usd_per_month == pytest.approx(3 * 100 - 100 + 200)
    limit = next(limit for limit in plan.limits if limit.name == "load on one provider at the peak")
    assert (limit.value, limit.bound) == (pytest.approx(2 / 3), 0.7)


def test_the_largest_share_is_the_least_that_must_be() -> None:
    """4 load; A could carry 4, B 1, C 1: B and C carry 1 each and A half. With nothing elsewhere A carries all."""
    assert largest_share({"w": 4}, {"w": {"A": 4, "B": 1, "C": 1}}) == pytest.approx(0.5)
    assert largest_share({"w": 4}, {"w": {"A": 4, "B": 4, "C": 4}}) == pytest.approx(1 / 3)
    assert largest_share({"w": 4, "v": 4}, {"w": {"A": 4}, "v": {"B": 4}}) == pytest.approx(0.5)
    assert largest_share({}, {}) == 0
