"""The limits that may be loosened to make an infeasible problem feasible: each with its values, the least change first."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import Any

from data.fields import Column
from data.languages import noted, say
from data.records.plan import Override
from data.records.settings import Settings
from data.records.supply import Offer
from data.records.workload import Workload
from data.tables import columns_of_sheet, sheet_title
from data.units import PRECISIONS
from model.commitments import bought_by_block
from model.problem import Incumbent, Problem

_STEP = 1.008  # of a target or a budget: with its rounding to four digits the smallest value that does is found to 1 %
_WIDEST = 1e5  # a target is loosened by this factor at most
_DEAREST = 10.0  # times the cost without a latency target: what no planner would pay for one
_NODE_SIZES = (1, 2, 4, 8, 16, 32, 64)  # GPUs of a node that Settings allows
_WHOLE_USD = 100.0  # budgets from here on are told in whole dollars, below in cents

Values = Callable[[Incumbent], Sequence[Any]]


@dataclass(frozen=True, kw_only=True)
class Knob:
    """One limit: its cell, the value that takes it away, and the values in between.

    ``values`` are those to try, the least change first, given a plan found at the loosest value; where ``ordered`` each allows whatever those before it do.
    ``cheapest``: the plan has to be the cheapest, because the values are its cost. ``dearest``: a value is taken only if the plan costs at most so many times
    what it costs at the loosest value (a target may be kept in principle, by a node for every second of the day).
    """

    sheet: str
    row: str
    field: str
    old: Any
    loosest: Any
    values: Values
    ordered: bool = True
    cheapest: bool = False
    dearest: float | None = None

    def needed(self, found: Incumbent) -> bool:
        """Whether a plan goes beyond the limit; a limit that a plan does not show counts as gone beyond."""
        return self.field != "max_instances" or len(self.values(found)) > 0


@dataclass(frozen=True)
class Turn:
    """A knob at a value; ``dearer_usd``: with a lesser change no plan costs less than this a month (None: there is no plan)."""

    knob: Knob
    value: Any
    dearer_usd: float | None = None

    @property
    def override(self) -> Override:
        """The cell with its new value, as text."""
        value = ", ".join(map(str, self.value)) if isinstance(self.value, tuple) else f"{self.value:.15g}" if isinstance(self.value, float) else str(self.value)
        return Override(sheet=self.knob.sheet, row=self.knob.row, field=self.knob.field, value=value)

    @property
    def words(self) -> str:
        """The change in words: "raise Maximum instances of servers (Offers) from 1 to 3 instances"."""
        knob, column = self.knob, columns_of_sheet(self.knob.sheet)[self.knob.field]
        of_row = noted("{column} of {row} ({sheet})") if knob.row else noted("{column} ({sheet})")
        cell = say(of_row, column=column.title, row=knob.row, sheet=sheet_title(knob.sheet))
        if isinstance(self.value, tuple):
            added = [item for item in self.value if item not in knob.old]
            gone = [item for item in knob.old if item not in self.value]
            if added:
                return say("add {items} to {cell}", items=", ".join(map(str, added)), cell=cell)
            return say("take {items} out of {cell}", items=", ".join(map(str, gone)), cell=cell)
        if isinstance(self.value, str):
            return say("make {cell} {value}", cell=cell, value=self.value)
        if isinstance(self.value, bool):
            return say("make {cell} {value}", cell=cell, value=say("yes") if self.value else say("no"))
        return self._moved(cell, column)

    def _moved(self, cell: str, column: Column) -> str:
        """A number's change in words."""
        more = self.value > self.knob.old
        if column.unit == "share":
            words = noted("raise {cell} from {old:g} % to {new:g} %") if more else noted("lower {cell} from {old:g} % to {new:g} %")
            return say(words, cell=cell, old=100 * self.knob.old, new=100 * self.value)
        words = noted("raise {cell} from {old:,.10g} to {new:,.10g} {unit}") if more else noted("lower {cell} from {old:,.10g} to {new:,.10g} {unit}")
        return say(words, cell=cell, old=self.knob.old, new=self.value, unit=column.unit_said).rstrip()


