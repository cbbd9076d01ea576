"""What must hold between the cells of one workload, one small function a rule."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from data.entries import Entry
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
            yield entry.problem(name, f"{_title(name)} is filled without {_title('users')}", f"fill {_title('users')} or clear it")
    elif not ways:
        yield entry.problem("users", f"{_title('users')} is filled without their activity", f"fill {either(titles)}")
    for name in ways[1:] if workload.users is not None else ():
        yield entry.problem(name, f"{_title(name)} and {_title(ways[0])} ({entry.at(ways[0])}) are both filled", "keep one of them")


def mean_demand_is_called_mean(entry: Entry[Workload], workload: Workload) -> Iterator[Problem]:
    """Tokens a day are a mean."""
    if workload.tokens_per_day is not None and "demand_is" in entry.given and workload.demand_is == "peak":
        yield entry.problem("demand_is", f"{_title('tokens_per_day')} is a mean, not a peak", "enter mean or leave it blank")


def has_one_tpot_target(entry: Entry[Workload], workload: Workload) -> Iterator[Problem]:
    """The TPOT target is said in at most one way."""
    if workload.tpot_target_ms is not None and workload.tokens_per_s_per_user is not None:
        what = f"{_title('tokens_per_s_per_user')} and {_title('tpot_target_ms')} ({entry.at('tpot_target_ms')}) are both filled"
        yield entry.problem("tokens_per_s_per_user", what, "keep one of them")


def offline_demand_is_a_volume(entry: Entry[Workload], workload: Workload) -> Iterator[Problem]:
    """Offline work is so much a day; requests in flight say nothing about that."""
    for name in CLOSED_LOOP:
        if workload.serving_mode == "offline" and getattr(workload, name) is not None:
            volumes = either((_title("requests_per_s"), _title("requests_per_user_per_hour"), _title("tokens_per_day")))
            yield entry.problem(name, f"{_title(name)} counts {_counted(name)}, and offline work is a volume", f"fill {volumes} instead")


def offline_has_no_latency_target(entry: Entry[Workload], workload: Workload) -> Iterator[Problem]:
    """Offline work has hours and no latency targets; other work has no offline hours."""
    if workload.serving_mode == "offline":
        for name in ("ttft_target_ms", "tpot_target_ms", "tokens_per_s_per_user", "e2e_target_ms"):
            if getattr(workload, name) is not None:
                what = f"{_title(name)} is filled, and offline work has no latency target"
                yield entry.problem(name, what, f"clear it, or enter streaming or sequential in {_title('serving_mode')}")
    elif workload.offline_hours_per_day != Workload.offline_hours_per_day:
        what = f"{_title('offline_hours_per_day')} is filled, and the workload is {workload.serving_mode}"
        yield entry.problem("offline_hours_per_day", what, f"clear it, or enter offline in {_title('serving_mode')}")


def prefix_is_part_of_the_input(entry: Entry[Workload], workload: Workload) -> Iterator[Problem]:
    """The cached prefix is part of the input."""
    if workload.cached_prefix_tokens > workload.input_tokens:
        what = f"a cached prefix of {workload.cached_prefix_tokens:,.0f} tokens is longer than the input ({entry.at('input_tokens')})"
        yield entry.problem("cached_prefix_tokens", what, f"enter at most {workload.input_tokens:,.0f}")


def longest_request_holds_the_mean(entry: Entry[Workload], workload: Workload) -> Iterator[Problem]:
    """The longest request is not shorter than the mean one."""
    mean = workload.input_tokens + workload.output_tokens
    if workload.max_context_tokens is not None and workload.max_context_tokens < mean:
        what = f"the longest request ({workload.max_context_tokens:,.0f} tokens) is shorter than the mean input and output ({mean:,.0f})"
        yield entry.problem("max_context_tokens", what, f"enter at least {mean:,.0f} or leave it blank")


def auto_precision_stands_alone(entry: Entry[Workload], workload: Workload) -> Iterator[Problem]:
    """Auto already means every precision."""
    if "auto" in workload.precision and len(workload.precision) > 1:
        yield entry.problem("precision", "auto is mixed with other precisions", "enter auto alone, or the precisions allowed")


def speculation_gains_at_most_its_draft(entry: Entry[Workload], workload: Workload) -> Iterator[Problem]:
    """A step gains at most the drafted tokens and the model's own one."""
    if workload.accepted_tokens_per_step > workload.draft_tokens + 1:
        what = f"{workload.accepted_tokens_per_step:g} accepted tokens a step need more than {workload.draft_tokens} draft tokens"
        yield entry.problem("accepted_tokens_per_step", what, f"enter at most {workload.draft_tokens + 1}, or more {_title('draft_tokens')}")


def bursts_are_of_a_rate(entry: Entry[Workload], workload: Workload) -> Iterator[Problem]:
    """Requests that come as they please have busy minutes; users in flight and offline work have none."""
    closed = next((name for name in CLOSED_LOOP if getattr(workload, name) is not None), "")
    if workload.burst_factor > 1 and (closed or workload.serving_mode == "offline"):
        why = f"{_title(closed)} counts {_counted(closed)}" if closed else "offline work is spread over its hours"
        yield entry.problem("burst_factor", f"{_title('burst_factor')} is filled, and {why}", "clear it")


def routed_requests_have_a_rate(entry: Entry[Workload], workload: Workload) -> Iterator[Problem]:
    """A router counts requests as they come; users in flight are no rate, and nodes shared with other workloads are no one size's."""
    if workload.route_by_size:
        for name in CLOSED_LOOP:
            if getattr(workload, name) is not None:
                rates = either((_title("requests_per_s"), _title("requests_per_user_per_hour"), _title("tokens_per_day")))
                what = f"{_title(name)} counts {_counted(name)}, and requests are routed by size as they come ({entry.at('route_by_size')})"
                yield entry.problem(name, what, f"fill {rates} instead, or clear {_title('route_by_size')}")
        if workload.pool:
            what = f"{_title('pool')} and {_title('route_by_size')} ({entry.at('route_by_size')}) are both filled"
            yield entry.problem("pool", what, "keep one of them: nodes are shared by workloads or by request sizes")


def _counted(name: str) -> str:
    return "users who wait for their answers" if name == "think_time_s" else "requests in flight"


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
