"""Too large a problem is told before it is built: by its counts, with what would make it smaller."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from milp_factory import candidate, offer, problem, workload

from data import machine
from data.machine import memory_left_gb
from data.problems import BadInput
from data.records.scenario import Scenario
from data.records.settings import Settings
from model.considered import Considered
from model.milp.build import build
from model.milp.matrix import matrix_of
from model.milp.sets import make_sets
from model.size import FIRST_WORKLOADS, Size, check_size, size_of, within_memory

LARGE = Size(
    workloads=100, options=100_000, candidates=4000, offers=600, blocks=24, columns=200_000, columns_by_node_size={1: 120_000, 2: 60_000}, columns_alone=110_000
)


def test_a_large_problem_is_told_with_what_makes_it_smaller() -> None:
    """0.15 GB + 1.1 kB an option + 2.55 kB a column."""
    with pytest.raises(BadInput) as refused:
        check_size(LARGE, Settings(max_memory_gb=0.5))
    assert str(refused.value) == (
        "Workloads: too large (workloads: 100, candidates: 4,000, offers: 600, demand blocks: 24, columns of the MILP: 200,000): it takes about 0.77 GB, and "
        "planning may take 0.50 GB; plan half of the workloads at a time (0.46 GB); name half of the GPU types in Allowed GPUs (0.46 GB); give the profiles "
        "half as many blocks (0.52 GB); leave 1 out of Node sizes (0.46 GB); set Deployments per workload to 1 (0.54 GB); raise Maximum memory if the machine "
        "has more"
    )
    check_size(LARGE, Settings(max_memory_gb=0.8))


def test_too_many_workloads_are_told_after_the_first_ones() -> None:
    """Ten workloads of 10,000 options each promise a million for a hundred: 1.25 GB."""
    one, names = Considered((), (None,) * 10_000), tuple(workload(f"w{n}") for n in range(100))  # type: ignore[arg-type]
    posed = Scenario(name="s", settings=Settings(max_memory_gb=1.0), workloads=names)
    looked = []
    with pytest.raises(BadInput, match=r"too large \(workloads: 100, options: 1,000,000\): it takes about 1.25 GB, and planning may take 1.00 GB; plan half"):
        looked += within_memory((one for _ in names), posed)
    assert len(list(within_memory([one] * (FIRST_WORKLOADS - 1), posed))) == FIRST_WORKLOADS - 1


@given(st.builds(Size, workloads=st.integers(1, 1000), options=st.integers(0, 10**7), columns=st.integers(0, 10**7)), st.integers(1, 10**6))
def test_more_of_anything_takes_more_memory(size: Size, more: int) -> None:
    assert replace(size, options=size.options + more).memory_gb > size.memory_gb
    assert replace(size, columns=size.columns + more).memory_gb > size.memory_gb


@pytest.mark.parametrize("deployments", [None, 1])
def test_the_columns_counted_are_those_of_the_model(deployments: int | None) -> None:
    """Two workloads on two GPU types over two blocks; more candidates, offers or blocks are never fewer columns."""
    made = [candidate(w, gpu=gpu, size=size, loss=0.2) for w in "wv" for gpu in "GH" for size in (1, 2)]
    sold = [offer("a", gpus=2), offer("b", gpu="H", gpus=2), offer("c", gpu="H", usd=2.0, gpus=2)]
    posed = problem({"w": (2.0, 1.0), "v": (1.0, 3.0)}, made, sold, hours=(40.0, 60.0), max_deployments_per_workload=deployments)
    counted = size_of(posed, 0)
    columns = len(matrix_of(build(make_sets(posed))).cost)
    assert 0.8 * columns <= counted.columns <= 1.25 * columns
    for fewer in (replace(posed, candidates=posed.candidates[:-1]), replace(posed, offers=posed.offers[:-1]), replace(posed, blocks=posed.blocks[:1])):
        assert size_of(fewer, 0).columns < counted.columns


def test_the_memory_left_is_the_least_that_anything_grants(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, granted in (("_of_the_machine", 8.0), ("_of_the_container", 2.0), ("_of_the_process", 4.0)):
        monkeypatch.setattr(machine, name, lambda granted=granted: iter((granted,)))
    assert memory_left_gb() == 2.0
    monkeypatch.undo()
    assert memory_left_gb() > 0
