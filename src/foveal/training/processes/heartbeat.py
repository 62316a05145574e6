"""Signs of life between processes, so that a lost one is named and nobody waits for it."""

from __future__ import annotations

import itertools
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from foveal.errors import BadBatchError, TrainingInterrupted
from foveal.training.processes.interrupt import leave

_EVERY = 0.5  # seconds between two beats
_GRACE = 2.0  # seconds the main thread has to end by itself once a process is lost
EXIT_CODE = 1
_BLOCKS = itertools.count()  # every process enters the same blocks in the same order


class Heartbeat:
    """Tells the others that this process lives, and notices when one of them does not.

    A process on the same machine is looked up by its id, so its end is seen within a second; one
    elsewhere, or one that hangs, is lost when its beats stay out for `timeout`.

    Args:
        store: a PyTorch store that all processes share.
        rank: the number of this process.
        world: how many there are.
        timeout: seconds without a beat after which a process counts as lost.
        say: takes the sentence that names it.
    """

    def __init__(
        self, store: Any, rank: int, world: int, timeout: float, say: Callable[[str], object]
    ) -> None:
        self._store = store.clone()  # a connection of its own: the other may be busy waiting
        self._store.set_timeout(timedelta(seconds=timeout))
        self.rank, self.world, self.timeout, self._say = rank, world, timeout, say
        self._others = [other for other in range(world) if other != rank]
        self._block = "foveal"
        self._on_loss: Callable[[], None] | None = None
        self._lost: str | None = None
        self._noticed = threading.Event()
        self._store.set(f"foveal/who/{rank}", f"{socket.gethostname()} {os.getpid()}")

    @contextmanager
    def beating(self, on_loss: Callable[[], None]) -> Iterator[None]:
        """Beat and watch inside the block, which every process goes through as often.

        A process that leaves the block as agreed, at its end or because training was told to stop,
        may end before the others have left it. A block inside another one only replaces what is
        called when a process is lost.

        Args:
            on_loss: called when a process is lost and the block does not end by itself; then this
                process exits with code 1.
        """
        outer, self._on_loss = self._on_loss, on_loss
        try:
            with nullcontext() if outer else self._beating():
                yield
        finally:
            self._on_loss = outer

    @contextmanager
    def _beating(self) -> Iterator[None]:
        self._block = f"foveal/{next(_BLOCKS)}"
        ended = threading.Event()
        thread = threading.Thread(target=self._run, args=(ended,), daemon=True)
        thread.start()
        try:
            yield
            self._say_goodbye()
        except (TrainingInterrupted, BadBatchError):
            self._say_goodbye()
            raise
        finally:
            ended.set()
            thread.join(_GRACE)  # it may be waiting for a store that is gone

    def _say_goodbye(self) -> None:
        with suppress(Exception):  # the store's process may have left first
            self._store.set(f"{self._block}/left/{self.rank}", "yes")

    def verdict(self) -> str:
        """Return the sentence that names the lost process, once it is known.

        Returns:
            A sentence; it waits for the watch to notice, as long as a loss may stay unnoticed.
        """
        self._noticed.wait(self.timeout + 2 * _EVERY)
        return self._lost or (
            "the connection to the other processes broke, though all give signs of life; check the "
            "network, and go on with --resume."
        )

    def _run(self, ended: threading.Event) -> None:
        beats, seen = 0, dict.fromkeys(self._others, (b"", time.monotonic()))
        places: dict[int, tuple[str, int]] = {}
        while not ended.wait(_EVERY):
            try:
                beats += 1
                self._store.set(f"{self._block}/beat/{self.rank}", str(beats))
                lost = self._look(seen, places)
            except Exception as error:  # whatever the store raises, it is out of reach
                if ended.is_set():
                    return
                lost = f"process 0 is gone, or cannot be reached ({type(error).__name__})"
            if lost:
                self._tell(lost)
                if not ended.wait(_GRACE):
                    leave(self._on_loss or (lambda: None), EXIT_CODE)
                return

    def _look(
        self, seen: dict[int, tuple[bytes, float]], places: dict[int, tuple[str, int]]
    ) -> str:
        now = time.monotonic()
        for other in self._others:
            if self._read(f"{self._block}/left/{other}"):
                continue
            if other not in places and (place := self._read(f"foveal/who/{other}")):
                host, pid = place.decode().rsplit(" ", 1)
                places[other] = host, int(pid)
            if other in places and _has_ended(*places[other]):
                if self._read(f"{self._block}/left/{other}"):
                    continue  # it said so in between
                return f"process {other} (pid {places[other][1]}) has ended"
            beat = self._read(f"{self._block}/beat/{other}")
            if beat != seen[other][0]:
                seen[other] = beat, now
            elif beat and now - seen[other][1] > self.timeout:
                return f"process {other} has given no sign of life for {self.timeout:g} s"
        return ""

    def _read(self, key: str) -> bytes:
        """Return what a process wrote, or nothing: the first sign of life may take its time."""
        return bytes(self._store.get(key)) if self._store.check([key]) else b""

    def _tell(self, lost: str) -> None:
        self._lost = (
            f"{lost} while process {self.rank} was working with it; the last checkpoint is "
            "intact, go on from it with --resume."
        )
        self._noticed.set()
        self._say(self._lost)


def _has_ended(host: str, pid: int) -> bool:
    """Say whether a process of this machine has ended, also while its parent has not noticed."""
    if host != socket.gethostname() or not Path("/proc/self/stat").exists():
        return False
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return True
    return stat.rpartition(")")[2].split()[0] in "ZX"
