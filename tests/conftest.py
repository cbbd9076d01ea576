"""What the tests counted — inputs tried, faults survived, plans audited — printed at the end, over all processes, and held to what README says of it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Generator
from pathlib import Path

import pytest

README = Path(__file__).resolve().parent.parent / "README.md"
CLAIM = re.compile(r"(?m)^\| \*\*([^*]+)\*\*.*\| ([\d,]+) \|$")  # a row of its section on trust: what is counted, and how many at least


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Count the examples that Hypothesis tried in a test, from its own statistics."""
    report = yield
    if report.when == "call" and (told := re.findall(r"(\d+) passing", getattr(item, "hypothesis_statistics", ""))):
        report.user_properties.append(("hypothesis examples tried", sum(map(int, told))))
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what passed tests recorded under a name (``record_property(name, count)``)."""
    if counts := _counts(terminalreporter):
        terminalreporter.section("counted")
        for name, count in sorted(counts.items()):
            terminalreporter.write_line(f"{count:>8,} {name}")
        for text in _short_of(counts) if _is_whole(terminalreporter.config) else ():
            terminalreporter.write_line(text, red=True)


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """A run of all tests that counted less than README says has failed."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if exitstatus == pytest.ExitCode.OK and reporter is not None and _is_whole(session.config) and _short_of(_counts(reporter)):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _counts(reporter: pytest.TerminalReporter) -> Counter[str]:
    counts: Counter[str] = Counter()
    for report in reporter.stats.get("passed", ()):
        for name, count in report.user_properties:
            counts[name] += count if isinstance(count, int) else 0
    return counts


def _is_whole(config: pytest.Config) -> bool:
    """Whether all tests ran that need no LibreOffice: no file, expression or marker was asked for, and this is no worker."""
    chosen = config.option.keyword or config.option.markexpr != "not libreoffice"
    return config.args_source == pytest.Config.ArgsSource.TESTPATHS and not chosen and not hasattr(config, "workerinput")


def _short_of(counts: Counter[str]) -> list[str]:
    claims = {name: int(figure.replace(",", "")) for name, figure in CLAIM.findall(README.read_text(encoding="utf-8"))}
    return [f"README says at least {claim:,} {name}, {counts[name]:,} were counted" for name, claim in claims.items() if counts[name] < claim]
