"""Numbers to colours that keep their order in grey and for colour-blind eyes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Colours = NDArray[np.uint8]

# From dark to light along blue, green and yellow: the brighter, the more.
_RISING = (
    (68, 1, 84),
    (65, 68, 135),
    (42, 120, 142),
    (34, 168, 132),
    (122, 209, 81),
    (253, 231, 37),
)
# Blue below zero, white at zero, orange above: the stronger, the darker.
_SIGNED = ((5, 64, 130), (70, 140, 200), (190, 215, 235), (255, 255, 255))
_SIGNED_UP = ((255, 255, 255), (252, 205, 155), (235, 130, 40), (150, 62, 0))
_STEPS = 257  # odd, so that 0 is exactly white


def rising(values: NDArray[np.floating]) -> Colours:
    """Colour values from 0 to 1, dark to light.

    Args:
        values: float, any shape; what lies outside counts as the nearer end.

    Returns:
        uint8 (..., 3), RGB.
    """
    return _looked_up(_table(_RISING), np.clip(values, 0, 1))


def signed(values: NDArray[np.floating]) -> Colours:
    """Colour values from −1 to 1: blue, white at 0, orange.

    Args:
        values: float, any shape; what lies outside counts as the nearer end.

    Returns:
        uint8 (..., 3), RGB.
    """
    return _looked_up(_table(_SIGNED + _SIGNED_UP[1:]), (np.clip(values, -1, 1) + 1) / 2)


def overlaid(image_HWC: Colours, colours_HWC: Colours, opacity_HW: NDArray[np.floating]) -> Colours:
    """Lay colours over an image.

    Args:
        image_HWC: uint8 (H, W, 3).
        colours_HWC: uint8 (H, W, 3).
        opacity_HW: 0 (the image) to 1 (the colours).

    Returns:
        uint8 (H, W, 3).
    """
    share = np.clip(opacity_HW, 0, 1)[:, :, None]
    mixed: Colours = np.round(image_HWC * (1 - share) + colours_HWC * share).astype(np.uint8)
    return mixed


def _table(anchors: tuple[tuple[int, int, int], ...]) -> Colours:
    at = np.linspace(0, 1, len(anchors))
    steps = np.linspace(0, 1, _STEPS)
    channels = [np.interp(steps, at, [colour[c] for colour in anchors]) for c in range(3)]
    return np.round(np.stack(channels, axis=-1)).astype(np.uint8)


def _looked_up(table: Colours, shares: NDArray[np.floating]) -> Colours:
    colours: Colours = table[np.round(shares * (_STEPS - 1)).astype(np.int64)]
    return colours
