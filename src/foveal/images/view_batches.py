"""Many augmented views at once: the same pixels as one by one, with the arithmetic shared.

For pictures of 32 × 32 pixels the arithmetic of one matrix costs more than the warp. Here it is
done for a whole batch in a few array operations. All of it is element by element, so a view does
not depend on which others are rendered with it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from foveal.images.geometry import BORDERS, averaged, require_photo, visible_region, warp_flags

if TYPE_CHECKING:
    from foveal.images.augment import Augment
    from foveal.images.preprocess import Preprocess

Photo = NDArray[np.uint8]
Floats = NDArray[np.float64]


def render_views(
    photos: Sequence[Photo], preprocess: Preprocess, augment: Augment, draws_MD: Floats
) -> NDArray[np.uint8]:
    """Render one view of each photo.

    Args:
        photos: uint8 (H, W, 3) each, RGB, as `Preprocess.decode` gives them.
        preprocess: the geometry.
        augment: the ranges.
        draws_MD: float64 (m, 9), what chance gives for each view; see `parameters_from`.

    Returns:
        uint8 (m, S, S, C).

    Raises:
        UsageError: a photo is no such array.
    """
    size, channels = preprocess.image_size, preprocess.channels
    views = np.empty((len(photos), size, size, channels), np.uint8)
    to_plain = affine_matrices(augment, draws_MD, size)
    still = (to_plain == np.eye(3)[:2]).all(axis=(1, 2)).tolist()
    warp = _Warps(photos, preprocess, to_plain, augment.fill_mode)
    tables = _brightness_tables(augment, draws_MD)
    for index, photo in enumerate(photos):
        if still[index]:
            views[index] = preprocess.apply(photo)
        else:
            warp.render(index, views[index])
        if tables is not None:
            view = views[index]
            cv2.LUT(view, tables[index], dst=view)
    return views


def affine_matrices(augment: Augment, draws_MD: Floats, size: int) -> Floats:
    """Return what `affine_matrix` gives for each row of draws.

    Args:
        augment: the ranges.
        draws_MD: float64 (m, 9), each 0 to below 1.
        size: side of the view in pixels.

    Returns:
        float64 (m, 2, 3), from pixels of an augmented view to pixels of the plain one.
    """
    u = draws_MD.T
    turned, right, down = (2 * u[index] - 1 for index in range(3))
    cos, sin = _cos_sin(augment.rotation_range * turned)
    low, high = augment.zoom_limits
    zoom_x, zoom_y = low + (high - low) * u[3], low + (high - low) * u[4]
    lean = _tan(augment.shear_range * (2 * u[5] - 1))
    flip_x = np.where(augment.horizontal_flip & (u[6] < 0.5), -1.0, 1.0)
    flip_y = np.where(augment.vertical_flip & (u[7] < 0.5), -1.0, 1.0)
    a = zoom_x * (flip_x * cos + lean * flip_y * sin)
    b = zoom_x * (lean * flip_y * cos - flip_x * sin)
    c, d = zoom_y * flip_y * sin, zoom_y * flip_y * cos
    centre = (size - 1) / 2
    x = centre + size * augment.width_shift_range * right
    y = centre + size * augment.height_shift_range * down
    rows = [a, b, centre - (a * x + b * y), c, d, centre - (c * x + d * y)]
    return np.stack(rows, axis=1).reshape(-1, 2, 3)


class _Warps:
    """The warps of a batch, from each view back to its photo."""

    def __init__(
        self, photos: Sequence[Photo], preprocess: Preprocess, to_plain: Floats, fill_mode: str
    ) -> None:
        for photo in photos:
            require_photo(photo)
        self.photos, self.preprocess = photos, preprocess
        regions = [_region(*photo.shape[:2], preprocess) for photo in photos]
        self.matrices = _from_regions(np.array(regions).reshape(-1, 4), to_plain, preprocess)
        x_step, y_step = np.hypot(self.matrices[:, :, 0], self.matrices[:, :, 1]).T
        self.shrinks = np.stack([x_step, y_step], axis=1).astype(int).tolist()
        self.areas = _determinants(self.matrices).tolist()
        self.border = BORDERS["constant" if preprocess.resize == "pad" else fill_mode]
        self.grey = np.empty((preprocess.image_size, preprocess.image_size, 3), np.uint8)

    def render(self, index: int, view: NDArray[np.uint8]) -> None:
        """Write one view, uint8 (S, S, C)."""
        preprocess, photo, matrix = self.preprocess, self.photos[index], self.matrices[index]
        area, shrink = self.areas[index], self.shrinks[index]
        if max(shrink) > 1 and preprocess.interpolation != "nearest":
            photo, to_small = averaged(photo, *shrink)
            matrix = (to_small @ np.vstack([matrix, (0, 0, 1)]))[:2]
            area = float(_determinants(matrix[None])[0])
        coloured = view if preprocess.channels == 3 else self.grey
        cv2.warpAffine(
            photo,
            matrix,
            (preprocess.image_size, preprocess.image_size),
            dst=coloured,
            flags=warp_flags(preprocess.interpolation, area),
            borderMode=self.border,
            borderValue=(preprocess.pad_value,) * 3,
        )
        if preprocess.channels == 1:
            cv2.cvtColor(self.grey, cv2.COLOR_RGB2GRAY, dst=view)


@lru_cache(maxsize=4096)  # photos of one camera share their size
def _region(height: int, width: int, preprocess: Preprocess) -> tuple[float, ...]:
    return tuple(visible_region(height, width, preprocess))


def _from_regions(regions_M4: Floats, to_plain: Floats, preprocess: Preprocess) -> Floats:
    """`region_matrix` times the augmentation, for every photo."""
    start, step = regions_M4[:, :2], regions_M4[:, 2:] / preprocess.image_size
    matrices = step[:, :, None] * to_plain
    matrices[:, :, 2] += start + 0.5 * step - 0.5
    return matrices


def _determinants(matrices_M23: Floats) -> Floats:
    a, b, c, d = matrices_M23[:, :, :2].reshape(-1, 4).T
    return np.asarray(a * d - b * c)


def _brightness_tables(augment: Augment, draws_MD: Floats) -> NDArray[np.uint8] | None:
    """What `brighten` makes of each level, uint8 (m, 256); None where brightness never changes."""
    if augment.brightness_range is None:
        return None
    low, high = augment.brightness_range
    factors = low + (high - low) * draws_MD[:, 8:]
    return np.rint(np.minimum(np.arange(256) * factors, 255)).astype(np.uint8)


def _cos_sin(degrees: Floats) -> tuple[Floats, Floats]:
    angles = [math.radians(value) for value in degrees.tolist()]  # numpy's differ with the length
    return np.array([math.cos(a) for a in angles]), np.array([math.sin(a) for a in angles])


def _tan(degrees: Floats) -> Floats:
    return np.array([math.tan(math.radians(value)) for value in degrees.tolist()])
