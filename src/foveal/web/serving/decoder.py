"""A process that decodes photos for the server, with little memory, time and nothing else.

It is started as ``python -m foveal.web.serving.decoder FD`` with one socket, on which it hears its
settings (JSON) and then photos, and answers pixels or the reason why there are none. Every message
has its length before it; nothing that could run code goes either way. Once warm, it can open no
file and write none; a photo that takes too much of the processor ends it, and the server starts
another.
"""

from __future__ import annotations

import io
import json
import os
import socket
import struct
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageCms

from foveal.errors import ImageError
from foveal.images import Preprocess

LENGTH = struct.Struct("<I")
ANSWER = struct.Struct("<BI")  # kind, length
PIXELS, REASON, READY = range(3)

_BYTES_A_PIXEL = 32  # what decoding may take at its worst: 16-bit colour with alpha and a profile
_SPARE_BYTES = 512 * 2**20
_WARMED = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF")


@dataclass(frozen=True)
class Task:
    """What a decoding process is told at its start."""

    preprocess: Preprocess
    """The geometry."""
    max_pixels: int
    """Pixels of one image."""
    max_bytes: int
    """Bytes of one image's file."""
    cpu_seconds: float
    """Of the processor for one image."""

    def as_bytes(self) -> bytes:
        """Return the message.

        Returns:
            JSON.
        """
        values: dict[str, Any] = vars(self) | {"preprocess": self.preprocess.as_dict()}
        return json.dumps(values).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> Task:
        """Read what `as_bytes` gave.

        Args:
            data: the message.

        Returns:
            The task.
        """
        values = json.loads(data)
        return cls(**values | {"preprocess": Preprocess.from_dict(values["preprocess"])})


def main() -> None:
    """Decode until the server closes the socket."""
    channel = socket.socket(fileno=int(sys.argv[1]))
    task = Task.from_bytes(_message(channel))
    _warm_up(task)
    _close_doors(task)
    channel.sendall(ANSWER.pack(READY, 0))
    while True:
        data = _message(channel)
        _grant_time(task.cpu_seconds)
        kind, content = _decoded(task, data)
        channel.sendall(ANSWER.pack(kind, len(content)))
        channel.sendall(content)


def _decoded(task: Task, data: bytes) -> tuple[int, bytes | memoryview]:
    try:
        image_HWC = task.preprocess.decode(data, max_pixels=task.max_pixels)
        return PIXELS, np.ascontiguousarray(task.preprocess.apply(image_HWC)).data.cast("B")
    except ImageError as error:
        reason = [error.reason, error.remedy]
    except MemoryError:
        reason = ["needs too much memory to decode", "save a smaller copy"]
    except Exception as error:  # a photo must never take the process with it
        reason = [f"cannot be decoded ({type(error).__name__})", "save it again"]
    return REASON, json.dumps(reason).encode()


def _message(channel: socket.socket) -> bytes:
    head = channel.recv(LENGTH.size, socket.MSG_WAITALL)
    if len(head) < LENGTH.size:
        sys.exit(0)  # the server has gone, or wants no more
    (length,) = LENGTH.unpack(head)
    data = channel.recv(length, socket.MSG_WAITALL) if length else b""
    if len(data) < length:
        sys.exit(0)
    return data


def _warm_up(task: Task) -> None:
    """Decode one small picture of each format, so that nothing is left to be imported."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    tags = Image.Exif()
    tags[0x0112] = 6
    for kind in _WARMED:
        for mode in ("RGB", "P", "L"):
            file = io.BytesIO()
            picture = Image.new("RGB", (16, 12), "red").convert(mode)
            options: dict[str, Any] = {"exif": tags.tobytes()}
            if kind == "TIFF":
                options = {"compression": "tiff_lzw"}
            if mode == "RGB":
                options["icc_profile"] = profile
            picture.convert("RGB" if (kind, mode) == ("JPEG", "P") else mode).save(
                file, kind, **options
            )
            _decoded(task, file.getvalue())
    _decoded(task, b"\0\0\0\x18ftypheic")  # finds out whether HEIC can be read


def _close_doors(task: Task) -> None:
    """Take away what decoding does not need."""
    try:
        import resource
    except ImportError:  # Windows has none of these limits
        return
    silent = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silent, 2)  # libtiff writes of every corrupt file
    os.close(silent)
    most = _memory_now() + task.max_pixels * _BYTES_A_PIXEL + 3 * task.max_bytes + _SPARE_BYTES
    wanted = {"RLIMIT_CORE": 0, "RLIMIT_FSIZE": 0, "RLIMIT_NOFILE": 0}
    if sys.platform == "linux":
        wanted["RLIMIT_AS"] = most
    for name, value in wanted.items():
        kind = getattr(resource, name)
        _, hard = resource.getrlimit(kind)
        allowed = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (allowed, allowed))


def _memory_now() -> int:
    if sys.platform != "linux":
        return 0
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _grant_time(seconds: float) -> None:
    """Let the system end this process once it has computed for so long."""
    try:
        import resource
    except ImportError:
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    until = int(used.ru_utime + used.ru_stime + seconds) + 1
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    if hard == resource.RLIM_INFINITY or until < hard:
        resource.setrlimit(resource.RLIMIT_CPU, (until, hard))


if __name__ == "__main__":
    main()
