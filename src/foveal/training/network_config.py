"""The settings of training a network, checked when they are made."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

from foveal.arguments import require_choice
from foveal.errors import UsageError
from foveal.training.config import ClassWeights
from foveal.training.monitors import monitored

OptimizerName = Literal["sgd", "adam", "adamw"]
Decay = Literal["auto", "decoupled", "l2"]
ScheduleName = Literal["constant", "plateau", "cosine", "one-cycle"]
Sampling = Literal["shuffled", "balanced"]
Precision = Literal["auto", "f32", "bf16"]
Switch = Literal["auto", "on", "off"]

_CHOICES = {
    "optimizer": OptimizerName,
    "decay": Decay,
    "schedule": ScheduleName,
    "class_weights": ClassWeights,
    "sampling": Sampling,
    "precision": Precision,
    "channels_last": Switch,
}
_AT_LEAST = {
    "epochs": 1,
    "batch": 2,
    "accumulate": 1,
    "patience": 0,
    "warmup": 0,
    "mixup": 0,
    "cutmix": 0,
    "clip": 0,
    "checkpoint_minutes": 0,
    "weight_decay": 0,
    "seed": 0,
}
_LEARNING_RATES = {"sgd": 0.05, "adam": 1e-3, "adamw": 2e-3}
_WEIGHT_DECAYS = {"l2": 5e-4, "decoupled": 0.05}


@dataclass(frozen=True, kw_only=True)
class NetworkConfig:
    """How a network, or the trainable end of one, is trained."""

    epochs: int = 30
    """Times every training photo is seen."""
    batch: int = 64
    """Photos a step, over all processes and slices."""
    optimizer: OptimizerName = "adamw"
    """``sgd`` (with Nesterov momentum), ``adam`` or ``adamw``."""
    lr: float | None = None
    """The highest learning rate; None for what suits the optimizer: sgd 0.05, adam 0.001,
    adamw 0.002."""
    momentum: float = 0.9
    """Nesterov momentum of ``sgd``, 0 to below 1; the others do not use it."""
    weight_decay: float | None = None
    """Pulls weights to zero, but not biases and normalisation; None for what suits the kind of
    decay: l2 0.0005, decoupled 0.05."""
    decay: Decay = "auto"
    """``decoupled`` takes `weight_decay` × learning rate off each weight; ``l2`` adds it to the
    gradient. ``auto`` is what the optimizer's name says: decoupled for adamw, else l2."""
    schedule: ScheduleName = "one-cycle"
    """How the learning rate moves: ``constant``; ``plateau`` falls to a tenth when `monitor` stops
    improving; ``cosine`` falls along half a cosine; ``one-cycle`` rises first, then falls."""
    warmup: float = 0.0
    """Epochs in which the learning rate rises to `lr`. For ``one-cycle`` the length of its rise;
    0 lets it take 30 % of the run."""
    label_smoothing: float = 0.0
    """Share of the target that is spread over all classes, 0 to below 1."""
    mixup: float = 0.0
    """Blend photos in pairs, with a share from Beta(mixup, mixup); 0 is off, 0.2 is usual."""
    cutmix: float = 0.0
    """Paste a box of one photo into another, with an area from Beta(cutmix, cutmix); 0 is off, 1
    is usual. With `mixup` too, each slice takes one of them by chance."""
    clip: float = 0.0
    """The largest norm of all gradients together; 0 does not clip."""
    accumulate: int = 1
    """Slices that each process cuts its share of a batch into, to save memory."""
    ema: float = 0.0
    """How much of the moving average of the weights stays each step, such as 0.999; 0 is off.
    When it is on, the average is what is validated and kept."""
    class_weights: ClassWeights = "none"
    """``balanced`` lets every class count the same in the loss."""
    sampling: Sampling = "shuffled"
    """``balanced`` shows every class equally often; an epoch keeps its length."""
    precision: Precision = "auto"
    """``bf16`` is autocast; ``auto`` measures what is faster."""
    channels_last: Switch = "auto"
    """Whether maps lie in memory channel by channel for each pixel; ``auto`` measures."""
    compile: bool = False
    """Compile the network with ``torch.compile``; needs a C++ compiler."""
    patience: int = 0
    """Epochs without a better `monitor` before training stops; 0 never stops early, which suits
    ``cosine`` and ``one-cycle``: they are at their best at the end."""
    monitor: str = "validation_loss"
    """The figure that says which epoch is the best; see `foveal.training.EpochRecord`."""
    seed: int = 0
    """Decides order, augmentation, dropout and mixing."""
    time_limit: float | None = None
    """Seconds that training may take; ``cosine`` and ``one-cycle`` then end at the limit."""
    checkpoint_minutes: float = 5.0
    """Minutes between checkpoints inside an epoch; 0 writes one after every step."""

    def __post_init__(self) -> None:
        for name, kinds in _CHOICES.items():
            require_choice(name, getattr(self, name), get_args(kinds))
        for name, least in _AT_LEAST.items():
            value = getattr(self, name)
            if value is not None and not (math.isfinite(value) and value >= least):
                raise UsageError(f"`{name}` must be {least} or more; got {value}.")
        for name in ("momentum", "label_smoothing", "ema"):
            if not 0 <= getattr(self, name) < 1:
                raise UsageError(f"`{name}` must be from 0 to below 1; got {getattr(self, name)}.")
        for name in ("lr", "time_limit"):
            value = getattr(self, name)
            if value is not None and not (math.isfinite(value) and value > 0):
                raise UsageError(f"`{name}` must be a positive number; got {value}.")
        if self.seed >= 2**63:
            raise UsageError(f"`seed` must be from 0 to 2^63 - 1; got {self.seed}.")
        self._check_together()
        monitored(self.monitor)

    def _check_together(self) -> None:
        if (self.optimizer, self.decay) in (("adam", "decoupled"), ("adamw", "l2")):
            other = "adamw" if self.optimizer == "adam" else "adam"
            raise UsageError(
                f"`decay` {self.decay} is what the optimizer {other} does, not {self.optimizer}; "
                f"set `optimizer` to {other}, or leave `decay` out."
            )
        if self.sampling == self.class_weights == "balanced":
            raise UsageError(
                "`sampling` balanced and `class_weights` balanced would make up for rare classes "
                "twice; give one of them."
            )
        if self.batch < 2 * self.accumulate:
            raise UsageError(
                f"`batch` must hold 2 photos for each of {self.accumulate} slices; "
                f"got {self.batch}."
            )
        if self.warmup >= self.epochs:
            raise UsageError(
                f"`warmup` must be shorter than `epochs`, {self.epochs}; got {self.warmup}."
            )

    @property
    def base_lr(self) -> float:
        """The highest learning rate, chosen by the optimizer where none was given."""
        return _LEARNING_RATES[self.optimizer] if self.lr is None else self.lr

    @property
    def kind_of_decay(self) -> Literal["decoupled", "l2"]:
        """The kind of weight decay, chosen by the optimizer where none was given."""
        if self.decay == "auto":
            return "decoupled" if self.optimizer == "adamw" else "l2"
        return self.decay

    @property
    def base_weight_decay(self) -> float:
        """The weight decay, chosen by its kind where none was given."""
        given = self.weight_decay
        return _WEIGHT_DECAYS[self.kind_of_decay] if given is None else given
