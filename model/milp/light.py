"""A lighter start of Pyomo."""

from __future__ import annotations

import sys
from types import ModuleType

# What Pyomo imports of SciPy as soon as both are loaded, and nothing here reaches through Pyomo: 0.6 s of a plan that takes 3 s.
_UNUSED = ("scipy.stats", "scipy.integrate", "scipy.spatial")


def import_pyomo() -> None:
    """Import Pyomo with empty modules in the place of the parts of SciPy it would load for nothing; they are gone afterwards, so others find the real ones."""
    placed = [name for name in _UNUSED if name not in sys.modules]
    for name in placed:
        sys.modules[name] = ModuleType(name)
    try:
        import pyomo.core  # noqa: F401, PLC0415
    finally:
        for name in placed:
            del sys.modules[name]
