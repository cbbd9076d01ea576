"""Which workloads may share nodes, and as what they are then served: one workload with the strictest of their targets and limits."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from data.languages import noted, say
from data.records.candidate import SharedPool, Stream
from data.records.plan import WorkloadDemand
from data.records.scenario import Scenario
from data.records.workload import Workload
from data.units import MS
from data.words import all_of
from model.demand import REQUEST_RATE
from model.fitting import longest_request
from model.options import kv_precision_of, precisions_of
from model.queueing.lengths import LengthMix, lengths_of, mixture
from model.routing_rules import why_not_routed

# What the nodes are set up with, so must be the same for all they serve: field → how it is told.
SET_UP = {
    "kv_precision": noted("KV cache precisions"), "activation_precision": noted("activation precisions"),
    "accepted_tokens_per_step": noted("accepted tokens per step"), "draft_tokens": noted("draft tokens"), "draft_cost_share": noted("draft costs"),
    "prefill_token_budget": noted("prefill token budgets"),
}  # fmt: skip
_LISTS = ("allowed_gpus", "allowed_providers", "allowed_regions")


@dataclass(frozen=True)
class Together:
    """The pools that workloads may share, the streams they route, and in words why others share nothing."""

    pools: tuple[SharedPool, ...]
    streams: tuple[Stream, ...]
    refused: tuple[str, ...]


def together(scenario: Scenario, demands: Iterable[WorkloadDemand]) -> Together:
    """The shared pools of a scenario: of the workloads with one pool name, for each the pool at its own targets and limits, open to all that ask no more, and
    one at the strictest of each, open to all.

    Nodes have no priorities, so whoever they serve is served as the pool promises.
    """
    demand_of = {demand.workload: demand for demand in demands}
    groups: dict[str, list[Workload]] = {}
    for workload in scenario.workloads:
        if workload.pool:
            groups.setdefault(workload.pool.casefold(), []).append(workload)
    pools: list[SharedPool] = []
    refused: list[str] = []
    rule = why_not_routed(scenario.settings)
    for group in groups.values():
        reasons = {w.name: rule or why_alone(w, demand_of[w.name]) for w in group}
        able = [w for w in group if not reasons[w.name]]
        refused += [say("{workload}: shares no nodes in its pool: {why}", workload=name, why=why) for name, why in reasons.items() if why]
        alike = _alike(able)
        for members in alike:
            pools += _pools(members, scenario, demand_of)
        refused += _told_apart(group, alike)
    sharing = {name for pool in pools for name in pool.members}
    streams = tuple(
        Stream(name=w.name, workload=w.name, input_tokens=w.input_tokens, output_tokens=w.output_tokens) for w in scenario.workloads if w.name in sharing
    )
    return Together(tuple(pools), streams, tuple(refused))


def why_alone(workload: Workload, demand: WorkloadDemand) -> str:
    """Why a workload cannot share nodes, in words; "" where it can."""
    if demand.unit != REQUEST_RATE:
        return say("its demand counts requests in flight, which answer faster or slower by what else is on the nodes; give a request rate")
    if workload.max_monthly_usd is not None:
        return say("it has a budget of its own, which pays for instances of its own")
    return ""


def _alike(workloads: Iterable[Workload]) -> list[list[Workload]]:
    """The workloads that one set-up of a node serves; an engine left open follows the others'."""
    groups: dict[tuple[object, ...], list[Workload]] = {}
    for w in workloads:
        groups.setdefault((kv_precision_of(w), *(getattr(w, name) for name in SET_UP if name != "kv_precision")), []).append(w)
    found = []
    for group in groups.values():
        named = {w.engine for w in group if w.engine != "auto"}
        found += [group] if len(named) <= 1 else [[w for w in group if w.engine == engine] for engine in sorted({w.engine for w in group})]
    return found


def _told_apart(group: Sequence[Workload], alike: Sequence[Sequence[Workload]]) -> list[str]:
    """Of a pool whose workloads need nodes set up in different ways: what differs."""
    if len(alike) < 2:
        return []
    differing = [say(told) for name, told in SET_UP.items() if len({getattr(w, name) for w in group}) > 1] or [say("engines")]
    names = "; ".join(", ".join(w.name for w in members) for members in alike)
    words = noted("the pool {pool} is several, for nodes are set up with one of their {differing}: {workloads}")
    return [say(words, pool=group[0].pool, differing=all_of(differing), workloads=names)]


def _pools(group: Sequence[Workload], scenario: Scenario, demands: Mapping[str, WorkloadDemand]) -> list[SharedPool]:
    """The pools of some workloads that one node could serve, one for each set of members."""
    sets = [tuple(w for w in group if _asks_no_more(w, level)) for level in group]
    wanted = dict.fromkeys(members for members in (*sets, tuple(group)) if len(members) > 1)
    made = [_pool(members, scenario, demands) for members in wanted]
    return [pool for pool in made if pool is not None]


