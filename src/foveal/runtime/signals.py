"""Ctrl-C and SIGTERM while a library written in C++ calls Python."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def signals_held() -> Iterator[None]:
    """Let Ctrl-C and SIGTERM wait until the block has ended, and take effect then.

    Where C++ calls Python, it makes an error of its own of what a signal's handler raises: a
    training that was told to stop would then look like one that failed. Outside the main thread no
    signal is handled, and so none is held.

    Example:
        >>> with signals_held():
        ...     sum(range(3))
        3
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        came.append(number)

    before = {
        number: handler
        for number in (signal.SIGINT, signal.SIGTERM)
        if callable(handler := signal.getsignal(number))  # the others end the process, or nothing
    }
    for number in before:
        signal.signal(number, note)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if came:
            signal.raise_signal(came[0])
