"""Decoded photos in memory, packed one behind the other.

As arrays of their own, pictures of 28 × 28 pixels would take twice the room and a second to walk
over, and worker processes could not share them.
"""

from __future__ import annotations

import mmap
import os
import tempfile
import threading
import weakref
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Photo = NDArray[np.uint8]

_BLOCK = 64 << 20
_PLACE = [("block", "i4"), ("start", "i8")]
_SHAPE = [("height", "i4"), ("width", "i4"), ("channels", "i4"), ("grey", "?")]
_ROW = np.dtype([*_PLACE, *_SHAPE])
_NOWHERE = -1


class PhotoStore:
    """Decoded photos, as many as fit into a number of bytes.

    A photo without colour takes a third: its three equal channels are kept once.

    Args:
        count: how many photos there are.
        limit: bytes that may be taken.
        shared: whether other processes read them. Such a store can be sent to them; what they get
            has the photos added so far and cannot be added to.
    """

    def __init__(self, count: int, limit: int, *, shared: bool = False) -> None:
        self._limit = limit
        self._rows = np.zeros(count, _ROW)
        self._rows["block"] = _NOWHERE
        self._blocks = _Blocks(_SharedFile() if shared else None)
        self._lock = threading.Lock()
        self.used = 0
        """Bytes that the photos take."""

    def __getstate__(self) -> dict[str, Any]:
        return {"rows": self._rows, "blocks": self._blocks.for_others(), "used": self.used}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._rows, self.used = state["rows"], state["used"]
        self._limit, self._lock = 0, threading.Lock()
        self._blocks = _Blocks.of_another(*state["blocks"])

    @property
    def kept(self) -> int:
        """How many photos are in memory."""
        return int((self._rows["block"] != _NOWHERE).sum())

    def add(self, row: int, photo_HWC: Photo) -> bool:
        """Keep a photo if there is room; safe with threads.

        Args:
            row: its number.
            photo_HWC: uint8 (H, W, C).

        Returns:
            Whether it is kept.
        """
        height, width, channels = photo_HWC.shape
        grey = channels == 3 and _is_grey(photo_HWC)
        data = np.ascontiguousarray(photo_HWC[:, :, 0] if grey else photo_HWC).reshape(-1)
        with self._lock:
            place = self._reserve(len(data))
        if place is None:
            return False
        block, start = place
        self._blocks.memory[block][start : start + len(data)] = data
        self._rows[row] = (block, start, height, width, channels, grey)
        return True

    def get(self, row: int) -> Photo | None:
        """Return a photo.

        Args:
            row: its number.

        Returns:
            uint8 (H, W, C) as it was added, not to be written to; None if it is not in memory.
        """
        found: tuple[int, ...] = self._rows[row].item()
        block, start, height, width, channels, grey = found
        if block == _NOWHERE:
            return None
        memory: Photo = self._blocks.memory[block]
        if grey:
            photo = memory[start : start + height * width].reshape(height, width)
            return np.asarray(cv2.cvtColor(photo, cv2.COLOR_GRAY2RGB), np.uint8)
        end = start + height * width * channels
        return memory[start:end].reshape(height, width, channels)

    def only(self, rows: NDArray[np.int64]) -> None:
        """Renumber the photos: row i becomes what row `rows[i]` was.

        Args:
            rows: the rows to go on with, in their new order.
        """
        self._rows = self._rows[rows]

    def _reserve(self, size: int) -> tuple[int, int] | None:
        if self.used + size > self._limit:
            return None
        place = self._blocks.reserve(size, min(_BLOCK, self._limit - self.used))
        self.used += size if place is not None else 0
        return place


class _Blocks:
    """Memory that grows by large pieces, so that nothing is ever moved."""

    def __init__(self, file: _SharedFile | None) -> None:
        self.file = file
        self.memory: list[Photo] = []
        self._free = 0

    def reserve(self, size: int, growth: int) -> tuple[int, int] | None:
        """Return the block and the place of `size` bytes; None where the system has no more."""
        if size > self._free:
            grown = -(-max(size, growth) // mmap.ALLOCATIONGRANULARITY)
            length = grown * mmap.ALLOCATIONGRANULARITY
            try:
                block = self.file.grown(length) if self.file else mmap.mmap(-1, length)
            except (OSError, MemoryError):
                return None
            self.memory.append(np.frombuffer(block, np.uint8))
            self._free = length
        start = len(self.memory[-1]) - self._free
        self._free -= size
        return len(self.memory) - 1, start

    def for_others(self) -> tuple[str, list[int]]:
        if self.file is None:
            raise TypeError("a store of photos can be sent to other processes only if `shared`.")
        return self.file.path, [len(block) for block in self.memory]

    @classmethod
    def of_another(cls, path: str, lengths: list[int]) -> _Blocks:
        blocks, start = cls(None), 0
        with open(path, "rb") as file:
            for length in lengths:
                piece = mmap.mmap(file.fileno(), length, access=mmap.ACCESS_READ, offset=start)
                blocks.memory.append(np.frombuffer(piece, np.uint8))
                start += length
        return blocks


class _SharedFile:
    """Memory with a path: a file without a disk on Linux, a temporary one elsewhere."""

    def __init__(self) -> None:
        if hasattr(os, "memfd_create"):
            self._number = os.memfd_create("foveal-photos")
            self.path = f"/proc/{os.getpid()}/fd/{self._number}"
            weakref.finalize(self, os.close, self._number)
        else:
            self._number, self.path = tempfile.mkstemp(prefix="foveal-photos-")
            weakref.finalize(self, os.unlink, self.path)
            weakref.finalize(self, os.close, self._number)
        self._length = 0

    def grown(self, length: int) -> mmap.mmap:
        """Add bytes, and map them; raises OSError where there is no room."""
        if hasattr(os, "posix_fallocate"):  # a write into a hole could kill the process later
            os.posix_fallocate(self._number, self._length, length)
        else:
            os.truncate(self._number, self._length + length)
        piece = mmap.mmap(self._number, length, offset=self._length)
        self._length += length
        return piece


def _is_grey(photo_HWC: Photo) -> bool:
    few, step = photo_HWC[::8, ::8], photo_HWC  # a few pixels decide most photos
    return all(
        bool((part[:, :, 0] == part[:, :, 1]).all() and (part[:, :, 1] == part[:, :, 2]).all())
        for part in (few, step)
    )