def turned(problem: Problem, turns: Sequence[Turn]) -> Problem:
    """The problem with some knobs turned (its candidates as they were)."""
    for turn in turns:
        change = {turn.knob.field: turn.value}
        if turn.knob.sheet == "Settings":
            problem = replace(problem, settings=replace(problem.settings, **change))
        elif turn.knob.sheet == "Workloads":
            problem = replace(problem, workloads=tuple(replace(w, **change) if w.name == turn.knob.row else w for w in problem.workloads))
        else:
            stock = turn.knob.field == "max_instances"  # which volume tiers share
            problem = replace(
                problem, offers=tuple(replace(o, **change) if turn.knob.row in (o.offer, o.tier_of if stock else "") else o for o in problem.offers)
            )
    return problem


def shared_knobs(problem: Problem) -> Iterator[list[Knob]]:
    """Groups of knobs of what workloads share: stock, money, providers, deployments, spot, utilisation, minimum quantities. A group is one kind of change."""
    settings = problem.settings
    instances = [offer for offer in problem.offers if offer.billing != "per_token"]
    yield [_stock(offer, problem) for offer in instances if offer.max_instances is not None and not offer.tier_of]
    if settings.monthly_budget_usd is not None:
        yield [_budget("Settings", "", "monthly_budget_usd", settings.monthly_budget_usd)]
    yield [_own_budget(problem, workload) for workload in problem.workloads if workload.max_monthly_usd is not None]
    yield from ([knob] for knob in _rules(problem))
    yield [_down("Offers", offer.offer, "min_instances", offer.min_instances) for offer in instances if offer.min_instances > 1]


def workload_knobs(problem: Problem, workload: Workload) -> Iterator[list[Knob]]:
    """Groups of knobs of one workload: what may run it, on what, and how fast it has to answer."""
    allowed = problem.settings.node_sizes
    larger = tuple(tuple(sorted({*allowed, size})) for size in _NODE_SIZES if size not in allowed)
    if larger:
        yield [_choice(("Settings", "", "node_sizes"), allowed, _NODE_SIZES, larger)]
    yield from ([knob] for knob in (*_precisions(workload), *_lists(problem, workload), *_targets(workload)))


def _precisions(workload: Workload) -> Iterator[Knob]:
    """Lower precisions, of the weights and of the KV cache."""
    if "auto" not in workload.precision:
        more = tuple((*workload.precision, other) for other in PRECISIONS if other not in workload.precision)
        yield _choice(("Workloads", workload.name, "precision"), workload.precision, ("auto",), more)
    if workload.kv_precision != "fp8":
        yield _choice(("Workloads", workload.name, "kv_precision"), workload.kv_precision, "fp8", ("fp8",))


def _lists(problem: Problem, workload: Workload) -> Iterator[Knob]:
    """What the workload allows, requires and excludes."""
    for field, told in (("allowed_gpus", _gpu), ("allowed_providers", _provider), ("allowed_regions", _region)):
        if names := getattr(workload, field):
            yield Knob(sheet="Workloads", row=workload.name, field=field, old=names, loosest=(), values=_more_names(problem, names, told), ordered=False)
    for field in ("required_tags", "excluded_tags"):
        if tags := getattr(workload, field):
            fewer = (*(tuple(t for t in tags if t != tag) for tag in tags), ())
            yield _choice(("Workloads", workload.name, field), tags, (), tuple(dict.fromkeys(fewer)))


def _targets(workload: Workload) -> Iterator[Knob]:
    """The nodes it keeps beyond its need, and its latency targets."""
    for field in ("spare_nodes", "min_nodes"):
        if old := getattr(workload, field):
            yield _down("Workloads", workload.name, field, old)
    for field in ("ttft_target_ms", "tpot_target_ms", "e2e_target_ms"):
        if old := getattr(workload, field):
            yield _target(workload.name, field, old)
    if rate := workload.tokens_per_s_per_user:
        yield _target(workload.name, "tokens_per_s_per_user", rate, slower=-1)


def _stock(offer: Offer, problem: Problem) -> Knob:
    """The stock of an offer and its volume tiers."""
    old = offer.max_instances or 0

    def values(found: Incumbent) -> Sequence[int]:
        return range(old + 1, max(bought_by_block(problem, found.instances, offer.offer).values()) + 1)

    return Knob(sheet="Offers", row=offer.offer, field="max_instances", old=old, loosest=None, values=values)


def _budget(sheet: str, row: str, field: str, old: float) -> Knob:
    return Knob(sheet=sheet, row=row, field=field, old=old, loosest=None, values=lambda found: (_usd(found.usd_per_month or 0.0),), cheapest=True)


