"""The clock while a model is built, which takes seconds where it is large."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass


class OutOfTimeError(Exception):
    """The time was over before the model was built."""


@dataclass(frozen=True)
class Deadline:
    """A time of the clock (``time.perf_counter``) [s]."""

    end: float = math.inf

    def check(self) -> None:
        """Raise OutOfTimeError once it has passed."""
        if time.perf_counter() > self.end:
            raise OutOfTimeError


NEVER = Deadline()
