"""What fine-tuning is asked to do, its defaults, and a guess at its cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from foveal.errors import UsageError
from foveal.images.policies import PolicyName, policy_named
from foveal.training.network_config import NetworkConfig
from foveal.training.record import EpochRecord
from foveal.workflow.groups import require_one_unfreezing
from foveal.workflow.settings import TUNING_VIEWS

DEFAULTS: dict[str, Any] = {"epochs": 12, "batch": 64, "lr": 1.5e-3, "label_smoothing": 0.1}
LR_MULT, CACHE_GB = 0.1, 8.0
USUAL_LR_MULT = (0.01, 0.2)
# Training steps of the last third of the blocks, as a share of the images that the whole network
# encodes in the same time. Lite0 0.91, Lite2 0.85: f32 steps, bf16 encoding, two quiet Xeon cores.
_STEP = 0.9


@dataclass(frozen=True)
class Tuning:
    """What is fine-tuned, and how."""

    unfreeze: int | Literal["all"] | None = None
    """How many of the last blocks learn, or all; None for the last third of them."""
    unfreeze_layers: int | None = None
    """How many of the last layers with weights learn, in whole blocks; instead of `unfreeze`."""
    lr_mult: float = LR_MULT
    """The blocks' learning rate, as a part of the head's, above 0."""
    cache_gb: float = CACHE_GB
    """The most that activations may take, in gigabytes on disk and in memory."""
    batchnorm: Literal["fixed", "trained"] = "fixed"
    """Whether batch normalisation keeps its statistics."""
    policy: PolicyName = "none"
    """What is done to a photo on top of the views' augmentation; see
    `foveal.images.policies.policy_named`. Anything but none needs photos that are fresh in every
    epoch."""

    def __post_init__(self) -> None:
        policy_named(self.policy)
        if not self.lr_mult > 0:
            raise UsageError(f"`lr_mult` must be above 0; got {self.lr_mult}.")
        if self.cache_gb < 0:
            raise UsageError(f"`cache_gb` must be 0 or more; got {self.cache_gb}.")
        require_one_unfreezing(self.unfreeze, self.unfreeze_layers)

    def warnings(self) -> list[str]:
        """Return what is unusual.

        Returns:
            Sentences.
        """
        low, high = USUAL_LR_MULT
        if low <= self.lr_mult <= high:
            return []
        return [
            f"--lr-mult {self.lr_mult:g} is outside the usual {low} to {high}: trained blocks are "
            f"{'hardly moved' if self.lr_mult < low else 'easily spoilt'}."
        ]


def tuning_seconds(photos: dict[str, int], rate: float) -> float:
    """Estimate what fine-tuning with the defaults takes, without loading anything.

    Args:
        photos: how many there are to train and to validate on.
        rate: images a second that the whole frozen network was measured to encode.

    Returns:
        Seconds; the plan that fine-tuning prints measures instead.
    """
    views = photos["train"] * TUNING_VIEWS + photos["validation"]
    steps = DEFAULTS["epochs"] * (photos["train"] + photos["validation"] / 3)
    seconds: float = views / rate + steps / (rate * _STEP)
    return seconds


def tuning_config(seed: int, **settings: Any) -> NetworkConfig:
    """Return the settings of a fine-tuning.

    Args:
        seed: decides everything that chance decides.
        **settings: those that are not to be at their defaults. The default learning rate is
            AdamW's; other optimisers begin at their own, as from scratch.

    Returns:
        The settings.

    Raises:
        UsageError: a setting is out of range.
    """
    values = DEFAULTS | {"seed": seed} | settings
    if values.get("optimizer", "adamw") != "adamw" and "lr" not in settings:
        del values["lr"]
    return NetworkConfig(**values)


def setback_of(head: EpochRecord, tuned: EpochRecord) -> str | None:
    """Say so where fine-tuning made a classifier worse.

    Args:
        head: the epoch whose weights the head alone kept.
        tuned: the epoch whose weights fine-tuning kept.

    Returns:
        A sentence, or None where fine-tuning names as many validation photos rightly, or more.
    """
    before, after = head.validation_accuracy, tuned.validation_accuracy
    if after >= before:
        return None
    return (
        f"fine-tuning did not help, so the head alone is kept: it names {100 * before:.1f} % of "
        f"the validation photos rightly, with trained blocks it was {100 * after:.1f} %. A smaller "
        "--lr, or more photos, may help."
    )
