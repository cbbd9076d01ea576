"""The names in a workbook: what each column may refer to, and every reference turned into the proper name."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar, cast

from data.entries import Entries, Entry, record_of
from data.fields import Column, Refers
from data.languages import noted, say
from data.library import shipped_gpus, shipped_models, shipped_offers, shipped_profiles
from data.names import Names, gpu_names_of, model_names_of, resolve
from data.parse import CellError
from data.problems import Problem
from data.records.scenario import SETTINGS_SHEET
from data.records.settings import Settings
from data.records.supply import Gpu, Model, Offer
from data.records.workload import ProfileBlock
from data.tables import columns_of_sheet
from data.words import either, listed, near

Record = TypeVar("Record")

MOST_SUGGESTED = 6  # names that are all suggested


@dataclass(frozen=True)
class Draft:
    """What the sheets say, row by row, before it is a scenario; a sheet's entries may be broken (no record)."""

    sheets: Mapping[str, Entries[Any]]

    def entries(self, sheet: str) -> tuple[Entry[Any], ...]:
        """All rows of a sheet, broken ones too."""
        return self.sheets[sheet].rows if sheet in self.sheets else ()

    def rows(self, record: type[Record]) -> Iterator[tuple[Entry[Record], Record]]:
        """The rows of the sheet of ``record`` that could be read, with their records."""
        for sheet in self.sheets:
            if record_of(sheet) is record:
                yield from ((entry, entry.record) for entry in self.sheets[sheet].rows if entry.record is not None)

    def records(self, record: type[Record]) -> tuple[Record, ...]:
        """The records of the sheet of ``record`` that could be read."""
        return tuple(row for _, row in self.rows(record))

    @property
    def settings(self) -> Entry[Settings]:
        """The settings as one row."""
        return self.entries(SETTINGS_SHEET)[0]

    @functools.cached_property
    def gpus(self) -> Mapping[str, Gpu]:
        """GPUs by name: the workbook's first, then the shipped ones it does not override."""
        return _over({gpu.gpu: gpu for gpu in self.records(Gpu)}, shipped_gpus())

    @functools.cached_property
    def models(self) -> Mapping[str, Model]:
        """Models by name: the workbook's first, then the shipped ones it does not override."""
        return _over({model.model: model for model in self.records(Model)}, shipped_models())

    @functools.cached_property
    def profiles(self) -> tuple[ProfileBlock, ...]:
        """Blocks of the profiles: the workbook's first, then those of the shipped profiles it does not override."""
        own = self.records(ProfileBlock)
        names = {block.profile.casefold() for block in own}
        return (*own, *(block for block in shipped_profiles() if block.profile.casefold() not in names))

    @property
    def offers_used(self) -> str:
        """Which offers the settings use: workbook, catalogue or both."""
        return str(self.settings.values.get("offers", "both"))

    @functools.cached_property
    def catalogue_offers(self) -> tuple[Offer, ...]:
        """The shipped offers that the settings use and the workbook does not override."""
        if self.offers_used == "workbook":
            return ()
        own = self.entries("Offers") if self.offers_used == "both" else ()
        names = {str(entry.values.get("offer")).casefold() for entry in own}
        return tuple(offer for offer in shipped_offers() if offer.offer.casefold() not in names)


def _over(own: Mapping[str, Record], shipped: Mapping[str, Record]) -> Mapping[str, Record]:
    return {**own, **{name: record for name, record in shipped.items() if name not in own}}


def resolve_references(draft: Draft) -> tuple[Draft, tuple[Problem, ...]]:
    """Every reference of the draft as the proper name it stands for; rows with one that stands for nothing are broken, and the problems say why.

    Offers come first, because what the others may name (providers, regions, tags) is theirs.
    """
    problems: list[Problem] = []
    for sheet in sorted(draft.sheets, key=lambda name: name != "Offers"):
        known = _Known(draft)
        referring = {name: column for name, column in columns_of_sheet(sheet).items() if column.refers}
        rows = []
        for entry in draft.sheets[sheet].rows:
            resolved, wrong = _resolve_row(entry, referring, known)
            rows.append(resolved)
            problems += wrong
        draft = Draft({**draft.sheets, sheet: replace(draft.sheets[sheet], rows=tuple(rows))})
    return draft, tuple(problems)


