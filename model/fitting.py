"""Which options fit and meet their targets when nobody waits, up to which batch size, and why the others do not."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from data.languages import say
from data.records.candidate import RuledOut
from data.records.scenario import Scenario
from data.records.supply import Model
from data.records.workload import Workload
from data.units import MS
from model.grid import Grid, targets_of
from model.options import ruled_out
from model.queueing.lengths import LengthMix
from model.queueing.records import Targets

_LONGEST_PERCENTILE = 99.0  # a maximum context left blank: the longest request but one in a hundred


@dataclass(frozen=True)
class Reason:
    """Why an option is no candidate: the limit, by what factor it is missed, and both in words."""

    limit: str
    excess: float
    text: str


def _why_none(grid: Grid, row: int, longest: float, targets: Targets) -> Reason:
    """Why not even a batch of one serves, with the figures."""
    option, first, at = grid.options[row], row * len(grid.batches), grid.predicted
    node = f"{option.node_size} × {option.gpu.gpu}"
    if grid.kv_tokens[row] <= 0:
        weights, overhead = float(at.weights_gb[first]), float(at.overhead_gb[first])
        text = say(
            "memory: weights of {weights:.1f} GB a GPU in {precision} and {overhead:.1f} GB overhead leave no room for a KV cache in {memory:g} GB ({node})",
            weights=weights, precision=option.precision, overhead=overhead, memory=option.gpu.memory_gb, node=node,
        )  # fmt: skip
        return Reason("memory", (weights + overhead) / option.gpu.memory_gb, text)
    if not at.fits[first] or grid.kv_tokens[row] < longest:
        room = float(grid.kv_tokens[row])
        text = say(
            "memory: a request of {longest:,.0f} tokens does not fit the KV cache of {room:,.0f} tokens left beside the weights on {node}",
            longest=longest, room=room, node=node,
        )  # fmt: skip
        return Reason("memory", longest / room, text)
    if targets.mode == "streaming" and at.ttft_s[first] > targets.ttft_s:
        ttft, target = float(at.ttft_s[first]) / MS, targets.ttft_s / MS
        text = say("TTFT: {ttft:,.1f} ms for an unloaded prefill on {node}, target {target:,g} ms", ttft=ttft, node=node, target=target)
        return Reason("TTFT", float(at.ttft_s[first] / targets.ttft_s), text)
    if targets.mode == "streaming" and at.tpot_s[first] > targets.tpot_s:
        tpot, target = float(at.tpot_s[first]) / MS, targets.tpot_s / MS
        text = say("TPOT: {tpot:,.1f} ms for a single request on {node}, target {target:,g} ms", tpot=tpot, node=node, target=target)
        return Reason("TPOT", float(at.tpot_s[first] / targets.tpot_s), text)
    e2e = float(at.e2e_s[first])
    text = say("end to end: {e2e:,.2f} s for a single request on {node}, target {target:,g} s", e2e=e2e, node=node, target=targets.e2e_s)
    return Reason("end to end", float(at.e2e_s[first] / targets.e2e_s), text)


@dataclass(frozen=True)
class Largest:
    """Per option: index of the largest batch that fits and meets the targets when nobody waits (−1: none), and the reason where there is none."""

    batch: NDArray[np.intp]
    reasons: tuple[Reason | None, ...]


def largest_batches(grid: Grid, scenario: Scenario) -> Largest:
    """The latencies grow with the batch, so the batches that meet a target are the first ones."""
    workload, targets = grid.workload, targets_of(grid.workload, grid.demand)
    at = grid.predicted
    fits = grid.table(at.fits & (at.max_batch >= grid.points.batch))
    ttft, tpot, e2e = (grid.table(values) for values in (at.ttft_s, at.tpot_s, at.e2e_s))
    longest = longest_request(workload, grid.lengths, scenario.models[workload.model])
    holds = grid.kv_tokens >= longest
    met = fits & holds[:, None]
    if targets.mode == "streaming":
        met = met & (tpot <= targets.tpot_s) & (ttft[:, :1] <= targets.ttft_s)
    if targets.mode != "offline":
        met = met & (e2e <= targets.e2e_s)
    count = np.cumprod(met, axis=1).sum(axis=1)
    reasons = tuple(None if count[row] else _why_none(grid, row, longest, targets) for row in range(len(grid.options)))
    return Largest(count - 1, reasons)


def longest_request(workload: Workload, lengths: LengthMix, model: Model) -> float:
    """Tokens of the longest request that a node must hold: as given, else the 99th percentiles of input and output, at most the model's own."""
    if workload.max_context_tokens:
        return workload.max_context_tokens
    whole_prompt = lengths.input_mean / lengths.prefill_mean
    longest = lengths.prefill_quantile(_LONGEST_PERCENTILE) * whole_prompt + lengths.output_quantile(_LONGEST_PERCENTILE)
    return min(longest, float(model.max_context or math.inf))


def no_capacity(grid: Grid, row: int, binding: str) -> Reason:
    """Why an option that serves a lone request keeps its percentile under no load at all."""
    option = grid.options[row]
    text = say(
        "{target}: the target is not kept at the {percentile}th percentile by one node of {node} under any load",
        target=say(binding), percentile=grid.workload.slo_percentile, node=f"{option.node_size} × {option.gpu.gpu}",
    )  # fmt: skip
    return Reason(binding, 1.0, text)


def _struck(grid: Grid, row: int, reason: Reason) -> RuledOut:
    option = grid.options[row]
    base = ruled_out(grid.workload, reason.text, gpu=option.gpu.gpu, precision=option.precision, node_size=option.node_size)
    return replace(base, limit=reason.limit, excess=reason.excess)


def struck_whatever_the_engine(grid: Grid, reasons: Sequence[Reason | None]) -> list[RuledOut]:
    """The combinations that no engine serves, each with the reason of the engine that comes closest."""
    by_choice: dict[tuple[str, str, int], list[Reason | None]] = {}
    rows: dict[tuple[str, str, int], int] = {}
    for row, option in enumerate(grid.options):
        choice = (option.gpu.gpu, option.precision, option.node_size)
        by_choice.setdefault(choice, []).append(reasons[row])
        rows.setdefault(choice, row)
    struck = []
    for choice, why in by_choice.items():
        closest = min((reason for reason in why if reason), key=lambda reason: reason.excess, default=None)
        if closest and all(why):
            struck.append(_struck(grid, rows[choice], closest))
    return struck
