"""What the first bytes of a file say, read before any decoder sees them."""

from __future__ import annotations

import struct
from collections.abc import Iterator

_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"BM", "BMP"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"II+\0", "TIFF"),
    (b"MM\0+", "TIFF"),
)
_HEIF_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})
_JUNK_LIMIT = 4096  # bytes between two GIF blocks that a decoder would skip one at a time


def format_of(data: bytes) -> str | None:
    """Return the format that a file's first bytes announce.

    Args:
        data: a file's content, or at least its first 16 bytes.

    Returns:
        ``"JPEG"``, ``"PNG"``, ``"WEBP"``, ``"GIF"``, ``"BMP"``, ``"TIFF"``, ``"HEIF"`` or None.

    Example:
        >>> format_of(b"GIF89a" + bytes(10))
        'GIF'
    """
    for signature, name in _SIGNATURES:
        if data.startswith(signature):
            return name
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if data[4:8] == b"ftyp" and data[8:12] in _HEIF_BRANDS:
        return "HEIF"
    return None


def canvas_size(kind: str, data: bytes) -> tuple[int, int] | None:
    """Return the canvas a GIF or WebP file declares, the two formats that allocate it on opening.

    Args:
        kind: the name that `format_of` gave.
        data: the file's content.

    Returns:
        (width, height) in pixels; None for other formats and unreadable headers.
    """
    if kind == "WEBP":
        return _webp_size(data)
    if kind == "GIF" and len(data) >= 13:
        frame = next(gif_frames(data), (0, 0))
        width, height = struct.unpack_from("<2H", data, 6)
        return max(width, frame[0]), max(height, frame[1])
    return None


def gif_frames(data: bytes) -> Iterator[tuple[int, int]]:
    """Walk the blocks of a GIF file without decoding them.

    Args:
        data: the file's content.

    Yields:
        (right, bottom) edge of each frame in pixels; stops at the end or at the first nonsense.
    """
    position, junk = 13 + _palette_bytes(data[10:11]), 0
    while position < len(data) and junk < _JUNK_LIMIT:
        block = data[position]
        if block == 0x3B:
            return
        if block == 0x2C and position + 10 <= len(data):
            left, top, width, height = struct.unpack_from("<4H", data, position + 1)
            yield left + width, top + height
            colours = _palette_bytes(data[position + 9 : position + 10])
            position = _after_blocks(data, position + 11 + colours)
        elif block == 0x21:
            position = _after_blocks(data, position + 2)
        else:
            position, junk = position + 1, junk + 1


def _palette_bytes(flags: bytes) -> int:
    return 3 << ((flags[0] & 7) + 1) if flags and flags[0] & 128 else 0


def _after_blocks(data: bytes, position: int) -> int:
    while position < len(data) and data[position]:
        position += data[position] + 1
    return position + 1


def _webp_size(data: bytes) -> tuple[int, int] | None:
    if len(data) < 30:
        return None
    chunk = data[12:16]
    if chunk == b"VP8 ":
        width, height = struct.unpack_from("<2H", data, 26)
        return width & 0x3FFF, height & 0x3FFF
    if chunk == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if chunk == b"VP8X":
        width = int.from_bytes(data[24:27], "little") + 1
        return width, int.from_bytes(data[27:30], "little") + 1
    return None
