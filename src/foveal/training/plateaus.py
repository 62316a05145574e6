"""Callbacks that act when a figure stops improving."""

from __future__ import annotations

from typing import ClassVar

from foveal.errors import UsageError
from foveal.training.callbacks import Callback, Request, SetLearningRate, Stop
from foveal.training.monitors import Mode, Monitor, monitored
from foveal.training.record import EpochRecord


class _Watcher(Callback):
    """Counts the epochs without an improvement."""

    remembers: ClassVar[tuple[str, ...]] = ("best", "waited")

    def __init__(self, monitor: str, patience: int, min_delta: float, mode: Mode) -> None:
        self.monitor = monitored(monitor, mode)
        if patience < 1:
            raise UsageError(f"`patience` must be at least 1; got {patience}.")
        if min_delta < 0:
            raise UsageError(f"`min_delta` must be 0 or more; got {min_delta}.")
        self.patience, self.min_delta = patience, min_delta
        self.best: float | None = None
        self.waited = 0

    def _look(self, record: EpochRecord) -> bool:
        """Take note of an epoch; say whether patience has run out."""
        value = self.monitor.value(record)
        if self.best is None or self.monitor.better(value, self.best, self.min_delta):
            self.best, self.waited = value, 0
        else:
            self.waited += 1
        return self.waited >= self.patience


class EarlyStopping(_Watcher):
    """Stops when a figure has not improved for some epochs, as Keras does.

    Args:
        monitor: a figure of `EpochRecord`.
        patience: epochs without an improvement.
        min_delta: a smaller change is no improvement.
        restore_best_weights: end on the best weights; False ends on the last when this stops
            training.
        mode: ``min``, ``max``, or what the figure's name says.

    Raises:
        UsageError: the figure does not exist, or a number is out of range.
    """

    def __init__(
        self,
        monitor: str = "validation_loss",
        patience: int = 5,
        min_delta: float = 0.0,
        restore_best_weights: bool = True,
        mode: Mode = "auto",
    ) -> None:
        super().__init__(monitor, patience, min_delta, mode)
        self.restore_best_weights = restore_best_weights

    def start(self, monitor: Monitor) -> None:
        """Refuse to restore weights that training does not keep.

        Args:
            monitor: the figure by which training keeps its best weights.

        Raises:
            UsageError: it is another one than this callback's.
        """
        if self.restore_best_weights and monitor != self.monitor:
            raise UsageError(
                f"EarlyStopping would restore the weights of the best {self.monitor.name}, but "
                f"training keeps those of the best {monitor.name}; give both the same `monitor`, "
                "or set `restore_best_weights` to False."
            )

    def epoch(self, record: EpochRecord) -> Request | None:
        """Ask to stop once patience has run out.

        Args:
            record: the epoch.

        Returns:
            `Stop`, or None.
        """
        if not self._look(record):
            return None
        reason = f"{self.monitor.name} did not improve for {self.patience} epochs"
        return Stop(reason, self.restore_best_weights)


class ReduceLROnPlateau(_Watcher):
    """Lowers the learning rate when a figure has not improved for some epochs, as Keras does.

    Args:
        monitor: a figure of `EpochRecord`.
        factor: what the learning rate is multiplied by, between 0 and 1.
        patience: epochs without an improvement before it is.
        min_delta: a smaller change is no improvement.
        cooldown: epochs after it in which nothing is counted.
        min_lr: the learning rate goes no lower.
        mode: ``min``, ``max``, or what the figure's name says.

    Raises:
        UsageError: the figure does not exist, or a number is out of range.
    """

    remembers = ("best", "waited", "resting")

    def __init__(
        self,
        monitor: str = "validation_loss",
        factor: float = 0.1,
        patience: int = 5,
        min_delta: float = 1e-4,
        cooldown: int = 0,
        min_lr: float = 0.0,
        mode: Mode = "auto",
    ) -> None:
        super().__init__(monitor, patience, min_delta, mode)
        if not 0 < factor < 1:
            raise UsageError(f"`factor` must be between 0 and 1; got {factor}.")
        if cooldown < 0 or min_lr < 0:
            raise UsageError(
                f"`cooldown` and `min_lr` must be 0 or more; got {cooldown} and {min_lr}."
            )
        self.factor, self.cooldown, self.min_lr = factor, cooldown, min_lr
        self.resting = 0

    def epoch(self, record: EpochRecord) -> Request | None:
        """Ask for a lower learning rate once patience has run out.

        Args:
            record: the epoch.

        Returns:
            `SetLearningRate`, or None.
        """
        ran_out = self._look(record)
        if self.resting:
            self.resting, self.waited = self.resting - 1, 0
            return None
        if not ran_out:
            return None
        self.waited, self.resting = 0, self.cooldown
        factor = max(self.factor, min(1.0, self.min_lr / record.learning_rate))
        if factor == 1.0:
            return None
        return SetLearningRate(factor, f"{self.monitor.name} did not improve")
