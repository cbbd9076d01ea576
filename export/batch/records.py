"""What became of a batch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from data.records.outcome import Outcome

EXIT_INTERRUPTED = 130  # 128 + SIGINT, as shells have it

Told = Callable[[int, int, Outcome], None]  # outcomes there, of all, the last one


@dataclass(frozen=True, kw_only=True)
class Batch:
    """What became of every case, in their order; ``kept`` of them were done before."""

    outcomes: tuple[Outcome, ...]
    kept: int = 0
    interrupted: bool = False

    @property
    def exit_code(self) -> int:
        """The highest of the scenarios' codes; 130 where the batch was interrupted."""
        return EXIT_INTERRUPTED if self.interrupted else max((outcome.exit_code for outcome in self.outcomes), default=0)
