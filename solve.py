"""The command line: connects data, model and export (arguments, progress, messages, exit codes)."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line."""
    sys.exit("not wired yet")


if __name__ == "__main__":
    main()
