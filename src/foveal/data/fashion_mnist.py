"""Fashion-MNIST as ordinary folders, from the IDX files of a Debian package."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from foveal.data.idx import read_idx
from foveal.data.stored_png import grey_pngs
from foveal.data.threads import map_in_threads
from foveal.errors import DataError

PACKAGE = "dataset-fashion-mnist"
INSTALLED = Path("/usr/share/datasets/fashion-mnist")
CLASSES = (
    *("t-shirt", "trouser", "pullover", "dress", "coat"),
    *("sandal", "shirt", "sneaker", "bag", "ankle-boot"),
)
"""What the labels 0 to 9 mean."""

_PARTS = {"train": "train", "test": "t10k"}

Images = NDArray[np.uint8]
Progress = Callable[[int, int], None]


def read_fashion_mnist(source: Path | None = None) -> dict[str, tuple[Images, Images]]:
    """Read the 70,000 pictures of clothes.

    Args:
        source: the folder of the four IDX files; None for where the Debian package puts them.

    Returns:
        Split (``"train"``, ``"test"``) to pictures, uint8 (n, 28, 28), and labels, uint8 (n,).

    Raises:
        DataError: the files are absent, damaged or do not belong together.

    Source:
        H. Xiao, K. Rasul and R. Vollgraf, "Fashion-MNIST: a novel image dataset for benchmarking
        machine learning algorithms", 2017.
    """
    folder = INSTALLED if source is None else source
    files = {name: _files(folder, name) for name in _PARTS.values()}
    return {split: _part(*files[name]) for split, name in _PARTS.items()}


def fill_with_fashion_mnist(folder: Path, source: Path | None, progress: Progress) -> None:
    """Write the pictures into ``train/<class>/`` and ``test/<class>/``, as PNG files.

    Args:
        folder: an empty folder.
        source: the folder of the four IDX files; None for where the Debian package puts them.
        progress: called with (done, total) files.

    Raises:
        DataError: the files are absent, damaged or do not belong together.
    """
    parts = read_fashion_mnist(source)
    total, before = sum(len(labels) for _, labels in parts.values()), 0
    for split, (images, labels) in parts.items():
        names = [folder / split / name for name in CLASSES]
        for name in names:
            name.mkdir(parents=True)
        files = [
            (f"{names[label]}/{index:05d}.png", content)
            for index, (label, content) in enumerate(
                zip(labels.tolist(), grey_pngs(images), strict=True)
            )
        ]
        map_in_threads(_write, files, batch=512, progress=_from(before, total, progress))
        before += len(files)


def _from(before: int, total: int, progress: Progress) -> Progress:
    return lambda done, _: progress(before + done, total)


def _write(file: tuple[str, bytes]) -> None:
    path, content = file
    with open(path, "wb", buffering=0) as opened:
        opened.write(content)


def _files(folder: Path, name: str) -> tuple[Path, Path]:
    found = []
    for kind in ("images-idx3-ubyte", "labels-idx1-ubyte"):
        plain = folder / f"{name}-{kind}"
        packed = plain.with_name(f"{plain.name}.gz")
        found += [path for path in (packed, plain) if path.is_file()][:1]
    if len(found) < 2:
        raise DataError(
            f"Fashion-MNIST is not on this computer: expected {name}-images-idx3-ubyte.gz and "
            f"{name}-labels-idx1-ubyte.gz in {folder}; on Debian and Ubuntu install them with: "
            f"sudo apt-get install {PACKAGE} (elsewhere, give the folder that holds them with "
            "--source)."
        )
    return found[0], found[1]


def _part(images_file: Path, labels_file: Path) -> tuple[Images, Images]:
    images, labels = read_idx(images_file), read_idx(labels_file)
    if images.dtype != np.uint8 or images.ndim != 3 or images.shape[1:] != (28, 28):
        raise DataError(
            f"{images_file} must hold pictures of 28 × 28 bytes; it has {images.dtype} values of "
            f"shape {images.shape}: copy it again from the package {PACKAGE}."
        )
    if labels.shape != images.shape[:1] or labels.dtype != np.uint8:
        raise DataError(
            f"{labels_file} must hold a byte for each of the {len(images):,} pictures of "
            f"{images_file.name}; it has {labels.dtype} values of shape {labels.shape}: both must "
            "come from the same package."
        )
    if labels.max(initial=0) >= len(CLASSES):
        raise DataError(
            f"{labels_file} must hold labels 0 to {len(CLASSES) - 1}; it has {labels.max()}: copy "
            f"it again from the package {PACKAGE}."
        )
    return images, labels
