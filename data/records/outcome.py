"""What became of each scenario of a batch: its figures, its plan's rows and its inputs, as the comparison shows them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from data.records.plan import PlanRow

# "bad input": the workbook cannot be planned; "failed": the program, its process or the disk did; "not run": interrupted before its turn.
OutcomeStatus = Literal["optimal", "feasible", "infeasible", "unsolved", "bad input", "failed", "not run"]
PLANNED = ("optimal", "feasible")
# What a batch does not do again while nothing changed; other outcomes may differ the next time.
SETTLED = (*PLANNED, "infeasible")


@dataclass(frozen=True, kw_only=True)
class Case:
    """One scenario of a batch: a workbook as it stands, or with the changes of one of its variants. ``name`` is its own in the batch."""

    name: str
    path: str  # of the workbook
    result: str  # where its result goes
    variant: str = ""
    beside_variants: bool = False  # its variants are cases of the same batch: what is wrong with them is theirs


@dataclass(frozen=True, kw_only=True)
class GivenCell:
    """A filled cell of the input: sheet, name of its row ("" on Settings) and field, with what was typed as text."""

    sheet: str
    row: str
    field: str
    value: str


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One scenario's row of the comparison. ``reason`` says why there is no plan; ``digest`` what it was made from (see :mod:`data.digest`).

    ``language`` is the one that its workbook or the command line asks for ("": none).
    """

    name: str
    status: OutcomeStatus
    exit_code: int
    path: str = ""
    variant: str = ""
    result: str = ""  # path of the result workbook; "" where there is none
    reason: str = ""
    usd_per_month: float | None = None
    bound_usd_per_month: float | None = None
    gap: float | None = None
    gpus: int = 0
    instances: int = 0
    power_kw: float = 0.0  # of the GPUs paid for, under load
    usd_per_million_tokens: float | None = None
    usd_per_user: float | None = None
    usd_by_billing: Mapping[str, float] = field(default_factory=dict)
    plan: tuple[PlanRow, ...] = ()
    inputs: tuple[GivenCell, ...] = ()
    warnings: int = 0
    seconds: float = 0.0  # of planning and writing
    digest: str = ""
    language: str = ""

    @property
    def planned(self) -> bool:
        """Whether there is a plan."""
        return self.status in PLANNED

    @property
    def providers(self) -> tuple[str, ...]:
        """Providers of the plan, by name."""
        return tuple(sorted({row.provider for row in self.plan}))
