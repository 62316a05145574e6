"""Photos to names: a model folder, a backend, and nothing of PyTorch."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, TypeGuard, cast, overload

import numpy as np
from numpy.typing import NDArray

from foveal.errors import ImageError, UsageError
from foveal.metrics import softmax
from foveal.runtime.backends import Backend, Images, OpenVinoBackend, batch_for_many
from foveal.runtime.decoding import decode_ahead, in_batches
from foveal.runtime.model_folder import GRAPH, ModelConfig, find_model, read_config

if TYPE_CHECKING:
    from PIL.Image import Image

Source: TypeAlias = "str | Path | NDArray[np.uint8] | Image"
"""A path, pixels uint8 (H, W, 3) in RGB, or a Pillow image of any mode."""


@dataclass(frozen=True)
class Prediction:
    """What a classifier says of one image."""

    path: str
    """The file; ``"<array>"`` or ``"<image>"`` for pixels without one."""
    labels: tuple[str, ...]
    """Names, most probable first; empty if the image could not be read."""
    indices: tuple[int, ...]
    """The positions of those names in the model's class list."""
    probabilities: tuple[float, ...]
    """Their probabilities, 0 … 1."""
    reason: str | None = None
    """Why the image could not be read, or None."""

    @property
    def label(self) -> str:
        """The most probable name, or an empty string."""
        return self.labels[0] if self.labels else ""

    @property
    def probability(self) -> float | None:
        """Its probability, or None."""
        return self.probabilities[0] if self.probabilities else None


class Predictor:
    """A trained classifier, ready to name photos.

    Args:
        config: what its model folder says of it.
        backend: runs the network: uint8 (N, S, S, C) → logits (N, K).
    """

    def __init__(self, config: ModelConfig, backend: Backend) -> None:
        self.config, self.backend = config, backend

    @property
    def classes(self) -> tuple[str, ...]:
        """The names it can give, in the order of the logits."""
        return self.config.classes

    @overload  # a str is iterable too; the first overload wins
    def predict(self, images: Source, top_k: int = 5) -> Prediction: ...  # type: ignore[overload-overlap]
    @overload
    def predict(self, images: Iterable[Source], top_k: int = 5) -> list[Prediction]: ...
    def predict(
        self, images: Source | Iterable[Source], top_k: int = 5
    ) -> Prediction | list[Prediction]:
        """Name one image or many.

        Args:
            images: a path, an array uint8 (H, W, 3) in RGB, a Pillow image, or several of them.
            top_k: how many names each gets; at most the number of classes.

        Returns:
            One `Prediction` for one image, a list in the same order for several. An image that
            cannot be read among several gets no label and a reason.

        Raises:
            ImageError: the only image cannot be read.
            UsageError: `top_k` is less than 1, or `images` is something else.
        """
        if _is_source(images):
            (prediction,) = self.stream([images], top_k)
            if prediction.reason is not None:
                raise ImageError(prediction.path, prediction.reason, "use another image")
            return prediction
        if isinstance(images, bytes) or not isinstance(images, Iterable):
            _require_source(images)
        return list(self.stream(cast("Iterable[Source]", images), top_k))

    def stream(
        self,
        images: Iterable[Source],
        top_k: int = 5,
        progress: Callable[[int], None] = lambda done: None,
    ) -> Iterator[Prediction]:
        """Name many images, decoding ahead of the network.

        Args:
            images: paths, arrays uint8 (H, W, 3) in RGB, or Pillow images.
            top_k: how many names each gets.
            progress: called with the number of images done.

        Yields:
            A `Prediction` for every image, in order.

        Raises:
            UsageError: `top_k` is less than 1, or one of `images` is something else.
        """
        if top_k < 1:
            raise UsageError(f"`top_k` must be at least 1; got {top_k}.")
        sources = list(images)
        done: dict[int, Prediction] = {}
        for position, outcome in self.probabilities(sources):
            path = _name(sources[position])
            if isinstance(outcome, ImageError):
                done[position] = Prediction(path, (), (), (), f"{outcome.reason}; {outcome.remedy}")
            else:
                done[position] = self._prediction(path, outcome, top_k)
            progress(len(done))
        yield from (done[position] for position in range(len(sources)))

    def probabilities(
        self, sources: Sequence[Source]
    ) -> Iterator[tuple[int, NDArray[np.float32] | ImageError]]:
        """Yield the probabilities of all classes for many images.

        Args:
            sources: paths, arrays uint8 (H, W, 3) in RGB, or Pillow images.

        Yields:
            The position of an image and its probabilities float32 (K,), or the reason why it
            cannot be read; in no particular order.

        Raises:
            UsageError: one of `sources` is something else.
        """
        for source in sources:
            _require_source(source)
        failed: list[tuple[int, ImageError]] = []

        def readable() -> Iterator[tuple[int, Images]]:
            for position, image in decode_ahead(
                range(len(sources)), lambda position: self._load(sources[position])
            ):
                if isinstance(image, ImageError):
                    failed.append((position, image))
                else:
                    yield position, image

        size = min(self.backend.batch or batch_for_many(), max(1, len(sources)))
        for positions, logits in self.backend.stream(in_batches(readable(), size)):
            yield from zip(positions, softmax(logits), strict=True)
        yield from failed

    def _load(self, source: Source) -> Images:
        preprocess = self.config.preprocess
        if isinstance(source, str | Path):
            return preprocess.load(source)
        if isinstance(source, np.ndarray):
            return preprocess.apply(source)
        from foveal.images.io import image_pixels

        return preprocess.apply(image_pixels(source, name=_name(source)))

    def _prediction(
        self, path: str, probabilities_K: NDArray[np.float32], top_k: int
    ) -> Prediction:
        order = np.argsort(-probabilities_K, kind="stable")[:top_k]
        return Prediction(
            path,
            tuple(self.classes[index] for index in order),
            tuple(int(index) for index in order),
            tuple(float(probabilities_K[index]) for index in order),
        )


