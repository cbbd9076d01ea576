"""The page Method: sets, variables, objective, constraints, filters, billing, performance, capacity, demand and audit, from the functions themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields
from importlib import import_module
from itertools import groupby
from sys import modules
from types import ModuleType

from docs.manual.assumptions import assumptions_table
from docs.manual.markdown import blocks_of, documented, entry, module_names, prose, public_functions, table, told_functions, words_of

INTRODUCTION = """# Method

Everything on this page is written from the code when the manual is built: the sentences and formulas are those that stand above each function, the figures
those that the program uses.

A scenario becomes a plan in five steps: **demand** becomes a load in each block of hours; **performance** predicts every way to serve a workload, all at once;
the **capacity rule** says what a pool of N such nodes carries within the percentile targets; **filters** take out what no optimal plan needs; a
**mixed-integer linear program** chooses, and an **audit** recomputes its answer without it. The simulator replays a plan, iteration by iteration."""


def method_page() -> str:
    """The whole page."""
    first = (INTRODUCTION, *_demand(), *_performance(), *_capacity(), *_sharing(), *_eligibility(), *_filters(), *_program(), *_billing())
    parts = (*first, *_checking(), *_comparing(), *_assumptions(), *_modules())
    return "\n\n".join(parts) + "\n"


def _module(title: str, module: ModuleType, level: int = 3) -> list[str]:
    """A module's docstring and those of its functions that have something to tell."""
    functions = (part for function in told_functions(module) for part in entry(f"`{function.__name__.lstrip('_')}`", function, level + 1))
    return [*entry(title, module, level), *functions]


def _functions(functions: Iterable[Callable[..., object]], level: int) -> Iterator[str]:
    for function in functions:
        yield from entry(words_of(function.__name__), function, level)


def _demand() -> list[str]:
    from model import demand, horizon  # noqa: PLC0415 - with all that planning needs

    parts = ["## Demand", *blocks_of(documented(demand)), *_functions((demand.demand_of, demand.blocks_of), 3)]
    return [*parts, *_module("Periods", horizon)]


def _performance() -> list[str]:
    from model.performance import memory, predict, provenance, steps  # noqa: PLC0415
    from model.performance.parameters import ArchitectureRow, Shared, shipped_parameters  # noqa: PLC0415

    used = shipped_parameters()
    shared = table(("parameter", "value"), ((f"`{field.name}`", getattr(used.shared, field.name)) for field in fields(Shared)))
    names = [field.name for field in fields(ArchitectureRow)]
    by_architecture = table(("architecture", *(f"`{name}`" for name in names)), ((arch, *(getattr(row, n) for n in names)) for arch, row in used.arch.items()))
    engine_names = [field.name for field in fields(next(iter(used.engine.values())))]
    by_engine = table(
        ("engine", *(f"`{name}`" for name in engine_names)), ((name, *(getattr(row, n) for n in engine_names)) for name, row in used.engine.items())
    )
    return [
        "## Performance",
        *_module("Time of a pass", steps),
        *_module("Memory", memory),
        *entry("Latency and throughput", predict.predict),
        *entry("The step law", predict.step_times),
        *entry("How far a figure can be trusted", provenance.provenance_of),
        (
            f"### Parameters\n\nFitted on {used.fit.day} to {used.fit.rows:,} measured runs; median errors there: "
            f"TPOT {used.fit.tpot_median_error:.1%}, throughput {used.fit.throughput_median_error:.1%}, TTFT {used.fit.ttft_median_error:.1%}."
        ),
        *blocks_of(documented(Shared)),
        shared,
        *blocks_of(documented(ArchitectureRow)),
        by_architecture,
        by_engine,
    ]


def _capacity() -> list[str]:
    from model.queueing import capacity, fluid, mean_field, spares, tails, tangent  # noqa: PLC0415

    parts = ["## Capacity under random arrivals"]
    for title, module in (
        ("The rule", capacity),
        ("The mean state of a node", mean_field),
        ("The noise around it", tails),
        ("What a pool's size does", tangent),
        ("Without noise", fluid),
        ("Spare nodes", spares),
    ):
        parts += _module(title, module)
    return parts


def _sharing() -> list[str]:
    from model import request_sizes, shared_candidates, together  # noqa: PLC0415

    titles = (("Workloads together", together), ("What a shared node carries", shared_candidates), ("Requests routed by size", request_sizes))
    return ["## Nodes that several streams share", *(part for title, module in titles for part in _module(title, module))]


