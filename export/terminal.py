"""The summary that a terminal shows after planning; the same lines, without colour, where the output is not a terminal."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from data.languages import figure, noted, say, say_count
from data.periods import periods_of
from data.records.plan import Deployment, Plan
from data.records.scenario import Scenario
from export.figures import (
    also_in_currency,
    billing_words,
    binding_words,
    commitment_words,
    commitments_matter,
    dollars,
    percent,
    percentile_cost_words,
    readable,
    remedy_words,
    status_words,
    usd_per_million_tokens,
)
from export.text import cell_text

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

WIDTH = 100
MOST_LINES = 8  # of each list; the workbook has all


def summary(scenario: Scenario, plan: Plan, path: Path | None = None) -> None:
    """Print the plan: status with bound and gap, cost, rows, what binds, warnings, and where the workbook is (``path``)."""
    from rich.console import Console  # noqa: PLC0415

    console = Console(highlight=False, markup=False, emoji=False)
    console.width = min(WIDTH, console.width) if console.is_terminal else WIDTH
    console.print(cell_text(scenario.settings.scenario_name or scenario.name)[: 3 * WIDTH], style="bold")
    console.print(status_words(plan))
    if plan.deployments:
        console.print(_cost_words(scenario, plan), style="bold")
        console.print()
        console.print(_rows(plan))
    costs = [percentile_cost_words(cost) for cost in plan.percentile_costs if cost.extra_gpus > 0]
    lists = (
        (noted("What rules it out"), plan.diagnosis),
        (noted("The smallest changes that make a plan possible"), [remedy_words(remedy) for remedy in plan.remedies]),
        (noted("What to commit to"), [commitment_words(line) for line in plan.commitments] if commitments_matter(plan) else []),
        (noted("What binds"), binding_words(plan)),
        (noted("What the percentiles cost"), costs),
        (noted("Warnings"), plan.warnings),
    )
    for title, lines in lists:
        _list(console, say(title), list(lines))
    if path is not None:
        console.print()
        console.print(say("Workbook: {path}", path=cell_text(path)), soft_wrap=True)


def _cost_words(scenario: Scenario, plan: Plan) -> str:
    """Cost, GPUs and cost of tokens in one line."""
    also = also_in_currency(plan.usd_per_month or 0.0, scenario.settings)
    parts = [say("{cost} a month", cost=dollars(plan.usd_per_month)) + also, say_count("{count:,} GPU paid", "{count:,} GPUs paid", plan.gpus)]
    if (months := sum(period.months for period in periods_of(plan.blocks))) > 1:
        parts.insert(1, say("{cost} in {months} months", cost=dollars(months * (plan.usd_per_month or 0.0)), months=months))
    if (tokens := usd_per_million_tokens(plan)) is not None:
        parts.append(say("{cost} USD a million tokens", cost=readable(tokens)))
    return " · ".join(parts)


def _rows(plan: Plan) -> Table:
    """One line a deployment."""
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for name in (noted("workload"), noted("nodes"), noted("offer"), noted("load")):
        table.add_column(say(name), overflow="fold", justify="right" if name == "load" else "left")
    table.add_column(say("USD/month"), justify="right", no_wrap=True)
    for row in plan.deployments:
        cells = (row.workload, _nodes(row), _offer(row), percent(row.share_of_demand, 0), figure(row.usd_per_month, ",.0f"))
        table.add_row(*(Text(cell_text(cell)[: 3 * WIDTH]) for cell in cells))
    return table


def _nodes(row: Deployment) -> str:
    """The nodes of a row in short."""
    if not row.node_count:
        return say("tokens of {model}", model=row.model)
    nodes = f"{row.node_count} × {row.node_size} {row.gpu}"
    return say("{nodes}, {precision}, batch {batch}", nodes=nodes, precision=row.precision, batch=row.batch_size)


def _offer(row: Deployment) -> str:
    """The offer of a row in short."""
    instances = f"{readable(row.instances)} × " if row.node_count else ""
    return f"{instances}{row.offer}, {row.provider}, {billing_words(row.billing)}"


def _list(console: Console, title: str, lines: list[str]) -> None:
    """A titled list, cut to its first lines."""
    if not lines:
        return
    console.print()
    console.print(title, style="bold")
    shown: Iterable[str] = lines[:MOST_LINES]
    for line in shown:
        console.print(f"- {cell_text(line)[: 12 * WIDTH]}")
    if len(lines) > MOST_LINES:
        console.print("- " + say("and {count} more in the workbook", count=len(lines) - MOST_LINES))
