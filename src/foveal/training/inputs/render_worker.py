"""A process that renders, started by `Workers`, and how the two talk.

It reads a `Renderer` from its standard input, then tasks, and writes pixels to its standard output
until the input ends: when whoever started it is gone, it goes too.
"""

from __future__ import annotations

import os
import pickle
import signal
import struct
import sys
from typing import BinaryIO, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from foveal.errors import FovealError, TrainingError
from foveal.training.inputs.rendering import Renderer, Rows

_LENGTH = struct.Struct("<Q")


class Task(NamedTuple):
    """A batch to render."""

    number: int
    """What its answer is known by."""
    epoch: int
    """The epoch, 0 for plain views."""
    rows: Rows
    """The rows of the batch."""


class Answer(NamedTuple):
    """What came of a task."""

    number: int
    """The number of the task."""
    shape: tuple[int, ...] = ()
    """The shape of the pixels that follow it."""
    error: FovealError | None = None
    """Why there are none."""


def write_message(pipe: BinaryIO, message: object) -> None:
    """Write an object to a process that this one has started, or to the one that started it.

    Args:
        pipe: where to.
        message: what can be pickled.
    """
    data = pickle.dumps(message)
    pipe.write(_LENGTH.pack(len(data)))
    pipe.write(data)
    pipe.flush()


def read_message(pipe: BinaryIO) -> object:
    """Read what `write_message` wrote.

    Args:
        pipe: where from.

    Returns:
        The object.

    Raises:
        EOFError: the other process is gone.
    """
    head = pipe.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        raise EOFError
    (length,) = _LENGTH.unpack(head)
    data = pipe.read(length)
    if len(data) < length:
        raise EOFError
    return pickle.loads(data)  # written by our own process, never by a file


def read_pixels(pipe: BinaryIO, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Read the pixels that follow an answer.

    Args:
        pipe: where from.
        shape: of the pixels.

    Returns:
        uint8 of this shape.

    Raises:
        EOFError: the other process is gone.
    """
    pixels = np.empty(shape, np.uint8)
    view, done = memoryview(pixels.reshape(-1).data), 0
    while done < len(view):
        count = pipe.readinto(view[done:])  # type: ignore[attr-defined]  # of a buffered reader
        if not count:
            raise EOFError
        done += count
    return pixels


def main() -> None:
    """Render what is asked for until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches it too; its starter decides
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not get between the pixels
    cv2.setNumThreads(1)
    try:
        renderer = read_message(sys.stdin.buffer)
        while isinstance(renderer, Renderer):
            task = read_message(sys.stdin.buffer)
            _answer(renderer, Task(*task), answers)  # type: ignore[misc]  # what `Workers` sends
    except (EOFError, BrokenPipeError):
        os._exit(0)  # nobody is left to tell anything


def _answer(renderer: Renderer, task: Task, answers: BinaryIO) -> None:
    try:
        pixels = renderer.render(task.epoch, task.rows)
    except FovealError as error:
        write_message(answers, Answer(task.number, error=error))
    except Exception as error:  # the trainer must hear of it: a silent worker would be waited for
        told = TrainingError(
            f"rendering failed in a worker process ({type(error).__name__}: {error}); "
            "this is a fault of Foveal: train with workers 0 to see where."
        )
        write_message(answers, Answer(task.number, error=told))
    else:
        write_message(answers, Answer(task.number, pixels.shape))
        answers.write(np.ascontiguousarray(pixels).data)
        answers.flush()
