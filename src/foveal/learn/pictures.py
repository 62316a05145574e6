"""Pictures of the lessons, made from the built-in photos when they are asked for."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from foveal.images.color import ColorSpace, convert_color
from foveal.images.preprocess import Preprocess
from foveal.learn.photos import photo

Pixels = NDArray[np.uint8]
_GAP = 8
_PLANES: dict[ColorSpace, tuple[str, str, str]] = {
    "HSV": ("hue", "saturation", "value"),
    "LAB": ("L", "a", "b"),
    "YCbCr": ("Y", "Cb", "Cr"),
}


@dataclass(frozen=True)
class Picture:
    """One picture of a lesson."""

    draw: Callable[[], Pixels]
    """Makes its pixels, uint8 (height, width, 3)."""

    width: int
    """Its width in pixels."""

    height: int
    """Its height in pixels."""

    alt: str
    """What it shows, for who cannot see it."""


def pictures() -> Mapping[str, Callable[[], bytes]]:
    """Return the pictures that lessons show.

    Returns:
        What makes the file's content, by file name; it is made once.
    """
    return {name: lambda name=name: _file(name) for name in PICTURES}  # type: ignore[misc]  # the default binds it


@cache
def _file(name: str) -> bytes:
    image = Image.fromarray(PICTURES[name].draw())
    file = io.BytesIO()
    if name.endswith(".png"):
        image.save(file, "PNG", optimize=True)
    else:
        image.save(file, "JPEG", quality=82)
    return file.getvalue()


def _color_spaces() -> Pixels:
    small = _shrunk(photo("china"), 3)
    rows = []
    for space, names in _PLANES.items():
        planes = convert_color(small, "RGB", space)
        rows.append(_row([_named(_grey(planes[:, :, at]), names[at]) for at in range(3)]))
        rows.append(np.full((_GAP, rows[0].shape[1], 3), 255, np.uint8))
    return np.concatenate(rows[:-1])


def _named(image: Pixels, name: str) -> Pixels:
    """Write a name into the lower left corner, on a plate that any picture lets one read."""
    drawn = Image.fromarray(image)
    pen = ImageDraw.Draw(drawn)
    font = ImageFont.load_default(15)
    left, top, right, bottom = pen.textbbox((10, image.shape[0] - 24), name, font)
    pen.rectangle((left - 5, top - 4, right + 5, bottom + 4), fill="black")
    pen.text((10, image.shape[0] - 24), name, "white", font)
    return np.asarray(drawn)


def _resize_modes() -> Pixels:
    views = [
        Preprocess(image_size=208, resize=kind, crop_fraction=1.0, pad_value=128).apply(
            photo("china")
        )
        for kind in ("crop", "squash", "pad")
    ]
    return _row(views)


def _aliasing() -> Pixels:
    y, x = np.mgrid[:512, :512]
    rings = 127.5 + 127.5 * np.cos((x**2 + y**2) / 330)
    stripes = _grey(np.rint(rings).astype(np.uint8))
    skipped = stripes[::4, ::4]
    averaged = stripes.reshape(128, 4, 128, 4, 3).mean(axis=(1, 3)).round().astype(np.uint8)
    return _row([np.repeat(np.repeat(each, 2, 0), 2, 1) for each in (skipped, averaged)])


def _shrunk(image: Pixels, factor: int) -> Pixels:
    height, width = image.shape[0] // factor, image.shape[1] // factor
    whole = image[: height * factor, : width * factor].astype(np.float64)
    blocks = whole.reshape(height, factor, width, factor, 3)
    return np.asarray(blocks.mean(axis=(1, 3)).round(), np.uint8)


def _grey(plane: Pixels) -> Pixels:
    return np.repeat(plane[:, :, None], 3, axis=2)


def _row(images: list[Pixels]) -> Pixels:
    gap = np.full((images[0].shape[0], _GAP, 3), 255, np.uint8)
    parts = [part for image in images for part in (gap, image)][1:]
    return np.concatenate(parts, axis=1)


PICTURES: Mapping[str, Picture] = {
    "color-spaces.jpg": Picture(
        _color_spaces,
        655,
        442,
        "Nine grey pictures of a temple. Row one: hue, saturation, value. Row two: lightness and "
        "the two colour axes a and b. Row three: Y, Cb and Cr. The brightness planes look like a "
        "black and white photo; the colour planes are soft and nearly flat.",
    ),
    "resize-modes.jpg": Picture(
        _resize_modes,
        640,
        208,
        "The temple photo three times as a square: the middle part in true shape; the whole photo "
        "made narrow; the whole photo in true shape with grey bars above and below.",
    ),
    "aliasing.png": Picture(
        _aliasing,
        520,
        256,
        "Rings that get finer towards the lower right, made four times smaller. Left, by picking "
        "pixels: false new rings appear. Right, by averaging: the finest rings fade to grey.",
    ),
}
