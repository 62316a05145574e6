"""Decoding every image once, to see whether it can be and what it looks like."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from foveal.data.records import Sample
from foveal.data.similarity import Look, look_of
from foveal.data.threads import map_in_threads
from foveal.errors import ImageError
from foveal.images.io import open_image, pixels_of

TINY = 32  # pixels; below this most networks have nothing to look at

# All of a JPEG's data is read at any scale, so a cut is found; decoding all pixels as well takes
# three times as long. Sides below TINY are never scaled.
_DECODED_SIDE = 128


@dataclass(frozen=True, eq=False)
class Scan:
    """What decoding one image told."""

    error: ImageError | None = None
    """Why it cannot be used; None for a good image."""

    side: int = 0
    """The shorter side in pixels, as far as it matters: exact below 128."""

    grey: bool = False
    """Whether the three channels are equal everywhere."""

    transparent: bool = False
    """Whether transparency is declared."""

    look: Look | None = None
    """What it looks like; None where it cannot be decoded."""


def scan_images(
    samples: Sequence[Sample], progress: Callable[[int, int], None] | None = None
) -> dict[str, Scan]:
    """Decode every image, byte-identical ones once, in threads.

    Args:
        samples: the images.
        progress: called with (done, total), from the calling thread.

    Returns:
        A scan for each content hash.
    """
    paths: dict[str, Path] = {}
    for sample in samples:
        paths.setdefault(sample.content, sample.path)
    scans = map_in_threads(_scan, list(paths.values()), batch=4, progress=progress)
    return dict(zip(paths, scans, strict=True))


def _scan(path: Path) -> Scan:
    try:
        with open_image(path) as opened:
            transparent = opened.has_transparency_data
            image = pixels_of(opened, _DECODED_SIDE)
    except ImageError as error:
        return Scan(error=error)
    return Scan(
        side=min(image.shape[:2]),
        grey=_is_grey(image),
        transparent=transparent,
        look=look_of(image),
    )


def _is_grey(image_HWC: NDArray[np.uint8]) -> bool:
    some = image_HWC[::4, ::4]  # a quarter decides most photos
    return _is_even(some) and _is_even(image_HWC)


def _is_even(image_HWC: NDArray[np.uint8]) -> bool:
    return np.array_equal(image_HWC[:, :, 1:], image_HWC[:, :, :-1])