def _own_budget(problem: Problem, workload: Workload) -> Knob:
    """A workload's budget: alone its plan's cost; beside others, by steps up to twice the whole plan's cost (its instances are its own)."""
    old = workload.max_monthly_usd or 0.0
    if len(problem.workloads) == 1:
        return _budget("Workloads", workload.name, "max_monthly_usd", old)

    def steps(found: Incumbent) -> Sequence[float]:
        most = 2.0 * (found.usd_per_month or 0.0)
        first = max(old, most / _WIDEST, 0.01)
        return tuple(_usd(first * _STEP**k) for k in range(1, 2 + math.ceil(math.log(max(most / first, 1.0)) / math.log(_STEP))))

    return Knob(sheet="Workloads", row=workload.name, field="max_monthly_usd", old=old, loosest=None, values=steps)


def _rules(problem: Problem) -> Iterator[Knob]:
    """The rules of Settings on providers, deployments, spot and utilisation."""
    settings: Settings = problem.settings
    providers = len({offer.provider for offer in problem.offers})
    choices = len({(c.workload, c.gpu, c.precision, c.node_size) for c in problem.candidates})
    for field, most in (("max_providers", providers), ("max_deployments_per_workload", min(choices, 100))):
        old = getattr(settings, field)
        if old is not None and old < most:
            yield _choice(("Settings", "", field), old, None, range(old + 1, most + 1), ordered=True)
    if settings.min_providers > 1:
        yield _down("Settings", "", "min_providers", settings.min_providers)
    if settings.survive_provider_loss:
        yield _choice(("Settings", "", "survive_provider_loss"), old=True, loosest=False, values=(False,))
    for field in ("max_provider_share", "max_spot_share", "max_utilization"):
        if (old := getattr(settings, field)) < 1.0:
            yield _choice(("Settings", "", field), old, 1.0, tuple(k / 100 for k in range(math.floor(100 * old + 1e-9) + 1, 101)), ordered=True)


def _choice(cell: tuple[str, str, str], old: Any, loosest: Any, values: Sequence[Any], *, ordered: bool = False) -> Knob:
    sheet, row, field = cell
    return Knob(sheet=sheet, row=row, field=field, old=old, loosest=loosest, values=lambda _: values, ordered=ordered)


def _down(sheet: str, row: str, field: str, old: int) -> Knob:
    return _choice((sheet, row, field), old, 0, range(old - 1, -1, -1), ordered=True)


def _target(workload: str, field: str, old: float, slower: int = 1) -> Knob:
    """A latency target, loosened by steps of less than 1 % (a rate a user is loosened by lowering it)."""
    high = columns_of_sheet("Workloads")[field].high or math.inf
    steps = (float(f"{old * _STEP ** (slower * k):.4g}") for k in range(1, 1 + math.ceil(math.log(_WIDEST) / math.log(_STEP))))
    values = tuple(dict.fromkeys(takewhile(lambda value: value <= high, steps)))
    return replace(_choice(("Workloads", workload, field), old, values[-1], values, ordered=True), dearest=_DEAREST)


def _more_names(problem: Problem, names: tuple[str, ...], told: Callable[[Offer], str | None]) -> Values:
    """The allowed names with one more of those that a plan uses without the limit, then with all of them."""
    offers = {offer.offer: offer for offer in problem.offers}

    def values(found: Incumbent) -> Sequence[tuple[str, ...]]:
        used = [name for name, by_block in found.instances.items() if any(by_block.values())] + [tokens.offer for tokens in found.tokens]
        known = {name.casefold() for name in names}
        more = list(dict.fromkeys(text for name in used if (text := told(offers[name])) and text.casefold() not in known))
        return (*((*names, name) for name in more), *([(*names, *more)] if len(more) > 1 else []))

    return values


def _gpu(offer: Offer) -> str | None:
    return offer.gpu


def _provider(offer: Offer) -> str:
    return offer.provider


def _region(offer: Offer) -> str:
    return offer.region


def _usd(cost: float) -> float:
    """A cost rounded up to the dollar, a small one to the cent."""
    return float(math.ceil(cost - 1e-9)) if cost >= _WHOLE_USD else math.ceil(100 * cost - 1e-9) / 100
