"""Ctrl-C and SIGTERM: finish the step, write a checkpoint, stop; at most five seconds in all.

Python runs signal handlers between two of its own instructions, which a long convolution can delay
by many seconds. So the signal also writes a byte into a socket (``signal.set_wakeup_fd``) that a
thread waits on. The thread gives the step a moment to end; if it does not, the thread writes the
checkpoint of the last finished step itself and ends the process.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

GRACE = 2.5  # seconds that a step has to end by itself
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupt:
    """Whether training should stop, and by which signal."""

    def __init__(self) -> None:
        self.asked = False
        self.signal: int | None = None

    def ask(self, number: int | None = None) -> None:
        """Ask training to stop at the end of the step.

        Args:
            number: the signal; None when a program asks.
        """
        self.asked, self.signal = True, number

    def clear(self) -> None:
        """Forget what was asked: the next training starts afresh."""
        self.asked, self.signal = False, None

    @contextmanager
    def listening(self, emergency: Callable[[], None], grace: float = GRACE) -> Iterator[None]:
        """Turn signals into a request inside the block; the handlers from before come back.

        Outside the main thread no signal can be caught, and only `ask` stops training.

        Args:
            emergency: writes the checkpoint of the last finished step, in another thread, when the
                block does not end in time. The process then exits with 128 + the signal.
            grace: seconds that the block has to end after the first signal.
        """
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self._note) for number in _SIGNALS}
        try:
            with leaving_late(emergency, grace, self.ask):
                yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.ask(number)


@contextmanager
def leaving_late(
    last_words: Callable[[], None],
    grace: float = GRACE,
    asked: Callable[[int], None] = lambda number: None,
) -> Iterator[None]:
    """End the process when a block has not ended some seconds after a signal.

    Signals go to the handlers that there are, which Python may be unable to call in time. Outside
    the main thread nothing is done. Inside a block a further one takes its place.

    Args:
        last_words: what to do before, in another thread. The process then exits with 128 + the
            signal.
        grace: seconds that the block has to end.
        asked: is told the number of each signal at once, in another thread.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    reader, writer = socket.socketpair()
    writer.setblocking(False)
    ended = threading.Event()
    watcher = threading.Thread(
        target=_watch, args=(reader, ended, last_words, grace, asked), daemon=True
    )
    descriptor = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        signal.set_wakeup_fd(descriptor)
        writer.close()
        watcher.join()
        reader.close()


def _watch(
    reader: socket.socket,
    ended: threading.Event,
    last_words: Callable[[], None],
    grace: float,
    asked: Callable[[int], None],
) -> None:
    while byte := reader.recv(1):
        if byte[0] not in _SIGNALS:
            continue  # some other handler's signal
        asked(byte[0])
        if not ended.wait(grace):
            leave(last_words, 128 + byte[0])


def leave(last_words: Callable[[], None], code: int) -> None:
    """End the process from a thread, while the main thread is somewhere it cannot be reached.

    Args:
        last_words: what to do before; whatever goes wrong in it is printed.
        code: the exit code.
    """
    try:
        last_words()
    except Exception as error:  # the process must end, whatever this was
        print(f"no last checkpoint: {error}", file=sys.stderr)  # noqa: T201  # nobody else is left
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
