"""The scenarios of a batch: workbooks, folders of them, variants; each with a name and a result of its own."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from data.languages import say
from data.problems import BadInput, Problem
from data.records.outcome import Case, Outcome
from data.sheets import read_tables
from data.variants import variants_of
from data.words import suggested

SUFFIXES = (".xlsx", ".xlsm")
COMPARISON = "comparison.xlsx"
# What the program itself writes beside scenarios, and the lock files of Excel and LibreOffice.
_NO_SCENARIO = re.compile(r"^(~\$|\.)|\.(result|simulation|sweep|pareto|robust|sensitivity)\.xlsx$|^comparison\.xlsx$", re.IGNORECASE)
_UNSAFE = re.compile(r'[\x00-\x1f<>:"/\\|?*]+')  # in a file's name on one system or another
_MOST_CHARS = 80  # of a variant in a file's name


def workbooks_of(paths: Iterable[Path]) -> tuple[Path, ...]:
    """The workbooks named, those of folders by name; results and lock files in a folder are none. Raises BadInput for a folder without any."""
    found: list[Path] = []
    problems = []
    for path in paths:
        if not path.is_dir():
            found.append(path)
            continue
        inside = sorted(file for file in path.iterdir() if file.suffix.lower() in SUFFIXES and not _NO_SCENARIO.search(file.name))
        if not inside:
            problems.append(Problem(str(path), say("has no workbook to plan"), say("name workbooks, or a folder with scenarios (*.xlsx) in it")))
        found += inside
    if problems:
        raise BadInput(problems)
    return tuple({path.resolve(): path for path in found}.values())


def cases_of(workbooks: Iterable[Path], output: Path | None, *, variants: bool) -> tuple[Case, ...]:
    """The cases of a batch, results in the folder ``output`` or beside each workbook; with ``variants`` each workbook is followed by its own.

    A workbook whose sheet Variants cannot be read is a case alone: planning it says why.
    """
    found = []
    for path in workbooks:
        names = _variant_names(path) if variants else ()
        found.append(Case(name=path.stem, path=str(path), result="", beside_variants=bool(names)))
        found += [Case(name=name, path=str(path), result="", variant=name) for name in names]
    return tuple(_with_results(_named_apart(found), output))


def _variant_names(path: Path) -> tuple[str, ...]:
    try:
        return tuple(variant.name for variant in variants_of(read_tables(path)))
    except BadInput:
        return ()


def _named_apart(cases: list[Case]) -> list[Case]:
    """Cases of equal names told apart: variants by their workbook, then workbooks by their folder."""
    for longer in (_with_workbook, _with_folder):
        count = Counter(case.name.casefold() for case in cases)
        cases = [replace(case, name=longer(case)) if count[case.name.casefold()] > 1 else case for case in cases]
    return cases


def _with_workbook(case: Case) -> str:
    return f"{Path(case.path).stem} · {case.variant}" if case.variant else case.name


def _with_folder(case: Case) -> str:
    return f"{case.name} ({Path(case.path).parent})"


def _with_results(cases: Iterable[Case], output: Path | None) -> Iterator[Case]:
    """Cases with the paths of their results, no two the same on any system."""
    taken: set[str] = set()
    for case in cases:
        path = Path(case.path)
        folder = output or path.parent
        stem = f"{path.stem}.{safe(case.variant)}" if case.variant else path.stem
        target, number = folder / f"{stem}.result.xlsx", 2
        while str(target).casefold() in taken:
            target, number = folder / f"{stem}.{number}.result.xlsx", number + 1
        taken.add(str(target).casefold())
        yield replace(case, result=str(target))


def safe(text: str) -> str:
    """Text as part of a file's name on every system."""
    return _UNSAFE.sub("_", text).strip(" .")[:_MOST_CHARS] or "_"


Named = TypeVar("Named", Case, Outcome)


def called(scenarios: Sequence[Named], base: str) -> Named:
    """The one of a batch called ``base``: by its name, its variant's or its workbook's; raises BadInput."""
    for name_of in (_name, _variant, _workbook):
        found = [scenario for scenario in scenarios if name_of(scenario).casefold() == base.casefold()]
        if len(found) == 1:
            return found[0]
    names = [scenario.name for scenario in scenarios]
    what = say("no scenario of the batch is called '{name}'", name=base)
    raise BadInput([Problem("--base", what, suggested(base, names, say("the name of one of them")))])


def _name(scenario: Case | Outcome) -> str:
    return scenario.name


def _variant(scenario: Case | Outcome) -> str:
    return scenario.variant


def _workbook(scenario: Case | Outcome) -> str:
    return "" if scenario.variant else Path(scenario.path).name
