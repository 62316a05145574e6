"""Test-time augmentation: several looks at one image, and the mean of what they say."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from foveal.arguments import require_whole
from foveal.images import Augment, Preprocess, render_view, sample_number
from foveal.runtime.backends import Images
from foveal.storage import content_hash

MOST_VIEWS = 64


@dataclass(frozen=True)
class AveragedViews:
    """Which views of an image are averaged: the plain one, then augmented ones."""

    count: int
    """How many, 2 to 64."""
    augment: Augment = field(default_factory=lambda: Augment.preset("light"))
    """How the augmented ones differ from the plain one."""
    seed: int = 0
    """What the differences are drawn from, with the image's pixels: the same image always gets the
    same views."""

    def __post_init__(self) -> None:
        require_whole("tta", self.count, 2, MOST_VIEWS, "views")

    def render(self, image_HWC: NDArray[np.uint8], preprocess: Preprocess) -> list[Images]:
        """Return the views of an image.

        Args:
            image_HWC: decoded, uint8 (H, W, 3) RGB.
            preprocess: the geometry of the network's input.

        Returns:
            `count` images uint8 (S, S, C), the plain one first.
        """
        key = sample_number(content_hash(np.ascontiguousarray(image_HWC).tobytes()))
        return [
            render_view(image_HWC, preprocess, self.augment, seed=self.seed, view=view, sample=key)
            for view in range(self.count)
        ]
