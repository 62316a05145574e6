"""Reading a photo that was listed before, if it still is the same."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from foveal.data.records import Sample
from foveal.errors import ImageError, StorageError
from foveal.images import Preprocess
from foveal.storage import content_hash, read_bytes


def decode_sample(sample: Sample, preprocess: Preprocess) -> NDArray[np.uint8]:
    """Decode a listed photo as large as a geometry needs it.

    Args:
        sample: the photo, with the hash of its content when it was listed.
        preprocess: the geometry.

    Returns:
        uint8 (H, W, 3), RGB; see `Preprocess.decode`.

    Raises:
        ImageError: it cannot be read or decoded, or has changed since.
    """
    try:
        data = read_bytes(sample.path)
    except StorageError as error:
        raise ImageError(sample.path, "cannot be read", "check its permissions") from error
    if content_hash(data) != sample.content:
        raise ImageError(sample.path, "changed after it was listed", "start again")
    return preprocess.decode(data, name=str(sample.path))
