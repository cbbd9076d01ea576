"""Demand profiles of the shipped catalogue: hours of a month by level of load, from hourly figures of public traces and from a peer's patterns."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import inf

from data.records.workload import ProfileBlock

MONTH_HOURS = 730.0  # 365 × 24 / 12
WEEKDAYS, WEEKEND_DAYS = 5, 2
BLOCKS = 7  # of a trace's profile: few enough for the MILP, close enough to the hours

# InferenceAtlas's patterns: share of the time active, peak over the mean while active.
BUSINESS_ACTIVE_SHARE = 0.238  # 40 of 168 hours a week
BURSTY_ACTIVE_SHARE, BURSTY_BURST = 0.40, 3.0
BURST_TIME_SHARE = 0.05  # a burst factor is the 95th percentile minute over the hour's mean, so a twentieth of the active time is at the peak


@dataclass(frozen=True)
class Trace:
    """A public trace of one week: hourly shape of a weekday (over the weekday's mean), weekend days and the peak hour over the week's mean."""

    weekday_shape: tuple[float, ...]
    weekend_level: float
    peak_to_mean: float
    source: str


CONVERSATION = Trace(
    (0.89, 0.97, 0.96, 0.79, 0.80, 0.87, 1.01, 1.09, 1.11, 1.08, 0.97, 1.03, 1.15, 1.28, 1.34, 1.24, 1.13, 1.09, 1.08, 1.01, 0.92, 0.77, 0.69, 0.72),
    weekend_level=0.65,
    peak_to_mean=1.66,
    source="Azure LLM inference trace 2024, conversation, one week (hourly means; the weekend given the weekday's shape)",
)
CODE = Trace(
    (0.69, 0.67, 0.63, 0.51, 0.41, 0.33, 0.29, 0.24, 0.23, 0.23, 0.25, 0.38, 0.70, 1.20, 1.69, 1.80, 1.72, 1.99, 2.22, 2.26, 2.08, 1.53, 1.10, 0.84),
    weekend_level=0.40,
    peak_to_mean=3.01,
    source="Azure LLM inference trace 2024, code, one week (hourly means; the weekend given the weekday's shape)",
)
PATTERNS = "InferenceAtlas traffic patterns"


def profile_rows() -> list[tuple[ProfileBlock, str]]:
    """Every block of every shipped profile with its source."""
    office = BUSINESS_ACTIVE_SHARE
    burst = BURST_TIME_SHARE
    between = (1 / BURSTY_BURST - burst) / (1 - burst)  # so that the active hours' mean is 1/burst of the peak
    active = BURSTY_ACTIVE_SHARE
    return [
        *_profile("steady", [("always", 1.0, 1.0)], f"{PATTERNS}: steady"),
        *_profile("business_hours", [("office hours", office, 1.0), ("closed", 1 - office, 0.0)], f"{PATTERNS}: business hours, active {office} of the time"),
        *_profile("office_day", _levels(CODE), CODE.source),
        *_profile("consumer_day", _levels(CONVERSATION), CONVERSATION.source),
        *_profile(
            "bursty",
            [("burst", active * burst, 1.0), ("active", active * (1 - burst), between), ("idle", 1 - active, 0.0)],
            f"{PATTERNS}: bursty, active {active:.2f} of the time, peak {BURSTY_BURST:g} times the active mean for a twentieth of it",
        ),
    ]


def _profile(name: str, shares: list[tuple[str, float, float]], source: str) -> list[tuple[ProfileBlock, str]]:
    """Blocks from (block, share of the time, load over the peak), the hours adding up to the month."""
    hours = [round(share * MONTH_HOURS, 2) for _, share, _ in shares]
    hours[-1] = round(MONTH_HOURS - sum(hours[:-1]), 2)
    return [
        (ProfileBlock(profile=name, block=block, hours_per_month=month_hours, multiplier=round(load, 4)), source)
        for (block, _, load), month_hours in zip(shares, hours, strict=True)
    ]


def _levels(trace: Trace) -> list[tuple[str, float, float]]:
    """The hours of the trace's week in :data:`BLOCKS` blocks of similar load: (block, share of the time, load over the peak), the peak first.

    The busiest hour of the week is a block of its own, at the trace's peak; the same hour of the other weekdays carries the rest of their mean.
    """
    mean = sum(trace.weekday_shape) / len(trace.weekday_shape)
    weekday = ((WEEKDAYS + WEEKEND_DAYS) - WEEKEND_DAYS * trace.weekend_level) / WEEKDAYS
    hours: list[tuple[float, int]] = []  # (load over the week's mean, hours a week)
    for shape in trace.weekday_shape:
        level = weekday * shape / mean
        if shape == max(trace.weekday_shape):
            hours.append(((WEEKDAYS * level - trace.peak_to_mean) / (WEEKDAYS - 1), WEEKDAYS - 1))
        else:
            hours.append((level, WEEKDAYS))
        hours.append((trace.weekend_level * shape / mean, WEEKEND_DAYS))
    week = len(trace.weekday_shape) * (WEEKDAYS + WEEKEND_DAYS)
    levels = [("peak hour of the week", 1 / week, 1.0)]
    for group in _similar(sorted(hours, reverse=True), BLOCKS - 1):
        time = sum(weight for _, weight in group)
        load = sum(level * weight for level, weight in group) / time / trace.peak_to_mean
        levels.append((f"{load:.0%} of the peak", time / week, load))
    return levels


def _similar(hours: list[tuple[float, int]], groups: int) -> list[list[tuple[float, int]]]:
    """Sorted (level, weight) pairs cut into ``groups`` runs with the least weighted variance within them (Fisher's exact method)."""

    def spread(start: int, end: int) -> float:
        run = hours[start:end]
        weight = sum(w for _, w in run)
        mean = sum(level * w for level, w in run) / weight
        return sum(w * (level - mean) ** 2 for level, w in run)

    count = len(hours)
    best: list[list[tuple[float, list[int]]]] = [[(spread(0, end), [0, end]) if end else (inf, [0]) for end in range(count + 1)]]
    for used in range(1, groups):
        row: list[tuple[float, list[int]]] = [(inf, [0])] * (count + 1)
        for end in range(used + 1, count + 1):
            row[end] = min((best[-1][cut][0] + spread(cut, end), [*best[-1][cut][1], end]) for cut in range(used, end))
        best.append(row)
    return [hours[start:end] for start, end in pairwise(best[-1][count][1])]
