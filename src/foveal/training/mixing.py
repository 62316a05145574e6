"""MixUp and CutMix: photos and their classes, blended in pairs.

Pixels are blended as floats from 0 to 255, before the network normalises them. Normalisation is a
shift and a scale, so the blend of two normalised photos is the normalised blend, and nothing is
rounded.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from foveal.errors import UsageError
from foveal.training.network_config import NetworkConfig


@dataclass(frozen=True)
class Mixed:
    """A slice after mixing."""

    inputs: Tensor
    """What the network takes; float (m, H, W, C) where photos were blended."""
    partner: Tensor | None = None
    """For each sample the position of the one that was blended in, int64 (m,); None unmixed."""
    share: float = 1.0
    """How much of each sample is its own, 0 … 1."""


def mix(images_NHWC: Tensor, config: NetworkConfig, seed: int) -> Mixed:
    """Mix the photos of a slice as the settings say.

    Args:
        images_NHWC: uint8 (m, H, W, C).
        config: `mixup` and `cutmix` are read.
        seed: decides pairs, share and box; see `foveal.training.seeds`.

    Returns:
        The slice, as it was when mixing is off or it holds one sample.

    Raises:
        UsageError: what came is not photos but activations.
    """
    if not (config.mixup or config.cutmix) or len(images_NHWC) < 2:
        return Mixed(images_NHWC)
    if images_NHWC.dtype != torch.uint8:
        raise UsageError(
            "`mixup` and `cutmix` must be 0 when training on cached activations: maps from deep in "
            f"a network cannot be blended like photos; got mixup {config.mixup}, cutmix "
            f"{config.cutmix}."
        )
    chance = np.random.Generator(np.random.Philox(seed))
    partner = torch.from_numpy(chance.permutation(len(images_NHWC))).to(images_NHWC.device)
    cut = config.cutmix > 0 and (config.mixup == 0 or chance.random() < 0.5)
    alpha = config.cutmix if cut else config.mixup
    share = float(chance.beta(alpha, alpha))
    return (_cutmix if cut else _mixup)(images_NHWC, partner, share, chance)


def _mixup(images: Tensor, partner: Tensor, share: float, chance: np.random.Generator) -> Mixed:
    """Zhang et al. 2018, "mixup: Beyond Empirical Risk Minimization", equation 2."""
    pixels = images.float()
    return Mixed(pixels.mul(share).add_(pixels[partner], alpha=1 - share), partner, share)


def _cutmix(images: Tensor, partner: Tensor, share: float, chance: np.random.Generator) -> Mixed:
    """Yun et al. 2019, "CutMix", equation 2: a box with 1 − share of the area, cut at the edge."""
    height, width = images.shape[1:3]
    side = float(np.sqrt(1 - share))
    top, bottom = _span(height, side, chance)
    left, right = _span(width, side, chance)
    pasted = images.clone()
    pasted[:, top:bottom, left:right] = images[partner, top:bottom, left:right]
    kept = 1 - (bottom - top) * (right - left) / (height * width)
    return Mixed(pasted, partner, kept)


def _span(length: int, share: float, chance: np.random.Generator) -> tuple[int, int]:
    centre, half = int(chance.integers(length)), int(length * share) // 2
    return max(0, centre - half), min(length, centre + half)
