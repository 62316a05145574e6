"""How many cores this process may really use."""

from __future__ import annotations

import os
from pathlib import Path


def usable_cores() -> int:
    """Return the cores that this process may use, with affinity and cgroup quota respected.

    Returns:
        At least 1. Processes that a launcher started on this machine share them.
    """
    has_affinity = hasattr(os, "sched_getaffinity")
    allowed = len(os.sched_getaffinity(0)) if has_affinity else (os.cpu_count() or 1)
    return max(1, min(allowed, _cgroup_quota() or allowed) // processes_here())


def processes_here() -> int:
    """Return how many processes work together on this machine, as a launcher says.

    Returns:
        1 without a launcher such as ``torchrun``.
    """
    told = os.environ.get("LOCAL_WORLD_SIZE", "")
    return max(1, int(told)) if told.isdecimal() else 1


def _cgroup_quota() -> int | None:
    try:
        limit, period = Path("/sys/fs/cgroup/cpu.max").read_text(encoding="ascii").split()
        return None if limit == "max" else max(1, round(int(limit) / int(period)))
    except (OSError, ValueError):
        return None
