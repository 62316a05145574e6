"""Colour spaces, 8 bits a channel.

======  ==========  ===============================================================================
space   shape       ranges
======  ==========  ===============================================================================
RGB     (H, W, 3)   0..255, the order of Pillow and Matplotlib
BGR     (H, W, 3)   0..255, the order of OpenCV
GRAY    (H, W)      0..255, luma 0.299 R + 0.587 G + 0.114 B
HSV     (H, W, 3)   hue 0..179 (degrees / 2), saturation 0..255, value 0..255
LAB     (H, W, 3)   L 0..255 (L* x 255 / 100), a and b 0..255 (a* + 128, b* + 128)
YCbCr   (H, W, 3)   Y 0..255, Cb and Cr 0..255 with grey at 128 (full range, as in JPEG)
======  ==========  ===============================================================================

HSV, LAB and YCbCr round to 8 bits: there and back, a few levels are lost (LAB: up to 16).
"""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from foveal.errors import UnknownNameError, UsageError

ColorSpace = Literal["RGB", "BGR", "GRAY", "HSV", "LAB", "YCbCr"]

COLOR_SPACES: tuple[ColorSpace, ...] = ("RGB", "BGR", "GRAY", "HSV", "LAB", "YCbCr")

_TO_RGB = {
    "BGR": cv2.COLOR_BGR2RGB,
    "GRAY": cv2.COLOR_GRAY2RGB,
    "HSV": cv2.COLOR_HSV2RGB,
    "LAB": cv2.COLOR_LAB2RGB,
    "YCbCr": cv2.COLOR_YCrCb2RGB,
}
_FROM_RGB = {
    "BGR": cv2.COLOR_RGB2BGR,
    "GRAY": cv2.COLOR_RGB2GRAY,
    "HSV": cv2.COLOR_RGB2HSV,
    "LAB": cv2.COLOR_RGB2LAB,
    "YCbCr": cv2.COLOR_RGB2YCrCb,
}


def convert_color(
    image: NDArray[np.uint8], source: ColorSpace, target: ColorSpace
) -> NDArray[np.uint8]:
    """Convert an image from one colour space to another, by way of RGB.

    Args:
        image: uint8 (H, W) for GRAY, else (H, W, 3); ranges as in the table of this module.
        source: the space it is in.
        target: the space wanted.

    Returns:
        uint8 (H, W) for GRAY, else (H, W, 3); a new array.

    Raises:
        UnknownNameError: there is no such space.
        UsageError: `image` has another type or shape.

    Example:
        >>> red = np.array([[[255, 0, 0]]], np.uint8)
        >>> convert_color(red, "RGB", "BGR").tolist()
        [[[0, 0, 255]]]
        >>> convert_color(red, "RGB", "HSV").tolist()
        [[[0, 255, 255]]]
    """
    for name in (source, target):
        if name not in COLOR_SPACES:
            raise UnknownNameError("colour space", name, COLOR_SPACES)
    _require_shape(image, source)
    if source == target:
        return image.copy()
    rgb = image if source == "RGB" else cv2.cvtColor(_swap_chroma(image, source), _TO_RGB[source])
    if target == "RGB":
        return np.asarray(rgb, np.uint8)
    converted = np.asarray(cv2.cvtColor(rgb, _FROM_RGB[target]), np.uint8)
    return _swap_chroma(converted, target)


def gray_to_rgb(image_HW: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Repeat a grey image in three channels.

    Args:
        image_HW: uint8 (H, W) or (H, W, 1).

    Returns:
        uint8 (H, W, 3), the three channels equal.

    Raises:
        UsageError: `image_HW` has another type or shape.
    """
    if image_HW.ndim == 3 and image_HW.shape[2] == 1:
        image_HW = image_HW[:, :, 0]
    _require_shape(image_HW, "GRAY")
    return np.repeat(image_HW[:, :, None], 3, axis=2)


def _swap_chroma(image: NDArray[np.uint8], space: ColorSpace) -> NDArray[np.uint8]:
    """OpenCV keeps YCbCr in the order Y, Cr, Cb."""
    return np.ascontiguousarray(image[:, :, [0, 2, 1]]) if space == "YCbCr" else image


def _require_shape(image: NDArray[np.uint8], space: ColorSpace) -> None:
    wanted = "(H, W)" if space == "GRAY" else "(H, W, 3)"
    fits = image.ndim == 2 if space == "GRAY" else image.ndim == 3 and image.shape[2] == 3
    if image.dtype != np.uint8 or not fits or not image.size:
        raise UsageError(
            f"a {space} image must be uint8 of shape {wanted}; "
            f"got {image.dtype} of shape {image.shape}."
        )
