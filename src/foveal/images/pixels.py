"""From every kind of stored pixel to 8-bit RGB.

==========================  ===================================================================
stored as                   becomes
==========================  ===================================================================
1 bit, grey                 three equal channels
palette                     its colours
alpha, transparent colour   composited over white
CMYK, YCbCr, LAB            RGB (CMYK by its embedded profile, else (1 - ink)(1 - black))
16-bit grey                 value / 257, rounded; 12-bit TIFF by its own range; never clipped
16-bit colour               the high byte of each channel
32-bit integer grey         the range of its declared bit depth and sign
float grey                  0..1, else 0..255, else 0..65535: the smallest that holds its values
embedded colour profile     converted to sRGB; a broken profile is ignored
==========================  ===================================================================
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from foveal.images.profile import to_srgb

_BITS_PER_SAMPLE, _PHOTOMETRIC, _SAMPLE_FORMAT = 258, 262, 339  # TIFF tags
_WHITE_IS_ZERO, _SIGNED = 0, 2
_FLOAT_RANGES = (1.0, 255.0, 65535.0)


class UnknownRangeError(ValueError):
    """Grey values whose black and white cannot be told."""


def rgb_pixels(image: Image.Image) -> NDArray[np.uint8]:
    """Return the pixels of a loaded image as 8-bit sRGB.

    Args:
        image: an image of any mode, decoded.

    Returns:
        uint8 (H, W, 3), owned by the caller.

    Raises:
        UnknownRangeError: float values outside 0..65535, or not finite.
    """
    if is_deep_grey(image):
        grey = _deep_grey(image)
        return np.repeat(grey[:, :, None], 3, axis=2)
    image = to_srgb(_without_palette(image))
    if image.mode == "RGBA":
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return np.array(image if image.mode == "RGB" else image.convert("RGB"))


def is_deep_grey(image: Image.Image) -> bool:
    """Return whether an image is grey with more than 8 bits a pixel.

    Args:
        image: an image of any mode.

    Returns:
        True for 12-, 16- and 32-bit integers and floats.
    """
    return image.mode in ("I", "F") or image.mode.startswith("I;16")


def bit_depth(image: Image.Image) -> int:
    """Return how many bits one stored value of a deep grey image has.

    Args:
        image: an image for which `is_deep_grey` holds.

    Returns:
        12, 16 or 32.
    """
    declared = _tag(image, _BITS_PER_SAMPLE, 16 if image.mode.startswith("I;16") else 32)
    return declared if 8 < declared <= 32 else 16


def _without_palette(image: Image.Image) -> Image.Image:
    if image.mode == "La":
        image = image.convert("LA")
    if image.has_transparency_data:
        _shorten_transparency(image)
        return image if image.mode == "RGBA" else image.convert("RGBA")
    return image.convert("RGB") if image.mode in ("1", "P", "YCbCr", "HSV") else image


def _shorten_transparency(image: Image.Image) -> None:
    """Cut a transparent colour of 16 bits to 8, as the pixels beside it were."""
    colour = image.info.get("transparency")
    if image.mode == "RGB" and isinstance(colour, tuple) and max(colour) > 255:
        image.info["transparency"] = tuple(value >> 8 for value in colour)


def _deep_grey(image: Image.Image) -> NDArray[np.uint8]:
    stored = np.asarray(image)
    if image.mode == "F":
        return _float_grey(stored)
    bits = bit_depth(image)
    if _tag(image, _SAMPLE_FORMAT, 1) == _SIGNED:
        low, values = -(1 << bits - 1), stored.astype(np.float64)
    else:  # Pillow keeps 32-bit unsigned values in signed ones
        low, values = 0, stored.view(np.uint32) if image.mode == "I" and bits == 32 else stored
    scaled = (values - np.float64(low)) * (255 / ((1 << bits) - 1))
    grey = np.rint(np.clip(scaled, 0, 255)).astype(np.uint8)
    if _tag(image, _PHOTOMETRIC, 1) == _WHITE_IS_ZERO:
        grey = np.invert(grey)
    if isinstance(key := image.info.get("transparency"), int):
        grey[stored == key] = 255
    return grey


def _float_grey(values: NDArray[np.float32]) -> NDArray[np.uint8]:
    low, high = float(values.min()), float(values.max())
    top = next((top for top in _FLOAT_RANGES if high <= top), None)
    if top is None or not low >= 0:
        raise UnknownRangeError(
            f"float values from {low:g} to {high:g} have no known black and white"
        )
    return np.asarray(np.rint(values * np.float32(255 / top)), np.uint8)


def _tag(image: Image.Image, number: int, default: int) -> int:
    value = getattr(image, "tag_v2", {}).get(number, default)
    if isinstance(value, tuple) and value:
        value = value[0]
    return value if isinstance(value, int) else default
