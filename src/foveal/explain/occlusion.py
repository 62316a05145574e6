"""What a network loses when a part of the image is covered: any backend will do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from foveal.arguments import whole
from foveal.errors import UsageError
from foveal.metrics import softmax
from foveal.runtime.backends import Backend, Images

_BATCH = 8  # where the backend takes any number
_PATCHES_ACROSS = 5
_STEPS_A_PATCH = 3


def occlusion(
    backend: Backend,
    image_HWC: Images,
    classes: Sequence[int],
    *,
    fill: Sequence[float],
    patch: int | None = None,
    stride: int | None = None,
) -> NDArray[np.float32]:
    """Slide a plain square over an image and see how far each class's probability falls.

    Args:
        backend: uint8 (N, H, W, C) → logits (N, K).
        image_HWC: what the network sees, uint8 (H, W, C).
        classes: class indices.
        fill: what the square shows, one value of 0 … 255 a channel; the mean of the photos a
            network was trained on tells it least.
        patch: side of the square in pixels; None for a fifth of the image's shorter side.
        stride: pixels between two places; None for a third of `patch`.

    Returns:
        float32 (len(classes), H, W): at each pixel, the mean fall of the probability over the
        squares that cover it. Above 0 the pixel speaks for the class, below 0 against it.

    Raises:
        UsageError: the square does not fit into the image, or steps are wider than the square.

    Source:
        M. D. Zeiler, R. Fergus, "Visualizing and understanding convolutional networks",
        ECCV 2014, section 4.2.
    """
    height, width, channels = image_HWC.shape
    side = whole(patch or max(1, min(height, width) // _PATCHES_ACROSS), "patch")
    step = whole(stride or max(1, side // _STEPS_A_PATCH), "stride")
    if side > min(height, width) or step > side:
        raise UsageError(
            f"`patch` must fit into {height}×{width} pixels and `stride` must not exceed it; got "
            f"patch {side} and stride {step}."
        )
    if len(fill) != channels:
        raise UsageError(f"`fill` must have {channels} values, one a channel; got {len(fill)}.")
    indices = list(classes)
    whole_image = softmax(backend.run(image_HWC[None]))[0, indices]
    corners = [(y, x) for y in _starts(height, side, step) for x in _starts(width, side, step)]
    falls = np.zeros((len(indices), height, width), np.float64)
    covered = np.zeros((height, width), np.int64)
    batches = _covered(image_HWC, corners, side, fill, backend.batch or _BATCH)
    for places, logits in backend.stream(batches):
        for (y, x), row in zip(places, softmax(logits)[:, indices], strict=True):
            falls[:, y : y + side, x : x + side] += (whole_image - row)[:, None, None]
            covered[y : y + side, x : x + side] += 1
    return (falls / covered).astype(np.float32)


def _starts(length: int, side: int, step: int) -> list[int]:
    """Return where squares begin, the last one flush with the end, so that every pixel counts."""
    last = length - side
    return [*range(0, last, step), last]


def _covered(
    image_HWC: Images,
    corners: list[tuple[int, int]],
    side: int,
    fill: Sequence[float],
    size: int,
) -> Iterator[tuple[list[tuple[int, int]], Images]]:
    colour = np.round(np.clip(fill, 0, 255)).astype(np.uint8)
    for at in range(0, len(corners), size):
        places = corners[at : at + size]
        images = np.repeat(image_HWC[None], len(places), axis=0)
        for image, (y, x) in zip(images, places, strict=True):
            image[y : y + side, x : x + side] = colour
        yield places, images
