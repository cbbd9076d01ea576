"""The installed package: puts the planner's folders on the path and runs its command line."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from solve import main

__all__ = ["main"]