def _eligibility() -> list[str]:
    from model import eligibility, measured_capacity  # noqa: PLC0415

    rules = (function for function in public_functions(eligibility) if function is not eligibility.eligibility)
    parts = ["## Which offer may serve which workload", *blocks_of(documented(eligibility)), *_functions(rules, 3)]
    return [*parts, *entry("Measured capacities", measured_capacity, 2), *blocks_of(documented(measured_capacity.capacities_for))]


def _filters() -> list[str]:
    from model import filters  # noqa: PLC0415

    return ["## What need not be looked at", *blocks_of(documented(filters)), *_functions(dict.fromkeys(filters.FILTERS), 3)]


def _program() -> list[str]:
    from model import classes, commitments  # noqa: PLC0415
    from model.milp import merged, objective, sets, variables  # noqa: PLC0415
    from model.milp.build import EVERY_CONSTRAINT  # noqa: PLC0415

    parts = [
        "## The mixed-integer linear program",
        *entry("Hardware classes", classes),
        *entry("Commitments", commitments),
        "### Sets",
        *blocks_of(documented(sets.Sets)),
        *entry("Pools", sets.Pool, 4),
        *entry("Blocks", merged.MergedBlock, 4),
    ]
    parts += ["### Variables", *blocks_of(documented(variables)), "### Objective", *blocks_of(documented(objective.cost_terms))]
    parts += [*entry("Order among plans of equal cost", objective.tie_terms, 4)]
    for module, functions in groupby(EVERY_CONSTRAINT, key=lambda function: function.__module__):
        heading, *rest = documented(modules[module])
        parts += [f"### {_GROUPS.get(module.rpartition('.')[2], words_of(module.rpartition('.')[2]).capitalize())}", *blocks_of([heading, *rest])]
        parts += _functions(functions, 4)
    return parts


_GROUPS = {"constraints": "Constraints", "sharing": "Shared pools", "batches": "Batch size as a choice", "rules": "Rules of procurement"}


def _billing() -> list[str]:
    from data import billing  # noqa: PLC0415
    from data.billing_fields import BILLING_FIELDS  # noqa: PLC0415

    parts = ["## Billing kinds", *blocks_of(documented(billing)), *blocks_of(documented(billing.BillingTerms))]
    for kind, function in billing.BILLING.items():
        needs = BILLING_FIELDS[kind]
        filled = f"Needs {', '.join(f'`{name}`' for name in needs.needs)}; may have {', '.join(f'`{name}`' for name in needs.may) or 'nothing else'}."
        parts += [*entry(words_of(kind), function), filled]
    shared = (billing.annuity_share, billing.starts_per_month, billing.token_terms)
    return [*parts, *_functions(shared, 3)]


def _checking() -> list[str]:
    from model import audit  # noqa: PLC0415
    from model.simulate import engine  # noqa: PLC0415

    return [
        "## Audit and simulation",
        *blocks_of(documented(audit)),
        *_functions(audit.CHECKS, 3),
        "### Simulation",
        *blocks_of(documented(engine)),
    ]


def _comparing() -> list[str]:
    from model import alternatives, explain, percentile_costs, remedies, shortage, whatif  # noqa: PLC0415

    parts = ["## What is told besides the plan"]
    studies = ((words_of(name.rpartition(".")[2]).capitalize(), import_module(name)) for name in module_names("model.study"))
    for title, module in (
        ("Alternatives", alternatives),
        ("What-ifs", whatif),
        ("What a percentile costs", percentile_costs),
        ("Where there is no plan", explain),
        ("The smallest changes that help", remedies),
        ("When stock or money is short", shortage),
        *studies,
    ):
        parts += entry(title, module)
    return parts


def _modules() -> list[str]:
    """Every module with its first sentence, so that what has no section of its own is found too."""
    rows = [(f"`{name}`", prose(documented(import_module(name))[0])) for package in _PACKAGES for name in module_names(package)]
    return ["## Where it stands in the code", table(("module", "what it does"), rows)]


_PACKAGES = ("data", "model", "export")


def _assumptions() -> list[str]:
    return ["## Assumptions", "Every figure that nobody measured for your case, where it comes from and what it moves.", assumptions_table()]
