"""Small photos on a page, or the reason why there is none."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path

from foveal.errors import ImageError
from foveal.evaluation.markup import Html, element, shortened

Thumbnail = Callable[[Path], bytes]
_SIDE = 320


def photo_thumbnail(path: Path) -> bytes:
    """Return a small JPEG of a photo, without its metadata.

    Args:
        path: the photo.

    Returns:
        The bytes of a JPEG file whose long side is 320 pixels.

    Raises:
        ImageError: the photo cannot be read.
    """
    from foveal.images.io import encode_thumbnail, load_image

    return encode_thumbnail(load_image(path, min_side=_SIDE), size=_SIDE)


def picture(path: Path, words: str, thumbnail: Thumbnail) -> Html:
    """Return the thumbnail of a photo, or why there is none.

    Args:
        path: the photo.
        words: what it shows, for those who do not see it.
        thumbnail: makes a small JPEG; whatever it raises is shown in the photo's place.

    Returns:
        An element.
    """
    try:
        content = thumbnail(path)
    except Exception as error:  # a decoder may raise anything; the page is worth more
        return element(
            "div", element("span", "No picture: ", _reason(error)), class_="picture missing"
        )
    source = f"data:image/jpeg;base64,{base64.b64encode(content).decode()}"
    return element("img", src=source, alt=words, class_="picture")


def _reason(error: Exception) -> str:
    """Return what went wrong, as a short phrase."""
    if isinstance(error, ImageError):
        return error.reason
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return shortened(str(error) or type(error).__name__, 90)
