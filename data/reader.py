"""The workbook reader: raw cells → records → references → checks → Scenario, with every problem told at once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from data.checks import CHECKS
from data.entries import Entries, read_entries, read_settings
from data.exchange import in_usd, rates_of
from data.fields import columns_of
from data.languages import noted, say, say_count, speaking
from data.library import shipped_gpus, shipped_models
from data.parse import CellError, parse_cell
from data.periods_form import with_long_periods
from data.problems import BadInput, Problem
from data.records.scenario import SETTINGS_SHEET, SHEETS, Scenario
from data.records.settings import Period, Settings, Variant
from data.records.supply import Existing, Measurement, Offer
from data.records.workload import LengthBin, ProfileBlock, Workload
from data.references import Draft, resolve_references
from data.sheets import read_tables
from data.tables import INPUT_SHEETS, Table, Tables, language_of, match_headers, sheet_name
from data.tiers import with_base_stock
from data.variants import variant_problems
from data.words import either, near

# Settings that decide what the other sheets mean; they are overridden in the tables, before these are read.
_READ_BEFORE = ("offers", "currency", "usd_per_currency", "hours_per_month")


def read_scenario(path: Path) -> Scenario:
    """The scenario of a workbook; raises BadInput with every problem at once."""
    return scenario_from_tables(read_tables(path))


def scenario_from_tables(tables: Tables) -> Scenario:
    """The scenario that raw cells say; raises BadInput with every problem at once, in the language that the Settings ask for."""
    with speaking(language_of(tables)):
        return _scenario_from(with_long_periods(tables))


def _scenario_from(tables: Tables) -> Scenario:
    """The scenario of tables whose periods are rows."""
    sheets = _read_sheets(tables)
    problems = [*tables.problems, *_required_sheets(tables), *(problem for entries in sheets.values() for problem in entries.problems)]
    draft, unresolved = resolve_references(Draft(sheets))
    problems += [*unresolved, *(problem for check in CHECKS for problem in check(draft)), *_variant_problems(tables, draft)]
    if problems:
        raise BadInput(_in_order(problems))
    return _scenario(tables, draft)


def with_overrides(scenario: Scenario, **settings: Any) -> Scenario:
    """The scenario with some of its settings replaced, as the options of the command line do; None leaves a setting as it is.

    Raises BadInput for a value out of bounds; ValueError for a setting that decides what other sheets mean (override it in the tables).
    """
    columns = columns_of(Settings)
    if early := [name for name in settings if name in _READ_BEFORE]:
        raise ValueError(f"override {', '.join(early)} with tables_with, before the tables are read")
    values, problems = {}, []
    for name, value in settings.items():
        if value is None:
            continue
        try:
            values[name] = parse_cell(columns[name], value)
        except CellError as error:
            problems.append(Problem(columns[name].title, error.what, error.enter))
    if problems:
        raise BadInput(problems)
    cells = {(SETTINGS_SHEET, 0, name): settings[name] for name in values}
    return replace(scenario, settings=replace(scenario.settings, **values), given=scenario.given | cells.keys(), cells={**scenario.cells, **cells})


def _read_sheets(tables: Tables) -> dict[str, Entries[Any]]:
    shipped: Mapping[str, Mapping[str, object]] = {}
    if {"GPUs", "Models"} & tables.sheets.keys():
        shipped = {"GPUs": shipped_gpus(), "Models": shipped_models()}
    read = {name: read_entries(tables.sheets[name], shipped.get(name)) for name in SHEETS if name in tables.sheets}
    return {**read, SETTINGS_SHEET: read_settings(tables.sheets.get(SETTINGS_SHEET, Table(SETTINGS_SHEET)))}


def _required_sheets(tables: Tables) -> Iterator[Problem]:
    table = tables.sheets.get("Workloads")
    if table is None:
        if meant := near(say("Workloads"), tables.ignored, most=1) or near("Workloads", tables.ignored, most=1):
            enter = say("give the sheet '{sheet}' that name", sheet=meant[0])
        else:
            enter = say("add it, with a header and one row a workload (the template command writes one)")
        yield Problem(say("Workloads"), say("the sheet is missing"), enter)
    elif table.readable and not table.rows and (not table.header or match_headers(table).positions):  # a header not understood is a problem of its own
        yield Problem(table.called, say("the sheet has no workloads"), say("fill one row for each workload"))


def _variant_problems(tables: Tables, draft: Draft) -> Iterator[Problem]:
    for entry, variant in draft.rows(Variant):
        yield from variant_problems(tables, entry, variant)


def _scenario(tables: Tables, draft: Draft) -> Scenario:
    """The scenario of a draft without problems."""
    settings = draft.records(Settings)[0]
    rates, _ = rates_of(draft.settings)
    own_offers = draft.records(Offer) if draft.offers_used != "catalogue" else ()
    offers = (*(in_usd(offer, rates) for offer in own_offers), *draft.catalogue_offers)
    used = [sheet for sheet in draft.sheets if own_offers or sheet != "Offers"]
    return Scenario(
        name=settings.scenario_name or tables.name or Path(tables.path).stem,
        workloads=tuple(replace(workload, demand_is="mean") if workload.tokens_per_day is not None else workload for workload in draft.records(Workload)),
        settings=settings,
        lengths=draft.records(LengthBin),
        profiles=_profiles(draft, settings),
        offers=_with_held(with_base_stock(offers), draft.records(Existing)),
        gpus=draft.gpus,
        models=draft.models,
        measurements=draft.records(Measurement),
        existing=draft.records(Existing),
        periods=_one_name_each(draft.records(Period)),
        variants=draft.records(Variant),
        given=frozenset((sheet, row, name) for sheet in used for row, entry in enumerate(draft.entries(sheet)) for name in entry.given),
        cells={(sheet, row, name): raw for sheet in draft.sheets for row, entry in enumerate(draft.entries(sheet)) for name, raw in entry.raw.items()},
        warnings=(*tables.warnings, *_warnings(draft, offers)),
        path=tables.path,
    )


def _profiles(draft: Draft, settings: Settings) -> tuple[ProfileBlock, ...]:
    """The workbook's profiles as they are, the shipped ones scaled to the hours of the settings' month."""
    own = len(draft.records(ProfileBlock))
    scale = settings.hours_per_month / Settings.hours_per_month
    return (*draft.profiles[:own], *(replace(block, hours_per_month=block.hours_per_month * scale) for block in draft.profiles[own:]))


def _with_held(offers: Iterable[Offer], existing: Iterable[Existing]) -> tuple[Offer, ...]:
    """The offers, each with the instances held of it already."""
    held: dict[str, int] = {}
    for row in existing:
        held[row.offer] = held.get(row.offer, 0) + row.instances
    return tuple(replace(offer, held_instances=held[offer.offer]) if offer.offer in held else offer for offer in offers)


def _one_name_each(periods: Iterable[Period]) -> tuple[Period, ...]:
    """The rows with every period called as in its first row: case does not tell two apart."""
    names: dict[str, str] = {}
    return tuple(replace(row, period=names.setdefault(row.period.casefold(), row.period)) for row in periods)


def _warnings(draft: Draft, offers: Iterable[Offer]) -> Iterator[str]:
    if draft.offers_used == "catalogue" and (count := len(draft.entries("Offers"))):
        yield say_count(
            "the {count} row of the sheet Offers is not used: Settings, offers is catalogue",
            "the {count} rows of the sheet Offers are not used: Settings, offers is catalogue",
            count,
        )
    carried = {tag.casefold(): tag for offer in offers for tag in offer.tags}
    for entry, workload in draft.rows(Workload):
        for tag in workload.excluded_tags:
            if tag.casefold() not in carried:
                meant = near(tag, carried.values())
                asked = noted("{cell}: no offer has the tag '{tag}', so nothing is excluded by it; is it {names}?")
                told = asked if meant else noted("{cell}: no offer has the tag '{tag}', so nothing is excluded by it")
                yield say(told, cell=entry.at("excluded_tags"), tag=tag[:60], names=either(meant) if meant else "")


def _in_order(problems: Iterable[Problem]) -> list[Problem]:
    """Each problem once, by sheet in the template's order, then by row and column; what has no cell comes first."""
    return sorted(dict.fromkeys(problems), key=_place)


def _place(problem: Problem) -> tuple[int, int, int, str]:
    found = re.match(r"(\w+)(?:!([A-Z]+)([0-9]+)|\[([0-9]+)\])?", problem.where)
    sheet = sheet_name(found[1]) if found else None
    if found is None or sheet is None:
        return (-1, 0, 0, "")
    column = found[2] or ""
    return (INPUT_SHEETS.index(sheet), int(found[3] or found[4] or 0), len(column), column)
