"""Faults injected at the n-th system operation of a writer, in a process of its own.

An audit hook counts the writer's opens, renames, removals and folder makings below one folder, and
`os.fsync` is counted too; at operation n the hook raises an OSError or kills the process. Sweeping
n from 1 until the writer gets through tries every place. One fresh interpreter imports what writers
import and forks a process for each of them, which takes milliseconds where PyTorch takes seconds.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_SERVER = """
import ast, errno, json, os, signal, sys, tempfile, traceback, warnings
from foveal.errors import FovealError

def inject(below, fault, at):
    count, armed = 0, False
    def strike(what):
        nonlocal count
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
    def arm():
        nonlocal armed
        armed = True
    os.fsync = fsync
    sys.addaudithook(hook)
    return arm

def write(order, out, err):
    os.dup2(out.fileno(), 1)
    os.dup2(err.fileno(), 2)
    os.environ.clear()
    os.environ.update(order["environment"])
    signal.alarm(120)
    arm = inject(order["below"], order["fault"], order["at"])
    code = 0
    try:
        exec(compile(order["writer"], "writer", "exec"), {"arm": arm})
    except FovealError as error:
        code = 1
        print(error, flush=True)
    except BaseException:
        code = 2
        traceback.print_exc()
    os._exit(code)  # a killed process does not tidy up either, and it takes PyTorch long

def told(file):
    file.seek(0)
    return file.read().decode()

for line in sys.stdin:
    order = json.loads(line)
    for statement in ast.parse(order["writer"]).body:
        if isinstance(statement, (ast.Import, ast.ImportFrom)):
            exec(compile(ast.Module([statement], []), "imports", "exec"), {})
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # later Pythons warn of forks beside native threads
            child = os.fork()
        if child == 0:
            write(order, out, err)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        print(json.dumps([code, told(out), told(err)]), flush=True)
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
    order = {"writer": textwrap.dedent(writer), "below": str(below), "fault": fault, "at": at}
    server = _server()
    print(json.dumps(order | {"environment": dict(os.environ)}), file=server.stdin, flush=True)
    code, out, err = json.loads(server.stdout.readline())
    if code not in (0, 1, -signal.SIGKILL) or "Traceback" in err:
        raise AssertionError(f"{fault} at {at}: exit {code}\n{err}")
    return Outcome(code, out.strip(), "struck" in err)


@cache
def _server() -> subprocess.Popen[str]:
    """Start the interpreter that writers are forked from; it ends with this process."""
    return subprocess.Popen(
        [sys.executable, "-c", _SERVER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONWARNINGS": "error"},
    )
