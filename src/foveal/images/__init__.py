"""Images: decoding by fixed rules, colour, preprocessing and augmented views.

Names are loaded when first used: settings cost neither Pillow nor OpenCV, and decoding costs no
OpenCV.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from foveal.images.augment import (
        AffineParameters,
        Augment,
        affine_matrix,
        draw_parameters,
        render_view,
        sample_number,
    )
    from foveal.images.color import COLOR_SPACES, ColorSpace, convert_color, gray_to_rgb
    from foveal.images.inspect import ImageInfo, inspect_image
    from foveal.images.io import IMAGE_SUFFIXES, MAX_PIXELS, encode_thumbnail, load_image
    from foveal.images.preprocess import Preprocess

__all__ = [
    "COLOR_SPACES",
    "IMAGE_SUFFIXES",
    "MAX_PIXELS",
    "AffineParameters",
    "Augment",
    "ColorSpace",
    "ImageInfo",
    "Preprocess",
    "affine_matrix",
    "convert_color",
    "draw_parameters",
    "encode_thumbnail",
    "gray_to_rgb",
    "inspect_image",
    "load_image",
    "render_view",
    "sample_number",
]

_HOMES: dict[str, tuple[str, ...]] = {
    "augment": (
        "AffineParameters",
        "Augment",
        "affine_matrix",
        "draw_parameters",
        "render_view",
        "sample_number",
    ),
    "color": ("COLOR_SPACES", "ColorSpace", "convert_color", "gray_to_rgb"),
    "inspect": ("ImageInfo", "inspect_image"),
    "io": ("IMAGE_SUFFIXES", "MAX_PIXELS", "encode_thumbnail", "load_image"),
    "preprocess": ("Preprocess",),
}
_MODULES = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return getattr(importlib.import_module(f"foveal.images.{_MODULES[name]}"), name)
    raise AttributeError(f"module 'foveal.images' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULES})
