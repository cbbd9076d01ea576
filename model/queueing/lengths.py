"""Request lengths as the queueing rule sees them: moments and quantiles of inputs and outputs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.special import ndtr, ndtri

from data.records.workload import LengthBin, Workload
from model.queueing.records import Array

# Panels of the probability axis, each with four Gauss–Legendre points: fine towards 1 where the longest requests miss a target (TTFT by input, end
# to end by output), fine towards 0 where the shortest do (TPOT: they average the fewest iterations). Against 40 points: below 0.1 % in capacity.
_INPUT_EDGES = (0.0, 0.5, 0.8, 0.92, 0.98, 1.0)
_OUTPUT_EDGES = (0.0, 0.1, 0.4, 1.0)
_LONG_OUTPUT_EDGES = (0.0, 0.25, 0.5, 0.7, 0.85, 0.92, 0.96, 0.98, 0.99, 0.996, 1.0)
_POINTS_PER_PANEL = 4

_REQUEST_MOMENTS = ("input_mean", "input_square", "prefill_mean", "prefill_square", "output_mean", "output_square")
_CONTEXT_MOMENTS = ("context_mean", "context_square")


@dataclass(frozen=True, kw_only=True)
class LengthMix:
    """Distribution of a workload's request lengths [tokens].

    ``input_*`` is the whole prompt (it fills the KV cache), ``prefill_*`` the part not found in the prefix cache. ``context_*`` are moments of the
    tokens in the KV cache of a random decoding sequence, drawn at a random one of its steps: E[C] = E[O·I + O²/2]/E[O],
    E[C²] = E[O·I² + O²·I + O³/3]/E[O]. Where more than moments is needed, points stand for the distribution: tokens, their weights (adding up to
    1) and the shares of the requests below them. ``parts`` are the mix seen by each of several kinds of requests that share nodes, with weights of its own on
    the same points: each must keep its promise by itself.
    """

    input_mean: float
    input_square: float
    prefill_mean: float
    prefill_square: float
    output_mean: float
    output_square: float
    context_mean: float
    context_square: float
    prefill_tokens: Array
    prefill_weights: Array
    prefill_shares: Array
    output_tokens: Array
    output_weights: Array
    long_output_tokens: Array  # the same distribution, fine at its upper end
    long_output_weights: Array
    long_output_shares: Array
    parts: tuple[LengthMix, ...] = ()

    @property
    def context_cv(self) -> float:
        """Coefficient of variation of a decoding sequence's KV tokens."""
        return math.sqrt(max(self.context_square / self.context_mean**2 - 1.0, 0.0))

    def prefill_quantile(self, percentile: float) -> float:
        """Prefill tokens that ``percentile`` % of the requests do not exceed (linear between the points)."""
        return float(np.interp(percentile / 100.0, self.prefill_shares, self.prefill_tokens))

    def output_quantile(self, percentile: float) -> float:
        """Output tokens that ``percentile`` % of the requests do not exceed (linear between the points)."""
        return float(np.interp(percentile / 100.0, self.long_output_shares, self.long_output_tokens))


@dataclass(frozen=True)
class _Lognormal:
    """A lognormal length between 1 and ``longest`` tokens: what lies outside counts as the nearest end."""

    mean: float
    cv: float
    longest: float

    @property
    def sigma(self) -> float:
        return math.sqrt(math.log1p(self.cv**2))

    @property
    def mu(self) -> float:
        return math.log(self.mean) - self.sigma**2 / 2

    def moment(self, k: int) -> float:
        """E[X^k] = e^(kμ + k²σ²/2)·[Φ(u − kσ) − Φ(l − kσ)] + longest^k·Φ(−u) + Φ(l), l and u the ends in standard deviations of ln X."""
        if self.sigma == 0:
            return min(max(self.mean, 1.0), self.longest) ** k
        low = -self.mu / self.sigma
        inside = 1.0 if math.isinf(self.longest) else float(ndtr(self._high() - k * self.sigma))
        above = 0.0 if math.isinf(self.longest) else self.longest**k * float(ndtr(-self._high()))
        whole = math.exp(k * self.mu + (k * self.sigma) ** 2 / 2)
        return whole * (inside - float(ndtr(low - k * self.sigma))) + above + float(ndtr(low))

    def quantiles(self, shares: Array) -> Array:
        if self.sigma == 0:
            return np.full(shares.shape, min(max(self.mean, 1.0), self.longest))
        tokens: Array = np.clip(np.exp(self.mu + self.sigma * ndtri(shares)), 1.0, self.longest)
        return tokens

    def _high(self) -> float:
        return (math.log(self.longest) - self.mu) / self.sigma


def lognormal_mix(
    input_mean: float,
    output_mean: float,
    input_cv: float,
    output_cv: float,
    *,
    cached_prefix_tokens: float = 0.0,
    max_input_tokens: float = math.inf,
    max_output_tokens: float = math.inf,
) -> LengthMix:
    """Independent lognormal inputs and outputs with these means and CVs [tokens], clipped to [1, maximum].

    The cached share of a prompt is that of the mean, cached / input_mean (prefill tokens = I·(1 − hit), the prefix-cache figure of public traces);
    at least one token of a mean prompt is computed. A lognormal reproduces the capacity of empirical lengths within 3–6 %.
    """
    inputs, outputs = _Lognormal(input_mean, input_cv, max_input_tokens), _Lognormal(output_mean, output_cv, max_output_tokens)
    i1, i2 = inputs.moment(1), inputs.moment(2)
    o1, o2, o3 = outputs.moment(1), outputs.moment(2), outputs.moment(3)
    computed = _computed_share(i1, cached_prefix_tokens)
    input_shares, input_weights = _panels(_INPUT_EDGES)
    output_shares, output_weights = _panels(_OUTPUT_EDGES)
    long_shares, long_weights = _panels(_LONG_OUTPUT_EDGES)
    return LengthMix(
        input_mean=i1,
        input_square=i2,
        prefill_mean=i1 * computed,
        prefill_square=i2 * computed**2,
        output_mean=o1,
        output_square=o2,
        context_mean=i1 + o2 / (2 * o1),
        context_square=i2 + i1 * o2 / o1 + o3 / (3 * o1),
        prefill_tokens=inputs.quantiles(input_shares) * computed,
        prefill_weights=input_weights,
        prefill_shares=input_shares,
        output_tokens=outputs.quantiles(output_shares),
        output_weights=output_weights,
        long_output_tokens=outputs.quantiles(long_shares),
        long_output_weights=long_weights,
        long_output_shares=long_shares,
    )


