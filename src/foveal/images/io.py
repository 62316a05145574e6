"""One decoder: a file's bytes become 8-bit RGB pixels, or an error that says why not.

Formats: JPEG, PNG, WebP, GIF, BMP, TIFF, and HEIC with the extra ``heic``; a file is known by its
first bytes, not by its name. The EXIF orientation is applied. Animations and files of several pages
give their first frame. `foveal.images.pixels` tells how every kind of pixel becomes RGB.
Truncated and corrupt files are refused, never filled up with grey; sizes beyond the limits are
refused from the header, before memory is taken. Files are only ever read. Safe with threads.
(For a corrupt TIFF, libtiff may write a line of its own to the terminal; nothing can stop it.)
"""

from __future__ import annotations

import io
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from foveal.errors import ImageError, UsageError
from foveal.images.headers import canvas_size, format_of
from foveal.images.pixels import UnknownRangeError, rgb_pixels
from foveal.images.quiet import quiet_pillow

IMAGE_SUFFIXES: frozenset[str] = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".apng", ".webp", ".gif"}
    | {".bmp", ".tif", ".tiff", ".heic", ".heif"}
)
MAX_PIXELS = 100_000_000
MAX_SIDE = 30_000  # the warps of OpenCV end at 32,766
MAX_FILE_BYTES = 512 * 1024 * 1024

_DECODING = Lock()
_ORIENTATION = 0x0112
_SNIFF_BYTES = 64
_READABLE = "JPEG, PNG, WebP, GIF, BMP, TIFF or HEIC"
_SIGNS_OF_A_CUT = ("truncated", "end of", "eof", "not large enough", "incomplete", "not enough")


def load_image(
    source: str | Path | bytes,
    *,
    name: str | None = None,
    min_side: int | None = None,
    max_pixels: int = MAX_PIXELS,
) -> NDArray[np.uint8]:
    """Decode one image as it is meant to be seen.

    Args:
        source: a path, or the content of a file.
        name: what to call the image in errors; the path where there is one.
        min_side: a hint: a JPEG whose shorter side stays at least this long may be decoded at
            1/2, 1/4 or 1/8 of its size, which is several times faster. None decodes all pixels.
        max_pixels: refuse images with more pixels than this (width × height).

    Returns:
        uint8 (H, W, 3), RGB in sRGB, owned by the caller.

    Raises:
        ImageError: the file cannot be read, is no image, is truncated, corrupt or too large.
        UsageError: `min_side` is not positive.

    Example:
        >>> import io
        >>> from PIL import Image, UnidentifiedImageError
        >>> file = io.BytesIO()
        >>> Image.new("L", (4, 3), 200).save(file, "PNG")
        >>> load_image(file.getvalue()).shape
        (3, 4, 3)
    """
    if min_side is not None and min_side < 1:
        raise UsageError(f"`min_side` must be at least 1 pixel; got {min_side}.")
    with open_image(source, name=name, max_pixels=max_pixels) as image:
        return pixels_of(image, min_side)


def pixels_of(opened: Image.Image, min_side: int | None = None) -> NDArray[np.uint8]:
    """Decode an image that `open_image` opened, in its block.

    Args:
        opened: the image.
        min_side: see `load_image`.

    Returns:
        uint8 (H, W, 3); see `load_image`.
    """
    if min_side is not None:
        opened.draft(None, (min_side, min_side))
    opened.load()
    return upright(rgb_pixels(opened), orientation_of(opened))


def image_pixels(image: Image.Image, *, name: str = "image") -> NDArray[np.uint8]:
    """Return the pixels of a Pillow image by the same rules as `load_image`.

    Args:
        image: of any mode, decoded or only opened; it is left as it is, but for being decoded.
        name: what to call it in errors.

    Returns:
        uint8 (H, W, 3), RGB in sRGB, owned by the caller, upright.

    Raises:
        ImageError: it cannot be decoded, or is too large.

    Example:
        >>> image_pixels(Image.new("LA", (4, 3), (0, 0)))[0, 0].tolist()
        [255, 255, 255]
    """
    _check_size(image.size, name, MAX_PIXELS)
    with quiet_pillow():
        try:
            with _DECODING:  # an opened image shares its file between threads
                image.load()
            return upright(rgb_pixels(image), orientation_of(image))
        except Exception as error:  # a decoder fed hostile bytes may raise anything
            words = "".join(c for c in str(error) if c.isprintable())[:120]
            remedy = "give the path of its file, or another image"
            raise ImageError(name, f"cannot be decoded ({words})", remedy) from error


@contextmanager
def open_image(
    source: str | Path | bytes, *, name: str | None = None, max_pixels: int = MAX_PIXELS
) -> Iterator[Image.Image]:
    """Open an image without decoding it; whatever Pillow raises in the block is translated.

    Args:
        source: a path, or the content of a file.
        name: what to call the image in errors.
        max_pixels: refuse images with more pixels than this.

    Yields:
        The opened image, its size checked.

    Raises:
        ImageError: the file cannot be read, is no image, is truncated, corrupt or too large.
    """
    label = name or (str(source) if isinstance(source, str | Path) else "image")
    data = source if isinstance(source, bytes) else _read(Path(source), label)
    kind = _known_format(data, label)
    with quiet_pillow():
        try:
            _check_size(canvas_size(kind, data), label, max_pixels)
            with Image.open(io.BytesIO(data), formats=[kind]) as image:
                _check_size(image.size, label, max_pixels)
                yield image
        except ImageError:
            raise
        except Exception as error:  # a decoder fed hostile bytes may raise anything
            raise _translated(error, label, kind, data) from error


