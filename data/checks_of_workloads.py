"""What must hold between the cells of one workload, one small function a rule."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from data.entries import Entry
from data.languages import noted, say
from data.problems import Problem
from data.records.workload import Workload
from data.tables import columns_of_sheet
from data.words import either

ACTIVITIES = ("active_share", "requests_per_user_per_hour", "think_time_s")  # how users become requests
CLOSED_LOOP = ("concurrent_requests", "active_share", "think_time_s")  # demand that waits for its answers

Check = Callable[[Entry[Workload], Workload], Iterator[Problem]]


def users_have_one_activity(entry: Entry[Workload], workload: Workload) -> Iterator[Problem]:
    """Users become requests through their active share, their requests an hour or their think time, and only users do."""
    ways = [name for name in ACTIVITIES if getattr(workload, name) is not None]
    titles = [_title(name) for name in ACTIVITIES]
    if workload.users is None:
        for name in ways:
            what = say("{title} is filled without {users}", title=_title(name), users=_title("users"))
            yield entry.problem(name, what, say("fill {columns} or clear it", columns=_title("users")))
    elif not ways:
        what = say("{users} is filled without their activity", users=_title("users"))
        yield entry.problem("users", what, say("fill {columns}", columns=either(titles)))
    for name in ways[1:] if workload.users is not None else ():
        yield entry.problem(name, both_filled(_title(name), _title(ways[0]), entry.at(ways[0])), say("keep one of them"))


def mean_demand_is_called_mean(entry: Entry[Workload], workload: Workload) -> Iterator[Problem]:
    """Tokens a day are a mean."""
    if workload.tokens_per_day is not None and "demand_is" in entry.given and workload.demand_is == "peak":
        yield entry.problem("demand_is", say("{title} is a mean, not a peak", title=_title("tokens_per_day")), say("enter mean or leave it blank"))


def has_one_tpot_target(entry: Entry[Workload], workload: Workload) -> Iterator[Problem]:
    """The TPOT target is said in at most one way."""
    if workload.tpot_target_ms is not None and workload.tokens_per_s_per_user is not None:
        what = both_filled(_title("tokens_per_s_per_user"), _title("tpot_target_ms"), entry.at("tpot_target_ms"))
        yield entry.problem("tokens_per_s_per_user", what, say("keep one of them"))


def offline_demand_is_a_volume(entry: Entry[Workload], workload: Workload) -> Iterator[Problem]:
    """Offline work is so much a day; requests in flight say nothing about that."""
    for name in CLOSED_LOOP:
        if workload.serving_mode == "offline" and getattr(workload, name) is not None:
            what = say("{counted}, and offline work is a volume", counted=_counted(name))
            yield entry.problem(name, what, say("fill {columns} instead", columns=_rates()))


def offline_has_no_latency_target(entry: Entry[Workload], workload: Workload) -> Iterator[Problem]:
    """Offline work has hours and no latency targets; other work has no offline hours."""
    if workload.serving_mode == "offline":
        for name in ("ttft_target_ms", "tpot_target_ms", "tokens_per_s_per_user", "e2e_target_ms"):
            if getattr(workload, name) is not None:
                what = say("{title} is filled, and offline work has no latency target", title=_title(name))
                yield entry.problem(name, what, say("clear it, or enter streaming or sequential in {column}", column=_title("serving_mode")))
    elif workload.offline_hours_per_day != Workload.offline_hours_per_day:
        what = say("{title} is filled, and the workload is {mode}", title=_title("offline_hours_per_day"), mode=workload.serving_mode)
        yield entry.problem("offline_hours_per_day", what, say("clear it, or enter offline in {column}", column=_title("serving_mode")))


def prefix_is_part_of_the_input(entry: Entry[Workload], workload: Workload) -> Iterator[Problem]:
    """The cached prefix is part of the input."""
    if workload.cached_prefix_tokens > workload.input_tokens:
        cached, cell = workload.cached_prefix_tokens, entry.at("input_tokens")
        what = say("a cached prefix of {tokens:,.0f} tokens is longer than the input ({cell})", tokens=cached, cell=cell)
        yield entry.problem("cached_prefix_tokens", what, say("enter at most {most:,.0f}", most=workload.input_tokens))


def longest_request_holds_the_mean(entry: Entry[Workload], workload: Workload) -> Iterator[Problem]:
    """The longest request is not shorter than the mean one."""
    mean = workload.input_tokens + workload.output_tokens
    if workload.max_context_tokens is not None and workload.max_context_tokens < mean:
        longest = workload.max_context_tokens
        what = say("the longest request ({longest:,.0f} tokens) is shorter than the mean input and output ({mean:,.0f})", longest=longest, mean=mean)
        yield entry.problem("max_context_tokens", what, say("enter at least {fewest:,.0f} or leave it blank", fewest=mean))


def auto_precision_stands_alone(entry: Entry[Workload], workload: Workload) -> Iterator[Problem]:
    """Auto already means every precision."""
    if "auto" in workload.precision and len(workload.precision) > 1:
        yield entry.problem("precision", say("auto is mixed with other precisions"), say("enter auto alone, or the precisions allowed"))


def speculation_gains_at_most_its_draft(entry: Entry[Workload], workload: Workload) -> Iterator[Problem]:
    """A step gains at most the drafted tokens and the model's own one."""
    if workload.accepted_tokens_per_step > workload.draft_tokens + 1:
        accepted, drafted = workload.accepted_tokens_per_step, workload.draft_tokens
        what = say("{accepted:g} accepted tokens a step need more than {drafted} draft tokens", accepted=accepted, drafted=drafted)
        enter = say("enter at most {most}, or more {column}", most=drafted + 1, column=_title("draft_tokens"))
        yield entry.problem("accepted_tokens_per_step", what, enter)


