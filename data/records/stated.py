"""What a result file says, before it is checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class StatedPool:
    """One pool as a file states it: ``where`` for messages, and its values by field name (``step_time`` a mapping, ``lengths`` a list of mappings).

    ``language`` is that of the file ("": it does not say).
    """

    where: str
    values: Mapping[str, Any] = field(default_factory=dict)
    language: str = ""
