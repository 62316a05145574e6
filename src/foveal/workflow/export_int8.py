"""Exporting in 8 bits: what it is calibrated on, what it costs in accuracy and brings in speed."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from foveal.data import counted
from foveal.errors import DataError, ImageError
from foveal.images import Preprocess
from foveal.runtime.backends import Backend, Images, OpenVinoBackend, batch_for_many
from foveal.runtime.decoding import decode_ahead
from foveal.runtime.export.openvino_folder import FILE
from foveal.runtime.quantize import CALIBRATION_PHOTOS, quantize, spread
from foveal.workflow.export_check import Compared
from foveal.workflow.listener import Listener
from foveal.workflow.run_photos import photos_of_run, require_there

MOST_PHOTOS = 2000  # to measure the accuracy on
_ROUNDS = 5
_ROUND_SECONDS, _ROUND_IMAGES = 1.0, 64


@dataclass(frozen=True)
class Int8Figures:
    """What computing in 8 bits costs and brings."""

    calibrated_on: int
    """Training photos that its steps were measured on."""
    photos: int
    """Validation photos that both were measured on."""
    right_before: int
    """How many of them the original names rightly."""
    right_after: int
    """How many of them the file names rightly."""
    precision_before: str
    """What the original computes in here."""
    images_per_second_before: float
    """The original's speed, without decoding: the median of some rounds, taken in turns."""
    images_per_second_after: float
    """The file's speed, measured in the same minute."""

    @property
    def accuracy_before(self) -> float:
        """The original's accuracy, 0 … 1."""
        return self.right_before / self.photos

    @property
    def accuracy_after(self) -> float:
        """The file's accuracy, 0 … 1."""
        return self.right_after / self.photos

    @property
    def points_lost(self) -> float:
        """By how many points the accuracy fell; below 0 where it rose."""
        return 100 * (self.right_before - self.right_after) / self.photos

    def as_dict(self) -> dict[str, Any]:
        """Return everything as JSON can hold it.

        Returns:
            Plain values.
        """
        derived = ("accuracy_before", "accuracy_after", "points_lost")
        return asdict(self) | {name: getattr(self, name) for name in derived}

    @property
    def sentence(self) -> str:
        """The figures, for people."""
        before, after = self.images_per_second_before, self.images_per_second_after
        return (
            f"{100 * self.accuracy_after:.1f} % of {counted(self.photos, 'validation photo')} are "
            f"named rightly (by the model {100 * self.accuracy_before:.1f} %), at {after:.0f} "
            f"images/s here (the model in {self.precision_before}: {before:.0f}, so "
            f"{after / before:.1f} times as fast)"
        )


def calibration_images(run: Path, preprocess: Preprocess, listener: Listener) -> list[Images]:
    """Decode the training photos that the steps of 8 bits are measured on.

    Args:
        run: a run folder.
        preprocess: the geometry of the network's input.
        listener: hears of progress, and of photos that cannot be read.

    Returns:
        About 300 images uint8 (S, S, C), spread evenly over the training photos.

    Raises:
        DataError: the folder does not name its photos, or they are gone, or cannot be read.
    """
    own = [photo for photo in photos_of_run(run) if photo.split == "train"]
    if not own:
        raise DataError(
            f"{run} does not name its training photos, and int8 is calibrated on them; give the "
            "run folder that `foveal train` made."
        )
    chosen = spread(own, CALIBRATION_PHOTOS)
    require_there(chosen)
    images: list[Images] = []
    paths = [photo.path for photo in chosen]
    for done, (_, image) in enumerate(decode_ahead(paths, preprocess.load), start=1):
        if isinstance(image, ImageError):
            listener.warn(str(image))
        else:
            images.append(image)
        listener.progress("Reading training photos", done, len(paths))
    if not images:
        raise DataError(f"none of {counted(len(paths), 'training photo')} could be read.")
    return images


def calibrated_graph(
    graph: Any, run: Path, preprocess: Preprocess, listener: Listener
) -> tuple[Any, int]:
    """Bring the graph of a model folder to 8 bits.

    Args:
        graph: an ``openvino.Model`` from raw pixels to logits. It stays as it is.
        run: the run that it belongs to.
        preprocess: the geometry of its input.
        listener: hears what is being done.

    Returns:
        An ``openvino.Model`` from raw pixels to logits, and on how many photos it was calibrated.

    Raises:
        MissingExtraError: NNCF is not installed.
        DataError: the run's training photos are not there.
        ModelError: the graph cannot be brought to 8 bits.
    """
    images = calibration_images(run, preprocess, listener)
    progress = listener.progress
    quantized = quantize(
        graph, images, lambda done, total: progress("Measuring steps for int8", done, total)
    )
    return quantized, len(images)


def before_and_after(original: Any, written: Path) -> tuple[OpenVinoBackend, OpenVinoBackend]:
    """Load the model and its exported file as they are fastest here for many images.

    Args:
        original: the model's graph, an ``openvino.Model``. Its batch is fixed here.
        written: the exported folder.

    Returns:
        Both, each in the precision that OpenVINO chooses on this machine.
    """
    before, after = (
        OpenVinoBackend(graph, batch=batch_for_many(), throughput=True)
        for graph in (original, written / FILE)
    )
    return before, after


def figures(
    compared: Compared,
    classes: tuple[str, ...],
    backends: tuple[OpenVinoBackend, OpenVinoBackend],
    calibrated_on: int,
) -> Int8Figures:
    """Measure what 8 bits cost and bring.

    Args:
        compared: what both say of the validation photos.
        classes: in the order of the probabilities.
        backends: the original and the file.
        calibrated_on: training photos that were used.

    Returns:
        The figures.
    """
    right_before, right_after = compared.right(classes)
    before, after = speeds(backends, compared.sample_NHWC)
    return Int8Figures(
        calibrated_on=calibrated_on,
        photos=len(compared.positions),
        right_before=right_before,
        right_after=right_after,
        precision_before=backends[0].precision,
        images_per_second_before=before,
        images_per_second_after=after,
    )


def speeds(backends: tuple[Backend, Backend], images: Images) -> tuple[float, float]:
    """Measure two networks in turns, so that what else the machine does hits both.

    Args:
        backends: the two.
        images: uint8 (N, S, S, C), N of 1 or more; shown again and again.

    Returns:
        Images a second of each, the median of some rounds.
    """
    batch = np.resize(images, (batch_for_many(), *images.shape[1:]))
    for backend in backends:
        backend.run(batch)  # the first run is slow
    slowest = max(_seconds(partial(backend.run, batch)) for backend in backends)
    rounds = int(min(_ROUND_IMAGES / len(batch), max(1, _ROUND_SECONDS / slowest)))
    shown = np.concatenate([batch] * rounds)
    works = [partial(backend.run, shown) for backend in backends]
    taken = [[_seconds(work) for work in works] for _ in range(_ROUNDS)]
    before, after = (len(shown) / statistics.median(column) for column in zip(*taken, strict=True))
    return before, after


def _seconds(work: Callable[[], Any]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
