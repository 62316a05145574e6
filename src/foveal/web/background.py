"""Work in threads that never keep the process from ending."""

from __future__ import annotations

import asyncio
import atexit
import os
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

Result = TypeVar("Result")
_working: set[threading.Thread] = set()


def begin(function: Callable[..., object], *arguments: object) -> None:
    """Run a function in a thread that nobody waits for.

    Args:
        function: what to run; it must not raise.
        *arguments: of the function.
    """

    def work() -> None:
        try:
            function(*arguments)
        finally:
            _working.discard(threading.current_thread())

    # A daemon: an ordinary thread would hold the process until its computation ends.
    thread = threading.Thread(target=work, daemon=True)
    _working.add(thread)
    thread.start()


async def run_in_background(function: Callable[..., Result], *arguments: object) -> Result:
    """Run a function in a thread and wait for it.

    Args:
        function: what to run.
        *arguments: of the function.

    Returns:
        What it returns; what it raises is raised here. Whoever is cancelled meanwhile waits no
        longer, while the thread goes on.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Result] = loop.create_future()

    def settle(result: Result | None, error: BaseException | None) -> None:
        if future.cancelled():
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result)  # type: ignore[arg-type]  # None only where it returns that

    def work() -> None:
        result, failed = None, None
        try:
            result = function(*arguments)
        except BaseException as error:  # whoever waits decides
            failed = error
        with suppress(RuntimeError):  # the loop has ended, and nobody waits
            loop.call_soon_threadsafe(settle, result, failed)

    begin(work)
    return await future


def end_within(seconds: float, code: int) -> None:
    """Let the process end soon, whatever threads are in the middle of.

    What looks now and then whether it shall stop gets this time; what computes on beyond it is
    cut off when Python ends: its engines must not be taken down around a thread that uses them.

    Args:
        seconds: to wait for threads.
        code: the exit code of a process that is cut off.
    """
    until = time.monotonic() + seconds
    for thread in list(_working):
        thread.join(max(0.0, until - time.monotonic()))
    if _working:
        atexit.register(_cut_off, code)


def _cut_off(code: int) -> None:
    if not _working:
        return
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)
