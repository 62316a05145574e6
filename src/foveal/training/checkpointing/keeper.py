"""When checkpoints are written, and by whom."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

from foveal.storage import lock
from foveal.training.checkpointing.checkpoints import Checkpoint, Checkpoints
from foveal.training.checkpointing.state import TrainingState
from foveal.training.processes.parallel import Processes
from foveal.training.timekeeping import Clock

_PATIENCE = 1.0  # seconds that an emergency waits for a step that is just being applied


class Keeper:
    """Writes the checkpoints of a training, in process 0 alone.

    Args:
        checkpoints: the folder, or None to write none.
        processes: who takes part.
        identity: what must be the same at a resume.
        minutes: between checkpoints inside an epoch.
    """

    def __init__(
        self,
        checkpoints: Checkpoints | None,
        processes: Processes,
        identity: Mapping[str, Any],
        minutes: float,
    ) -> None:
        self.checkpoints = checkpoints if processes.rank == 0 else None
        self.identity, self.minutes = identity, minutes
        self.changing = threading.RLock()  # held while the state changes, and while it is written
        self._state: TrainingState | None = None
        self._clock: Clock | None = None
        self._written = time.monotonic()

    def claim(self) -> AbstractContextManager[None]:
        """Keep other writers out of the folder inside the block.

        Returns:
            A context manager; entering it raises `LockedError` when there is another writer.
        """
        if self.checkpoints is None:
            return nullcontext()
        return lock(self.checkpoints.folder / ".writing.lock")

    def latest(self) -> Checkpoint | None:
        """Return the newest whole checkpoint; remove what killed writers left.

        Returns:
            None where there is none, and in all processes but 0.
        """
        if self.checkpoints is None:
            return None
        self.checkpoints.remove_leftovers()
        return self.checkpoints.latest()

    def watch_over(self, state: TrainingState, clock: Clock) -> None:
        """Take charge of a training.

        Args:
            state: what is written.
            clock: how long it has taken.
        """
        self._state, self._clock = state, clock

    def save(self) -> Path | None:
        """Write a checkpoint of the last finished step.

        Returns:
            The file, or None when none are written here.

        Raises:
            StorageError: it cannot be written; the one before is intact.
        """
        if self.checkpoints is None or self._state is None or self._clock is None:
            return None
        with self.changing:
            self._state.progress.elapsed = self._clock.elapsed
            path = self.checkpoints.save(self._state.tensors(), self._state.facts(self.identity))
        self._written = time.monotonic()
        return path

    def save_if_due(self) -> None:
        """Write a checkpoint when the last one is old enough."""
        if time.monotonic() - self._written > 60 * self.minutes:
            self.save()

    def emergency(self) -> None:
        """Write a checkpoint from another thread, while a step cannot be waited for.

        In the middle of a step the weights are still those of the step before; only while a step
        is being applied must this wait. If that lasts, the last checkpoint has to do.
        """
        if self.changing.acquire(timeout=_PATIENCE):
            try:
                path = self.save()
            finally:
                self.changing.release()
            if path is not None:
                sys.stderr.write(f"stopped in the middle of a step; go on from {path}\n")
