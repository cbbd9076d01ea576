"""The program's version, as the changelog counts it."""

from __future__ import annotations

from pathlib import Path


def program_version() -> str:
    """The installed version, or that of the checkout the program runs from."""
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415

    try:
        return version("inferplan")
    except PackageNotFoundError:  # a checkout that was never installed
        import tomllib  # noqa: PLC0415

        pyproject = Path(__file__).resolve().parent.parent / "pyproject.toml"
        return str(tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]["version"])
