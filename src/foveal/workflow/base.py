"""What every classifier in the making has: photos, a listener, and what came of training."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from foveal.data import ImageData, Rejection, Sample, relative_name
from foveal.errors import DataError, ImageError, UsageError
from foveal.evaluation import Evaluation
from foveal.runtime.predictor import Prediction, Predictor, Source
from foveal.training.processes.parallel import Processes
from foveal.workflow.listener import Listener
from foveal.workflow.team import found_processes
from foveal.workflow.trained import Trained


class TrainableClassifier(ABC):
    """A classifier that is trained on photos, evaluated and saved.

    Args:
        data: the photos.
        seed: decides everything that chance decides.
        device: ``"auto"``, ``"cpu"`` or ``"cuda"``.
        listener: hears what is being done; None for silence.
        processes: who works on it together; None for what the launcher says.

    Raises:
        UsageError: `data` is no `ImageData`, or there is no such device.
    """

    def __init__(
        self,
        data: ImageData | None,
        *,
        seed: int,
        device: str,
        listener: Listener | None,
        processes: Processes | None,
    ) -> None:
        if not isinstance(data, ImageData):
            raise UsageError(
                "`data` must be an ImageData; make one with ImageData.from_folder(...)."
            )
        self.data = data
        self.seed = seed
        self.processes = processes or found_processes(device)
        self.listener = listener or Listener()
        self.timing: dict[str, float] = {}
        self.unreadable: list[Rejection] = []
        self.facts: dict[str, Any] = {}
        """What was settled on the way and decides the result: precision, blocks, schedule."""
        self.model: Trained | None = None
        self._predictor: Predictor | None = None

    def evaluate(self, split: str = "test") -> Evaluation:
        """Measure the classifier on photos of one split.

        Args:
            split: ``"test"`` or ``"validation"``; ``"train"`` flatters.

        Returns:
            The evaluation.

        Raises:
            UsageError: nothing is trained yet, or the split is empty.
        """
        self.trained()
        samples = self.data.subset(split)
        if not samples:
            present = [name for name in ("train", "validation", "test") if self.data.subset(name)]
            raise UsageError(f"`split` must be one of {', '.join(present)}; got {split!r}.")
        return Evaluation(
            split=split,
            classes=self.data.classes,
            paths=tuple(relative_name(sample.path, self.data.root) for sample in samples),
            targets_N=self.data.targets(samples),
            probabilities_NK=self._probabilities(split, samples),
        )

    @overload  # a str is iterable too; the first overload wins
    def predict(self, images: Source, top_k: int = 5) -> Prediction: ...  # type: ignore[overload-overlap]
    @overload
    def predict(self, images: Iterable[Source], top_k: int = 5) -> list[Prediction]: ...
    def predict(
        self, images: Source | Iterable[Source], top_k: int = 5
    ) -> Prediction | list[Prediction]:
        """Name one image or many; see `foveal.runtime.predictor.Predictor.predict`.

        Args:
            images: a path, an array uint8 (H, W, 3) in RGB, or several of them.
            top_k: how many names each gets; at most the number of classes.

        Returns:
            One `Prediction` for one image, a list for several.

        Raises:
            UsageError: nothing is trained yet, or `top_k` is less than 1.
            ImageError: the only image cannot be read.
        """
        if self._predictor is None:
            self._predictor = self.trained().predictor()
        return self._predictor.predict(images, top_k)

    def save(self, folder: str | Path, metrics: dict[str, Any] | None = None) -> None:
        """Write a model folder that `foveal.load` reads without PyTorch.

        Args:
            folder: the target; an older model there is replaced.
            metrics: figures to keep with the model.

        Raises:
            UsageError: nothing is trained yet.
            StorageError: the folder cannot be written.
        """
        self.trained().write(folder, metrics or {})

    @abstractmethod
    def provenance(self) -> dict[str, Any]:
        """Return where the model comes from.

        Returns:
            Versions, engine and the fingerprint of the data.
        """

    def trained(self) -> Trained:
        """Return what training left.

        Returns:
            The trained classifier.

        Raises:
            UsageError: nothing is trained yet.
        """
        if self.model is None:
            raise UsageError("the classifier is not trained yet; call fit_head() or fit() first.")
        return self.model

    def became(self, model: Trained) -> None:
        """Take up what training left.

        Args:
            model: the trained classifier.
        """
        self.model, self._predictor = model, None

    def _drop_unreadable(self, rejections: Iterable[Rejection]) -> None:
        found = list(rejections)
        self.unreadable += found
        if found:
            self.data = self.data.without(found)

    def _probabilities(self, split: str, samples: Sequence[Sample]) -> NDArray[np.float32]:
        """Run what will be shipped over the photos themselves."""
        rows = np.zeros((len(samples), len(self.data.classes)), np.float32)
        predictor = self.trained().predictor(many=True)
        tell = self.progress(f"Measuring {split} photos")
        done = 0
        for position, outcome in predictor.probabilities([sample.path for sample in samples]):
            if isinstance(outcome, ImageError):
                raise DataError(f"a photo could be read before and cannot now: {outcome}")
            rows[position], done = outcome, done + 1
            tell(done, len(samples))
        return rows

    def progress(self, stage: str) -> Callable[[int, int], None]:
        """Return what tells the listener how far a stage is.

        Args:
            stage: what is being done.

        Returns:
            A function of units done and units to do.
        """
        return lambda done, total: self.listener.progress(stage, done, total)