def histogram_mix(bins: Iterable[LengthBin], *, cached_prefix_tokens: float = 0.0) -> LengthMix:
    """The mix of a workload's ``Lengths`` rows; shares are taken relative to their sum, inputs and outputs as they stand together."""
    rows = list(bins)
    inputs, outputs = np.array([row.input_tokens for row in rows]), np.array([row.output_tokens for row in rows])
    weights = np.array([row.share for row in rows]) / sum(row.share for row in rows)
    i1, o1 = float(weights @ inputs), float(weights @ outputs)
    computed = _computed_share(i1, cached_prefix_tokens)
    by_input, by_output = np.argsort(inputs), np.argsort(outputs)
    return LengthMix(
        input_mean=i1,
        input_square=float(weights @ inputs**2),
        prefill_mean=i1 * computed,
        prefill_square=float(weights @ inputs**2) * computed**2,
        output_mean=o1,
        output_square=float(weights @ outputs**2),
        context_mean=float(weights @ (outputs * inputs + outputs**2 / 2)) / o1,
        context_square=float(weights @ (outputs * inputs**2 + outputs**2 * inputs + outputs**3 / 3)) / o1,
        prefill_tokens=inputs[by_input] * computed,
        prefill_weights=weights[by_input],
        prefill_shares=_shares_below(weights[by_input]),
        output_tokens=outputs[by_output],
        output_weights=weights[by_output],
        long_output_tokens=outputs[by_output],
        long_output_weights=weights[by_output],
        long_output_shares=_shares_below(weights[by_output]),
    )


def mixture(mixes: Sequence[LengthMix], shares: Sequence[float]) -> LengthMix:
    """Requests of several kinds in these shares (made to add up to 1) on the same nodes, each kind one of the ``parts``.

    Moments of lengths are means over the requests, those of the context over the output tokens, as a decoding sequence is met once a token.
    """
    weights = np.array(shares, dtype=np.float64) / sum(shares)
    tokens = weights * [mix.output_mean for mix in mixes] / sum(w * mix.output_mean for w, mix in zip(weights, mixes, strict=True))
    values: dict[str, Any] = {name: float(weights @ [getattr(mix, name) for mix in mixes]) for name in _REQUEST_MOMENTS}
    values |= {name: float(tokens @ [getattr(mix, name) for mix in mixes]) for name in _CONTEXT_MOMENTS}
    parts: list[dict[str, Any]] = [{} for _ in mixes]
    for name in ("prefill", "output", "long_output"):
        kind = np.repeat(np.arange(len(mixes)), [len(getattr(mix, f"{name}_tokens")) for mix in mixes])
        at = np.concatenate([getattr(mix, f"{name}_tokens") for mix in mixes])
        own = np.concatenate([getattr(mix, f"{name}_weights") for mix in mixes])
        order = np.argsort(at, kind="stable")
        at, own, kind = at[order], own[order], kind[order]
        values |= {f"{name}_tokens": at, f"{name}_weights": own * weights[kind]}
        for number, part in enumerate(parts):
            part[f"{name}_weights"] = np.where(kind == number, own, 0.0)
    values |= {f"{name}_shares": _shares_below(values[f"{name}_weights"]) for name in ("prefill", "long_output")}
    whole = LengthMix(**values)
    return replace(whole, parts=tuple(replace(whole, **part) for part in parts))


def lengths_of(workload: Workload, bins: Iterable[LengthBin]) -> LengthMix:
    """The mix of a workload: its ``Lengths`` rows where it has some, else lognormal from its means and CV, no longer than its maximum context."""
    own = [row for row in bins if row.workload == workload.name]
    if own:
        return histogram_mix(own, cached_prefix_tokens=workload.cached_prefix_tokens)
    longest = workload.max_context_tokens or math.inf
    return lognormal_mix(
        workload.input_tokens,
        workload.output_tokens,
        workload.length_cv,
        workload.length_cv,
        cached_prefix_tokens=workload.cached_prefix_tokens,
        max_input_tokens=longest,
        max_output_tokens=longest,
    )


def _computed_share(input_mean: float, cached_tokens: float) -> float:
    return max(1.0 - cached_tokens / input_mean, min(1.0, 1.0 / input_mean))


def _panels(edges: tuple[float, ...]) -> tuple[Array, Array]:
    """Gauss–Legendre points and weights on each panel between ``edges`` of [0, 1]."""
    points, weights = np.polynomial.legendre.leggauss(_POINTS_PER_PANEL)
    low, high = np.array(edges[:-1])[:, None], np.array(edges[1:])[:, None]
    half = (high - low) / 2
    return (low + half * (1 + points)).ravel(), (half * weights).ravel()


def _shares_below(weights: Array) -> Array:
    """Share of the requests below each bar, half of its own counted."""
    shares: Array = np.cumsum(weights) - weights / 2
    return shares