def _resolve_row(entry: Entry[Any], referring: Mapping[str, Column], known: _Known) -> tuple[Entry[Any], list[Problem]]:
    values: dict[str, Any] = {}
    problems = []
    for name, column in referring.items():
        value = entry.values.get(name)
        if not value:
            continue
        try:
            values[name] = tuple(_found(known, column, text) for text in value) if column.is_list else _found(known, column, value)
        except CellError as error:
            problems.append(entry.problem(name, error.what, error.enter))
    entry = entry.with_values(values)
    return (entry.without_record() if problems else entry), problems


def _found(known: _Known, column: Column, text: str) -> str:
    """The proper name; the text itself where nothing is called so and nothing need be."""
    try:
        return known.find(cast("Refers", column.refers), text)
    except CellError:
        if column.must_exist:
            raise
        return text


class _Known:
    """What the references of a draft may name; names of broken rows count, so that one error does not cause another."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft

    def find(self, kind: Refers, text: str) -> str:
        """The proper name; raises CellError."""
        if (broken := self._broken_rows.get((kind, text.casefold()))) is not None:
            return broken
        if kind == "gpu":
            return resolve(text, self._gpu_names)
        if kind == "model":
            return resolve(text, self._model_names)
        names = self._names[kind]
        found = names.get(text.casefold())
        if found is None:
            raise CellError(say(_UNKNOWN[kind], name=text[:60]), _suggested(text, tuple(names.values())))
        return found

    @functools.cached_property
    def _broken_rows(self) -> Mapping[tuple[Refers, str], str]:
        places: tuple[tuple[Refers, str], ...] = (("gpu", "GPUs"), ("model", "Models"))
        rows = ((kind, entry) for kind, sheet in places for entry in self.draft.entries(sheet) if entry.record is None)
        return {(kind, str(name).casefold()): name for kind, entry in rows if (name := entry.values.get(kind))}

    @functools.cached_property
    def _gpu_names(self) -> Names:
        return gpu_names_of(self.draft.gpus.values())

    @functools.cached_property
    def _model_names(self) -> Names:
        return model_names_of(self.draft.models.values())

    @functools.cached_property
    def _names(self) -> Mapping[str, Mapping[str, str]]:
        offers = [entry.values for entry in self.draft.entries("Offers")] if self.draft.offers_used != "catalogue" else []
        shipped = self.draft.catalogue_offers
        return {
            "workload": _index(self._column("Workloads", "name")),
            "profile": _index((*self._column("Profiles", "profile"), *(block.profile for block in self.draft.profiles))),
            "offer": _index((*(row.get("offer") for row in offers), *(offer.offer for offer in shipped))),
            "provider": _index((*(row.get("provider") for row in offers), *(offer.provider for offer in shipped))),
            "region": _index((*(row.get("region") for row in offers), *(offer.region for offer in shipped))),
            "tag": _index(tag for tags in (*(row.get("tags", ()) for row in offers), *(offer.tags for offer in shipped)) for tag in tags),
        }

    def _column(self, sheet: str, name: str) -> Iterable[str | None]:
        return (entry.values.get(name) for entry in self.draft.entries(sheet))


_UNKNOWN: Mapping[Refers, str] = {
    "workload": noted("no workload is called '{name}'"),
    "profile": noted("no profile is called '{name}'"),
    "offer": noted("no offer is called '{name}'"),
    "provider": noted("no offer has the provider '{name}'"),
    "region": noted("no offer has the region '{name}'"),
    "tag": noted("no offer has the tag '{name}'"),
}


def _suggested(text: str, names: tuple[str, ...]) -> str:
    """All names there are if they are few, else those that look like the text."""
    if not names:
        return say("clear it: there is none")
    if some := names if len(names) <= MOST_SUGGESTED else near(text, names):
        return say("enter {names}", names=either(some))
    return say("enter one of {choices}", choices=listed(names))


def _index(names: Iterable[str | None]) -> Mapping[str, str]:
    index: dict[str, str] = {}
    for name in names:
        if name:
            index.setdefault(name.casefold(), name)
    return index
