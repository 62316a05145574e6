"""How much memory this process may still take."""

from __future__ import annotations

import os
from pathlib import Path

from foveal.runtime.cores import processes_here

_CGROUP = Path("/sys/fs/cgroup")
_UNKNOWN = 4 << 30  # where the system does not say


def usable_memory() -> int:
    """Return the bytes that this process may still take, with a cgroup's limit respected.

    Returns:
        At least 0; what could be freed at once, such as cached files, counts as free. Processes
        that were started together, by torchrun for one, get an even share each.
    """
    free = [size for size in (_available(), _cgroup_rest()) if size is not None]
    return max(0, min(free, default=_UNKNOWN)) // processes_here()


def _available() -> int | None:
    try:
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError):
        pass
    names = getattr(os, "sysconf_names", {})
    if "SC_PHYS_PAGES" in names:  # macOS names no free pages; half of all of them is a guess
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    return None


def _cgroup_rest() -> int | None:
    try:
        limit = (_CGROUP / "memory.max").read_text(encoding="ascii").strip()
        used = int((_CGROUP / "memory.current").read_text(encoding="ascii"))
        cached = (_CGROUP / "memory.stat").read_text(encoding="ascii").split()
        reclaimable = int(cached[cached.index("inactive_file") + 1])
    except (OSError, ValueError):
        return None
    return None if limit == "max" else int(limit) - used + reclaimable
