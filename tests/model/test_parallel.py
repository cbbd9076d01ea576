"""Jobs in processes: every item ends once, also when its process is killed, and what a job raises is told."""

import os
import signal
from contextlib import closing
from pathlib import Path

import pytest

from data.languages import speaking, spoken
from model.parallel.processes import in_processes
from model.parallel.spread import Where, spread


def doubled(item: int) -> int:
    return 2 * item


def killed_once(note: str) -> str:
    """Kills its own process unless it has done so before, which a file tells."""
    path = Path(note)
    if path.suffix == ".once" and not path.exists():
        path.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return path.name


def killed_always(item: int) -> int:
    if item == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return item


def refused(item: int) -> int:
    raise ValueError(f"no {item}")


def language_of(_item: int) -> str:
    return spoken()


@pytest.mark.parametrize("workers", [1, 2])
def test_jobs_speak_the_language_spoken_where_they_were_handed_out(workers: int) -> None:
    with speaking("fr"):
        assert [done.result for done in spread(language_of, range(2), Where(workers=workers))] == ["fr", "fr"]


def test_every_item_ends_once_wherever_it_runs() -> None:
    for workers in (1, 2):
        found = {done.index: done.result for done in spread(doubled, range(5), Where(workers=workers))}
        assert found == {0: 0, 1: 2, 2: 4, 3: 6, 4: 8}


def test_an_item_whose_process_is_killed_is_done_by_another_and_only_once(tmp_path: Path) -> None:
    items = [str(tmp_path / name) for name in ("a", "b.once", "c", "d")]
    ends = list(in_processes(killed_once, items, 2))
    assert sorted((end.index, end.result) for end in ends) == [(0, "a"), (1, "b.once"), (2, "c"), (3, "d")]


def test_an_item_that_kills_every_process_is_lost_and_the_others_are_not() -> None:
    ends = {end.index: end for end in in_processes(killed_always, range(3), 2)}
    assert (ends[0].result, ends[2].result) == (0, 2)
    assert ends[1].result is None
    assert ends[1].lost == "the process that planned it died 2 times (killed by SIGKILL: out of memory, or from outside)"


def test_what_a_job_raises_is_told() -> None:
    assert [end.lost for end in in_processes(refused, [7], 2)] == ["ValueError: no 7"]


def test_leaving_early_ends_the_processes() -> None:
    drawn = []

    def items():
        for number in range(100):
            drawn.append(number)
            yield number

    with closing(spread(doubled, items(), Where(workers=2))) as ends:
        assert next(ends).result in (0, 2)
    assert len(drawn) <= 3
