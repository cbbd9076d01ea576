"""A simulation in words: what each latency did against its target, and the lines that a terminal shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce

from data.languages import noted, say, say_count
from data.periods import hours_title
from data.words import clauses
from export.figures import percent, readable, unit_words
from export.text import cell_text
from model.simulate.pool import LATENCIES, Percentile, PoolResult, WhatIf
from model.simulate.spec import PoolSpec

LATENCY_WORDS = dict(zip(LATENCIES, (noted("TTFT"), noted("TPOT"), noted("end to end")), strict=True))
_TOLD_FROM = 5e-5  # preemptions a request: fewer would read 0.00 %
_NAME_CHARS = 16  # of the terminal's table, at least
_KEY_PARTS = 7  # of a candidate's key: workload, GPU, precision, KV precision, engine, S, B


@dataclass(frozen=True)
class Judged:
    """One latency of a simulated pool against its target: percentiles, the one promised, and the target [ms] (None: none)."""

    name: str
    percentiles: tuple[Percentile, ...]
    promised: Percentile
    target_ms: float | None

    @property
    def title(self) -> str:
        """What the latency is called."""
        return say(LATENCY_WORDS[self.name])

    @property
    def missed(self) -> bool:
        """Whether the target is missed."""
        return self.target_ms is not None and self.promised.ms > self.target_ms

    @property
    def verdict(self) -> str:
        """What the latency does with its target in words ("" without one)."""
        if self.target_ms is None:
            return ""
        if abs(self.promised.ms - self.target_ms) < self.promised.plus_minus_ms:
            return say("missed, closer to the target than the seeds agree") if self.missed else say("kept, closer to the target than the seeds agree")
        return say("missed") if self.missed else say("kept")


def judged(result: PoolResult) -> tuple[Judged, ...]:
    """TTFT, TPOT and end to end of a pool with their verdicts."""
    spec = result.spec
    return tuple(
        _judged(name, percentiles, spec.percentile, target)
        for name, percentiles, target in zip(LATENCIES, (result.ttft, result.tpot, result.e2e), spec.targets_ms, strict=True)
    )


def _judged(name: str, percentiles: tuple[Percentile, ...], percentile: int, target: float | None) -> Judged:
    return Judged(name, percentiles, next(p for p in percentiles if p.percentile == percentile), target)


def node_words(spec: PoolSpec) -> str:
    """A node of the pool: "2 × H100, fp8, vllm, batch 64"."""
    parts = spec.candidate.rsplit("|", _KEY_PARTS - 1)
    if len(parts) != _KEY_PARTS:
        return cell_text(spec.candidate)
    _, gpu, precision, _, engine, size, _ = parts
    gpus = gpu if size == "1" else f"{size} × {gpu}"
    return cell_text(say("{gpus}, {precision}, {engine}, batch {batch}", gpus=gpus, precision=precision, engine=engine, batch=spec.batch_size))


def pool_words(spec: PoolSpec) -> str:
    """The pool in a line: "chat: 4 nodes of 2 × H100, fp8, vllm, batch 64"."""
    return say_count(
        "{workload}: {count:,} node of {node}", "{workload}: {count:,} nodes of {node}", spec.nodes, workload=cell_text(spec.workload), node=node_words(spec)
    )


def variants_of(what_if: WhatIf) -> tuple[tuple[str, PoolResult], ...]:
    """The simulated sizes of a pool with their names, by rising nodes."""
    named = ((say("one node fewer"), what_if.one_fewer), (say("as planned"), what_if.planned), (say("one node more"), what_if.one_more))
    return tuple((name, result) for name, result in named if result is not None)


def pool_verdict(result: PoolResult) -> str:
    """What a pool does with its targets in words: "all kept", "misses TTFT", "no target"."""
    missed = [say(LATENCY_WORDS[name]) for name in LATENCIES if result.kept[name] is False]
    if missed:
        return say("misses {latencies}", latencies=reduce(lambda some, last: say("{names} and {last}", names=some, last=last), missed))
    return say("all kept") if any(result.kept.values()) else say("no target")


def overall_words(results: Sequence[WhatIf]) -> list[str]:
    """Whether the plan keeps its targets: one line, or one for each target missed."""
    missed = [_missed_words(what_if.planned.spec, latency) for what_if in results for latency in judged(what_if.planned) if latency.missed]
    if missed:
        return [*missed, say("The plan does not keep its targets in this simulation.")]
    promised = any(what_if.planned.spec.has_targets for what_if in results)
    return [say("The plan keeps all its targets.") if promised else say("The plan promises no latency: there is no target to keep.")]


def _missed_words(spec: PoolSpec, latency: Judged) -> str:
    return say(
        "missed: {pool}: p{percentile} {latency} {found} ms, target {target} ms", pool=pool_words(spec), percentile=latency.promised.percentile,
        latency=latency.title, found=_ms(latency.promised), target=readable(latency.target_ms),
    )  # fmt: skip


def simulation_lines(results: Sequence[WhatIf]) -> Iterator[str]:
    """The whole simulation for a terminal, overall verdict last."""
    for what_if in results:
        yield from _pool_lines(what_if)
        yield ""
    yield from overall_words(results)


def _pool_lines(what_if: WhatIf) -> Iterator[str]:
    planned, spec = what_if.planned, what_if.planned.spec
    yield pool_words(spec)
    load = f"{readable(spec.load)} {unit_words(spec.unit)}"
    load = say("{load} in the block '{block}'", load=load, block=cell_text(hours_title(spec.block))) if spec.block else load
    requests = say_count("{count:,} request", "{count:,} requests", planned.requests)
    played = say_count("{count} seed of {requests}", "{count} seeds of {requests}", planned.seeds, requests=requests)
    yield f"  {clauses((load, played))}"
    shown = [p.percentile for p in planned.ttft]
    unit, goal = say("ms"), say("target")
    names = [f"{latency.title} [{unit}]" for latency in judged(planned)]
    width = max(_NAME_CHARS, *(len(name) + 1 for name in names))
    yield f"  {'':<{width}}" + "".join(f"{f'p{q}':>18}" for q in shown) + f"   {goal}"
    for name, latency in zip(names, judged(planned), strict=True):
        figures = "".join(f"{_ms(p):>18}" for p in latency.percentiles)
        target = _kept_words(spec, latency)
        yield f"  {name:<{width}}{figures}   {target}"
    yield f"  {_use_words(planned)}"
    for name, result in ((name, result) for name, result in variants_of(what_if) if result is not planned):
        found = say("{name}: {words}", name=_promised_words(result), words=pool_verdict(result))
        words = say("{name}: {words}", name=f"{name} ({result.nodes})", words=found)
        yield f"  {words}"


def _kept_words(spec: PoolSpec, latency: Judged) -> str:
    if latency.target_ms is None:
        return "–"
    return say("{name}: {words}", name=f"p{spec.percentile} ≤ {readable(latency.target_ms)}", words=latency.verdict)


def _use_words(result: PoolResult) -> str:
    parts = [say("load ratio Q {ratio}", ratio=readable(result.load_ratio))]
    if (share := load_share(result)) is not None:
        parts.append(say("load {share} of the capacity", share=percent(share, 0)))
    parts.append(say("{count} decoding in a node", count=readable(result.batch)))
    parts.append(say("nodes busy {share} of the time", share=percent(result.busy_share, 0)))
    if result.preemptions_per_request >= _TOLD_FROM:
        parts.append(say("{share} of the requests preempted", share=percent(result.preemptions_per_request, 2)))
    return ", ".join(parts)


def load_share(result: PoolResult) -> float | None:
    """Load over what the queueing rule lets the planned nodes carry; None for another number of nodes."""
    spec = result.spec
    return spec.load / spec.capacity if spec.capacity > 0 and result.nodes == spec.nodes else None


def _promised_words(result: PoolResult) -> str:
    figures = ", ".join(f"{latency.title} {readable(latency.promised.ms)}" for latency in judged(result))
    unit = say("ms")
    return f"p{result.spec.percentile} {figures} {unit}"


def _ms(percentile: Percentile) -> str:
    spread = f" ± {readable(percentile.plus_minus_ms)}" if percentile.plus_minus_ms else ""
    return f"{readable(percentile.ms)}{spread}"
