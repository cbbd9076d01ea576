"""From the names people use to the names of the catalogue: any case and punctuation, aliases, repository names, unambiguous short forms."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from data.languages import noted, say, say_count
from data.parse import CellError
from data.records.supply import Gpu, Model
from data.words import either

# Words that do not tell one GPU from another (maker, product line, memory kind where there is one).
GPU_NOISE = frozenset(
    {"nvidia", "amd", "intel", "google", "aws", "instinct", "tesla", "geforce", "quadro", "gpu", "tensor", "core", "generation", "hbm2", "hbm3"}
)

# Words that do not change a model's shape: tuning, publisher's prefix, file format and precision (which is another column).
MODEL_NOISE = frozenset({
    "meta", "nvidia", "instruct", "it", "chat", "hf", "base", "turbo", "fp8", "fp4", "nvfp4", "mxfp4", "bf16", "fp16", "int8", "int4", "awq", "gptq",
    "w8a8", "w4a16", "w8a16", "quantized", "dynamic", "block", "gguf", "bnb", "4bit", "8bit",
})  # fmt: skip

MOST_SHOWN = 6  # names in one message

Kind = Literal["gpu", "model"]


@dataclass(frozen=True)
class _Sayings:
    """What is said of a name that stands for nothing, what to enter then, and of one that stands for several things."""

    unknown: str
    enter: str
    ambiguous: str


_SAYINGS: Mapping[Kind, _Sayings] = {
    "gpu": _Sayings(noted("no GPU is called '{name}'"), noted("enter the name of a GPU of the catalogue"), noted("'{name}' may be more than one GPU")),
    "model": _Sayings(noted("no model is called '{name}'"), noted("enter the name of a model of the catalogue"), noted("'{name}' may be more than one model")),
}


class UnknownName(CellError):
    """No catalogue entry has this name; ``close`` holds the nearest names, best first."""

    def __init__(self, kind: Kind, name: str, close: tuple[str, ...]) -> None:
        enter = say("enter {names}", names=_listed(close)) if close else say(_SAYINGS[kind].enter)
        super().__init__(say(_SAYINGS[kind].unknown, name=name[:60]), enter)
        self.close = close


class AmbiguousName(CellError):
    """Several catalogue entries fit this name; ``matches`` holds them."""

    def __init__(self, kind: Kind, name: str, matches: tuple[str, ...]) -> None:
        super().__init__(say(_SAYINGS[kind].ambiguous, name=name[:60]), say("enter {names}", names=_listed(matches)))
        self.matches = matches


@dataclass(frozen=True)
class Names:
    """An index of names: ``by_key`` holds the names a normalised name or alias stands for, ``words`` the words of each name."""

    kind: Kind
    by_key: Mapping[str, tuple[str, ...]]
    words: Mapping[str, tuple[str, ...]]
    noise: frozenset[str]

    @classmethod
    def of(cls, kind: Kind, aliases: Mapping[str, Iterable[str]], noise: frozenset[str] = frozenset()) -> Names:
        """The index of ``aliases``: name → its other names. A name beats an alias that reads the same."""
        by_key: dict[str, tuple[str, ...]] = {}
        for name in aliases:
            by_key[_key(name, noise)] = (*by_key.get(_key(name, noise), ()), name)
        own = frozenset(by_key)
        for name, others in aliases.items():
            for key in {_key(other, noise) for other in others} - own:
                by_key[key] = (*by_key.get(key, ()), name)
        return cls(kind, by_key, {name: _words(name, noise) for name in aliases}, noise)


def gpu_names_of(gpus: Iterable[Gpu]) -> Names:
    """The index of these GPUs with their aliases."""
    return Names.of("gpu", {gpu.gpu: gpu.aliases for gpu in gpus}, GPU_NOISE)


def model_names_of(models: Iterable[Model]) -> Names:
    """The index of these models with their aliases and repositories."""
    return Names.of("model", {model.model: (model.hf_repo, *model.aliases) if model.hf_repo else model.aliases for model in models}, MODEL_NOISE)


def resolve(name: str, names: Names) -> str:
    """The catalogue name that ``name`` stands for.

    In turn: the name itself; the name or an alias in any case and punctuation; a short form, whose words all occur in order in exactly one name and
    start with its first word ("H100 NVL", "llama 405b"). Raises UnknownName and AmbiguousName.
    """
    if name in names.words:
        return name
    key = _key(name, names.noise)
    matches = names.by_key.get(key, ()) or tuple(full for full, words in names.words.items() if _is_short_form(_words(name, names.noise), words))
    if len(matches) == 1:
        return matches[0]
    if matches:
        raise AmbiguousName(names.kind, name, matches)
    close = (full for near in difflib.get_close_matches(key, names.by_key, n=MOST_SHOWN, cutoff=0.6) for full in names.by_key[near])
    raise UnknownName(names.kind, name, tuple(dict.fromkeys(close)))


def model_key(name: str) -> str:
    """What is left of a model's name when publisher, tuning, precision, case and punctuation are taken away."""
    return _key(name, MODEL_NOISE)


def _words(name: str, noise: frozenset[str]) -> tuple[str, ...]:
    """The words of a name without the publisher before the last slash; if noise is all there is, it stays."""
    words = re.findall(r"[a-z0-9]+", name.rpartition("/")[2].casefold())
    return tuple(word for word in words if word not in noise) or tuple(words)


def _key(name: str, noise: frozenset[str]) -> str:
    return "".join(_words(name, noise))


def _is_short_form(short: tuple[str, ...], full: tuple[str, ...]) -> bool:
    """Whether the words of ``short`` occur in ``full`` in order, starting with its first."""
    if not short or not full or short[0] != full[0]:
        return False
    rest = iter(full)
    return all(word in rest for word in short)


def _listed(names: tuple[str, ...]) -> str:
    shown = either(names[:MOST_SHOWN])
    more = len(names) - MOST_SHOWN
    return say_count("{names}, or {count} more", "{names}, or {count} more", more, names=shown) if more > 0 else shown
