"""What the machine grants: memory that is left for this process."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from data.units import GB

# Address space that the numerical libraries reserve beyond the memory they use (0.31 GB on 2 cores, by VmPeak and VmHWM); it counts against ulimit -v.
RESERVED_GB = 0.4
# Where Linux says what it has left, and what a container may use (cgroup version 2, then 1).
_MEMINFO = Path("/proc/meminfo")
_CONTAINER = (
    ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
    ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.usage_in_bytes"),
)


def memory_left_gb() -> float:
    """Memory that planning may take [GB]: what the machine has left, its container or the process's limit (ulimit -v) grant if that is less; ∞ if unknown."""
    return min((*_of_the_machine(), *_of_the_container(), *_of_the_process()), default=float("inf"))


def _of_the_machine() -> Iterator[float]:
    if sys.platform == "win32":
        import ctypes  # noqa: PLC0415

        status = (ctypes.c_ulonglong * 8)(64)  # MEMORYSTATUSEX: its length in bytes, then total and available physical memory …
        if ctypes.windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(status)):
            yield status[2] / GB
    elif _MEMINFO.exists():
        said = dict(line.split(":", 1) for line in _MEMINFO.read_text(encoding="ascii").splitlines() if ":" in line)
        if "MemAvailable" in said:
            yield int(said["MemAvailable"].split()[0]) * 1024 / GB  # said in KiB
    elif "SC_PHYS_PAGES" in os.sysconf_names:  # macOS, BSD: all there is, for what is left is not said
        yield os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / GB


def _of_the_container() -> Iterator[float]:
    for limit, used in _CONTAINER:
        try:
            granted, taken = Path(limit).read_text(encoding="ascii").strip(), Path(used).read_text(encoding="ascii").strip()
        except OSError:
            continue
        if granted.isdigit() and taken.isdigit():
            yield max(int(granted) - int(taken), 0) / GB


def _of_the_process() -> Iterator[float]:
    try:
        import resource  # noqa: PLC0415 - not on Windows, which has no such limit
    except ImportError:
        return
    granted, _ = resource.getrlimit(resource.RLIMIT_AS)
    if granted != resource.RLIM_INFINITY:
        yield max(granted / GB - RESERVED_GB, 0.0)
