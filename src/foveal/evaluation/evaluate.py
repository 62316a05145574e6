"""One split, judged: everything that follows from the targets and the probabilities."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foveal import metrics
from foveal.errors import UsageError

_TOP_K = 5


@dataclass(frozen=True)
class Mistake:
    """One photo that was named wrongly."""

    path: str
    """The photo."""
    true: str
    """The class it belongs to."""
    predicted: str
    """The class it was given."""
    probability: float
    """How sure the classifier was of its answer, from 0 to 1."""
    true_probability: float
    """The probability it left for the true class, from 0 to 1."""


@dataclass(frozen=True)
class ConfusedPair:
    """How often photos of one class were taken for another."""

    true: str
    """The class the photos belong to."""
    predicted: str
    """The class they were given."""
    count: int
    """Photos."""


@dataclass(frozen=True, eq=False)
class Evaluation:
    """The answers of a classifier for one split, and every figure that follows from them.

    Undefined figures are None: all of them without photos.

    Raises:
        UsageError: the fields are not of the same photos and classes.

    Example:
        >>> result = Evaluation("test", ("ant", "bee"), ("1.jpg", "2.jpg"), np.array([0, 1]),
        ...                     np.array([[0.9, 0.1], [0.8, 0.2]], dtype=np.float32))
        >>> result.accuracy, [m.path for m in result.mistakes()]
        (0.5, ['2.jpg'])
    """

    split: str
    """Name of the split: ``"validation"`` or ``"test"``."""
    classes: tuple[str, ...]
    """K class names."""
    paths: tuple[str, ...]
    """N photos, as given to the user: absolute, or relative to the data folder."""
    targets_N: NDArray[np.int64]
    """(N,) true class indices."""
    probabilities_NK: NDArray[np.float32]
    """(N, K) calibrated probabilities; each row sums to 1."""

    def __post_init__(self) -> None:
        shape = (len(self.paths), len(self.classes))
        if not self.classes or self.probabilities_NK.shape != shape:
            raise UsageError(
                f"`probabilities_NK` must have one row for each of {shape[0]} paths and one column "
                f"for each of {shape[1]} classes; got shape {self.probabilities_NK.shape}."
            )
        if self.targets_N.shape != shape[:1]:
            raise UsageError(
                f"`targets_N` must have one class index for each of {shape[0]} paths; "
                f"got shape {self.targets_N.shape}."
            )
        _ = self.loss, self.confusion  # checks the values where the cause is still near

    @property
    def n(self) -> int:
        """Number of photos."""
        return len(self.paths)

    @cached_property
    def predictions(self) -> NDArray[np.int64]:
        """(N,) index of the most probable class."""
        return np.asarray(self.probabilities_NK.argmax(axis=1), dtype=np.int64)

    @cached_property
    def confusion(self) -> NDArray[np.int64]:
        """(K, K) counts: row is the truth, column the answer."""
        return metrics.confusion_matrix(self.targets_N, self.predictions, len(self.classes))

    @property
    def correct(self) -> int:
        """Number of photos named correctly."""
        return int(np.trace(self.confusion))

    @property
    def accuracy(self) -> float | None:
        """Share of photos named correctly."""
        return self.correct / self.n if self.n else None

    @property
    def accuracy_ci95(self) -> tuple[float, float] | None:
        """Wilson's 95 % interval of the accuracy."""
        return metrics.wilson_interval(self.correct, self.n)

    @cached_property
    def loss(self) -> float | None:
        """Mean negative log of the true class's probability."""
        return metrics.log_loss(self.probabilities_NK, self.targets_N)

    @cached_property
    def macro_f1(self) -> float | None:
        """Mean F1 of the classes that have one."""
        return metrics.macro_f1(self.confusion)

    @cached_property
    def top5_accuracy(self) -> float | None:
        """Share of photos whose class is among the five best guesses; None up to 5 classes."""
        return metrics.top_k_accuracy(self.probabilities_NK, self.targets_N, _TOP_K)

    @cached_property
    def ece(self) -> float | None:
        """Expected calibration error over 15 bins."""
        return metrics.expected_calibration_error(self.probabilities_NK, self.targets_N)

    @cached_property
    def per_class(self) -> dict[str, metrics.ClassScores]:
        """Precision, recall, F1 and number of photos by class name."""
        return dict(zip(self.classes, metrics.per_class(self.confusion), strict=True))

    def mistakes(self, limit: int | None = None) -> list[Mistake]:
        """Return the photos named wrongly, the most confidently wrong first.

        Args:
            limit: how many at most; None for all.

        Returns:
            Mistakes, by falling probability and then by path.
        """
        wrong = np.flatnonzero(self.predictions != self.targets_N).tolist()
        found = [self._mistake(i) for i in wrong]
        return sorted(found, key=lambda m: (-m.probability, m.path))[:limit]

    def confused_pairs(self, limit: int | None = None) -> list[ConfusedPair]:
        """Return which class was taken for which, the most frequent first.

        Args:
            limit: how many at most; None for all.

        Returns:
            Pairs that occur, by falling count and then in the order of the classes.
        """
        off_diagonal = self.confusion * (1 - np.eye(len(self.classes), dtype=np.int64))
        cells = np.argwhere(off_diagonal).tolist()
        pairs = [
            ConfusedPair(self.classes[i], self.classes[j], int(off_diagonal[i, j]))
            for i, j in cells
        ]
        return sorted(pairs, key=lambda pair: -pair.count)[:limit]

    def as_dict(self) -> dict[str, Any]:
        """Return the entry of this split in ``metrics.json``.

        Returns:
            Plain numbers, lists and None, ready for JSON.
        """
        interval = self.accuracy_ci95
        return {
            "n": self.n,
            "accuracy": self.accuracy,
            "accuracy_ci95": list(interval) if interval else None,
            "loss": self.loss,
            "macro_f1": self.macro_f1,
            "top5_accuracy": self.top5_accuracy,
            "ece": self.ece,
            "per_class": {name: asdict(scores) for name, scores in self.per_class.items()},
            "confusion": self.confusion.tolist(),
        }

    def _mistake(self, i: int) -> Mistake:
        truth, answer = int(self.targets_N[i]), int(self.predictions[i])
        return Mistake(
            path=self.paths[i],
            true=self.classes[truth],
            predicted=self.classes[answer],
            probability=float(self.probabilities_NK[i, answer]),
            true_probability=float(self.probabilities_NK[i, truth]),
        )
