"""Spare nodes from the binomial."""

from __future__ import annotations

import pytest

from model.queueing.spares import QUICK_REPAIR_H, spare_nodes, unavailability


@pytest.mark.parametrize(("down_share", "spares"), [(0.0075, [1, 1, 2, 4]), (0.15, [3, 5, 10, 24])])
def test_table_of_spares_for_three_nines(down_share: float, spares: list[int]) -> None:
    """With 0.75 % of the nodes down, 1, 1, 2 and 4 spares keep 1, 4, 16 and 64 nodes up 99.9 % of the time; with spot at 15 %, 3, 5, 10 and 24."""
    assert [spare_nodes(nodes, down_share) for nodes in (1, 4, 16, 64)] == spares


def test_no_spares_without_nodes_or_failures() -> None:
    assert (spare_nodes(0, 0.15), spare_nodes(64, 0.0)) == (0, 0)


def test_a_node_of_eight_is_down_for_its_repairs() -> None:
    """2·10⁻⁵ failures a GPU-hour, 8 GPUs: 0.06 % of the time with 4 h of repair, 0.76 % with 48 h."""
    assert (unavailability(8, QUICK_REPAIR_H), unavailability(8)) == (pytest.approx(0.0006, abs=5e-5), pytest.approx(0.0076, abs=5e-5))


def test_all_down_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^a share of nodes down of 1 leaves none; it must be at least 0 and below 1$"):
        spare_nodes(4, 1)
