"""IDX files: the format of MNIST and its relatives, read and checked.

An IDX file is an array and nothing else. All numbers are big-endian:

====================  ====================================================================
bytes                 meaning
====================  ====================================================================
0, 1                  always 0
2                     type: 08 uint8, 09 int8, 0B int16, 0C int32, 0D float32, 0E float64
3                     number of dimensions, d
4 … 3 + 4 d           d sizes, 32 bits each, the slowest dimension first
the rest              the values
====================  ====================================================================

Often the whole file is packed by gzip; the first two bytes tell.

Source:
    Y. LeCun, C. Cortes and C. Burges, "The MNIST database of handwritten digits", 1998, where the
    format is described.
"""

from __future__ import annotations

import gzip
import io
import math
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foveal.errors import DataError
from foveal.storage import read_bytes

MAX_BYTES = 1 << 30
MAX_DIMENSIONS = 8

_TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_GZIP = b"\x1f\x8b"
_Stream = gzip.GzipFile | io.BytesIO
_AGAIN = "copy or download it again"


def read_idx(path: str | Path) -> NDArray[Any]:
    """Read an IDX file, packed by gzip or not.

    Args:
        path: the file.

    Returns:
        The array, in the byte order of this computer.

    Raises:
        DataError: the file is no IDX file, is damaged, or holds more than 1 GiB.
        StorageError: the file cannot be read.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     file = Path(folder) / "pair.idx"
        ...     _ = file.write_bytes(bytes([0, 0, 0x0B, 1]) + bytes([0, 0, 0, 2]) + b"\\0\\7\\1\\0")
        ...     read_idx(file)
        array([  7, 256], dtype=int16)
    """
    data = read_bytes(path)
    packed = data[:2] == _GZIP
    stream = gzip.GzipFile(fileobj=io.BytesIO(data)) if packed else io.BytesIO(data)
    try:
        return _read(stream, path)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise DataError(f"{path} is damaged: its gzip data {_fault(error)}; {_AGAIN}.") from error


def _read(stream: _Stream, path: str | Path) -> NDArray[Any]:
    head = stream.read(4)
    if len(head) < 4 or head[:2] != b"\0\0":
        raise DataError(
            f"{path} is no IDX file: expected 0, 0, a type and a number of dimensions at its "
            f"beginning; got {_shown(head)}: name a file such as train-images-idx3-ubyte.gz."
        )
    kind, dimensions = head[2], head[3]
    if kind not in _TYPES:
        known = ", ".join(f"{number:02X}" for number in _TYPES)
        raise DataError(
            f"{path} has values of type {kind:02X}; IDX knows {known} (hexadecimal): {_AGAIN}."
        )
    if not 1 <= dimensions <= MAX_DIMENSIONS:
        raise DataError(
            f"{path} has {dimensions} dimensions; expected 1 to {MAX_DIMENSIONS}: {_AGAIN}."
        )
    sizes = stream.read(4 * dimensions)
    if len(sizes) < 4 * dimensions:
        raise DataError(f"{path} ends within the sizes of its dimensions; {_AGAIN}.")
    return _values(stream, np.dtype(_TYPES[kind]), struct.unpack(f">{dimensions}I", sizes), path)


def _values(
    stream: _Stream, kind: np.dtype[Any], shape: tuple[int, ...], path: str | Path
) -> NDArray[Any]:
    expected = math.prod(shape) * kind.itemsize
    told = " × ".join(f"{size:,}" for size in shape) + f" values of {kind.itemsize} bytes"
    if expected > MAX_BYTES:
        raise DataError(
            f"{path} claims {told}, {expected:,} bytes; the limit is {MAX_BYTES:,}: {_AGAIN}, or "
            "divide it."
        )
    data = stream.read(expected)
    if len(data) < expected:
        raise DataError(
            f"{path} is cut off: expected {told}, {expected:,} bytes; got {len(data):,}: {_AGAIN}."
        )
    if stream.read(1):  # and with that the checksum of gzip is compared
        raise DataError(f"{path} goes on after its {told}; {_AGAIN}.")
    return np.frombuffer(data, kind).astype(kind.newbyteorder("=")).reshape(shape)


def _fault(error: Exception) -> str:
    return "is cut off" if isinstance(error, EOFError) else f"makes no sense ({error})"


def _shown(head: bytes) -> str:
    return ", ".join(map(str, head)) or "an empty file"
