"""InfraScale's own equations, solved exactly over integers, and the answer of its published method, which rounds a continuous optimum.

min S·N subject to memory, throughput, capacity and wait, with B the exponent of the batch size 2^B and Q the requests in flight over batch slots.
Equations and constants: etalab-ia/InfraScale, constraints.py and solver.py of July 2025 (their flaws included: the KV cache ignores grouped-query attention,
decode reads one layer's KV cache, the H100's peak is the one with sparsity, GB and GiB are mixed).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

SCALING = 0.85  # what each further GPU of a node adds
OVERHEAD = 0.20  # of memory
ARITHMETIC_SHARE = 0.55  # of the peak that is reached
BYTES = 2.0  # a parameter and a KV element, FP16
LARGEST_B = 9  # batch 512
SMALLEST_Q = 0.1
DEPLOYABLE = (1, 2, 4, 8)  # GPUs of a node that can be bought and that tensor parallelism splits over
MOST_GPUS = 64  # of a node, where any integer is allowed
_B_STEPS = 100  # of the continuous search, for each whole B


@dataclass(frozen=True)
class Model:
    """A model as InfraScale's table has it."""

    params_b: float
    hidden: int
    layers: int


@dataclass(frozen=True)
class Gpu:
    """A GPU as InfraScale's table has it: memory [GB], FP16 peak [TFLOP/s], bandwidth [TB/s]."""

    memory_gb: float
    tflops: float
    bandwidth_tbs: float


MODELS = {"8B": Model(8.0, 4096, 32), "24B": Model(24.0, 5120, 40), "27B": Model(27.4, 5376, 60), "70B": Model(70.0, 8192, 80)}
GPUS = {"A100": Gpu(80, 312, 1.935), "H100": Gpu(80, 1979, 3.35)}


@dataclass(frozen=True, kw_only=True)
class Question:
    """So many users with a request in flight, each at ``tokens_per_s`` at least, waiting ``max_wait_s`` at most."""

    model: Model
    gpu: Gpu
    users: float
    prompt_tokens: float = 200.0
    request_tokens: float = 1000.0  # prompt and answer
    tokens_per_s: float = 10.0
    max_wait_s: float = 5.0


@dataclass(frozen=True)
class Answer:
    """N nodes of S GPUs with batch size 2^B at load Q; continuous where the method is."""

    node_size: float
    nodes: float
    batch_exponent: float
    load: float

    @property
    def gpus(self) -> float:
        """S·N."""
        return self.node_size * self.nodes


def memory_gb(asked: Question, b: float) -> float:
    """K = (P·bytes + b·tok·d·bytes/2³⁰ + 2·L·d·b·tok·bytes/2³⁰)·(1 + overhead) at batch size b."""
    m = asked.model
    per_sequence = asked.request_tokens * m.hidden * BYTES * (1 + 2 * m.layers) / 2**30
    return (m.params_b * BYTES + b * per_sequence) * (1 + OVERHEAD)


def times_s(asked: Question, b: float) -> tuple[float, float]:
    """(t_prefill, t_decode) of a batch of b on one GPU, decode divided by r = k^(−1/(k+1)), k = 24/P."""
    m, flops, bandwidth = asked.model, asked.gpu.tflops * 1e12 * ARITHMETIC_SHARE, asked.gpu.bandwidth_tbs * 1e12
    prompt, answer, params = asked.prompt_tokens, asked.request_tokens - asked.prompt_tokens, m.params_b * 1e9
    arithmetic = 2 * b * m.layers * prompt * m.hidden * (2 * m.hidden + prompt)
    prefill = max(arithmetic / flops, BYTES * (params + (2 * m.layers + 1) * b * prompt * m.hidden) / bandwidth)
    token = max(2 * b * params / flops, 2 * (params + 2 * b * prompt * m.hidden + 2 * b * m.hidden) / bandwidth)
    k = 24 / m.params_b
    return prefill, answer * token / k ** (-1 / (k + 1))


def speed_up(node_size: float) -> float:
    """1 + 0.85·(S − 1)."""
    return 1 + SCALING * (node_size - 1)


