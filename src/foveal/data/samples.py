"""Built-in data that needs no download: handwritten digits and two photos.

Both come with scikit-learn, which is imported only when they are asked for.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from importlib import resources
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from foveal.errors import StorageError, UnknownNameError, UsageError
from foveal.storage import replace_folder

_PAPER, _INK = 64, 48  # sides in pixels: of the picture, and of the digit in its middle


def write_digits(folder: str | Path) -> None:
    """Write 1,797 real handwritten digits as PNG files in folders 0 to 9.

    The 8 × 8 originals become dark ink on white paper, as they were before they were scanned:
    their 17 levels (0 to 16) become 255 to 0, enlarged smoothly (bicubic) to 48 × 48 in the middle
    of 64 × 64. Networks trained on photos see such strokes far better than 8 × 8 squares. Every
    byte is the same on every machine, so seeded splits of them are too.

    Args:
        folder: a folder that does not exist yet, or is empty.

    Raises:
        UsageError: the folder cannot be used.
        StorageError: the files cannot be written; then none is.

    Source:
        E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine
        Learning Repository, 1998 (the test set).
    """
    target = _new_folder(folder)
    from sklearn.datasets import load_digits

    bunch = load_digits()
    with replace_folder(target) as temporary:
        for label in range(10):
            (temporary / str(label)).mkdir()
        for index, (image, label) in enumerate(zip(bunch.images, bunch.target, strict=True)):
            (temporary / str(label) / f"digit_{index:04d}.png").write_bytes(grey_png(_paper(image)))


def _paper(levels: NDArray[np.float64]) -> NDArray[np.uint8]:
    ink = Image.fromarray(np.rint(255 - levels * (255 / 16)).astype(np.uint8))
    paper = Image.new("L", (_PAPER, _PAPER), 255)
    margin = (_PAPER - _INK) // 2
    paper.paste(ink.resize((_INK, _INK), Image.Resampling.BICUBIC), (margin, margin))
    return np.asarray(paper)


def write_photos(folder: str | Path) -> None:
    """Write two photos, a temple and a flower (china.jpg and flower.jpg, 640 × 427), as they are.

    Args:
        folder: a folder that does not exist yet, or is empty.

    Raises:
        UsageError: the folder cannot be used.
        StorageError: the files cannot be written; then none is.

    Source:
        The sample images of scikit-learn; README.txt, written beside them, names the authors.
    """
    target = _new_folder(folder)
    originals = resources.files("sklearn.datasets") / "images"
    with replace_folder(target) as temporary:
        for name in ("china.jpg", "flower.jpg", "README.txt"):
            (temporary / name).write_bytes((originals / name).read_bytes())


SAMPLES: dict[str, Callable[[str | Path], None]] = {"digits": write_digits, "photos": write_photos}


def write_sample(name: str, folder: str | Path) -> None:
    """Write a built-in data set as ordinary files.

    Args:
        name: ``"digits"`` or ``"photos"``.
        folder: a folder that does not exist yet, or is empty.

    Raises:
        UnknownNameError: there is no such sample.
        UsageError: the folder cannot be used.
        StorageError: the files cannot be written; then none is.
    """
    if name not in SAMPLES:
        raise UnknownNameError("sample", name, SAMPLES)
    SAMPLES[name](folder)


def grey_png(image_HW: NDArray[np.uint8]) -> bytes:
    """Encode a small grey image as PNG without compression.

    Compressors differ between versions; stored bytes are the same everywhere, and with them
    content hashes and the splits that follow from them.

    Args:
        image_HW: uint8 (H, W), H × (W + 1) <= 65,535: one block of stored bytes.

    Returns:
        The content of a PNG file.

    Source:
        PNG specification, third edition; RFC 1950 and 1951, section 3.2.4.
    """
    height, width = image_HW.shape
    rows = np.pad(image_HW, ((0, 0), (1, 0))).tobytes()  # each row begins with filter 0, none
    if len(rows) > 65_535:
        raise UsageError(f"`image_HW` must be small, such as 32 × 32; got {height} × {width}.")
    stored = b"\x78\x01\x01" + struct.pack("<HH", len(rows), len(rows) ^ 0xFFFF) + rows
    stored += struct.pack(">I", zlib.adler32(rows))
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = (_chunk(b"IHDR", header), _chunk(b"IDAT", stored), _chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _new_folder(folder: str | Path) -> Path:
    target = Path(folder)
    try:
        full = target.exists() and (not target.is_dir() or any(target.iterdir()))
        current = target.exists() and target.samefile(Path.cwd())
    except OSError as error:
        raise StorageError(
            f"cannot look into {target}: {error.strerror}; choose another."
        ) from error
    if full:
        raise UsageError(
            f"`folder` must be new or empty, so that nothing of yours is replaced; {target} is "
            f"{'not empty' if target.is_dir() else 'a file'}: choose another."
        )
    if current:  # it would be moved away under the feet of the shell
        raise UsageError(
            f"`folder` must not be the folder you are in; got '{target}': name a new one in it."
        )
    return target
