"""Files written whole or not at all."""

from __future__ import annotations

import errno
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A new path beside ``path`` to write to; when the block ends it takes the place of ``path``, when it fails it is removed.

    A link is followed, a file that may not be written is not replaced. Raises OSError.
    """
    target = path.resolve()
    if target.exists() and not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
    part = target.with_name(f".{target.name[:100]}.{uuid.uuid4().hex}.part")
    try:
        yield part
        with part.open("rb") as written:
            os.fsync(written.fileno())  # the content is on the disk before the name is
        part.replace(target)
    except OSError as error:
        if error.filename is None or str(error.filename) == str(part):
            error.filename = str(path)  # the name the user knows
        raise
    finally:
        part.unlink(missing_ok=True)


def tidy(path: Path) -> None:
    """Remove what a run that was killed while it wrote left beside ``path``."""
    target = path.resolve()
    for part in target.parent.glob(f".{_literal(target.name[:100])}.*.part"):
        part.unlink(missing_ok=True)


def _literal(name: str) -> str:
    """A name as a pattern that matches nothing else."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in name)
