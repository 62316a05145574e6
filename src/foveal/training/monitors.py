"""The figures of an epoch that can be watched, and which way is better."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from foveal.errors import UsageError
from foveal.training.record import EpochRecord

Mode = Literal["auto", "min", "max"]
MONITORS = ("train_loss", "train_accuracy", "validation_loss", "validation_accuracy")
_KNOWN_AS = {
    "loss": "train_loss",
    "accuracy": "train_accuracy",
    "val_loss": "validation_loss",
    "val_accuracy": "validation_accuracy",
}


@dataclass(frozen=True)
class Monitor:
    """A figure of `EpochRecord`, and whether a smaller one is better."""

    name: str
    """A field of `EpochRecord`."""
    smaller_is_better: bool
    """True for losses."""

    def value(self, record: EpochRecord) -> float:
        """Return the figure of an epoch.

        Args:
            record: the epoch.

        Returns:
            The value.
        """
        return float(getattr(record, self.name))

    def better(self, new: float, old: float, min_delta: float = 0.0) -> bool:
        """Say whether a figure beats another.

        Args:
            new: the figure.
            old: what it must beat.
            min_delta: by how much, at least.

        Returns:
            True if `new` is better than `old` by more than `min_delta`.
        """
        return new < old - min_delta if self.smaller_is_better else new > old + min_delta


def monitored(name: str, mode: Mode = "auto") -> Monitor:
    """Find a figure by its name.

    Args:
        name: a figure of `EpochRecord`, or what Keras calls it (``val_loss``).
        mode: ``min`` or ``max`` says which is better; ``auto`` asks the name.

    Returns:
        The monitor.

    Raises:
        UsageError: there is no such figure or mode; the message lists what there is.
    """
    field = _KNOWN_AS.get(name, name)
    if field not in MONITORS:
        raise UsageError(f"`monitor` must be one of {', '.join(MONITORS)}; got {name!r}.")
    if mode not in ("auto", "min", "max"):
        raise UsageError(f"`mode` must be auto, min or max; got {mode!r}.")
    smaller = field.endswith("loss") if mode == "auto" else mode == "min"
    return Monitor(field, smaller)
