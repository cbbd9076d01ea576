"""All cases, in the page's order; a new one is a function here."""

from __future__ import annotations

from collections.abc import Callable

from scenarios.sources.aiconfigurator import qwen3
from scenarios.sources.inferenceatlas import references
from scenarios.sources.infrascale_case import questions
from scenarios.sources.napkin import napkin
from scenarios.sources.nvidia import chat_day, llama2_70b, summaries
from scenarios.sources.page import Case

CASES: tuple[Callable[[], Case], ...] = (summaries, chat_day, llama2_70b, napkin, references, questions, qwen3)
