"""A simulation in words: what each latency did against its target, and the lines that a terminal shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from export.figures import percent, plural, readable
from export.text import cell_text
from model.simulate.pool import LATENCIES, Percentile, PoolResult, WhatIf
from model.simulate.spec import PoolSpec

NEAR = ", closer to the target than the seeds agree"
KEPT, MISSED = "kept", "missed"
_TOLD_FROM = 5e-5  # preemptions a request: fewer would read 0.00 %
_KEY_PARTS = 7  # of a candidate's key: workload, GPU, precision, KV precision, engine, S, B


@dataclass(frozen=True)
class Judged:
    """One latency of a simulated pool against its target: percentiles, the one promised, target [ms] (None: none) and the verdict in words."""

    name: str
    percentiles: tuple[Percentile, ...]
    promised: Percentile
    target_ms: float | None
    verdict: str


def judged(result: PoolResult) -> tuple[Judged, ...]:
    """TTFT, TPOT and end to end of a pool with their verdicts."""
    spec = result.spec
    return tuple(
        _judged(name, percentiles, spec.percentile, target)
        for name, percentiles, target in zip(LATENCIES, (result.ttft, result.tpot, result.e2e), spec.targets_ms, strict=True)
    )


def _judged(name: str, percentiles: tuple[Percentile, ...], percentile: int, target: float | None) -> Judged:
    promised = next(p for p in percentiles if p.percentile == percentile)
    if target is None:
        return Judged(name, percentiles, promised, None, "")
    near = abs(promised.ms - target) < promised.plus_minus_ms
    return Judged(name, percentiles, promised, target, (KEPT if promised.ms <= target else MISSED) + (NEAR if near else ""))


def node_words(spec: PoolSpec) -> str:
    """A node of the pool: "2 × H100, fp8, vllm, batch 64"."""
    parts = spec.candidate.rsplit("|", _KEY_PARTS - 1)
    if len(parts) != _KEY_PARTS:
        return cell_text(spec.candidate)
    _, gpu, precision, _, engine, size, _ = parts
    return cell_text(f"{gpu if size == '1' else f'{size} × {gpu}'}, {precision}, {engine}, batch {spec.batch_size}")


def pool_words(spec: PoolSpec) -> str:
    """The pool in a line: "chat: 4 nodes of 2 × H100, fp8, vllm, batch 64"."""
    return f"{cell_text(spec.workload)}: {plural(spec.nodes, 'node')} of {node_words(spec)}"


def variants_of(what_if: WhatIf) -> tuple[tuple[str, PoolResult], ...]:
    """The simulated sizes of a pool with their names, by rising nodes."""
    named = (("one node fewer", what_if.one_fewer), ("as planned", what_if.planned), ("one node more", what_if.one_more))
    return tuple((name, result) for name, result in named if result is not None)


def pool_verdict(result: PoolResult) -> str:
    """What a pool does with its targets in words: "all kept", "misses TTFT", "no target"."""
    missed = [name for name in LATENCIES if result.kept[name] is False]
    if missed:
        return f"misses {' and '.join(missed)}"
    return "all kept" if any(result.kept.values()) else "no target"


def overall_words(results: Sequence[WhatIf]) -> list[str]:
    """Whether the plan keeps its targets: one line, or one for each target missed."""
    missed = [
        f"missed: {pool_words(what_if.planned.spec)}: p{latency.promised.percentile} {latency.name} {_ms(latency.promised)} ms, "
        f"target {readable(latency.target_ms)} ms"
        for what_if in results
        for latency in judged(what_if.planned)
        if latency.verdict.startswith(MISSED)
    ]
    if missed:
        return [*missed, "The plan does not keep its targets in this simulation."]
    promised = any(what_if.planned.spec.has_targets for what_if in results)
    return ["The plan keeps all its targets." if promised else "The plan promises no latency: there is no target to keep."]


def simulation_lines(results: Sequence[WhatIf]) -> Iterator[str]:
    """The whole simulation for a terminal, overall verdict last."""
    for what_if in results:
        yield from _pool_lines(what_if)
        yield ""
    yield from overall_words(results)


def _pool_lines(what_if: WhatIf) -> Iterator[str]:
    planned, spec = what_if.planned, what_if.planned.spec
    yield pool_words(spec)
    hours = f" in the block '{cell_text(spec.block)}'" if spec.block else ""
    yield f"  {readable(spec.load)} {spec.unit}{hours}; {plural(planned.seeds, 'seed')} of {plural(planned.requests, 'request')}"
    shown = [p.percentile for p in planned.ttft]
    yield f"  {'':<16}" + "".join(f"{f'p{q}':>18}" for q in shown) + "   target"
    for latency in judged(planned):
        figures = "".join(f"{_ms(p):>18}" for p in latency.percentiles)
        target = f"p{spec.percentile} ≤ {readable(latency.target_ms)}: {latency.verdict}" if latency.target_ms is not None else "–"
        yield f"  {latency.name + ' [ms]':<16}{figures}   {target}"
    yield f"  {_use_words(planned)}"
    for name, result in ((name, result) for name, result in variants_of(what_if) if result is not planned):
        yield f"  {name} ({result.nodes}): {_promised_words(result)}: {pool_verdict(result)}"


def _use_words(result: PoolResult) -> str:
    parts = [f"load ratio Q {readable(result.load_ratio)}"]
    if (share := load_share(result)) is not None:
        parts.append(f"load {percent(share, 0)} of the capacity")
    parts += [f"{readable(result.batch)} decoding in a node", f"nodes busy {percent(result.busy_share, 0)} of the time"]
    if result.preemptions_per_request >= _TOLD_FROM:
        parts.append(f"{percent(result.preemptions_per_request, 2)} of the requests preempted")
    return ", ".join(parts)


def load_share(result: PoolResult) -> float | None:
    """Load over what the queueing rule lets the planned nodes carry; None for another number of nodes."""
    spec = result.spec
    return spec.load / spec.capacity if spec.capacity > 0 and result.nodes == spec.nodes else None


def _promised_words(result: PoolResult) -> str:
    figures = ", ".join(f"{latency.name} {readable(latency.promised.ms)}" for latency in judged(result))
    return f"p{result.spec.percentile} {figures} ms"


def _ms(percentile: Percentile) -> str:
    spread = f" ± {readable(percentile.plus_minus_ms)}" if percentile.plus_minus_ms else ""
    return f"{readable(percentile.ms)}{spread}"
