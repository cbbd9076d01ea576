"""What the program says, in the language of who reads it.

The English text is the key: code says ``say("{count} nodes of {gpu}", count=…, gpu=…)``, and ``fr.po`` holds the French for the whole template, so that a
translator sees sentences. ``make words`` collects new texts into the table and compiles it (``fr.mo``, read with the standard library's gettext); a test
finds texts that have no translation. JSON keys, codes (``on_demand``, ``optimal``) and names from the input are the same in every language.
"""

from __future__ import annotations

import functools
import gettext
import os
import re
import string
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

ENGLISH = "en"
LANGUAGES = (ENGLISH, "fr")  # a further one is its table beside fr.po, its name here and its signs below
VARIABLE = "INFERPLAN_LANGUAGE"  # of the environment: the language where no workbook says one
# What a language is called besides its code; C and POSIX are the locales of no language.
NAMES: Mapping[str, str] = {"english": ENGLISH, "anglais": ENGLISH, "c": ENGLISH, "posix": ENGLISH, "français": "fr", "francais": "fr", "french": "fr"}
TABLES = Path(__file__).parent
# What stands for the thousands' comma, the decimal point and the sign of per cent (Unicode CLDR 46, numbers/symbols and percentFormats of the locale).
SIGNS: Mapping[str, Mapping[int, str]] = {"fr": str.maketrans({",": "\N{NARROW NO-BREAK SPACE}", ".": ",", "%": "\N{NARROW NO-BREAK SPACE}%"})}
# How Excel and LibreOffice are told a number format's locale (LCID, MS-OEFFI); without one they take that of the computer.
LCIDS: Mapping[str, str] = {"fr": "[$-40C]"}
PERCENTS: Mapping[str, str] = {"fr": "\N{NO-BREAK SPACE}%"}  # what ends a share in a number format

_BETWEEN_DIGITS = re.compile(r"(?<=\d)[ \N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}](?=\d)")
_DECIMAL_OF_RATE = re.compile(r"(?<==)(\s*\d+),(?=\d)")
_DAY_FIRST = re.compile(r"(\d{1,2})[/.](\d{1,2})[/.](\d{4})")
_spoken: ContextVar[str] = ContextVar("spoken", default=ENGLISH)


def preferred() -> str:
    """The language of ``INFERPLAN_LANGUAGE`` ("fr", "fr_FR.UTF-8"); English without it. Raises ValueError for one that is not there."""
    asked = os.environ.get(VARIABLE, "").strip()
    language = language_named(asked) if asked else ENGLISH
    if not language:
        raise ValueError(f"{VARIABLE}: there is no language '{asked[:60]}'; enter {' or '.join(LANGUAGES)}")
    return language


def language_named(text: str) -> str:
    """The language that a locale ("fr_FR.UTF-8", "C") or its own name ("français") means; "" where there is none."""
    first = re.split("[_.:@-]", text.strip().casefold())[0]
    language = NAMES.get(first, first)
    return language if language in LANGUAGES else ""


def spoken() -> str:
    """The language that texts are made in now."""
    return _spoken.get()


def speak(language: str) -> None:
    """Make texts in ``language`` from here on (to the end of the :func:`speaking` block around); "" changes nothing. Raises ValueError for an unknown one."""
    if not language:
        return
    if language not in LANGUAGES:
        raise ValueError(f"no language '{language}'; there are {', '.join(LANGUAGES)}")
    _spoken.set(language)


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Make texts in ``language`` ("": as before) within the block; the language of before returns at its end. Raises ValueError for an unknown one."""
    before = _spoken.set(spoken())
    try:
        speak(language)
        yield
    finally:
        _spoken.reset(before)


def noted(text: str) -> str:
    """``text`` as it is, marked for the table of words: a constant that is said later."""
    return text


def say(text: str, /, **values: Any) -> str:
    """``text`` in the language spoken, its ``{placeholders}`` filled with ``values``, whose formats (``{cost:,.0f}``) follow the language's signs."""
    language = spoken()
    if language == ENGLISH:
        return text.format(**values) if values else _unescaped(text)
    found = words(language).gettext(text) if text else ""
    return _FORMATTERS[language].vformat(found, (), values) if values else _unescaped(found)


def say_count(one: str, many: str, count: float, **values: Any) -> str:
    """``one`` or ``many`` as ``count`` and the language want it (English: one for 1; French: one below 2), filled with ``count`` and ``values``."""
    language = spoken()
    if language == ENGLISH:
        return (one if count == 1 else many).format(count=count, **values)
    # gettext counts whole numbers; French calls 1.5 singular and 2 plural
    found = words(language).ngettext(one, many, int(count))
    return _FORMATTERS[language].vformat(found, (), {"count": count, **values})


def figure(value: float, spec: str) -> str:
    """A number alone, in a format of Python's, with the signs of the language spoken."""
    text = format(value, spec)
    return text if spoken() == ENGLISH else text.translate(SIGNS[spoken()])


def number_format(code: str) -> str:
    """A workbook's number format with the locale of the language spoken, so that its signs are that language's on any computer."""
    return code if code == "General" else LCIDS.get(spoken(), "") + code.replace("%", PERCENTS.get(spoken(), "%"))


def meant(text: str, known: Iterable[str]) -> str | None:
    """Which of the ``known`` English texts stands in ``text``, in whatever language and case; None if none does."""
    bare = text.strip().casefold()
    return next((word for word in known for language in LANGUAGES if said_in(language, word).casefold() == bare), None)


def number_text(text: str) -> str:
    """A number typed in the signs of the language spoken ("1 500,5"), in those that Python reads ("1500.5")."""
    if spoken() == ENGLISH:
        return text
    return _BETWEEN_DIGITS.sub("", text).replace(",", ".")


def rate_text(text: str) -> str:
    """Rates typed in the signs of the language spoken ("EUR=1,08; GBP=1,27"), in those that Python reads: a comma right after their digits is a decimal one."""
    return text if spoken() == ENGLISH else _DECIMAL_OF_RATE.sub(r"\1.", text)


def date_text(text: str) -> str:
    """A date typed as the language spoken writes it ("31/3/2027": day, month, year), as ISO 8601 does; any other text as it is."""
    match = _DAY_FIRST.fullmatch(text) if spoken() != ENGLISH else None
    return f"{match[3]}-{match[2]:0>2}-{match[1]:0>2}" if match else text


def said_in(language: str, text: str, /, **values: Any) -> str:
    """A text in a given language, as :func:`say` says it."""
    with speaking(language):
        return say(text, **values)


@functools.cache
def words(language: str) -> gettext.NullTranslations:
    """The table of a language, as ``make words`` compiled it; an English text that it lacks is given back."""
    with (TABLES / f"{language}.mo").open("rb") as file:
        return gettext.GNUTranslations(file)


def _unescaped(text: str) -> str:
    return text.replace("{{", "{").replace("}}", "}") if "{" in text else text


class _Formatter(string.Formatter):
    """``str.format`` with a language's signs in its numbers."""

    def __init__(self, language: str) -> None:
        self.signs = SIGNS[language]

    def format_field(self, value: Any, format_spec: str) -> str:
        """A placeholder's value in its format; a number with the language's signs."""
        text = str(super().format_field(value, format_spec))
        return text.translate(self.signs) if isinstance(value, (int, float)) and not isinstance(value, bool) else text


_FORMATTERS = {language: _Formatter(language) for language in SIGNS}
