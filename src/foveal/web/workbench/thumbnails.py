"""Small pictures of photos, re-encoded: without metadata, and the same for every format."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from foveal.errors import ImageError
from foveal.images.io import encode_thumbnail, load_image
from foveal.web.workbench.adding import MOST_PIXELS

SIDE = 192
_KEPT = 1024  # thumbnails of about 6 KB


def thumbnail(path: Path) -> bytes:
    """Return a small JPEG of a photo.

    Args:
        path: the photo.

    Returns:
        A JPEG file whose longer side is at most 192 pixels.

    Raises:
        ImageError: the photo cannot be read.
    """
    try:
        status = path.stat()
    except OSError as error:
        raise ImageError(path.name, "is gone", "reload the page") from error
    return _thumbnail(path, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=_KEPT)
def _thumbnail(path: Path, changed: int, size: int) -> bytes:
    pixels = load_image(path, name=path.name, min_side=SIDE, max_pixels=MOST_PIXELS)
    return encode_thumbnail(pixels, size=SIDE)
