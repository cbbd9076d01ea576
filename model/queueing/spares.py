"""Nodes kept in reserve so that enough of them are up."""

from __future__ import annotations

# Share of the time an instance of one GPU is down: 2·10⁻⁵ failures a GPU-hour (16,384 H100 training for 54 days, 419 interruptions by hardware and
# software), repaired in 4 h: 0.06 % for a node of 8 GPUs, 0.76 % with 48 h.
FAILURES_PER_GPU_HOUR = 2e-5
QUICK_REPAIR_H = 4.0
SLOW_REPAIR_H = 48.0
AVAILABILITY = 0.999  # share of the time in which the nodes needed are up


def unavailability(gpus_per_node: int, repair_h: float = SLOW_REPAIR_H) -> float:
    """Share of the time a node is down: u/(1 + u), u = failures per GPU-hour × GPUs × repair hours."""
    down = FAILURES_PER_GPU_HOUR * gpus_per_node * repair_h
    return down / (1 + down)


def spare_nodes(nodes: int, down_share: float, availability: float = AVAILABILITY) -> int:
    """The fewest spares k with P(at most k of nodes + k are down) ≥ ``availability``, each down independently with ``down_share``.

    For node failures ``down_share`` is :func:`unavailability`, for spot the interruption share. Raises ValueError unless 0 ≤ down_share < 1.
    """
    from scipy.special import bdtr  # noqa: PLC0415 - heavy

    if not 0 <= down_share < 1:
        raise ValueError(f"a share of nodes down of {down_share} leaves none; it must be at least 0 and below 1")
    spares = 0
    while nodes > 0 and bdtr(spares, nodes + spares, down_share) < availability:
        spares += 1
    return spares
