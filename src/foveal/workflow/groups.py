"""Groups of settings that only some ways of training have; None stands for "not given"."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from typing import Any, Literal

from foveal.errors import UsageError

_TIME = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s?)?")


def require_one_unfreezing(blocks: object, layers: object) -> None:
    """Refuse to be told twice what learns.

    Args:
        blocks: `unfreeze`; None where it was not given.
        layers: `unfreeze_layers`; None where it was not given.

    Raises:
        UsageError: both are given.
    """
    if blocks is not None and layers is not None:
        raise UsageError("`unfreeze` and `unfreeze_layers` say the same; give one of them.")


class _Group:
    def given(self) -> dict[str, Any]:
        """Return what was given.

        Returns:
            Names and values, without those that are None.
        """
        values = {item.name: getattr(self, item.name) for item in fields(self)}  # type: ignore[arg-type]  # subclasses are dataclasses
        return {name: value for name, value in values.items() if value is not None}


@dataclass(frozen=True, kw_only=True)
class TuningSettings(_Group):
    """Fine-tuning: with --fine-tune."""

    unfreeze: int | Literal["all"] | None = None
    """How many of the last blocks learn, or all; by default the last third of them."""
    unfreeze_layers: int | None = None
    """How many of the last layers with weights learn; whole blocks, as many as hold them."""
    lr_mult: float | None = None
    """The blocks' learning rate, as a part of the head's; 0.1 by default."""
    cache_gb: float | None = None
    """The most disk space for activations, 8 by default; beyond it the frozen part runs again in
    every epoch, on fresh augmentation."""
    batchnorm: Literal["fixed", "trained"] | None = None
    """Whether batch normalisation keeps the statistics it was trained with (fixed, the default)."""

    def __post_init__(self) -> None:
        require_one_unfreezing(self.unfreeze, self.unfreeze_layers)
        for name in ("unfreeze", "unfreeze_layers"):
            value = getattr(self, name)
            if isinstance(value, int) and value < 1:
                raise UsageError(
                    f"`{name}` must be at least 1; got {value}. Leave --fine-tune out to train "
                    "the head alone."
                )
        for name in ("lr_mult", "cache_gb"):
            value = getattr(self, name)
            if value is not None and not 0 <= value < 1e6:
                raise UsageError(f"`{name}` must be 0 or more; got {value}.")


@dataclass(frozen=True, kw_only=True)
class NetworkSettings(_Group):
    """Training blocks: with --fine-tune or --from-scratch."""

    optimizer: Literal["sgd", "adam", "adamw"] | None = None
    """SGD with Nesterov's momentum, Adam or AdamW; adamw by default."""
    momentum: float | None = None
    """Of SGD; 0.9 by default."""
    decay: Literal["decoupled", "l2"] | None = None
    """Whether weights shrink by themselves (decoupled) or through the gradient (l2)."""
    schedule: Literal["constant", "plateau", "cosine", "one-cycle"] | None = None
    """How the learning rate moves; one-cycle by default."""
    warmup: float | None = None
    """Epochs in which the learning rate rises from nothing."""
    policy: Literal["none", "randaugment", "trivialaugment"] | None = None
    """Random changes on top of `augment`: RandAugment, TrivialAugment, or none.
    With frozen blocks it makes them run again in every epoch."""
    mixup: float | None = None
    """Mix pairs of photos, or what the frozen blocks made of them, with a share drawn from
    Beta(mixup, mixup); 0.2 is usual."""
    cutmix: float | None = None
    """Paste a part of one photo into another; 1.0 is usual."""
    clip: float | None = None
    """The greatest norm of the gradient."""
    accumulate: int | None = None
    """Parts in which each batch is computed, to save memory; the result is that of the whole."""
    ema: float | None = None
    """Keep a running average of the weights with this decay, such as 0.999, and use that."""
    sampling: Literal["shuffled", "balanced"] | None = None
    """``balanced`` draws every class equally often."""
    monitor: str | None = None
    """The figure that decides which epoch is best: validation_loss by default."""
    precision: Literal["auto", "f32", "bf16", "int8"] | None = None
    """What the training computes in; auto measures which is faster here. int8 is for the frozen
    blocks, with or without --fine-tune: they are calibrated on training photos, by the extra int8.
    """
    channels_last: Literal["auto", "on", "off"] | None = None
    """The order of pixels in memory; auto measures which is faster here."""
    compile: bool | None = None
    """Compile the network with PyTorch's compiler first: for long trainings on an accelerator; on
    a CPU it takes minutes and no network measured was faster."""
    time_limit: str | None = None
    """Stop training blocks in time, such as 90s, 10m or 1h30m, and keep the best so far."""
    checkpoint_minutes: float | None = None
    """Minutes between checkpoints inside an epoch; 5 by default. There is one after each epoch."""

    def __post_init__(self) -> None:
        if self.momentum is not None and self.optimizer != "sgd":
            raise UsageError(
                f"`momentum` {self.momentum} would have no effect on {self.optimizer or 'adamw'}; "
                "set `optimizer` to sgd, or leave `momentum` out."
            )
        if self.time_limit is not None:
            seconds(self.time_limit)

    def given(self) -> dict[str, Any]:
        """Return what was given.

        Returns:
            Names and values, without those that are None; `time_limit` in seconds.
        """
        values = super().given()
        if self.time_limit is not None:
            values["time_limit"] = seconds(self.time_limit)
        if self.precision == "int8":  # trained blocks are never in int8
            del values["precision"]
        return values


@dataclass(frozen=True, kw_only=True)
class ScratchSettings(_Group):
    """Training everything: with --from-scratch."""

    channels: Literal[1, 3] | None = None
    """1 for grey images, 3 for colour; by default what the network was designed for."""
    initialisation: str | None = None
    """How the weights begin: he_normal by default."""
    workers: int | None = None
    """Processes that prepare photos; 0, the default, uses threads."""

    def __post_init__(self) -> None:
        if self.workers is not None and not 0 <= self.workers <= 64:
            raise UsageError(f"`workers` must be 0 to 64; got {self.workers}.")


def seconds(text: str) -> float:
    """Read a time such as 90s, 10m or 1h30m.

    Args:
        text: hours, minutes and seconds; a bare number is seconds.

    Returns:
        Seconds, above 0.

    Raises:
        UsageError: it is no such time.
    """
    found = _TIME.fullmatch(text.strip())
    total = 0.0
    if found is not None:
        hours, minutes, rest = (int(part or 0) for part in found.groups())
        total = 3600.0 * hours + 60 * minutes + rest
    if not total:
        raise UsageError(f"`time_limit` must be a time such as 90s, 10m or 1h30m; got {text!r}.")
    return total
