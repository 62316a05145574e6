"""Photos that come with the site, and augmented views of them.

Two are the sample photos of scikit-learn, under CC BY 2.0; the third is drawn here.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from foveal.data.samples import originals_of_photos
from foveal.images import Augment, Preprocess, load_image

VIEWS = 12
STRENGTHS = ("light", "medium", "heavy")
_SIDE = 224


@dataclass(frozen=True)
class BuiltInPhoto:
    """A photo that may be shown and passed on."""

    name: str
    """In addresses."""
    title: str
    """On the page."""
    credit: str
    """Who made it, and under which licence."""


PHOTOS = (
    BuiltInPhoto("china", "Temple", "“china.jpg” by Zixi Zhang, CC BY 2.0, from scikit-learn"),
    BuiltInPhoto("flower", "Flower", "“flower.jpg” by dany13, CC BY 2.0, from scikit-learn"),
    BuiltInPhoto("shapes", "Shapes", "drawn by Foveal"),
)


@cache
def photo_bytes(name: str) -> bytes:
    """Return a built-in photo as a JPEG file.

    Args:
        name: of one of `PHOTOS`.

    Returns:
        The content of the file; the same at every call.

    Raises:
        DataError: scikit-learn, which brings two of them, is damaged.
    """
    if name == "shapes":
        file = io.BytesIO()
        Image.fromarray(_shapes()).save(file, "JPEG", quality=92)
        return file.getvalue()
    return (originals_of_photos() / f"{name}.jpg").read_bytes()


def photo_list() -> dict[str, Any]:
    """Return what the site says of the built-in photos.

    Returns:
        ``{"photos": [{"name", "title", "credit"}, …]}``.
    """
    return {"photos": [vars(photo) for photo in PHOTOS]}


def augmented_view(photo: str, strength: str, view: int) -> bytes:
    """Return a view of a photo as training would see it.

    Args:
        photo: of one of `PHOTOS`.
        strength: a preset of `Augment`.
        view: 0 for the plain view, above that augmented ones.

    Returns:
        A JPEG file.
    """
    from foveal.images.augment import render_view

    pixels = load_image(photo_bytes(photo), name=photo)
    settings = Preprocess(image_size=_SIDE)
    rendered = render_view(pixels, settings, Augment.preset(strength), seed=0, view=view, sample=0)
    file = io.BytesIO()
    Image.fromarray(rendered).save(file, "JPEG", quality=85)
    return file.getvalue()


def augmented_list(photo: str, strength: str) -> dict[str, Any]:
    """Return what there is of augmented views, and how they were drawn.

    Args:
        photo: of one of `PHOTOS`.
        strength: a preset of `Augment`.

    Returns:
        ``{"photo", "strength", "views", "settings"}``.
    """
    settings = Augment.preset(strength).as_dict()
    return {"photo": photo, "strength": strength, "views": VIEWS, "settings": settings}


def _shapes() -> NDArray[np.uint8]:
    """Draw a scene of flat areas, edges in every direction, a ramp and fine stripes."""
    height, width = 320, 480
    y, x = np.mgrid[:height, :width].astype(np.float64)
    scene = np.stack([150 + 60 * y / height, 185 + 40 * y / height, 230 - 30 * y / height], -1)
    scene[y > 230] = (92, 118, 84)
    stripes = (x > 270) & (x < 440) & (y > 200) & (y < 262) & (np.floor(x / 8) % 2 == 0)
    layers: list[tuple[NDArray[np.bool_], tuple[int, int, int]]] = [
        (np.hypot(x - 385, y - 75) < 42, (250, 214, 92)),
        ((abs(x - 150) < 70) & (y > 150) & (y < 270), (196, 84, 62)),
        ((y > 90) & (y <= 150) & (abs(x - 150) < (y - 90) * 1.45), (92, 52, 46)),
        ((abs(x - 150) < 17) & (y > 208) & (y < 270), (62, 40, 36)),
        ((abs(x - 112) < 13) & (abs(y - 188) < 13), (236, 240, 246)),
        ((abs(x - 188) < 13) & (abs(y - 188) < 13), (236, 240, 246)),
        (stripes, (248, 248, 244)),
        (np.hypot((x - 320) / 1.4, y - 285) < 20, (40, 70, 120)),
    ]
    for mask, colour in layers:
        scene[mask] = colour
    drawn: NDArray[np.uint8] = np.clip(scene, 0, 255).astype(np.uint8)
    return drawn
