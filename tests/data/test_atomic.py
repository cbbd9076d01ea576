"""A file is replaced whole or not at all."""

import os
from pathlib import Path

import pytest

from data.atomic import replacing, tidy


def test_the_new_content_takes_the_place_of_the_old_also_behind_a_link(tmp_path: Path) -> None:
    path, link = tmp_path / "größe 1.txt", tmp_path / "link.txt"
    path.write_text("old")
    link.symlink_to(path)
    with replacing(link) as part:
        part.write_text("new")
        assert path.read_text() == "old"
    assert (path.read_text(), link.is_symlink(), len(list(tmp_path.iterdir()))) == ("new", True, 2)


def test_a_failure_leaves_the_old_content_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "plan.txt"
    path.write_text("old")

    def fail() -> None:
        with replacing(path) as part:
            part.write_text("new")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("plan.txt", "old")]


def test_a_file_that_may_not_be_written_is_not_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "plan.txt"
    path.write_text("old")
    monkeypatch.setattr(os, "access", lambda *_: False)  # the superuser may write everything
    with pytest.raises(PermissionError), replacing(path):
        pass
    assert path.read_text() == "old"


def test_an_error_names_the_file_the_user_knows(tmp_path: Path) -> None:
    path = tmp_path / "no such folder" / "plan.txt"

    def write() -> None:
        with replacing(path) as part:
            part.write_text("new")

    with pytest.raises(FileNotFoundError) as caught:
        write()
    assert caught.value.filename == str(path)


def test_what_a_killed_writer_left_is_cleared_away_and_nothing_else(tmp_path: Path) -> None:
    left = {name: tmp_path / name for name in (".plan[1].txt.0a.part", ".plan1.txt.0a.part", "plan[1].txt", ".plan[1].txt.part")}
    for path in left.values():
        path.write_text("x")
    tidy(tmp_path / "plan[1].txt")
    assert sorted(path.name for path in tmp_path.iterdir()) == [".plan1.txt.0a.part", ".plan[1].txt.part", "plan[1].txt"]
