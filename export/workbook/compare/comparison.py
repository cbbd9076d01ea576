"""What every sheet of the comparison is written from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from data.languages import say
from data.records.outcome import Outcome
from export.batch.cases import called
from export.figures import BILLING_WORDS, billing_words, readable


@dataclass(frozen=True)
class Comparison:
    """The outcomes in their order, and which of them is the base of the differences."""

    outcomes: tuple[Outcome, ...]
    base: Outcome

    @cached_property
    def planned(self) -> tuple[Outcome, ...]:
        """The outcomes with a plan."""
        return tuple(outcome for outcome in self.outcomes if outcome.planned)

    @cached_property
    def billings(self) -> tuple[str, ...]:
        """The billing kinds on any bill, in the order in which people name them."""
        used = {kind for outcome in self.outcomes for kind in outcome.usd_by_billing}
        return tuple(kind for kind in BILLING_WORDS if kind in used)


def comparison_of(outcomes: Sequence[Outcome], base: str = "") -> Comparison:
    """The comparison against the outcome called ``base`` (its name, its variant's or its workbook's), by default the first with a plan, else the first.

    Raises BadInput where none is called so.
    """
    if base:
        return Comparison(tuple(outcomes), called(outcomes, base))
    return Comparison(tuple(outcomes), next((outcome for outcome in outcomes if outcome.planned), outcomes[0]))


def plan_words(outcome: Outcome) -> str:
    """A plan in a line: GPUs its nodes stand on by type and terms, and whose tokens."""
    gpus: dict[tuple[str, str, str], int] = {}
    for row in outcome.plan:
        if row.node_count:
            key = (row.gpu, row.provider, billing_words(row.billing))
            gpus[key] = gpus.get(key, 0) + row.gpus
    parts = [f"{readable(count)} {gpu} ({provider}, {billing})" for (gpu, provider, billing), count in gpus.items()]
    parts += [say("tokens of {model} from {seller}", model=row.model, seller=row.provider) for row in outcome.plan if not row.node_count]
    return ", ".join(dict.fromkeys(parts))
