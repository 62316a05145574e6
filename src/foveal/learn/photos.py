"""The two photos that come with the project, and pieces of them."""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from foveal.errors import ModelError, UnknownNameError
from foveal.images.io import load_image

PHOTOS = ("china", "flower")


@cache
def photo(name: str) -> NDArray[np.uint8]:
    """Return a built-in photo.

    Args:
        name: ``"china"`` (a temple) or ``"flower"``.

    Returns:
        uint8 (427, 640, 3), RGB; not to be written to.

    Raises:
        UnknownNameError: there is no such photo.
        ModelError: scikit-learn, which brings the photos, is damaged.
    """
    if name not in PHOTOS:
        raise UnknownNameError("photo", name, PHOTOS)
    # Where the package lies, without importing it: that would take a second.
    spec = importlib.util.find_spec("sklearn")
    if spec is None or not spec.submodule_search_locations:
        raise ModelError("the sample photos of scikit-learn are missing; install scikit-learn.")
    folder = Path(spec.submodule_search_locations[0]) / "datasets" / "images"
    image = load_image(folder / f"{name}.jpg")
    image.flags.writeable = False
    return image