def largest_load(asked: Question, node_size: float, exponent: float) -> float:
    """The largest Q that keeps throughput and wait, 0 where none does.

    Q·t₁·log10(min(Q, 1)·2^B + 30)/(1 + 0.85(S − 1)) ≤ 1/target grows with Q: below 1 it is solved by halving, above it is linear.
    """
    b = 2.0**exponent
    prefill, decode = times_s(asked, b)
    if prefill > asked.max_wait_s:
        return 0.0
    budget = speed_up(node_size) * (asked.request_tokens - asked.prompt_tokens) / (prefill + decode) / asked.tokens_per_s
    if budget >= math.log10(b + 30):
        load = min(budget / math.log10(b + 30), 1 + (asked.max_wait_s - prefill) / (prefill + decode))
    else:
        low, high = 0.0, 1.0
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (middle, high) if middle * math.log10(middle * b + 30) <= budget else (low, middle)
        load = low
    return load if load >= SMALLEST_Q else 0.0


def smallest_node(asked: Question, exponent: float) -> float:
    """The least S ≥ 1, continuous, that holds the batch and keeps Q ≥ 0.1."""
    memory = max(1.0, 1 + (memory_gb(asked, 2.0**exponent) / asked.gpu.memory_gb - 1) / SCALING)
    prefill, decode = times_s(asked, 2.0**exponent)
    per_token = (prefill + decode) / (asked.request_tokens - asked.prompt_tokens)
    speed = SMALLEST_Q * per_token * math.log10(SMALLEST_Q * 2.0**exponent + 30) * asked.tokens_per_s
    return max(memory, 1 + (speed - 1) / SCALING)


def exact(asked: Question, node_sizes: Iterable[int] = DEPLOYABLE) -> Answer | None:
    """The optimum over whole S, N and B, by enumeration: for each S and B the largest Q gives the fewest nodes; None where nothing serves."""
    found = (_at(asked, float(size), float(exponent)) for size in node_sizes for exponent in range(LARGEST_B + 1))
    return min((answer for answer in found if answer is not None), key=lambda answer: (answer.gpus, answer.node_size, answer.batch_exponent), default=None)


def _at(asked: Question, size: float, exponent: float) -> Answer | None:
    if memory_gb(asked, 2.0**exponent) > speed_up(size) * asked.gpu.memory_gb:
        return None
    load = largest_load(asked, size, exponent)
    return Answer(size, float(max(1, math.ceil(asked.users / (load * 2.0**exponent) - 1e-9))), exponent, load) if load else None


def continuous(asked: Question, largest_exponent: float = LARGEST_B, smallest_exponent: float = 0.0) -> Answer | None:
    """The continuous optimum of S, N, B and Q.

    For a given B it lies at the smallest S, because a GPU more adds less than a GPU: S/(1 + 0.85(S − 1)) grows with S. What is left is a search over B.
    """
    count = max(1, round((largest_exponent - smallest_exponent) * _B_STEPS))
    steps = (smallest_exponent + (largest_exponent - smallest_exponent) * i / count for i in range(count + 1))
    found = (_relaxed(asked, exponent) for exponent in steps)
    return min((answer for answer in found if answer is not None), key=lambda answer: answer.gpus, default=None)


def _relaxed(asked: Question, exponent: float) -> Answer | None:
    size = smallest_node(asked, exponent) * (1 + 1e-12)
    load = largest_load(asked, size, exponent)
    return Answer(size, max(1.0, asked.users / (load * 2.0**exponent)), exponent, load) if load else None


def published(asked: Question) -> Answer | None:
    """What InfraScale's method answers: the continuous optimum, B floored and the rest optimised again, then S and N rounded up."""
    first = continuous(asked)
    if first is None:
        return None
    exponent = float(math.floor(first.batch_exponent))
    second = continuous(asked, exponent, exponent)
    return None if second is None else Answer(float(math.ceil(second.node_size - 1e-9)), float(math.ceil(second.nodes - 1e-9)), exponent, second.load)
