"""Where each pixel of a network's input comes from in the photo, and the resizing and warping.

Coordinates are (x, y) with y down; pixel i covers [i, i + 1), so its centre lies at i + 0.5 on the
continuous axis. Matrices are 3×3, act on columns (x, y, 1) of pixel indices, and go from the output
back to the photo, the direction in which a warp asks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from foveal.errors import UsageError

if TYPE_CHECKING:
    from foveal.images.preprocess import Preprocess

_KERNELS = {
    "nearest": cv2.INTER_NEAREST_EXACT,  # the other one takes the corner of each pixel
    "bilinear": cv2.INTER_LINEAR,
    "bicubic": cv2.INTER_CUBIC,
    "area": cv2.INTER_LINEAR,  # where it enlarges; averages are taken before
}
BORDERS = {
    "constant": cv2.BORDER_CONSTANT,
    "nearest": cv2.BORDER_REPLICATE,
    "reflect": cv2.BORDER_REFLECT,
    "wrap": cv2.BORDER_WRAP,
}


class Region(NamedTuple):
    """The part of the photo that fills the output square; it may reach beyond the photo."""

    left: float
    top: float
    width: float
    height: float


def visible_region(height: int, width: int, preprocess: Preprocess) -> Region:
    """Return which part of a photo the plain view shows.

    Args:
        height: of the photo, in pixels.
        width: of the photo, in pixels.
        preprocess: the geometry.

    Returns:
        Left and top edge, width and height, in pixels of the photo.

    Source:
        Tan and Le, EfficientNet, 2019, for crop: the reference evaluation cuts the centre square
        with offset (H - side + 1) // 2 and resizes it.
    """
    if preprocess.resize == "squash":
        return Region(0, 0, width, height)
    if preprocess.resize == "crop":
        side = max(1, round(preprocess.crop_fraction * min(height, width)))
        return Region((width - side + 1) // 2, (height - side + 1) // 2, side, side)
    inner_width, inner_height, left, top = _letterbox(height, width, preprocess.image_size)
    x_scale, y_scale = width / inner_width, height / inner_height
    size = preprocess.image_size
    return Region(-left * x_scale, -top * y_scale, size * x_scale, size * y_scale)


def plain_view(image_HWC: NDArray[np.uint8], preprocess: Preprocess) -> NDArray[np.uint8]:
    """Cut and resize a photo without augmentation.

    Args:
        image_HWC: uint8 (H, W, 3), RGB.
        preprocess: the geometry.

    Returns:
        uint8 (S, S, C).

    Raises:
        UsageError: `image_HWC` is no such array.
    """
    require_photo(image_HWC)
    height, width = image_HWC.shape[:2]
    size, kind = preprocess.image_size, preprocess.interpolation
    if preprocess.resize == "pad":
        inner_width, inner_height, left, top = _letterbox(height, width, size)
        view = np.full((size, size, 3), preprocess.pad_value, np.uint8)
        inner = _resize(image_HWC, inner_width, inner_height, kind)
        view[top : top + inner_height, left : left + inner_width] = inner
    else:
        region = visible_region(height, width, preprocess)
        x, y, w, h = (int(value) for value in region)
        view = _resize(image_HWC[y : y + h, x : x + w], size, size, kind)
    return with_channels(view, preprocess.channels)


def warped_view(
    image_HWC: NDArray[np.uint8],
    preprocess: Preprocess,
    augmentation: NDArray[np.float64],
    fill_mode: str,
) -> NDArray[np.uint8]:
    """Show a photo through an augmented window: crop, resize and augmentation in one warp.

    Args:
        image_HWC: uint8 (H, W, 3), RGB.
        preprocess: the geometry.
        augmentation: 3×3, from pixels of the output to pixels of the plain view.
        fill_mode: what lies beyond the photo; with resize pad it is always `pad_value`.

    Returns:
        uint8 (S, S, C).

    Raises:
        UsageError: `image_HWC` is no such array.
    """
    require_photo(image_HWC)
    region = visible_region(image_HWC.shape[0], image_HWC.shape[1], preprocess)
    to_photo = region_matrix(region, preprocess.image_size) @ augmentation
    x_step, y_step = np.hypot(to_photo[:2, 0], to_photo[:2, 1])  # photo pixels per output pixel
    shrink = (1, 1) if preprocess.interpolation == "nearest" else (int(x_step), int(y_step))
    photo, to_small = averaged(image_HWC, *shrink)
    matrix = to_small @ to_photo
    border = "constant" if preprocess.resize == "pad" else fill_mode
    size = preprocess.image_size
    view = cv2.warpAffine(
        photo,
        matrix[:2],
        (size, size),
        flags=warp_flags(preprocess.interpolation, float(np.linalg.det(matrix[:2, :2]))),
        borderMode=BORDERS[border],
        borderValue=(preprocess.pad_value,) * 3,
    )
    return with_channels(np.asarray(view, np.uint8), preprocess.channels)


def region_matrix(region: Region, size: int) -> NDArray[np.float64]:
    """Return the matrix from pixels of the plain view to pixels of the photo.

    Args:
        region: the part of the photo that fills the view.
        size: side of the view in pixels.

    Returns:
        float64 (3, 3).
    """
    x, y = region.width / size, region.height / size
    return np.array(
        [
            [x, 0, region.left + 0.5 * x - 0.5],
            [0, y, region.top + 0.5 * y - 0.5],
            [0, 0, 1],
        ]
    )


def brighten(view: NDArray[np.uint8], factor: float) -> NDArray[np.uint8]:
    """Multiply pixels by a factor; what exceeds white stays white.

    Args:
        view: uint8, any shape.
        factor: 1 changes nothing.

    Returns:
        uint8 of the same shape.
    """
    table = np.rint(np.minimum(np.arange(256) * factor, 255)).astype(np.uint8)
    return np.asarray(cv2.LUT(view, table), np.uint8).reshape(view.shape)


def with_channels(view_HWC: NDArray[np.uint8], channels: int) -> NDArray[np.uint8]:
    """Keep RGB, or make it grey.

    Args:
        view_HWC: uint8 (H, W, 3).
        channels: 3, or 1 for luma 0.299 R + 0.587 G + 0.114 B.

    Returns:
        uint8 (H, W, `channels`).
    """
    if channels == 3:
        return view_HWC
    return np.asarray(cv2.cvtColor(view_HWC, cv2.COLOR_RGB2GRAY), np.uint8)[:, :, None]


def require_photo(image_HWC: NDArray[np.uint8]) -> None:
    """Refuse anything but a decoded RGB photo.

    Args:
        image_HWC: what came.

    Raises:
        UsageError: it is not uint8 of shape (H, W, 3).
    """
    shape: tuple[int, ...] = getattr(image_HWC, "shape", ())
    dtype = getattr(image_HWC, "dtype", type(image_HWC))
    if dtype != np.uint8 or len(shape) != 3 or shape[2] != 3 or not min(shape):
        raise UsageError(
            f"`image_HWC` must be uint8 of shape (H, W, 3), as load_image gives it; "
            f"got {dtype} of shape {tuple(shape)}."
        )


def _letterbox(height: int, width: int, size: int) -> tuple[int, int, int, int]:
    """Width, height, left and top of a whole photo in the middle of a square."""
    scale = size / max(height, width)
    inner_width, inner_height = max(1, round(width * scale)), max(1, round(height * scale))
    return inner_width, inner_height, (size - inner_width) // 2, (size - inner_height) // 2


def _resize(image_HWC: NDArray[np.uint8], width: int, height: int, kind: str) -> NDArray[np.uint8]:
    """Average along each side that shrinks a lot, interpolate along the others."""
    rows, columns = image_HWC.shape[:2]
    if kind != "nearest":
        limit = 1 if kind == "area" else 2
        columns = width if columns >= limit * width else columns
        rows = height if rows >= limit * height else rows
        if (rows, columns) != image_HWC.shape[:2]:
            small = cv2.resize(image_HWC, (columns, rows), interpolation=cv2.INTER_AREA)
            image_HWC = np.asarray(small, np.uint8)
    if image_HWC.shape[:2] == (height, width):
        return image_HWC.copy()  # never a window into the photo
    resized = cv2.resize(image_HWC, (width, height), interpolation=_KERNELS[kind])
    return np.asarray(resized, np.uint8)


def averaged(
    image_HWC: NDArray[np.uint8], x_shrink: int, y_shrink: int
) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """Average blocks of whole pixels.

    A warp looks at a few pixels around one point. Beyond a factor of two it would skip pixels
    between those points, and fine patterns would come out as false coarse ones.

    Args:
        image_HWC: uint8 (H, W, 3).
        x_shrink: pixels averaged from left to right; 1 or less for none.
        y_shrink: pixels averaged from top to bottom.

    Returns:
        The smaller photo, and the matrix from old to new pixel indices, float64 (3, 3).
    """
    height, width = image_HWC.shape[:2]
    x_shrink, y_shrink = min(max(1, x_shrink), width), min(max(1, y_shrink), height)
    if x_shrink == y_shrink == 1:
        return image_HWC, np.eye(3)
    columns, rows = width // x_shrink, height // y_shrink
    left, top = (width - columns * x_shrink) // 2, (height - rows * y_shrink) // 2
    whole = image_HWC[top : top + rows * y_shrink, left : left + columns * x_shrink]
    small = cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_AREA)
    to_small = np.array(
        [
            [1 / x_shrink, 0, (0.5 - left) / x_shrink - 0.5],
            [0, 1 / y_shrink, (0.5 - top) / y_shrink - 0.5],
            [0, 0, 1],
        ]
    )
    return np.asarray(small, np.uint8), to_small


def warp_flags(kind: str, area: float) -> int:
    """Return how a warp reads between pixels.

    Bicubic pays off only where pixels are made larger; elsewhere bilinear is 3 times faster.

    Args:
        kind: the interpolation of the geometry.
        area: determinant of the warp: photo pixels for each pixel of the view, negative where it
            mirrors.

    Returns:
        Flags of OpenCV, for matrices from the view to the photo.
    """
    enlarges = abs(area) < 1
    cubic = kind == "bicubic" and enlarges
    kernel = cv2.INTER_CUBIC if cubic else cv2.INTER_LINEAR
    return int((cv2.INTER_NEAREST if kind == "nearest" else kernel) | cv2.WARP_INVERSE_MAP)
