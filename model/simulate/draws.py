"""Random requests: when they arrive and how long they are."""

from __future__ import annotations

import math

import numpy as np

from model.simulate.spec import Beside, PoolSpec
from model.simulate.state import Floats

Generator = np.random.Generator


def arrival_times(rng: Generator, count: int, rate: float, cv: float) -> Floats:
    """Times of ``count`` arrivals [s]: Gamma gaps of mean 1/rate and coefficient of variation ``cv`` (1: Poisson)."""
    gaps = rng.standard_exponential(count) if cv == 1 else rng.standard_gamma(1 / cv**2, count) * cv**2
    return np.cumsum(gaps) / rate


def request_lengths(rng: Generator, count: int, spec: PoolSpec | Beside, kv_tokens: float) -> tuple[Floats, Floats, Floats]:
    """Input, prefill (not found in the prefix cache) and output tokens of ``count`` requests, whole numbers from 1.

    A request is no longer than the maximum context and, as an engine would refuse it, than a node's KV cache.
    """
    if spec.lengths:
        shares = np.array([bar.share for bar in spec.lengths])
        chosen = rng.choice(len(shares), size=count, p=shares / shares.sum())
        inputs, outputs = (np.array([getattr(bar, name) for bar in spec.lengths])[chosen] for name in ("input_tokens", "output_tokens"))
        mean = float(shares @ [bar.input_tokens for bar in spec.lengths] / shares.sum())
    else:
        inputs, outputs = (_lognormal(rng, count, value, spec.length_cv) for value in (spec.input_tokens, spec.output_tokens))
        mean = spec.input_tokens
    longest = math.floor(min(spec.max_context_tokens or math.inf, kv_tokens - 1))
    inputs, outputs = (np.clip(np.rint(tokens), 1, longest) for tokens in (inputs, outputs))
    outputs = np.minimum(outputs, np.maximum(longest - inputs, 1))
    computed = max(1 - spec.cached_prefix_tokens / mean, 0.0)
    return inputs, np.maximum(np.rint(inputs * computed), 1.0), outputs


def _lognormal(rng: Generator, count: int, mean: float, cv: float) -> Floats:
    sigma = math.sqrt(math.log1p(cv**2))
    return rng.lognormal(math.log(mean) - sigma**2 / 2, sigma, count)
