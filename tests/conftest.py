"""What the tests counted — inputs tried, faults survived, plans audited — printed at the end, over all processes."""

from __future__ import annotations

from collections import Counter

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Sum what passed tests recorded under a name (``record_property(name, count)``)."""
    counts: Counter[str] = Counter()
    for report in terminalreporter.stats.get("passed", ()):
        for name, count in report.user_properties:
            counts[name] += count if isinstance(count, int) else 0
    if counts:
        terminalreporter.section("counted")
        for name, count in sorted(counts.items()):
            terminalreporter.write_line(f"{count:>8,} {name}")
