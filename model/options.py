"""Every way to serve one workload that hardware, model and engine allow at all, and in words why the others do not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from data.languages import say
from data.records.candidate import RuledOut
from data.records.scenario import Scenario
from data.records.supply import Gpu, Model, Offer
from data.records.workload import Workload
from data.units import PRECISIONS
from model.eligibility import may_serve
from model.performance.engines import engines_for
from model.performance.support import why_not


class Choice(NamedTuple):
    """The hardware and precision of a node, whatever the engine."""

    gpu: str
    precision: str
    node_size: int


@dataclass(frozen=True)
class Option:
    """One hardware and software choice for a node, before its batch size."""

    gpu: Gpu
    precision: str
    kv_precision: str
    engine: str
    node_size: int

    @property
    def choice(self) -> Choice:
        """What it runs on."""
        return Choice(self.gpu.gpu, self.precision, self.node_size)


def ruled_out(workload: Workload, reason: str, *, gpu: str = "", precision: str = "", node_size: int | None = None) -> RuledOut:
    """A row of the sheet Ruled out."""
    return RuledOut(workload=workload.name, gpu=gpu, precision=precision, node_size=node_size, batch_size=None, offer="", reason=reason)


def usable_gpus(workload: Workload, scenario: Scenario) -> Iterator[tuple[Gpu, Sequence[Offer]]]:
    """GPU types that an offer open to the workload has, with those offers (why others are closed to it is said by the filters of offers)."""
    offers: dict[str, list[Offer]] = {}
    for offer in scenario.offers:
        if offer.gpu and may_serve(workload, offer):
            offers.setdefault(offer.gpu, []).append(offer)
    for name in sorted(offers):
        yield scenario.gpus[name], offers[name]


def precisions_of(workload: Workload) -> tuple[str, ...]:
    """The weight precisions to try."""
    return PRECISIONS if "auto" in workload.precision else workload.precision


def kv_precision_of(workload: Workload) -> str:
    """The precision of the KV cache: 16 bit where nothing is said."""
    return "bf16" if workload.kv_precision == "auto" else workload.kv_precision


def options_of(workload: Workload, scenario: Scenario, struck: list[RuledOut]) -> tuple[Option, ...]:
    """All options of a workload; appends to ``struck`` the combinations that no engine can run and why."""
    model = scenario.models[workload.model]
    kv_precision = kv_precision_of(workload)
    found: list[Option] = []
    for gpu, offers in usable_gpus(workload, scenario):
        sizes = node_sizes(scenario.settings.node_sizes, offers)
        for precision in precisions_of(workload):
            for size in sizes:
                found += _engine_options(workload, model, Option(gpu, precision, kv_precision, "", size), struck)
        unbuildable = sorted(set(scenario.settings.node_sizes) - set(sizes))
        no_instances = say("no offer has instances from which such a node can be built") if unbuildable else ""
        struck += [ruled_out(workload, no_instances, gpu=gpu.gpu, node_size=size) for size in unbuildable]
    return tuple(found)


def node_sizes(allowed: Sequence[int], offers: Sequence[Offer]) -> tuple[int, ...]:
    """Node sizes that instances can host: within one, or on several whole servers of at least eight GPUs that divide it."""
    instances = {offer.gpus_per_instance for offer in offers}
    return tuple(s for s in sorted(set(allowed)) if any(s <= g or (g >= 8 and s % g == 0) for g in instances))


def _engine_options(workload: Workload, model: Model, base: Option, struck: list[RuledOut]) -> list[Option]:
    """The engines that run a combination; the first reason is kept where none does."""
    engines = engines_for(base.gpu) if workload.engine == "auto" else tuple(e for e in engines_for(base.gpu) if e.startswith(workload.engine))
    found, reasons = [], []
    for engine in engines:
        reason = why_not(base.gpu, model, base.precision, engine, base.node_size)
        if reason:
            reasons.append(reason)
        else:
            found.append(replace(base, engine=engine))
    if not found:
        reason = reasons[0] if reasons else say("{engine} does not run on it", engine=workload.engine)
        struck.append(ruled_out(workload, reason, gpu=base.gpu.gpu, precision=base.precision, node_size=base.node_size))
    return found
