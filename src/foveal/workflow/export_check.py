"""Running an exported file beside the model that it was made from, over the same photos."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from foveal.data import counted
from foveal.errors import DataError, ImageError, ModelError
from foveal.images import Preprocess
from foveal.metrics import softmax
from foveal.runtime.backends import Backend, Images
from foveal.runtime.decoding import decode_ahead
from foveal.runtime.quantize import spread
from foveal.runtime.reasons import plain_reason
from foveal.workflow.listener import Listener
from foveal.workflow.run_photos import photos_of_run

MOST_PHOTOS = 300
_GENERATED = 32
_BATCHES = (1, 3, 8)  # the first sizes; a file that is bound to one batch size does not get through


@dataclass(frozen=True)
class CheckImages:
    """What a file is tried out on."""

    what: str
    """What they are: ``"validation photo"``, ``"photo"``, ``"generated image"``."""
    sources: Sequence[Path] | Sequence[Images]
    """Files, or images uint8 (S, S, C)."""
    labels: tuple[str, ...] | None = None
    """The class of each, where it is known."""

    def images(self, preprocess: Preprocess) -> Iterator[tuple[int, Images | ImageError]]:
        """Decode them anew.

        Args:
            preprocess: the geometry of the network's input.

        Yields:
            Positions, and images uint8 (S, S, C) or why they cannot be read.
        """

        def load(position: int) -> Images:
            source = self.sources[position]
            return preprocess.load(source) if isinstance(source, Path) else source

        return decode_ahead(range(len(self.sources)), load)


@dataclass(frozen=True)
class Agreement:
    """How an exported file compares with the original."""

    images: int
    """How many images both were shown."""
    what: str
    """What those are: ``"validation photo"``, ``"photo"``, ``"generated image"``."""
    max_difference: float
    """The largest difference of a probability."""
    label_flips: int
    """How many images get another most probable class."""

    @property
    def sentence(self) -> str:
        """The figures, for people."""
        return (
            f"on {counted(self.images, self.what)} its probabilities differ from the model's by "
            f"{self.max_difference:.2g} at most, and {self.label_flips} are named differently"
        )


@dataclass(frozen=True, eq=False)
class Compared:
    """What two networks say of the same images."""

    images: CheckImages
    """What they were shown."""
    positions: tuple[int, ...]
    """Which of those could be read."""
    before_NK: NDArray[np.float32]
    """Probabilities by the original."""
    after_NK: NDArray[np.float32]
    """Probabilities by the exported file."""
    sample_NHWC: Images
    """A few of the images, uint8 (n, S, S, C)."""

    @property
    def max_difference(self) -> float:
        """The largest difference of a probability; not a number where one of them is none."""
        return float(np.abs(self.before_NK - self.after_NK).max())

    @property
    def label_flips(self) -> int:
        """How many images get another most probable class."""
        return int((self.before_NK.argmax(axis=1) != self.after_NK.argmax(axis=1)).sum())

    def agreement(self) -> Agreement:
        """Sum it up.

        Returns:
            The figures.
        """
        count = len(self.positions)
        return Agreement(count, self.images.what, self.max_difference, self.label_flips)

    def right(self, classes: Sequence[str]) -> tuple[int, int]:
        """Count the images that are named rightly.

        Args:
            classes: in the order of the probabilities.

        Returns:
            How many by the original, and how many by the exported file.
        """
        labels = self.images.labels or ()
        index = {name: number for number, name in enumerate(classes)}
        targets_N = np.array([index[labels[position]] for position in self.positions], np.int64)
        answers = (self.before_NK.argmax(axis=1), self.after_NK.argmax(axis=1))
        before, after = (int((answers_N == targets_N).sum()) for answers_N in answers)
        return before, after


def images_to_check(
    run: Path, preprocess: Preprocess, photos: Sequence[Path], listener: Listener, most: int
) -> CheckImages:
    """Choose what a file is tried out on: given photos, else the run's validation photos.

    Args:
        run: a run folder, or a model folder.
        preprocess: the geometry of the network's input.
        photos: photos that are to be used; may be empty.
        listener: is warned where there are no photos at all, and images have to be generated.
        most: how many photos to use, spread evenly over all.

    Returns:
        What to use.

    Raises:
        DataError: the validation photos of the run are gone.
    """
    if photos:
        return CheckImages("photo", spread(photos, most))
    own = [photo for photo in photos_of_run(run) if photo.split == "validation"]
    if not own:
        listener.warn(
            f"{run} does not name its photos, so the file is compared on {_GENERATED} generated "
            "images; to compare it on photos, give some with `photos`."
        )
        return CheckImages("generated image", generated(preprocess, _GENERATED))
    chosen = spread(own, most)
    missing = [photo.path for photo in chosen if not photo.path.is_file()]
    if missing:
        raise DataError(
            f"{len(missing)} of {counted(len(chosen), 'validation photo')} of {run} are gone; the "
            f"first is {missing[0]}. Put them back, or compare on other photos with `photos`."
        )
    return CheckImages(
        "validation photo", [photo.path for photo in chosen], tuple(p.label for p in chosen)
    )


def generated(preprocess: Preprocess, count: int) -> list[Images]:
    """Draw images of blocks and noise, the same ones every time.

    Args:
        preprocess: gives their size.
        count: how many.

    Returns:
        Images uint8 (S, S, C).
    """
    size, channels = preprocess.image_size, preprocess.channels
    chance = np.random.default_rng(0)
    images = []
    for number in range(count):
        cells = min(size, 2 ** (1 + number % 5))
        blocks = chance.integers(0, 256, (cells, cells, channels))
        place = np.arange(size) * cells // size
        noise = chance.normal(0, 4 * (number % 7), (size, size, channels))
        images.append(np.clip(blocks[place][:, place] + noise, 0, 255).astype(np.uint8))
    return images


def compare(
    before: Backend,
    after: Backend,
    checked: CheckImages,
    preprocess: Preprocess,
    listener: Listener,
) -> Compared:
    """Show the same images to two networks, in batches of different sizes.

    Args:
        before: the original; gives logits.
        after: the exported file; gives probabilities.
        checked: the images.
        preprocess: the geometry of their input.
        listener: hears of progress, and of photos that cannot be read.

    Returns:
        What both say.

    Raises:
        DataError: no image could be read.
        ModelError: the exported file cannot be run.
    """
    total = len(checked.sources)
    positions: list[int] = []
    rows: tuple[list[NDArray[np.float32]], list[NDArray[np.float32]]] = ([], [])
    sample: list[Images] = []
    for numbers, images in _batches(checked.images(preprocess), listener):
        positions += numbers
        rows[0].append(softmax(before.run(images)))
        rows[1].append(_run(after, images))
        sample = [images] if not sample or len(images) > len(sample[0]) else sample
        listener.progress("Comparing with the model", len(positions), total)
    if not positions:
        raise DataError(
            f"none of {counted(total, checked.what)} could be read; the first is "
            f"{checked.sources[0]}. Give others with `photos`."
        )
    before_NK, after_NK = (np.concatenate(part) for part in rows)
    return Compared(checked, tuple(positions), before_NK, after_NK, sample[0])


def _run(exported: Backend, images: Images) -> NDArray[np.float32]:
    try:
        return exported.run(images)
    except Exception as error:  # each engine has its own
        raise ModelError(
            f"the exported file cannot be run on {counted(len(images), 'image')} at once: "
            f"{plain_reason(error)}. Nothing was written."
        ) from error


def _batches(
    images: Iterator[tuple[int, Images | ImageError]], listener: Listener
) -> Iterator[tuple[list[int], Images]]:
    sizes = itertools.chain(_BATCHES, itertools.repeat(_BATCHES[-1]))
    size, numbers, held = next(sizes), [], []
    for number, image in images:
        if isinstance(image, ImageError):
            listener.warn(str(image))
            continue
        numbers.append(number)
        held.append(image)
        if len(held) == size:
            yield numbers, np.stack(held)
            size, numbers, held = next(sizes), [], []
    if held:
        yield numbers, np.stack(held)
