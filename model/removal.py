"""What a filter says: a candidate or an offer that an optimal plan does without, and why in words."""

from __future__ import annotations

from dataclasses import dataclass

from data.records.candidate import Candidate, RuledOut
from data.records.supply import Offer


@dataclass(frozen=True, kw_only=True)
class Removal:
    """A row for the sheet Ruled out, and what it takes out of the problem: a candidate's key, an offer's name, or nothing ("")."""

    row: RuledOut
    candidate: str = ""
    offer: str = ""


def candidate_removed(made: Candidate, reason: str) -> Removal:
    """A candidate taken out."""
    row = RuledOut(
        workload=made.workload, gpu=made.gpu, precision=made.precision, node_size=made.node_size, batch_size=made.batch_size, offer="", reason=reason
    )  # fmt: skip
    return Removal(row=row, candidate=made.key)


def offer_removed(offer: Offer, reason: str) -> Removal:
    """An offer taken out."""
    return Removal(row=_offer_row(offer, reason, ""), offer=offer.offer)


def offer_closed(offer: Offer, workload: str, reason: str) -> Removal:
    """An offer that one workload may not use; it stays for others."""
    return Removal(row=_offer_row(offer, reason, workload))


def _offer_row(offer: Offer, reason: str, workload: str) -> RuledOut:
    return RuledOut(workload=workload, gpu=offer.gpu or "", precision="", node_size=None, batch_size=None, offer=offer.offer, reason=reason)