def bursts_are_of_a_rate(entry: Entry[Workload], workload: Workload) -> Iterator[Problem]:
    """Requests that come as they please have busy minutes; users in flight and offline work have none."""
    closed = next((name for name in CLOSED_LOOP if getattr(workload, name) is not None), "")
    if workload.burst_factor > 1 and (closed or workload.serving_mode == "offline"):
        why = _counted(closed) if closed else say("offline work is spread over its hours")
        yield entry.problem("burst_factor", say("{title} is filled, and {why}", title=_title("burst_factor"), why=why), say("clear it"))


def routed_requests_have_a_rate(entry: Entry[Workload], workload: Workload) -> Iterator[Problem]:
    """A router counts requests as they come; users in flight are no rate, and nodes shared with other workloads are no one size's."""
    if workload.route_by_size:
        for name in CLOSED_LOOP:
            if getattr(workload, name) is not None:
                counted, cell = _counted(name), entry.at("route_by_size")
                what = say("{counted}, and requests are routed by size as they come ({cell})", counted=counted, cell=cell)
                yield entry.problem(name, what, say("fill {columns} instead, or clear {column}", columns=_rates(), column=_title("route_by_size")))
        if workload.pool:
            what = both_filled(_title("pool"), _title("route_by_size"), entry.at("route_by_size"))
            yield entry.problem("pool", what, say("keep one of them: nodes are shared by workloads or by request sizes"))


def both_filled(title: str, other: str, cell: str) -> str:
    """That two columns are filled where one may be; ``cell`` is the other's address."""
    return say("{title} and {other} ({cell}) are both filled", title=title, other=other, cell=cell)


def _counted(name: str) -> str:
    """What a demand that waits for its answers counts, as a clause."""
    users, requests = noted("{title} counts users who wait for their answers"), noted("{title} counts requests in flight")
    counts = users if name == "think_time_s" else requests
    return say(counts, title=_title(name))


def _rates() -> str:
    """The columns that say how many requests come."""
    return either((_title("requests_per_s"), _title("requests_per_user_per_hour"), _title("tokens_per_day")))


def _title(name: str) -> str:
    return columns_of_sheet("Workloads")[name].title


CHECKS_OF_A_WORKLOAD: tuple[Check, ...] = (
    users_have_one_activity,
    mean_demand_is_called_mean,
    has_one_tpot_target,
    offline_demand_is_a_volume,
    offline_has_no_latency_target,
    prefix_is_part_of_the_input,
    longest_request_holds_the_mean,
    auto_precision_stands_alone,
    speculation_gains_at_most_its_draft,
    routed_requests_have_a_rate,
    bursts_are_of_a_rate,
)
