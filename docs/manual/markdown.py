"""Docstrings as Markdown: sentences as text, formulas as blocks, symbol tables as they are."""

from __future__ import annotations

import inspect
import pkgutil
import re
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from types import FunctionType, ModuleType

_ROLE = re.compile(r":\w+:`~?([^`]+)`")
_LITERAL = re.compile(r"``([^`]+)``")
_MARKED = re.compile(r"(`[^`]*`)")
_SPECIAL = re.compile(r"([*_\[\]<>|])")
# A formula has a relation or a sum, and is no sentence: a sentence ends in a full stop after a word of three letters.
_RELATION = re.compile(r" [≤≥=] |Σ|∈")
_SENTENCE = re.compile(r"\. (?=[A-ZΣ\d(])")
_STARTS_AS_FORMULA = re.compile(r"Σ|\w+\[|share\[|\w+_\w+ = ")
_PAUSE = re.compile(r"[,;](?= (?:in|for|with|where|a|loss|u)\b)")
_WORDS = re.compile(r"\b[A-Za-z]{3,}\b(?![\[(_·])")
_MOST_WORDS = 6  # of a formula: names of variables and "of", "in every block"


def documented(thing: ModuleType | Callable[..., object] | type) -> list[str]:
    """The paragraphs of a docstring; raises ValueError where there is none, so that nothing undocumented slips into the manual."""
    text = inspect.getdoc(thing)
    if not text:
        raise ValueError(f"{thing} has no docstring")
    return text.split("\n\n")


def blocks_of(paragraphs: Iterable[str]) -> Iterator[str]:
    """Markdown of the paragraphs of a docstring."""
    for paragraph in paragraphs:
        if paragraph.lstrip().startswith("|"):
            yield _LITERAL.sub(r"`\1`", paragraph)
            continue
        yield from _parts(" ".join(line.strip() for line in paragraph.splitlines()))


def _parts(text: str) -> Iterator[str]:
    """Runs of sentences as text, runs of formulas as indented blocks."""
    words: list[str] = []
    for sentence in _SENTENCE.split(text):
        if sentence.startswith("Raises "):  # of use to callers, not to readers
            continue
        formula, rest = _leading_formula(sentence)
        if formula:
            if words:
                yield prose(_joined(words))
            words = []
            yield "    " + _LITERAL.sub(r"\1", formula).rstrip(".,;")
        if rest:
            words.append(rest)
    if words:
        yield prose(_joined(words))


def _leading_formula(sentence: str) -> tuple[str, str]:
    """The formula with which a sentence begins, and what it says after that; either may be ""."""
    if is_formula(sentence):
        return sentence, ""
    if not _STARTS_AS_FORMULA.match(sentence):
        return "", sentence
    for end in (match.start() for match in _PAUSE.finditer(sentence)):
        if is_formula(sentence[:end]):
            return sentence[:end], sentence[end + 1 :].strip()
    return "", sentence


def _joined(pieces: list[str]) -> str:
    text = ". ".join(pieces)
    return text if text.endswith((".", ":", ";", "?", ".)")) else f"{text}."


def is_formula(piece: str) -> bool:
    """Whether a piece of a docstring is a formula rather than a sentence."""
    return bool(_RELATION.search(piece)) and len(_WORDS.findall(_LITERAL.sub("", piece))) <= _MOST_WORDS


def prose(text: str) -> str:
    """A sentence with its names as code and what Markdown would take for marks escaped."""
    named = _LITERAL.sub(r"`\1`", _ROLE.sub(r"`\1`", text))
    return "".join(part if part.startswith("`") else _SPECIAL.sub(r"\\\1", part) for part in _MARKED.split(named))


def entry(name: str, thing: ModuleType | Callable[..., object] | type, level: int = 3) -> list[str]:
    """A heading and the docstring below it."""
    return [f"{'#' * level} {name}", *blocks_of(documented(thing))]


def words_of(name: str) -> str:
    """A function's name as words."""
    return name.replace("_", " ")


def public_functions(module: ModuleType) -> Iterator[Callable[..., object]]:
    """The functions a module defines for others, in the order in which they stand in it."""
    yield from (function for function in _functions_of(module) if not function.__name__.startswith("_"))


def told_functions(module: ModuleType) -> Iterator[Callable[..., object]]:
    """The functions a module defines for others, and those of its own whose docstring has a formula."""
    yield from (function for function in _functions_of(module) if not function.__name__.startswith("_") or _RELATION.search(function.__doc__ or ""))


def _functions_of(module: ModuleType) -> list[FunctionType]:
    found = [thing for _, thing in inspect.getmembers(module, inspect.isfunction) if thing.__module__ == module.__name__]
    return sorted(found, key=lambda function: function.__code__.co_firstlineno)


def module_names(package: str) -> Iterator[str]:
    """The modules of a package, deep down, in order."""
    for found in pkgutil.walk_packages(import_module(package).__path__, f"{package}."):
        if not found.ispkg:
            yield found.name


def table(header: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """A table; bars within cells are escaped."""
    lines = [list(header)]
    lines += [["---"] * len(lines[0]), *([_cell(value) for value in row] for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _cell(value: object) -> str:
    return "" if value is None else str(value).replace("|", "\\|").replace("\n", " ")
