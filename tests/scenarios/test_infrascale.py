"""InfraScale's equations: the enumeration is the optimum, and what its own method loses by rounding."""

from __future__ import annotations

import math

import pytest

from scenarios.sources.infrascale import (
    DEPLOYABLE,
    GPUS,
    MODELS,
    MOST_GPUS,
    Answer,
    Question,
    continuous,
    exact,
    memory_gb,
    published,
    speed_up,
    times_s,
)

QUESTIONS = [Question(model=MODELS[m], gpu=GPUS[g], users=users) for m in MODELS for g in GPUS for users in (100.0, 10_000.0)]


def holds(asked: Question, answer: Answer) -> bool:
    """Memory, throughput, capacity and wait, as InfraScale writes them."""
    size, nodes, b, load = answer.node_size, answer.nodes, 2.0**answer.batch_exponent, answer.load
    prefill, decode = times_s(asked, b)
    per_token = (prefill + decode) / (asked.request_tokens - asked.prompt_tokens)
    rounding = 1 + 1e-9
    return (
        memory_gb(asked, b) <= speed_up(size) * asked.gpu.memory_gb * rounding
        and load * per_token * math.log10(min(load, 1) * b + 30) / speed_up(size) <= rounding / asked.tokens_per_s
        and asked.users <= nodes * load * b * rounding
        and prefill + (prefill + decode) * max(load - 1, 0) <= asked.max_wait_s * rounding
    )


@pytest.mark.parametrize("asked", QUESTIONS)
def test_no_smaller_product_of_whole_numbers_holds(asked: Question) -> None:
    """Brute force over S and B with loads on a fine grid finds nothing below the enumeration, which itself holds."""
    best = exact(asked, range(1, 17))
    assert best is not None
    assert holds(asked, best)
    loads = [0.1 + k * 0.02 for k in range(200)]
    for size in range(1, 17):
        fewest = math.ceil(best.gpus / size) - 1  # nodes that would be better
        tried = (Answer(float(size), float(fewest), float(exponent), load) for exponent in range(10) for load in loads)
        assert fewest < 1 or not any(holds(asked, answer) for answer in tried)


@pytest.mark.parametrize("asked", QUESTIONS)
def test_rounding_never_gains_and_deployable_nodes_never_gain(asked: Question) -> None:
    relaxed, method, any_size, sold = continuous(asked), published(asked), exact(asked, range(1, MOST_GPUS + 1)), exact(asked, DEPLOYABLE)
    assert relaxed
    assert method
    assert any_size
    assert sold
    assert relaxed.gpus <= any_size.gpus * (1 + 1e-9)
    assert any_size.gpus <= method.gpus
    assert any_size.gpus <= sold.gpus


def test_flooring_the_batch_buys_a_second_node_for_100_users() -> None:
    """70B on H100: B = 6.26 serves 100 users with one node of 5.6 GPUs; floored to 6 it takes two of 6, where one of 8 with B = 7 does."""
    asked = Question(model=MODELS["70B"], gpu=GPUS["H100"], users=100.0)
    relaxed, method, best = continuous(asked), published(asked), exact(asked)
    assert relaxed
    assert method
    assert best
    assert (relaxed.node_size, relaxed.nodes) == pytest.approx((5.62, 1.0), rel=1e-3)
    assert (method.node_size, method.nodes, method.gpus) == (6.0, 2.0, 12.0)
    assert (best.node_size, best.nodes, best.gpus, best.batch_exponent) == (8.0, 1.0, 8.0, 7.0)
