"""Faults injected at the n-th system operation of a writer, in a process of its own.

The writer runs in a fresh interpreter. An audit hook counts its opens, renames, removals and folder
makings below one folder, and `os.fsync` is counted too; at operation n the hook raises an OSError
or kills the process. Sweeping n from 1 until the writer gets through tries every place.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path

_HOOK = """
import errno, os, signal, sys
below, fault, at = sys.argv[1], sys.argv[2], int(sys.argv[3])
count, armed = 0, False
def strike(what):
    global count
    if not armed:
        return
    count += 1
    if count != at:
        return
    os.write(2, b"struck")
    if fault == "KILL":
        os.kill(os.getpid(), signal.SIGKILL)
    code = getattr(errno, fault)
    raise OSError(code, os.strerror(code), what)
def hook(event, arguments):
    if event in ("open", "os.rename", "os.mkdir", "os.remove", "os.rmdir"):
        path = arguments[0]
        if isinstance(path, (str, bytes, os.PathLike)) and os.fsdecode(path).startswith(below):
            strike(os.fsdecode(path))
real_fsync = os.fsync
def fsync(descriptor):
    strike("fsync")
    real_fsync(descriptor)
os.fsync = fsync
sys.addaudithook(hook)
def arm():
    global armed
    armed = True
"""


@dataclass(frozen=True)
class Outcome:
    """How a writer ended."""

    code: int
    """Its exit code: 0 done, 1 a `FovealError`, -9 killed."""
    message: str
    """The sentence of the error."""
    struck: bool
    """Whether there was an operation of that number."""

    @property
    def was_killed(self) -> bool:
        return self.code == -signal.SIGKILL


def run_with_fault(writer: str, below: Path, fault: str, at: int) -> Outcome:
    """Run `writer` and let its `at`-th operation below a folder fail.

    Args:
        writer: Python source; it calls ``arm()`` when its preparations are done.
        below: the folder whose operations count.
        fault: ``"KILL"``, ``"EIO"`` or ``"ENOSPC"``.
        at: which operation fails, from 1.
    """
    source = _HOOK + textwrap.dedent(
        """
        from foveal.errors import FovealError
        try:
            exec(compile(sys.argv[4], "writer", "exec"))
        except FovealError as error:
            print(error); sys.exit(1)
        """
    )
    result = subprocess.run(
        [sys.executable, "-c", source, str(below), fault, str(at), textwrap.dedent(writer)],
        capture_output=True,
        text=True,
        timeout=120,
        env=os.environ | {"PYTHONWARNINGS": "error"},
    )
    if result.returncode not in (0, 1, -signal.SIGKILL) or "Traceback" in result.stderr:
        raise AssertionError(f"{fault} at {at}: exit {result.returncode}\n{result.stderr}")
    return Outcome(result.returncode, result.stdout.strip(), "struck" in result.stderr)
