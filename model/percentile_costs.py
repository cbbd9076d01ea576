"""What the percentiles of a plan cost: its pools against the nodes that would keep the targets in the mean."""

from __future__ import annotations

import math
from dataclasses import replace

from data.records.candidate import Candidate
from data.records.plan import PercentileCost, Plan, WorkloadDemand
from data.records.scenario import Scenario
from data.records.workload import Workload
from model.grid import targets_of
from model.queueing.fluid import fluid_capacity
from model.queueing.lengths import lengths_of
from model.queueing.records import Steps
from model.simulate.spec import PoolSpec, pools_of

_WHOLE = 1e-9  # what a solver's sum may exceed a whole number of nodes by


def percentile_costs_of(scenario: Scenario, plan: Plan) -> tuple[PercentileCost, ...]:
    """One row for each pool of one workload that has latency targets, in its busiest block; offline pools and tokens bought promise no latency."""
    workloads = {workload.name: workload for workload in scenario.workloads}
    candidates = {candidate.key: candidate for candidate in plan.candidates}
    demands = {demand.workload: demand for demand in plan.demands}
    return tuple(
        _cost(scenario, spec, candidates[spec.candidate], workloads[spec.workload], demands[spec.workload])
        for spec in pools_of(plan, scenario.workloads, scenario.lengths)
        if spec.has_targets and not candidates[spec.candidate].members and workloads[spec.workload].serving_mode != "offline"
    )


def _cost(scenario: Scenario, spec: PoolSpec, candidate: Candidate, workload: Workload, demand: WorkloadDemand) -> PercentileCost:
    """Nodes for the mean: load over the fluid limit at the largest batch that fits; nodes for the percentile: the least N with s·N − d ≥ load."""
    targets = replace(targets_of(workload, demand), think_time_s=spec.think_time_s)
    batch = min(scenario.settings.max_batch_size, max(candidate.max_batch, candidate.batch_size))
    fluid = float(fluid_capacity(Steps.of([candidate.step_time], [batch]), lengths_of(workload, scenario.lengths), targets)[0])
    return PercentileCost(
        workload=workload.name,
        candidate=candidate.key,
        gpu=candidate.gpu,
        node_size=candidate.node_size,
        percentile=spec.percentile,
        block=spec.block,
        load=spec.load,
        unit=spec.unit,
        nodes_for_mean=_nodes(spec.load, fluid, 0.0),
        nodes_for_percentile=_nodes(spec.load, candidate.capacity_per_node, candidate.pooling_loss),
        nodes_in_plan=spec.nodes,
    )


def _nodes(load: float, slope: float, loss: float) -> int:
    """The fewest nodes N ≥ 1 with slope·N − loss ≥ load."""
    return max(1, math.ceil((load + loss) / slope - _WHOLE)) if slope > 0 else 0
