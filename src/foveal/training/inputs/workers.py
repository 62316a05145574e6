"""Batches rendered in processes of their own, a few ahead of whoever takes them.

For photos too many to keep decoded: threads decode at the same time too, but what Python itself
does runs in one of them at a time. The processes are started as programs, so scripts need no
``if __name__ == "__main__"`` and notebooks may have workers; they end with this process, however it
ends. Decoded photos are in memory that all of them share.
"""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import sys
import threading
import weakref
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

import foveal
from foveal.errors import TrainingError
from foveal.training.inputs.batches import Slices
from foveal.training.inputs.render_ahead import Pixels
from foveal.training.inputs.render_worker import (
    Answer,
    Task,
    read_message,
    read_pixels,
    write_message,
)
from foveal.training.inputs.rendering import Renderer

_TASKS_EACH = 2  # one in work, one waiting
_PATIENCE = 1.0  # seconds for a worker to end by itself
_SIGKILL = 9  # Windows has no such name
_PROGRAM = "from foveal.training.inputs.render_worker import main; main()"


class _Delivery(NamedTuple):
    """What a worker sent."""

    worker: int
    answer: Answer | None
    """None where it will send nothing more."""
    pixels: Pixels | None


class Workers:
    """Processes that render.

    Args:
        renderer: makes the pixels; its store of photos must be shared.
        count: processes, at least 1. The pixels do not depend on it.
    """

    def __init__(self, renderer: Renderer, count: int) -> None:
        self._deliveries: queue.SimpleQueue[_Delivery] = queue.SimpleQueue()
        self._next = 0  # task numbers never repeat: an answer to an abandoned epoch is known
        self.processes = [_started() for _ in range(count)]
        """The processes."""
        listeners = [
            threading.Thread(target=_listen, args=(i, p.stdout, self._deliveries), daemon=True)
            for i, p in enumerate(self.processes)
        ]
        self._end = weakref.finalize(self, _ended, self.processes, listeners)
        for listener in listeners:
            listener.start()
        for index in range(count):
            self._tell(index, renderer)

    def batches(self, epoch: int, slices: Slices) -> Iterator[Pixels]:
        """Yield batches in order, never more than a few rendered ahead.

        Args:
            epoch: from 1; 0 for plain views.
            slices: the rows of each batch.

        Yields:
            uint8 (m, S, S, C) for each slice.

        Raises:
            TrainingError: a worker process died.
            ImageError: a photo can no longer be read, or has changed.
        """
        waiting: deque[int] = deque()
        arrived: dict[int, Pixels] = {}
        for rows in slices:
            self._tell(self._next % len(self.processes), Task(self._next, epoch, rows))
            waiting.append(self._next)
            self._next += 1
            if len(waiting) >= _TASKS_EACH * len(self.processes):
                yield self._take(waiting.popleft(), arrived, waiting)
        while waiting:
            yield self._take(waiting.popleft(), arrived, waiting)

    @property
    def closed(self) -> bool:
        """Whether the processes are ended."""
        return not self._end.alive

    def close(self) -> None:
        """End the processes."""
        self._end()

    def _take(self, number: int, arrived: dict[int, Pixels], waiting: deque[int]) -> Pixels:
        while number not in arrived or not self._deliveries.empty():  # a death is told at once
            worker, answer, pixels = self._deliveries.get()
            if answer is None:
                raise self._dead(worker)
            wanted = answer.number == number or answer.number in waiting
            if wanted and answer.error is not None:
                raise answer.error
            if wanted and pixels is not None:
                arrived[answer.number] = pixels
        return arrived.pop(number)

    def _tell(self, worker: int, message: object) -> None:
        try:
            write_message(cast("BinaryIO", self.processes[worker].stdin), message)
        except (OSError, ValueError) as error:  # its end of the pipe, or ours, is closed
            raise self._dead(worker) from error

    def _dead(self, worker: int) -> TrainingError:
        process = self.processes[worker]
        self.close()
        code = process.returncode
        how = f"was killed by {_signal_name(-code)}" if code < 0 else f"ended with code {code}"
        likely = ", probably because memory ran out" if -code == _SIGKILL else ""
        return TrainingError(
            f"a worker process that renders photos (number {worker + 1} of "
            f"{len(self.processes)}, process {process.pid}) {how}{likely}; the last checkpoint is "
            "kept: resume from it, with fewer workers if it happens again."
        )


def _started() -> subprocess.Popen[bytes]:
    """Start a worker that finds this package, and nothing in the folder it happens to be in."""
    places = [str(Path(foveal.__file__).parent.parent), os.environ.get("PYTHONPATH", "")]
    return subprocess.Popen(
        [sys.executable, "-P", "-c", _PROGRAM],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, places))},
    )


def _listen(worker: int, pipe: BinaryIO, deliveries: queue.SimpleQueue[_Delivery]) -> None:
    """Take in what a worker sends, so that it never waits for us."""
    try:
        while True:
            answer = cast("Answer", read_message(pipe))
            pixels = None if answer.error else read_pixels(pipe, answer.shape)
            deliveries.put(_Delivery(worker, answer, pixels))
    except (EOFError, OSError, ValueError):
        deliveries.put(_Delivery(worker, None, None))


def _ended(processes: list[subprocess.Popen[bytes]], listeners: list[threading.Thread]) -> None:
    for process in processes:
        with contextlib.suppress(OSError):  # it may be dead already
            cast("BinaryIO", process.stdin).close()
    for process, listener in zip(processes, listeners, strict=True):
        try:
            process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        listener.join(_PATIENCE)
        cast("BinaryIO", process.stdout).close()


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
