"""Built-in data that needs no download: handwritten digits, two photos, and Fashion-MNIST.

The first two come with scikit-learn, which is imported only when they are asked for; the pictures
of the third come with a Debian package.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from foveal.data.fashion_mnist import fill_with_fashion_mnist
from foveal.data.stored_png import grey_pngs
from foveal.errors import DataError, StorageError, UnknownNameError, UsageError
from foveal.storage import replace_folder

Progress = Callable[[int, int], None]

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
        papers = np.stack([_paper(image) for image in bunch.images])
        for index, (png, label) in enumerate(zip(grey_pngs(papers), bunch.target, strict=True)):
            (temporary / str(label) / f"digit_{index:04d}.png").write_bytes(png)


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
    originals = originals_of_photos()
    with replace_folder(target) as temporary:
        for name in ("china.jpg", "flower.jpg", "README.txt"):
            (temporary / name).write_bytes((originals / name).read_bytes())


def originals_of_photos() -> Path:
    """Return where the photos lie that `write_photos` writes.

    Returns:
        A folder of scikit-learn's; it is not to be written to.

    Raises:
        DataError: scikit-learn is damaged.
    """
    # Where the package lies, without importing it: that would take a second.
    spec = importlib.util.find_spec("sklearn")
    if spec is None or not spec.submodule_search_locations:
        raise DataError("the sample photos of scikit-learn are missing; install scikit-learn.")
    return Path(spec.submodule_search_locations[0]) / "datasets" / "images"


def write_fashion_mnist(
    folder: str | Path,
    *,
    source: str | Path | None = None,
    progress: Progress = lambda done, total: None,
) -> None:
    """Write Fashion-MNIST: 60,000 pictures in ``train/<class>/``, 10,000 in ``test/<class>/``.

    Grey pictures of clothes, 28 × 28 pixels, in ten classes, as PNG files named by their position
    in the original files. Every byte is the same on every machine.

    Args:
        folder: a folder that does not exist yet, or is empty.
        source: the folder of the four IDX files; None for where the Debian package
            dataset-fashion-mnist puts them.
        progress: called with (done, total) files.

    Raises:
        DataError: the files are absent, damaged or do not belong together.
        UsageError: the folder cannot be used.
        StorageError: the files cannot be written; then none is.
    """
    target = _new_folder(folder)
    with replace_folder(target) as temporary:
        fill_with_fashion_mnist(temporary, None if source is None else Path(source), progress)


SAMPLES: tuple[str, ...] = ("digits", "photos", "fashion-mnist")


def write_sample(
    name: str,
    folder: str | Path,
    *,
    source: str | Path | None = None,
    progress: Progress = lambda done, total: None,
) -> None:
    """Write a built-in data set as ordinary files.

    Args:
        name: ``"digits"``, ``"photos"`` or ``"fashion-mnist"``.
        folder: a folder that does not exist yet, or is empty.
        source: where the originals of fashion-mnist are; see `write_fashion_mnist`.
        progress: called with (done, total) files while many are written.

    Raises:
        UnknownNameError: there is no such sample.
        UsageError: the folder cannot be used, or `source` is given for another sample.
        DataError: the originals are absent or damaged.
        StorageError: the files cannot be written; then none is.
    """
    if name not in SAMPLES:
        raise UnknownNameError("sample", name, SAMPLES)
    if name == "fashion-mnist":
        write_fashion_mnist(folder, source=source, progress=progress)
    elif source is not None:
        raise UsageError(
            f"`source` is for fashion-mnist only; got '{source}' for {name}, which needs no other "
            "files: leave it out."
        )
    else:
        {"digits": write_digits, "photos": write_photos}[name](folder)


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
