"""The two photos that come with the project, and pieces of them."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from foveal.data.samples import originals_of_photos
from foveal.errors import UnknownNameError
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
        DataError: scikit-learn, which brings the photos, is damaged.
    """
    if name not in PHOTOS:
        raise UnknownNameError("photo", name, PHOTOS)
    image = load_image(originals_of_photos() / f"{name}.jpg")
    image.flags.writeable = False
    return image
