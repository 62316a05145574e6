"""What augmentation policies do to a view: fourteen operations, each with one amount.

Movements are about the centre and bilinear. Grey views (S, S, 1) are changed like coloured ones;
colour is the one that leaves them as they are.

Source:
    Cubuk et al., AutoAugment, 2019, table 6.
"""

from __future__ import annotations

import math
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

View = NDArray[np.uint8]

_SMOOTH = np.array([[1, 1, 1], [1, 5, 1], [1, 1, 1]], np.float32) / 13
_LEVELS = np.arange(256)


def identity(view_HWC: View, amount: float, fill: int) -> View:
    """Change nothing.

    Args:
        view_HWC: uint8 (S, S, C).
        amount: any number; there is nothing to set.
        fill: the grey of the outside, of which nothing is seen.

    Returns:
        The view.
    """
    return view_HWC


def shear_x(view_HWC: View, amount: float, fill: int) -> View:
    """Lean upright lines.

    Args:
        view_HWC: uint8 (S, S, C).
        amount: pixels that each row moves to the left of the row above it.
        fill: the grey of the outside.

    Returns:
        uint8 of the same shape.
    """
    return _moved(view_HWC, (1, amount, 0, 1), fill)


def shear_y(view_HWC: View, amount: float, fill: int) -> View:
    """Lean level lines.

    Args:
        view_HWC: uint8 (S, S, C).
        amount: pixels that each column moves up from the column left of it.
        fill: the grey of the outside.

    Returns:
        uint8 of the same shape.
    """
    return _moved(view_HWC, (1, 0, amount, 1), fill)


def translate_x(view_HWC: View, amount: float, fill: int) -> View:
    """Move to the left.

    Args:
        view_HWC: uint8 (S, S, C).
        amount: pixels; negative moves to the right.
        fill: the grey of the outside.

    Returns:
        uint8 of the same shape.
    """
    return _moved(view_HWC, (1, 0, 0, 1), fill, right=amount)


def translate_y(view_HWC: View, amount: float, fill: int) -> View:
    """Move up.

    Args:
        view_HWC: uint8 (S, S, C).
        amount: pixels; negative moves down.
        fill: the grey of the outside.

    Returns:
        uint8 of the same shape.
    """
    return _moved(view_HWC, (1, 0, 0, 1), fill, down=amount)


def rotate(view_HWC: View, amount: float, fill: int) -> View:
    """Turn about the centre.

    Args:
        view_HWC: uint8 (S, S, C).
        amount: degrees, anticlockwise.
        fill: the grey of the outside.

    Returns:
        uint8 of the same shape.
    """
    cos, sin = math.cos(math.radians(amount)), math.sin(math.radians(amount))
    return _moved(view_HWC, (cos, -sin, sin, cos), fill)


def brightness(view_HWC: View, amount: float, fill: int) -> View:
    """Blend with black.

    Args:
        view_HWC: uint8 (S, S, C).
        amount: 1 changes nothing, 0 gives black, above 1 is brighter.
        fill: the grey of the outside, of which nothing is seen.

    Returns:
        uint8 of the same shape.
    """
    return _mapped(view_HWC, _LEVELS * amount)


def contrast(view_HWC: View, amount: float, fill: int) -> View:
    """Blend with the mean grey of the view.

    Args:
        view_HWC: uint8 (S, S, C).
        amount: 1 changes nothing, 0 gives one grey, above 1 is harder.
        fill: the grey of the outside, of which nothing is seen.

    Returns:
        uint8 of the same shape.
    """
    mean = round(float(_grey(view_HWC).mean()))
    return _mapped(view_HWC, mean + amount * (_LEVELS - mean))


def color(view_HWC: View, amount: float, fill: int) -> View:
    """Blend with the grey version of the view.

    Args:
        view_HWC: uint8 (S, S, C).
        amount: 1 changes nothing, 0 gives grey, above 1 is more colourful.
        fill: the grey of the outside, of which nothing is seen.

    Returns:
        uint8 of the same shape.
    """
    if view_HWC.shape[2] == 1:
        return view_HWC
    grey = cv2.cvtColor(_grey(view_HWC), cv2.COLOR_GRAY2RGB)
    return np.asarray(cv2.addWeighted(view_HWC, amount, grey, 1 - amount, 0), np.uint8)


