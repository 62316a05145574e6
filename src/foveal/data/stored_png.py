"""PNG files whose bytes are the same on every machine, because nothing is compressed."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from foveal.errors import UsageError

_END = b"\0\0\0\0IEND" + struct.pack(">I", zlib.crc32(b"IEND"))


def grey_png(image_HW: NDArray[np.uint8]) -> bytes:
    """Encode a small grey image as PNG without compression.

    Compressors differ between versions; stored bytes are the same everywhere, and with them
    content hashes and the splits that follow from them.

    Args:
        image_HW: uint8 (H, W), H × (W + 1) <= 65,535: one block of stored bytes.

    Returns:
        The content of a PNG file.

    Raises:
        UsageError: the image is too large for one block.

    Source:
        PNG specification, third edition; RFC 1950 and 1951, section 3.2.4.
    """
    return next(grey_pngs(image_HW[None]))


def grey_pngs(images_NHW: NDArray[np.uint8]) -> Iterator[bytes]:
    """Encode many small grey images of one size, as `grey_png` does.

    Args:
        images_NHW: uint8 (N, H, W), H × (W + 1) <= 65,535.

    Returns:
        An iterator of the contents of N files.

    Raises:
        UsageError: the images are too large for one block.
    """
    _, height, width = images_NHW.shape
    if height * (width + 1) > 65_535:
        raise UsageError(f"`images_NHW` must be small, such as 32 × 32; got {height} × {width}.")
    # each row begins with filter 0, none
    rows_NHW = np.pad(images_NHW, ((0, 0), (0, 0), (1, 0)))
    return (_file(height, width, rows.tobytes()) for rows in rows_NHW)


def _file(height: int, width: int, rows: bytes) -> bytes:
    stored = b"\x78\x01\x01" + struct.pack("<HH", len(rows), len(rows) ^ 0xFFFF) + rows
    data = stored + struct.pack(">I", zlib.adler32(rows))
    return b"".join((_head(height, width), _chunk(b"IDAT", data), _END))


@lru_cache(maxsize=16)
def _head(height: int, width: int) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
