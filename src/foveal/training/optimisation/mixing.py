"""MixUp and CutMix: photos and their classes, blended in pairs.

Pixels are blended as floats from 0 to 255, before the network normalises them. Normalisation is a
shift and a scale, so the blend of two normalised photos is the normalised blend, and nothing is
rounded. Where the first blocks are frozen, what they made of the photos is blended in their place
(Verma et al. 2019, "Manifold Mixup"): a box of CutMix then covers cells of the maps.
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


def mix(inputs: Tensor, config: NetworkConfig, seed: int) -> Mixed:
    """Mix the photos of a slice, or their activations, as the settings say.

    Args:
        inputs: uint8 (m, H, W, C) for photos; float (m, C, H, W) or (m, D) for activations.
        config: `mixup` and `cutmix` are read.
        seed: decides pairs, share and box; see `foveal.training.seeds`.

    Returns:
        The slice, as it was when mixing is off or it holds one sample.

    Raises:
        UsageError: CutMix is on for vectors, which have no place for a box.
    """
    if not (config.mixup or config.cutmix) or len(inputs) < 2:
        return Mixed(inputs)
    if config.cutmix and (inputs.ndim != 4 or min(_channels_first(inputs).shape[2:]) < 2):
        raise UsageError(
            f"`cutmix` must be 0 where no map is left to cut a box from; got {config.cutmix}: "
            "unfreeze more blocks, or use `mixup`."
        )
    chance = np.random.Generator(np.random.Philox(seed))
    partner = torch.from_numpy(chance.permutation(len(inputs))).to(inputs.device)
    cut = config.cutmix > 0 and (config.mixup == 0 or chance.random() < 0.5)
    alpha = config.cutmix if cut else config.mixup
    share = float(chance.beta(alpha, alpha))
    return (_cutmix if cut else _mixup)(inputs, partner, share, chance)


def _mixup(inputs: Tensor, partner: Tensor, share: float, chance: np.random.Generator) -> Mixed:
    """Zhang et al. 2018, "mixup: Beyond Empirical Risk Minimization", equation 2."""
    values = inputs.float()
    return Mixed(values.mul(share).add_(values[partner], alpha=1 - share), partner, share)


def _cutmix(inputs: Tensor, partner: Tensor, share: float, chance: np.random.Generator) -> Mixed:
    """Yun et al. 2019, "CutMix", equation 2: a box with 1 − share of the area, cut at the edge."""
    pasted = inputs.clone()
    maps, others = _channels_first(pasted), _channels_first(inputs[partner])
    height, width = maps.shape[2:]
    side = float(np.sqrt(1 - share))
    top, bottom = _span(height, side, chance)
    left, right = _span(width, side, chance)
    maps[..., top:bottom, left:right] = others[..., top:bottom, left:right]
    kept = 1 - (bottom - top) * (right - left) / (height * width)
    return Mixed(pasted, partner, kept)


def _channels_first(inputs: Tensor) -> Tensor:
    """Return a view (m, C, H, W) of what may be photos, (m, H, W, C)."""
    return inputs.movedim(-1, 1) if inputs.dtype == torch.uint8 else inputs


def _span(length: int, share: float, chance: np.random.Generator) -> tuple[int, int]:
    width = round(length * share)  # whole, or maps of a few cells would never get a box
    start = int(chance.integers(length)) - width // 2
    return max(0, start), min(length, start + width)