def sharpness(view_HWC: View, amount: float, fill: int) -> View:
    """Blend with a smoothed version of the view; the outermost pixels stay.

    Args:
        view_HWC: uint8 (S, S, C).
        amount: 1 changes nothing, 0 is smooth, above 1 is sharper.
        fill: the grey of the outside, of which nothing is seen.

    Returns:
        uint8 of the same shape.
    """
    smooth = view_HWC.copy()
    filtered = cv2.filter2D(view_HWC, -1, _SMOOTH).reshape(view_HWC.shape)
    smooth[1:-1, 1:-1] = filtered[1:-1, 1:-1]
    blend = cv2.addWeighted(view_HWC, amount, smooth, 1 - amount, 0)
    return np.asarray(blend, np.uint8).reshape(view_HWC.shape)


def posterize(view_HWC: View, amount: float, fill: int) -> View:
    """Keep only the highest bits of each value.

    Args:
        view_HWC: uint8 (S, S, C).
        amount: bits, 0 to 8; rounded.
        fill: the grey of the outside, of which nothing is seen.

    Returns:
        uint8 of the same shape.
    """
    return _mapped(view_HWC, _LEVELS & (0xFF << (8 - round(amount)) & 0xFF))


def solarize(view_HWC: View, amount: float, fill: int) -> View:
    """Turn bright values into dark ones.

    Args:
        view_HWC: uint8 (S, S, C).
        amount: values from this one on become 255 - value; 256 changes nothing.
        fill: the grey of the outside, of which nothing is seen.

    Returns:
        uint8 of the same shape.
    """
    return _mapped(view_HWC, np.where(amount <= _LEVELS, 255 - _LEVELS, _LEVELS))


def autocontrast(view_HWC: View, amount: float, fill: int) -> View:
    """Stretch each channel from black to white.

    Args:
        view_HWC: uint8 (S, S, C).
        amount: any number; there is nothing to set.
        fill: the grey of the outside, of which nothing is seen.

    Returns:
        uint8 of the same shape; a channel of one value stays.
    """
    lows, highs = view_HWC.min(axis=(0, 1)).tolist(), view_HWC.max(axis=(0, 1)).tolist()
    tables = [
        (_LEVELS - low) * (255 / (high - low)) if high > low else _LEVELS
        for low, high in zip(lows, highs, strict=True)
    ]
    return _mapped(view_HWC, *tables)


def equalize(view_HWC: View, amount: float, fill: int) -> View:
    """Spread each channel so that every level is about as frequent.

    A value becomes the share of darker pixels, scaled so that the brightest value there is becomes
    255.

    Args:
        view_HWC: uint8 (S, S, C).
        amount: any number; there is nothing to set.
        fill: the grey of the outside, of which nothing is seen.

    Returns:
        uint8 of the same shape; a channel of one value stays.
    """
    tables = []
    for channel in range(view_HWC.shape[2]):
        counts = np.bincount(view_HWC[:, :, channel].ravel(), minlength=256)
        darker = np.cumsum(counts) - counts
        brightest = darker[np.flatnonzero(counts)[-1]]
        tables.append(darker * (255 / brightest) if brightest else _LEVELS)
    return _mapped(view_HWC, *tables)


def _moved(
    view_HWC: View,
    linear: tuple[float, float, float, float],
    fill: int,
    right: float = 0.0,
    down: float = 0.0,
) -> View:
    """Fetch each pixel from `linear` times its place about the centre, plus a shift."""
    height, width = view_HWC.shape[:2]
    a, b, c, d = linear
    x, y = (width - 1) / 2, (height - 1) / 2
    matrix = np.array([[a, b, x - a * x - b * y + right], [c, d, y - c * x - d * y + down]])
    moved = cv2.warpAffine(
        view_HWC,
        matrix,
        (width, height),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=(fill,) * 3,
    )
    return np.asarray(moved, np.uint8).reshape(view_HWC.shape)


def _mapped(view_HWC: View, *levels: NDArray[Any]) -> View:
    """Replace each value by that at its place in a table: one for all channels, or one for each."""
    tables = np.rint(np.clip(np.stack(levels, axis=-1), 0, 255)).astype(np.uint8)
    table = tables.reshape(256) if tables.shape[1] == 1 else tables.reshape(1, 256, -1)
    return np.asarray(cv2.LUT(view_HWC, table), np.uint8).reshape(view_HWC.shape)


def _grey(view_HWC: View) -> View:
    if view_HWC.shape[2] == 1:
        return view_HWC
    return np.asarray(cv2.cvtColor(view_HWC, cv2.COLOR_RGB2GRAY), np.uint8)
