"""The settings of training, checked when they are made."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

from foveal.arguments import require_choice
from foveal.errors import UsageError

HeadKind = Literal["linear", "dense"]
ClassWeights = Literal["none", "balanced"]


@dataclass(frozen=True)
class HeadConfig:
    """How a head is trained on frozen features."""

    head: HeadKind = "linear"
    """``linear`` is one layer; ``dense`` is the classic Dense(256) + ReLU + Dropout(0.5)."""
    epochs: int = 60
    """The most epochs; training stops earlier when validation stops improving."""
    batch: int = 64
    """Photos a step."""
    lr: float = 1e-3
    """The highest learning rate; it falls to zero along a half cosine."""
    weight_decay: float = 1.0
    """Decoupled weight decay, on standardised features."""
    label_smoothing: float = 0.0
    """Share of the target that is spread over all classes, 0 to below 1."""
    patience: int = 10
    """Epochs without a better validation loss before training stops."""
    class_weights: ClassWeights = "none"
    """``balanced`` lets every class count the same, however many photos it has."""
    seed: int = 0
    """Decides the first weights, the order and the dropout."""

    def __post_init__(self) -> None:
        for name in ("epochs", "batch", "patience"):
            if getattr(self, name) < 1:
                raise UsageError(f"`{name}` must be at least 1; got {getattr(self, name)}.")
        if not (math.isfinite(self.lr) and self.lr > 0):
            raise UsageError(f"`lr` must be a positive number; got {self.lr}.")
        if not (math.isfinite(self.weight_decay) and self.weight_decay >= 0):
            raise UsageError(f"`weight_decay` must be 0 or more; got {self.weight_decay}.")
        if not 0 <= self.label_smoothing < 1:
            raise UsageError(
                f"`label_smoothing` must be from 0 to below 1; got {self.label_smoothing}."
            )
        for name, kinds in (("head", HeadKind), ("class_weights", ClassWeights)):
            require_choice(name, getattr(self, name), get_args(kinds))
        if not 0 <= self.seed < 2**63:
            raise UsageError(f"`seed` must be from 0 to 2^63 - 1; got {self.seed}.")
