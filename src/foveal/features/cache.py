"""What an encoder has computed, on disk: found by content, checked by checksum.

A store is a folder of shards, one folder for each encoder fingerprint. A shard is one file that
is written whole and never changed::

    8 bytes   length of the header, little-endian
    header    JSON: version, count, shape, dtype, checksum of the keys, checksum of the rows
    keys      count × 16 bytes
    rows      count × shape, in C order

Shards are named after their content, so that two writers cannot disturb each other. They are read
into memory, never mapped: a file cut short behind our back is an error, not a SIGBUS.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal

import numpy as np
from numpy.typing import NDArray

from foveal.errors import CorruptFileError, StorageError
from foveal.storage import content_hash, write_bytes

VERSION = 1
KEY_BYTES = 16
_LENGTH = struct.Struct("<Q")
_MAX_HEADER = 4096

Key = bytes
Rows = NDArray[np.float32] | NDArray[np.float16]
DType = Literal["float32", "float16"]


def view_key(content: str, view: str) -> Key:
    """Return the key of one view of one image.

    Args:
        content: the content hash of the file, hexadecimal.
        view: what the view is: ``"plain"``, or augmentation, seed and number.

    Returns:
        16 bytes.
    """
    return bytes.fromhex(content_hash(f"{content}/{view}".encode()))


@dataclass(frozen=True)
class _Shard:
    path: Path
    keys: tuple[Key, ...]
    shape: tuple[int, ...]
    dtype: DType
    rows_checksum: str
    rows_offset: int

    def rows(self) -> Rows:
        with open(self.path, "rb") as file:
            file.seek(self.rows_offset)
            data = file.read()
        if content_hash(data) != self.rows_checksum:
            raise CorruptFileError(f"{self.path} has changed since it was written.")
        return np.frombuffer(data, self.dtype).reshape(len(self.keys), *self.shape)


class FeatureStore:
    """The features that one encoder has computed.

    Args:
        folder: where its shards are; made when the first shard is written.
        shape: the shape of one row: ``(D,)`` for feature vectors, ``(H, W, C)`` for maps.
        notify: is told in one sentence of every damaged shard that was dropped.
        dtype: the numbers of a row.
    """

    def __init__(
        self,
        folder: Path,
        shape: Sequence[int],
        notify: Callable[[str], None] = lambda sentence: None,
        dtype: DType = "float32",
    ) -> None:
        self.folder = folder
        self.shape = tuple(shape)
        self.dtype: DType = dtype
        self._notify = notify

    def find(self, keys: Sequence[Key]) -> tuple[Rows, NDArray[np.bool_]]:
        """Return the rows that are known.

        Args:
            keys: n keys; see `view_key`.

        Returns:
            Rows (n, *shape), zero where nothing is known, and which are known, bool (n,).
        """
        rows: Rows = np.zeros((len(keys), *self.shape), self.dtype)
        known = np.zeros(len(keys), np.bool_)
        wanted: dict[Key, list[int]] = {}
        for index, key in enumerate(keys):
            wanted.setdefault(key, []).append(index)
        for shard in self._shards():
            here = [(row, wanted.pop(key)) for row, key in enumerate(shard.keys) if key in wanted]
            found = self._checked_rows(shard) if here else None
            for row, indices in here:
                if found is None:
                    wanted[shard.keys[row]] = indices
                else:
                    rows[indices], known[indices] = found[row], True
        return rows, known

    def add(self, keys: Sequence[Key], rows: Rows) -> None:
        """Write rows as one shard.

        Args:
            keys: n keys.
            rows: (n, *shape), of the store's dtype.

        Raises:
            DiskFullError: there is no room for the shard.
            StorageError: the shard cannot be written.
        """
        if not len(keys):
            return
        table, data = b"".join(keys), np.ascontiguousarray(rows, self.dtype).tobytes()
        checksum = content_hash(data)
        header = json.dumps(
            {
                "version": VERSION,
                "count": len(keys),
                "shape": self.shape,
                "dtype": self.dtype,
                "keys": content_hash(table),
                "rows": checksum,
            }
        ).encode()
        name = content_hash(table + checksum.encode())
        blob = b"".join([_LENGTH.pack(len(header)), header, table, data])
        write_bytes(self.folder / f"{name}.shard", blob)

    def _shards(self) -> list[_Shard]:
        shards = []
        for path in sorted(self.folder.glob("[0-9a-f]*.shard")):  # not another's temporaries
            try:
                shards.append(_open_shard(path, self.shape, self.dtype))
            except (StorageError, OSError) as error:
                self._drop(path, error)
        return shards

    def _checked_rows(self, shard: _Shard) -> Rows | None:
        try:
            return shard.rows()
        except (CorruptFileError, OSError) as error:
            self._drop(shard.path, error)
            return None

    def _drop(self, path: Path, error: Exception) -> None:
        self._notify(f"A damaged cache file was dropped and is computed again: {path} ({error})")
        path.unlink(missing_ok=True)


def _open_shard(path: Path, shape: tuple[int, ...], dtype: DType) -> _Shard:
    with open(path, "rb") as file:
        header, offset = _header(path, file)
        count = header["count"]
        table = file.read(count * KEY_BYTES)
    found = header["version"], tuple(header["shape"]), header["dtype"]
    if found != (VERSION, shape, dtype):
        raise CorruptFileError(f"{path} holds rows of another shape, kind or version.")
    start = offset + len(table)
    size = start + count * np.dtype(dtype).itemsize * math.prod(shape)
    if content_hash(table) != header["keys"] or path.stat().st_size != size:
        raise CorruptFileError(f"{path} is not whole.")
    keys = tuple(table[at : at + KEY_BYTES] for at in range(0, len(table), KEY_BYTES))
    return _Shard(path, keys, shape, dtype, header["rows"], start)


def _header(path: Path, file: BinaryIO) -> tuple[dict[str, Any], int]:
    try:
        (length,) = _LENGTH.unpack(file.read(_LENGTH.size))
        if length > _MAX_HEADER:
            raise ValueError(length)
        header = json.loads(file.read(length))
        if {"version", "count", "shape", "dtype", "keys", "rows"} - header.keys() or header[
            "count"
        ] < 0:
            raise ValueError(header)
    except (struct.error, ValueError, TypeError, AttributeError) as error:
        raise CorruptFileError(f"{path} has no readable header.") from error
    return header, _LENGTH.size + length
