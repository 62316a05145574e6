"""What is in an image file, before Foveal changes anything about it."""

from __future__ import annotations

import io
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from foveal.images.headers import gif_frames
from foveal.images.io import MAX_PIXELS, open_image, orientation_of
from foveal.images.pixels import bit_depth, is_deep_grey

SMALL_SIDE = 32  # pixels; below this most networks have nothing to look at
_BAND = 64  # rows
_FRAME_LIMIT = 10_000  # hostile files may declare any number; counting stops here


@dataclass(frozen=True)
class ImageInfo:
    """One image file as it is stored: before orientation, alpha and depth are dealt with."""

    path: str
    """The file, or the name it was given."""

    format: str
    """``"JPEG"``, ``"PNG"``, ..."""

    mode: str
    """Pillow's name of the kind of pixel: ``"RGB"``, ``"L"``, ``"P"``, ``"I;16"``, ..."""

    shape: tuple[int, ...]
    """(H, W) or (H, W, C) of the stored pixels; a palette counts as its colours."""

    dtype: str
    """NumPy type that holds the stored values."""

    bits: int
    """Bits of one stored value."""

    minimum: float
    """Smallest stored value."""

    maximum: float
    """Largest stored value."""

    channel_means: tuple[float, ...]
    """Mean of each stored channel."""

    channel_stds: tuple[float, ...]
    """Standard deviation of each stored channel."""

    orientation: int
    """EXIF orientation, 1 (upright) to 8."""

    has_alpha: bool
    """Whether any kind of transparency is declared."""

    frames: int
    """Frames or pages; counting stops at 10,000."""

    loaded_shape: tuple[int, int, int]
    """Shape that `load_image` gives: upright, three channels."""

    warnings: tuple[str, ...]
    """What `load_image` will change, and what may be a mistake; one sentence each."""

    def as_dict(self) -> dict[str, Any]:
        """Return every field as JSON can hold it.

        Returns:
            The fields by their names; tuples as lists.
        """
        return {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(self).items()}


def inspect_image(
    source: str | Path | bytes, *, name: str | None = None, max_pixels: int = MAX_PIXELS
) -> ImageInfo:
    """Decode an image file and describe what is stored in it.

    Args:
        source: a path, or the content of a file.
        name: what to call the image; the path where there is one.
        max_pixels: refuse images with more pixels than this.

    Returns:
        The description, with warnings in plain words.

    Raises:
        ImageError: the file cannot be read, is no image, is truncated, corrupt or too large.

    Example:
        >>> file = io.BytesIO()
        >>> Image.new("RGBA", (64, 48)).save(file, "PNG")
        >>> info = inspect_image(file.getvalue())
        >>> info.shape, info.has_alpha
        ((48, 64, 4), True)
    """
    path = name or (str(source) if isinstance(source, str | Path) else "image")
    with open_image(source, name=name, max_pixels=max_pixels) as image:
        orientation, frames = orientation_of(image), _count_frames(image)
        mode, has_alpha = image.mode, image.has_transparency_data
        profile = bool(image.info.get("icc_profile"))
        image.load()
        stored = _stored(image)
        height, width = stored.shape[:2]
        if orientation >= 5 and image.format != "TIFF":  # Pillow turned a TIFF already
            height, width = width, height
        means, stds = _statistics(stored)
        return ImageInfo(
            path=path,
            format="JPEG" if image.format == "MPO" else str(image.format),
            mode=mode,
            shape=stored.shape,
            dtype=str(stored.dtype),
            bits=bit_depth(image) if is_deep_grey(image) else 1 if mode == "1" else 8,
            minimum=float(stored.min()),
            maximum=float(stored.max()),
            channel_means=means,
            channel_stds=stds,
            orientation=orientation,
            has_alpha=has_alpha,
            frames=frames,
            loaded_shape=(height, width, 3),
            warnings=tuple(
                _warnings(mode, (height, width), orientation, has_alpha, frames, profile)
            ),
        )


def _stored(image: Image.Image) -> NDArray[Any]:
    if image.mode in ("P", "PA"):
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    elif image.mode == "1":
        image = image.convert("L")
    return np.asarray(image)


def _statistics(stored: NDArray[Any]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and standard deviation of each channel; by bands of rows, to save memory."""
    channels = stored[:, :, None] if stored.ndim == 2 else stored
    means = channels.mean(axis=(0, 1), dtype=np.float64)
    squares = np.zeros_like(means)
    for top in range(0, len(channels), _BAND):
        squares += np.square(channels[top : top + _BAND] - means).sum(axis=(0, 1))
    stds = np.sqrt(squares / (channels.shape[0] * channels.shape[1]))
    return tuple(means.tolist()), tuple(stds.tolist())


def _count_frames(image: Image.Image) -> int:
    file = getattr(image, "fp", None)
    if image.format == "GIF" and isinstance(file, io.BytesIO):
        return max(1, len(list(islice(gif_frames(file.getvalue()), _FRAME_LIMIT))))
    if image.format != "TIFF":
        return min(int(getattr(image, "n_frames", 1)), _FRAME_LIMIT)
    frames = 1
    try:
        while frames < _FRAME_LIMIT:
            image.seek(frames)
            frames += 1
    except EOFError:
        pass
    image.seek(0)
    return frames


def _warnings(
    mode: str,
    size: tuple[int, int],
    orientation: int,
    has_alpha: bool,
    frames: int,
    profile: bool,
) -> list[str]:
    height, width = size
    deep = mode in ("I", "F") or mode.startswith("I;16")
    found = [
        (has_alpha, "has transparency: it is composited over white"),
        (deep, f"has more than 8 bits a pixel (mode {mode}): it is scaled to 8 bits"),
        (mode == "CMYK", "has printing colours (CMYK): they are converted to RGB"),
        (mode in ("P", "PA"), "has a palette: its colours are converted to RGB"),
        (mode in ("1", "L", "LA"), "is grey: the three channels are equal"),
        (orientation > 1, f"EXIF orientation {orientation} is applied"),
        (frames > 1, f"the first of {frames:,} frames is used"),
        (profile, "has a colour profile: its colours are converted to sRGB"),
        (min(size) < SMALL_SIDE, f"is very small: {width} × {height} pixels"),
    ]
    return [sentence for applies, sentence in found if applies]