def _asks_no_more(w: Workload, level: Workload) -> bool:
    """Whether a pool that keeps the targets and limits of ``level`` keeps those of ``w``."""
    kept = all(own >= at for own, at in zip(_targets_ms(w), _targets_ms(level), strict=True)) and _percentile(w) <= _percentile(level)
    lists = all(not getattr(w, name) or (getattr(level, name) and _names(level, name) <= _names(w, name)) for name in _LISTS)
    tags = all(_names(w, name) <= _names(level, name) for name in ("required_tags", "excluded_tags"))
    return kept and lists and tags and w.spare_nodes <= level.spare_nodes and set(precisions_of(level)) <= set(precisions_of(w))


def _names(w: Workload, field: str) -> frozenset[str]:
    return frozenset(name.casefold() for name in getattr(w, field))


def _targets_ms(w: Workload) -> tuple[float, float, float]:
    """TTFT, TPOT, end to end; infinite where not promised."""
    if w.serving_mode == "offline":
        return math.inf, math.inf, math.inf
    tpot = min(w.tpot_target_ms or math.inf, 1 / MS / w.tokens_per_s_per_user if w.tokens_per_s_per_user else math.inf)
    return w.ttft_target_ms or math.inf, tpot, w.e2e_target_ms or math.inf


def _percentile(w: Workload) -> int:
    return int(w.slo_percentile) if any(math.isfinite(target) for target in _targets_ms(w)) else 0


def _pool(members: Sequence[Workload], scenario: Scenario, demands: Mapping[str, WorkloadDemand]) -> SharedPool | None:
    """The pool of some members at the strictest of each target and limit; None where their limits leave nothing."""
    precisions = [p for p in precisions_of(members[0]) if all(p in precisions_of(w) for w in members)]
    allowed = {name: _common(members, name) for name in _LISTS}
    if not precisions or any(names is None for names in allowed.values()):
        return None
    mix = mix_of(members, scenario, demands)
    shares = _rates(members, demands)
    ttft, tpot, e2e = (min(values) for values in zip(*(_targets_ms(w) for w in members), strict=True))
    engines = [w.engine for w in members if w.engine != "auto"]
    workload = replace(
        members[0],
        name=" + ".join(w.name for w in members),
        precision=tuple(precisions),
        requests_per_s=sum(shares),
        concurrent_requests=None,
        users=None,
        active_share=None,
        think_time_s=None,
        requests_per_user_per_hour=None,
        tokens_per_day=None,
        arrival_cv=max(w.arrival_cv for w in members),
        input_tokens=mix.input_mean,
        output_tokens=mix.output_mean,
        length_cv=math.sqrt(max(mix.input_square / mix.input_mean**2 - 1, 0.0)),
        cached_prefix_tokens=mix.input_mean - mix.prefill_mean,
        max_context_tokens=max(longest_request(w, lengths_of(w, scenario.lengths), scenario.models[w.model]) for w in members),
        lora_reserve_gb=sum(w.lora_reserve_gb for w in members),
        serving_mode=_mode(members),
        ttft_target_ms=_finite(ttft),
        tpot_target_ms=_finite(tpot),
        tokens_per_s_per_user=None,
        e2e_target_ms=_finite(e2e),
        slo_percentile=max(_percentile(w) for w in members) or members[0].slo_percentile,
        engine=engines[0] if engines else "auto",
        pool=None,
        min_nodes=0,
        spare_nodes=max(w.spare_nodes for w in members),
        allowed_gpus=allowed["allowed_gpus"] or (),
        allowed_providers=allowed["allowed_providers"] or (),
        allowed_regions=allowed["allowed_regions"] or (),
        required_tags=_together(members, "required_tags"),
        excluded_tags=_together(members, "excluded_tags"),
        priority=max(w.priority for w in members),
    )
    return SharedPool(workload=workload, members=tuple(w.name for w in members))


def mix_of(members: Sequence[Workload], scenario: Scenario, demands: Mapping[str, WorkloadDemand]) -> LengthMix:
    """The lengths of all members' requests at their peaks, each member a kind of its own."""
    return mixture([lengths_of(w, scenario.lengths) for w in members], _rates(members, demands))


def _rates(members: Sequence[Workload], demands: Mapping[str, WorkloadDemand]) -> list[float]:
    return [demands[w.name].peak for w in members]


def _mode(members: Sequence[Workload]) -> str:
    modes = {w.serving_mode for w in members}
    return next(mode for mode in ("streaming", "sequential", "offline") if mode in modes)


def _common(members: Sequence[Workload], field: str) -> tuple[str, ...] | None:
    """The names that all members allow (none: all); None where they have none in common."""
    lists = [getattr(w, field) for w in members if getattr(w, field)]
    if not lists:
        return ()
    common = frozenset.intersection(*(_names(w, field) for w in members if getattr(w, field)))
    return tuple(name for name in lists[0] if name.casefold() in common) or None


def _together(members: Sequence[Workload], field: str) -> tuple[str, ...]:
    """The tags of all members, each once."""
    return tuple(dict.fromkeys(tag for w in members for tag in getattr(w, field)))


def _finite(target: float) -> float | None:
    return target if math.isfinite(target) else None
