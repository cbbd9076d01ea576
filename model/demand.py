"""From what a user knows about the demand to one load for each workload and block of hours.

Blocks: profiles of different workloads say nothing about each other's clocks. Profiles whose blocks have the same names and hours share them (hours of one
day). All others are laid side by side by falling load: their peaks coincide, which is the case that stock and commitments must be ready for.
Offline work goes to the hours in which the rest uses the fewest tokens.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from data.languages import noted, say
from data.periods import ALL_HOURS, hours_with
from data.problems import BadInput, Problem
from data.records.plan import Block, WorkloadDemand
from data.records.scenario import Scenario
from data.records.settings import Settings
from data.records.workload import LengthBin, ProfileBlock, Workload
from data.tables import sheet_title
from data.units import DAY_HOURS, HOUR, MS
from data.words import clauses

# Units of demand, the same in every language; they are said where they are shown.
REQUEST_RATE = noted("req/s")
IN_FLIGHT = noted("requests in flight")
THINKING = noted("users")  # each with a request in flight or thinking about the next

# A closed loop without a speed target: users wait 5 s and read 10 tokens/s (InfraScale's targets). Faster nodes make more requests of them.
DEFAULT_TTFT_S = 5.0
DEFAULT_TPOT_S = 0.1

_TINY_SHARE = 1e-3  # of the month, 0.7 h: what is left where two profiles' hours nearly end together counts with the busier side
_SAME_LOAD = 1e-9  # relative


@dataclass(frozen=True)
class _Span:
    """Hours with one level of every profile (load over the profile's peak)."""

    name: str
    share: float  # of the month
    levels: dict[str, float]


@dataclass(frozen=True)
class _Given:
    """The demand as the workload states it: a load in ``unit``, how it came about, and whether it is of the peak."""

    load: float
    unit: str
    words: str
    is_peak: bool


def demand_of(workload: Workload, profiles: Iterable[ProfileBlock], settings: Settings, lengths: Iterable[LengthBin] = ()) -> WorkloadDemand:
    """The demand of one workload in one unit, at the peak and in the mean.

    peak = mean × peak_to_mean, or × the profile's peak/mean. Offline work is a daily volume: its peak is the rate that does it within its hours,
    mean × 24 / offline_hours_per_day. Tokens a day are a mean, input and output together. A rate is planned for the busy minutes of every hour, × burst factor;
    what is sent and billed in the hour stays as it is. Raises BadInput where the demand says too little.
    """
    tokens = _tokens_per_request(workload, lengths)
    given = _given(workload, sum(tokens))
    if workload.serving_mode == "offline" and given.unit != REQUEST_RATE:
        what = say("{unit} say nothing about offline work", unit=say(given.unit))
        raise BadInput([_problem(workload, what, say("enter requests a second or tokens a day"))])
    ratio = _peak_to_mean(workload, profiles)
    peak, mean = (given.load, given.load / ratio) if given.is_peak else (given.load * ratio, given.load)
    unit, words = say(given.unit), [given.words]
    if ratio != 1:
        words.append(say("peak/mean {ratio:.4g}: {peak:.6g} {unit} at the peak, {mean:.6g} in the mean", ratio=ratio, peak=peak, mean=mean, unit=unit))
    if workload.serving_mode == "offline":
        peak = mean * DAY_HOURS / workload.offline_hours_per_day
        done = noted("{mean:.6g} {unit} all day done in {hours:g} of 24 h = {peak:.6g} {unit}")
        words.append(say(done, mean=mean, peak=peak, unit=unit, hours=workload.offline_hours_per_day))
    per_hour = HOUR
    burst = workload.burst_factor
    if burst > 1:
        peak, mean, per_hour = peak * burst, mean * burst, HOUR / burst
        busy = noted("burst factor {factor:.4g}: planned for {peak:.6g} {unit} in the busy minutes of the peak hour")
        words.append(say(busy, factor=burst, peak=peak, unit=unit))
    if given.unit != REQUEST_RATE:
        residence_s = _residence_s(workload, tokens[1])
        per_hour = HOUR / (residence_s + (workload.think_time_s or 0.0))
        words.append(say("a request takes {seconds:.4g} s within its targets", seconds=residence_s))
    requests = mean * per_hour * settings.hours_per_month
    return WorkloadDemand(
        workload=workload.name,
        unit=given.unit,
        peak=peak,
        mean=mean,
        requests_per_month=requests,
        tokens_per_month=requests * sum(tokens),
        requests_per_unit_hour=per_hour,
        formula=clauses(words),
    )


def blocks_of(workloads: Sequence[Workload], demands: Sequence[WorkloadDemand], profiles: Iterable[ProfileBlock], settings: Settings) -> tuple[Block, ...]:
    """Joint blocks of all workloads by falling load, their hours adding up to ``settings.hours_per_month``; blocks of equal load are one.

    ``demands`` are those of :func:`demand_of`; ``Block.demand`` holds every workload in its demand's unit. Raises BadInput for a profile without load.
    """
    by_name = {demand.workload: demand for demand in demands}
    spans = _joint({w.profile for w in workloads if w.serving_mode != "offline"}, list(profiles))
    blocks = [Block(name=span.name, hours_per_month=span.share * settings.hours_per_month, demand=_online_load(workloads, by_name, span)) for span in spans]
    offline = sorted((w for w in workloads if w.serving_mode == "offline"), key=lambda w: -by_name[w.name].tokens_per_month)
    for workload in offline:
        window = settings.hours_per_month * workload.offline_hours_per_day / DAY_HOURS
        blocks = _placed(blocks, workload.name, by_name, window)
    return _named_apart(_merged(blocks))


def with_mean_lengths(scenario: Scenario) -> Scenario:
    """The scenario with the mean lengths of its ``Lengths`` rows in the workloads that have some, so that demand, capacity and tokens count the same."""
    workloads = []
    for workload in scenario.workloads:
        inputs, outputs = _tokens_per_request(workload, scenario.lengths)
        workloads.append(replace(workload, input_tokens=inputs, output_tokens=outputs))
    return replace(scenario, workloads=tuple(workloads))


def growth_multiplier(workload: Workload, months: float) -> float:
    """Demand ``months`` months from now over today's: (1 + growth)^months."""
    multiplier: float = (1.0 + workload.growth_per_month_share) ** months
    return multiplier


def profile_levels(profile: str, profiles: Iterable[ProfileBlock]) -> tuple[tuple[str, float, float], ...]:
    """(block, share of the hours, load over the peak) of a profile, in its own order; raises BadInput where it has no load."""
    rows = [row for row in profiles if row.profile == profile]
    hours, highest = sum(row.hours_per_month for row in rows), max((row.multiplier for row in rows), default=0.0)
    if not rows or highest <= 0:
        raise BadInput(
            [
                Problem(
                    sheet_title("Profiles"),
                    say("the profile {profile} has no hours with a load", profile=profile),
                    say("enter blocks of it with a multiplier above 0"),
                )
            ]
        )
    return tuple((row.block, row.hours_per_month / hours, row.multiplier / highest) for row in rows)


def tokens_per_hour(demand: WorkloadDemand, load: float) -> float:
    """Tokens (input and output) that a load in the demand's unit makes in an hour: how unlike loads are compared."""
    return load / demand.mean * demand.tokens_per_month if demand.mean > 0 else 0.0


def _given(workload: Workload, tokens_per_request: float) -> _Given:
    is_peak = workload.demand_is == "peak"
    when = say("at the peak") if is_peak else say("in the mean")
    if workload.requests_per_s is not None:
        words = say("{rate:g} req/s {when}", rate=workload.requests_per_s, when=when)
        return _Given(workload.requests_per_s, REQUEST_RATE, words, is_peak)
    if workload.concurrent_requests is not None:
        words = say("{count:g} requests in flight {when}", count=workload.concurrent_requests, when=when)
        return _Given(workload.concurrent_requests, IN_FLIGHT, words, is_peak)
    if workload.tokens_per_day is not None:
        rate = workload.tokens_per_day / tokens_per_request / (DAY_HOURS * HOUR)
        derived = noted("{tokens:g} tokens a day / {each:g} tokens a request / 86400 s = {rate:.6g} req/s in the mean")
        words = say(derived, tokens=workload.tokens_per_day, each=tokens_per_request, rate=rate)
        return _Given(rate, REQUEST_RATE, words, is_peak=False)
    if workload.users is None:
        raise BadInput([_problem(workload, say("it has no demand"), say("fill one of the demand columns"))])
    if workload.requests_per_user_per_hour is not None:
        rate = workload.users * workload.requests_per_user_per_hour / HOUR
        derived = noted("{users:g} users × {each:g} requests an hour / 3600 s = {rate:.6g} req/s {when}")
        words = say(derived, users=workload.users, each=workload.requests_per_user_per_hour, rate=rate, when=when)
        return _Given(rate, REQUEST_RATE, words, is_peak)
    if workload.active_share is not None:
        load = workload.users * workload.active_share
        derived = noted("{users:g} users × {share:g} active = {load:.6g} requests in flight {when}")
        words = say(derived, users=workload.users, share=workload.active_share, load=load, when=when)
        return _Given(load, IN_FLIGHT, words, is_peak)
    if workload.think_time_s is not None:
        given = noted("{users:g} users {when}, each {think:g} s between answer and next request")
        return _Given(workload.users, THINKING, say(given, users=workload.users, when=when, think=workload.think_time_s), is_peak)
    enter = say("enter their active share, their requests an hour or their think time")
    raise BadInput([_problem(workload, say("its users say nothing about their requests"), enter)])


def _peak_to_mean(workload: Workload, profiles: Iterable[ProfileBlock]) -> float:
    if workload.peak_to_mean is not None:
        return workload.peak_to_mean
    return 1.0 / sum(share * level for _, share, level in profile_levels(workload.profile, profiles))


def _tokens_per_request(workload: Workload, lengths: Iterable[LengthBin]) -> tuple[float, float]:
    """Mean input and output tokens: of the ``Lengths`` rows where the workload has some."""
    own = [row for row in lengths if row.workload == workload.name]
    total = sum(row.share for row in own)
    if total <= 0:
        return workload.input_tokens, workload.output_tokens
    return sum(row.share * row.input_tokens for row in own) / total, sum(row.share * row.output_tokens for row in own) / total


def _residence_s(workload: Workload, output_tokens: float) -> float:
    """T of a request that just keeps its targets: the shorter of TTFT + (O − 1)·TPOT and the end to end target."""
    ttft_s = workload.ttft_target_ms * MS if workload.ttft_target_ms is not None else None
    tpot_s = workload.tpot_target_ms * MS if workload.tpot_target_ms is not None else None
    if workload.tokens_per_s_per_user is not None:
        tpot_s = min(1.0 / workload.tokens_per_s_per_user, tpot_s if tpot_s is not None else float("inf"))
    e2e_s = workload.e2e_target_ms * MS if workload.e2e_target_ms is not None else float("inf")
    if workload.serving_mode == "sequential" and e2e_s < float("inf"):
        return e2e_s
    streamed_s = (DEFAULT_TTFT_S if ttft_s is None else ttft_s) + max(output_tokens - 1.0, 0.0) * (DEFAULT_TPOT_S if tpot_s is None else tpot_s)
    return min(e2e_s, streamed_s)


def _problem(workload: Workload, what: str, enter: str) -> Problem:
    return Problem(sheet_title("Workloads"), say("{workload}: {reasons}", workload=workload.name, reasons=what), enter)


def _joint(names: Iterable[str], rows: Sequence[ProfileBlock]) -> list[_Span]:
    """One sequence of spans for all profiles: those that share their hours first, then side by side by falling load."""
    clocks: dict[frozenset[tuple[str, float]], list[str]] = {}
    for name in sorted(names):
        clock = frozenset((block, round(share, 6)) for block, share, _ in profile_levels(name, rows))
        clocks.setdefault(clock, []).append(name)
    spans = [_Span(ALL_HOURS, 1.0, {})]
    for together in clocks.values():
        spans = _side_by_side(spans, _falling(together, rows))
    return spans


def _falling(together: Sequence[str], rows: Sequence[ProfileBlock]) -> list[_Span]:
    """The blocks of profiles that share their hours, by the sum of their levels."""
    levels = {name: {block: level for block, _, level in profile_levels(name, rows)} for name in together}
    spans = [_Span(block, share, {name: levels[name][block] for name in together}) for block, share, _ in profile_levels(together[0], rows)]
    return sorted(spans, key=lambda span: -sum(span.levels.values()))


def _side_by_side(left: list[_Span], right: list[_Span]) -> list[_Span]:
    """Both sequences cut at each other's ends; a sequence of one span adds no name."""
    left_ends, right_ends = (list(accumulate(span.share for span in spans)) for spans in (left, right))
    joint: list[_Span] = []
    start = 0.0
    for end in sorted({*left_ends, *right_ends}):
        if end - start > _TINY_SHARE or not joint:
            middle = (start + end) / 2
            a, b = (spans[min(bisect(ends, middle), len(spans) - 1)] for spans, ends in ((left, left_ends), (right, right_ends)))
            names = [span.name for span, spans in ((a, left), (b, right)) if len(spans) > 1]
            joint.append(_Span(" · ".join(names) if names else b.name, end - start, {**a.levels, **b.levels}))
        else:
            joint[-1] = replace(joint[-1], share=joint[-1].share + end - start)
        start = end
    return joint


def _online_load(workloads: Sequence[Workload], demands: Mapping[str, WorkloadDemand], span: _Span) -> dict[str, float]:
    """Load of every online workload in the span; 0 for offline work, which is placed apart."""
    return {w.name: 0.0 if w.serving_mode == "offline" else demands[w.name].peak * span.levels[w.profile] for w in workloads}


def _placed(blocks: list[Block], workload: str, demands: Mapping[str, WorkloadDemand], window_h: float) -> list[Block]:
    """The offline workload's load in the ``window_h`` hours with the fewest tokens of the others; the block at the edge is cut in two."""

    def tokens(block: Block) -> float:
        return sum(tokens_per_hour(demands[name], load) for name, load in block.demand.items())

    left, placed, tiny = window_h, {}, 1e-9 * window_h  # rounding
    for index in sorted(range(len(blocks)), key=lambda i: tokens(blocks[i])):
        placed[index] = min(left, blocks[index].hours_per_month)
        left -= placed[index]
    result = []
    for index, block in enumerate(blocks):
        loaded = {**block.demand, workload: demands[workload].peak}
        outside = block.hours_per_month - placed[index]
        if outside > tiny:
            result.append(replace(block, hours_per_month=outside))
        if placed[index] > tiny:
            cut = outside > tiny
            result.append(replace(block, name=hours_with(block.name, workload) if cut else block.name, hours_per_month=placed[index], demand=loaded))
    return result


def _merged(blocks: list[Block]) -> list[Block]:
    """Blocks of equal load as one, under the name of the first."""
    merged: list[Block] = []
    for block in blocks:
        twin = next((i for i, other in enumerate(merged) if _equal_load(block, other)), None)
        if twin is None:
            merged.append(block)
        else:
            merged[twin] = replace(merged[twin], hours_per_month=merged[twin].hours_per_month + block.hours_per_month)
    return merged


def _equal_load(one: Block, other: Block) -> bool:
    return all(abs(load - other.demand[name]) <= _SAME_LOAD * max(load, other.demand[name]) for name, load in one.demand.items())


def _named_apart(blocks: list[Block]) -> tuple[Block, ...]:
    """The same blocks with no name twice."""
    seen: dict[str, int] = {}
    named = []
    for block in blocks:
        seen[block.name] = seen.get(block.name, 0) + 1
        named.append(block if seen[block.name] == 1 else replace(block, name=f"{block.name} ({seen[block.name]})"))
    return tuple(named)
