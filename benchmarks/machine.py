"""The conditions of a measurement, and processes timed from outside."""

from __future__ import annotations

import os
import platform
import re
import resource
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

PACKAGES = ("foveal", "torch", "openvino", "numpy", "opencv-python-headless", "pillow")


@dataclass(frozen=True)
class Timed:
    """One finished process."""

    seconds: float
    """From start to end, by the clock on the wall."""
    cpu_seconds: float
    """Of all its threads and children."""
    peak_mb: float
    """Largest resident memory, in megabytes."""
    output: str
    """What it wrote to stdout."""


def conditions() -> dict[str, Any]:
    """Return what a reader needs to compare figures with their own."""
    from foveal.runtime.backends import best_precision
    from foveal.runtime.cores import usable_cores

    return {
        "date": time.strftime("%Y-%m-%d"),
        "processor": processor(),
        "cores": usable_cores(),
        "precision": best_precision(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "load_before": round(os.getloadavg()[0], 2),
        **{name: version(name) for name in PACKAGES},
    }


def processor() -> str:
    """Return the processor's name, with the vector instructions that matter here."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor()
    name = re.search(r"model name\s*:\s*(.+)", text)
    flags = set(re.search(r"flags\s*:\s*(.+)", text)[1].split()) if "flags" in text else set()
    known = [flag for flag in ("avx2", "avx512f", "avx512_bf16", "amx_bf16") if flag in flags]
    return f"{name[1] if name else platform.processor()} ({', '.join(known)})"


def timed(words: Sequence[str | Path], environment: Mapping[str, str] | None = None) -> Timed:
    """Run a process to its end and measure it."""
    started = time.perf_counter()
    process = subprocess.Popen(
        [str(word) for word in words],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, **(environment or {})},
    )
    output = process.stdout.read()  # it may write more than a pipe holds
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{words} ended with {process.returncode}")
    return Timed(seconds, usage.ru_utime + usage.ru_stime, peak_megabytes(usage), output)


def peak_megabytes(usage: resource.struct_rusage) -> float:
    """Return the peak memory in megabytes; Linux counts in KiB."""
    return usage.ru_maxrss * 1024 / 1e6