def orientation_of(image: Image.Image) -> int:
    """Return the EXIF orientation that is still to be applied.

    Args:
        image: an opened image.

    Returns:
        1 to 8; 1 (upright) where the tag is absent or broken. Pillow turns TIFF files itself while
        it loads them and then reports 1.
    """
    try:
        value: Any = image.getexif().get(_ORIENTATION, 1)
    except Exception:  # broken metadata must not cost a good photo
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def upright(image_HWC: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    """Turn stored pixels the way their EXIF orientation says.

    Args:
        image_HWC: uint8 (H, W, C) as stored.
        orientation: 1 to 8.

    Returns:
        uint8 (H, W, C), or (W, H, C) for orientations 5 to 8.

    Source:
        Exif 2.32, tag 274.
    """
    if orientation >= 5:  # rows and columns are swapped; what is left is a flip
        image_HWC = image_HWC.swapaxes(0, 1)
        orientation = {5: 1, 6: 2, 7: 3, 8: 4}[orientation]
    if orientation in (2, 3):
        image_HWC = image_HWC[:, ::-1]
    if orientation in (3, 4):
        image_HWC = image_HWC[::-1]
    return np.ascontiguousarray(image_HWC)


def encode_thumbnail(image_HWC: NDArray[np.uint8], size: int = 160) -> bytes:
    """Encode a small JPEG without any metadata.

    Args:
        image_HWC: uint8 (H, W, 3) or (H, W, 1).
        size: the longer side is at most this many pixels; small images are not enlarged.

    Returns:
        The content of a JPEG file.
    """
    image = Image.fromarray(image_HWC[:, :, 0] if image_HWC.shape[2] == 1 else image_HWC)
    image.thumbnail((size, size), Image.Resampling.BICUBIC, reducing_gap=2.0)
    file = io.BytesIO()
    image.save(file, "JPEG", quality=80, optimize=True)
    return file.getvalue()


def _read(path: Path, label: str) -> bytes:
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):  # opening a pipe would wait for ever
            raise ImageError(label, "not a file", "give the path of one image file")
        if status.st_size > MAX_FILE_BYTES:
            raise _too_large(label, f"{status.st_size:,} bytes", f"{MAX_FILE_BYTES:,} bytes")
        with path.open("rb") as file:
            head = file.read(_SNIFF_BYTES)
            return head + file.read() if format_of(head) else head
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        remedy = "check that the path is right and that you may read it"
        raise ImageError(label, f"cannot be read ({reason})", remedy) from error


def _known_format(data: bytes, label: str) -> str:
    if not data:
        raise ImageError(label, "the file is empty", "copy it again from where it came")
    kind = format_of(data)
    if kind is None:
        remedy = "remove it, or save it in one of these formats"
        raise ImageError(label, f"not a {_READABLE} file", remedy)
    if kind == "HEIF" and not _heif_ready():
        remedy = "install it with: pip install 'foveal[heic]', or save the photo as JPEG"
        raise ImageError(label, "HEIC photos need an extra", remedy)
    return kind


def _check_size(size: tuple[int, int] | None, label: str, max_pixels: int) -> None:
    if size is None:
        return
    width, height = size
    if width * height > max_pixels:
        raise _too_large(label, f"{width:,} × {height:,} pixels", f"{max_pixels:,} pixels")
    if max(size) > MAX_SIDE:
        raise _too_large(label, f"{width:,} × {height:,} pixels", f"{MAX_SIDE:,} pixels a side")


def _too_large(label: str, got: str, limit: str) -> ImageError:
    return ImageError(label, f"too large: {got}, the limit is {limit}", "save a smaller copy of it")


def _translated(error: Exception, label: str, kind: str, data: bytes) -> ImageError:
    words = "".join(c for c in str(error) if c.isprintable())[:120]
    again = "copy or download it again, or remove it"
    if isinstance(error, UnidentifiedImageError):
        words = "its header makes no sense"
    if isinstance(error, MemoryError):
        return ImageError(label, f"not enough memory to decode this {kind}", "save a smaller copy")
    if isinstance(error, Image.DecompressionBombError):
        return _too_large(label, "a decompression bomb", f"{MAX_PIXELS:,} pixels")
    if isinstance(error, UnknownRangeError):
        return ImageError(label, words, "save it with 8 or 16 bits a pixel")
    if _ends_early(kind, data) or any(sign in words.lower() for sign in _SIGNS_OF_A_CUT):
        return ImageError(label, f"truncated {kind}", again)
    return ImageError(label, f"corrupt {kind} ({words or type(error).__name__})", again)


def _ends_early(kind: str, data: bytes) -> bool:
    if kind == "WEBP":
        return int.from_bytes(data[4:8], "little") + 8 > len(data)
    return kind == "PNG" and b"IEND" not in data


@lru_cache(maxsize=1)
def _heif_ready() -> bool:
    try:
        import pillow_heif
    except ImportError:
        return False
    pillow_heif.register_heif_opener(thumbnails=False)
    return True
