"""What one epoch gave."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Phase = Literal["head", "fine-tune", "scratch"]


@dataclass(frozen=True)
class EpochRecord:
    """What one epoch gave. A read-only row of ``history.csv``."""

    epoch: int
    """Its number, from 1 in every phase."""
    train_loss: float
    """Mean loss over the training batches, smoothing and class weights included."""
    train_accuracy: float
    """Share of training views named rightly while training, 0 … 1."""
    validation_loss: float
    """Mean negative log-likelihood on the validation photos, plain."""
    validation_accuracy: float
    """Share of validation photos named rightly, 0 … 1."""
    learning_rate: float
    """The learning rate of its last step."""
    phase: Phase = "head"
    """What was trained: the head on frozen features, blocks and head, or everything."""