def load(path: str | Path, *, many: bool = False) -> Predictor:
    """Load a trained classifier.

    Args:
        path: a run folder or a model folder.
        many: arrange the cores for many photos at once rather than for one quick answer.

    Returns:
        The classifier on OpenVINO.

    Raises:
        ModelError: there is no model, or this version cannot read it.
        CorruptFileError: one of its files has changed since it was written.
    """
    folder = find_model(path)
    return open_folder(folder, many=many)


def open_folder(folder: Path, *, many: bool) -> Predictor:
    """Load a model folder.

    Args:
        folder: an existing model folder; see `find_model`.
        many: arrange the cores for many photos at once rather than for one quick answer.

    Returns:
        The classifier on OpenVINO.

    Raises:
        ModelError: this version cannot read it.
        CorruptFileError: one of its files has changed since it was written.
    """
    batch = batch_for_many() if many else None
    backend = OpenVinoBackend(folder / GRAPH, batch=batch, throughput=many)
    return Predictor(read_config(folder), backend)


def _is_source(value: object) -> TypeGuard[Source]:
    if isinstance(value, str | Path | np.ndarray):
        return True
    pillow = sys.modules.get("PIL.Image")  # whoever has such an image has imported it
    return pillow is not None and isinstance(value, pillow.Image)


def _require_source(value: object) -> None:
    if not _is_source(value):
        shown = repr(value) if len(repr(value)) <= 60 else f"a {type(value).__name__}"
        raise UsageError(
            "an image must be a path, an array uint8 (H, W, 3) in RGB, or a Pillow image; "
            f"got {shown}: give one of these, or a list of them."
        )


def _name(source: Source) -> str:
    if isinstance(source, str | Path):
        return str(source)
    if isinstance(source, np.ndarray):
        return "<array>"
    return str(getattr(source, "filename", "")) or "<image>"
