"""The callback that writes what TensorBoard shows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from foveal.errors import MissingExtraError
from foveal.training.callbacks import Callback, Request
from foveal.training.monitors import MONITORS
from foveal.training.record import EpochRecord


class TensorBoard(Callback):
    """Writes the figures of each epoch for TensorBoard.

    Its files are written by TensorBoard's own writer, which appends. After a resume, points of
    epochs that are done again replace the old ones.

    Args:
        folder: gets the event files.

    Raises:
        MissingExtraError: TensorBoard is not installed.
    """

    remembers = ("epochs",)

    def __init__(self, folder: str | Path) -> None:
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError as error:
            raise MissingExtraError("the TensorBoard callback", "tensorboard") from error
        self.folder, self.epochs = Path(folder), 0
        self._make: Any = SummaryWriter
        self._writer: Any = None

    def epoch(self, record: EpochRecord) -> Request | None:
        """Write the figures of an epoch.

        Args:
            record: the epoch.

        Returns:
            None.
        """
        if self._writer is None:
            self._writer = self._make(str(self.folder), purge_step=record.epoch)
        for name in (*MONITORS, "learning_rate"):
            self._writer.add_scalar(name, getattr(record, name), record.epoch)
        self._writer.flush()
        self.epochs = record.epoch
        return None

    def close(self) -> None:
        """Close the event file."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None
