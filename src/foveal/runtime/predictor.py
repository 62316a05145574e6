"""Photos to names: a model folder, a backend, and nothing of PyTorch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast, overload

import numpy as np
from numpy.typing import NDArray

from foveal.errors import ImageError, ModelError, UsageError
from foveal.metrics import softmax
from foveal.runtime.backends import Backend, Images, batch_for_many
from foveal.runtime.decoding import decode_ahead, in_batches
from foveal.runtime.model_folder import ModelConfig
from foveal.runtime.sources import Source, is_source, require_source, source_name
from foveal.runtime.views import AveragedViews

__all__ = ["Prediction", "Predictor", "Source"]


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
    rejected: bool = False
    """Whether it looks like none of the classes; the names are then only the nearest ones."""

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
        views: looks at several views of each image and averages the logits; None for one look.
    """

    def __init__(
        self, config: ModelConfig, backend: Backend, views: AveragedViews | None = None
    ) -> None:
        self.config, self.backend, self.views = config, backend, views

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
        if is_source(images):
            (prediction,) = self.stream([images], top_k)
            if prediction.reason is not None:
                raise ImageError(prediction.path, prediction.reason, "use another image")
            return prediction
        if isinstance(images, bytes) or not isinstance(images, Iterable):
            require_source(images)
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
        for position, outcome in self.outputs(sources):
            path = source_name(sources[position])
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
        for position, outcome in self.outputs(sources):
            if isinstance(outcome, ImageError):
                yield position, outcome
            else:
                yield position, self._probabilities(outcome)

    def outputs(
        self, sources: Sequence[Source]
    ) -> Iterator[tuple[int, NDArray[np.float32] | ImageError]]:
        """Yield what the backend gives for many images, averaged over the views of each.

        Args:
            sources: paths, arrays uint8 (H, W, 3) in RGB, or Pillow images.

        Yields:
            The position of an image and its row float32, or the reason why it cannot be read; in
            no particular order.

        Raises:
            UsageError: one of `sources` is something else.
        """
        for source in sources:
            require_source(source)
        failed: list[tuple[int, ImageError]] = []

        def readable() -> Iterator[tuple[tuple[int, int], Images]]:
            for position, images in decode_ahead(
                range(len(sources)), lambda position: self._load(sources[position])
            ):
                if isinstance(images, ImageError):
                    failed.append((position, images))
                else:
                    yield from (((position, view), image) for view, image in enumerate(images))

        looks = self.views.count if self.views else 1
        size = min(self.backend.batch or batch_for_many(), max(1, looks * len(sources)))
        seen: dict[int, dict[int, NDArray[np.float32]]] = {}
        for tags, rows in self.backend.stream(in_batches(readable(), size)):
            for (position, view), row in zip(tags, rows, strict=True):
                seen.setdefault(position, {})[view] = row
                if len(seen[position]) == looks:
                    of_views = seen.pop(position)
                    # Batches end in any order; a mean of one order has always the same last bits.
                    ordered = [of_views[number] for number in range(looks)]
                    yield position, ordered[0] if looks == 1 else np.mean(ordered, axis=0)
        yield from failed

    def named(self, path: str, row: NDArray[np.float32], top_k: int) -> Prediction:
        """Return what one row of the backend's outputs says.

        Args:
            path: what to call the image.
            row: float32, as `outputs` gives it.
            top_k: how many names it gets, 1 or more.

        Returns:
            The prediction.
        """
        return self._prediction(path, row, top_k)

    def _load(self, source: Source) -> list[Images]:
        preprocess = self.config.preprocess
        if isinstance(source, str | Path):
            image = preprocess.decode(source)
        elif isinstance(source, np.ndarray):
            image = source
        else:
            from foveal.images.io import image_pixels

            image = image_pixels(source, name=source_name(source))
        return self.views.render(image, preprocess) if self.views else [preprocess.apply(image)]

    def _logits(self, row: NDArray[np.float32]) -> NDArray[np.float32]:
        return row

    def _probabilities(self, row: NDArray[np.float32]) -> NDArray[np.float32]:
        logits_K = self._logits(row)
        if not np.isfinite(logits_K).all():
            raise ModelError("the network's answer is no number, so its weights are damaged.")
        return softmax(logits_K)

    def _prediction(self, path: str, row: NDArray[np.float32], top_k: int) -> Prediction:
        probabilities_K = self._probabilities(row)
        order = np.argsort(-probabilities_K, kind="stable")[:top_k]
        return Prediction(
            path,
            tuple(self.classes[index] for index in order),
            tuple(int(index) for index in order),
            tuple(float(probabilities_K[index]) for index in order),
        )
