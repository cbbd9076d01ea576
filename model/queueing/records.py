"""What the queueing rule is asked: step times of nodes, and the latency promise."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from data.records.candidate import StepTime

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]
Mode = Literal["streaming", "sequential", "offline"]


@dataclass(frozen=True, kw_only=True)
class Steps:
    """Iteration time of one node of each of n candidates; every array has shape (n,).

    t = iteration_s + per_sequence_s·(decoding sequences) + per_kv_token_s·(KV tokens read) + per_prefill_token_s·(prefill tokens).
    With speculative decoding the coefficients are those of a token gained, not of a step.
    Where ``overhead_s`` is given and not NaN, memory traffic and computing overlap instead:
    t = overhead_s + max(iteration_s + per_kv_token_s·(KV tokens), per_sequence_s·(decoding sequences) + per_prefill_token_s·(prefill tokens)).
    ``kv_tokens`` is the KV cache of the node, ``token_budget`` the tokens an iteration may carry, ``max_batch`` the most requests running (the 2^B).
    """

    iteration_s: Array
    per_sequence_s: Array
    per_kv_token_s: Array
    per_prefill_token_s: Array
    kv_tokens: Array
    token_budget: Array
    max_batch: Array
    overhead_s: Array | None = None

    @classmethod
    def of(cls, step_times: Iterable[StepTime], max_batch: Iterable[float]) -> Steps:
        """Steps of plan records with the batch cap of each."""
        rows = list(step_times)
        return cls(
            iteration_s=np.array([row.iteration_s for row in rows], dtype=np.float64),
            per_sequence_s=np.array([row.per_sequence_s for row in rows], dtype=np.float64),
            per_kv_token_s=np.array([row.per_kv_token_s for row in rows], dtype=np.float64),
            per_prefill_token_s=np.array([row.per_prefill_token_s for row in rows], dtype=np.float64),
            kv_tokens=np.array([row.kv_tokens for row in rows], dtype=np.float64),
            token_budget=np.array([row.token_budget for row in rows], dtype=np.float64),
            max_batch=np.array(list(max_batch), dtype=np.float64),
        )

    def take(self, rows: NDArray[np.intp]) -> Steps:
        """The same arrays at ``rows`` (indices, repeats allowed)."""
        return replace(self, **{f.name: values[rows] for f in fields(self) if (values := getattr(self, f.name)) is not None})

    def __len__(self) -> int:
        return len(self.iteration_s)


@dataclass(frozen=True, kw_only=True)
class Targets:
    """What the percentile of the requests must keep, and how requests arrive.

    ``percentile`` in (0, 100). An infinite target does not bind. ``arrival_cv`` is the coefficient of variation of the times between requests.
    ``closed_loop``: a fixed number of users, each with at most one request in flight and ``think_time_s`` between answer and next request; the
    capacity is then in users (without think time: requests in flight) instead of req/s. Targets looked at by mode: streaming the TTFT and TPOT
    (and end to end where given), sequential the end to end, offline none.
    """

    ttft_s: float = np.inf
    tpot_s: float = np.inf
    e2e_s: float = np.inf
    percentile: float = 95.0
    arrival_cv: float = 1.0
    mode: Mode = "streaming"
    closed_loop: bool = False
    think_time_s: float = 0.0

    @property
    def late_share(self) -> float:
        """Share of the requests that may miss a target."""
        return 1.0 - self.percentile / 100.0
