"""The confusion matrix, and the scores of each class that follow from it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveal.errors import UsageError
from foveal.metrics.arguments import class_indices, same_length


@dataclass(frozen=True)
class ClassScores:
    """How well one class is recognised."""

    precision: float | None
    """Of the photos called this class, the share that are; None when none was called so."""
    recall: float | None
    """Of the photos of this class, the share that was found; None when there is none."""
    f1: float | None
    """Harmonic mean of both; None when the class occurs neither as truth nor as answer."""
    n: int
    """Photos of this class."""


def confusion_matrix(targets: ArrayLike, predictions: ArrayLike, k: int) -> NDArray[np.int64]:
    """Count the photos of each class by the class they were given.

    Args:
        targets: (N,) true class indices from 0 to k - 1.
        predictions: (N,) predicted class indices from 0 to k - 1.
        k: number of classes, 1 or more.

    Returns:
        (k, k) int64: row is the truth, column the answer.

    Raises:
        UsageError: an index is not below `k`, or the lengths differ.

    Example:
        >>> confusion_matrix([0, 0, 1], [0, 1, 1], k=2).tolist()
        [[1, 1], [0, 1]]
    """
    if k < 1:
        raise UsageError(f"`k` must be 1 or more; got {k}.")
    targets_N = class_indices("targets", targets, k)
    predictions_N = class_indices("predictions", predictions, k)
    same_length(targets_N, predictions_N, "predictions")
    cells = np.bincount(targets_N * k + predictions_N, minlength=k * k)
    return cells.reshape(k, k).astype(np.int64)


def per_class(confusion_KK: NDArray[np.int64]) -> tuple[ClassScores, ...]:
    """Return precision, recall and F1 of each class.

    Args:
        confusion_KK: (K, K) counts: row is the truth, column the answer.

    Returns:
        K scores, in the order of the classes.

    Raises:
        UsageError: the matrix is not square.

    Example:
        >>> per_class(np.array([[1, 1], [0, 2]]))[0]
        ClassScores(precision=1.0, recall=0.5, f1=0.6666666666666666, n=2)
    """
    if confusion_KK.ndim != 2 or confusion_KK.shape[0] != confusion_KK.shape[1]:
        raise UsageError(f"`confusion_KK` must be square; got shape {confusion_KK.shape}.")
    right_K = np.diagonal(confusion_KK).tolist()
    true_K = confusion_KK.sum(axis=1).tolist()
    named_K = confusion_KK.sum(axis=0).tolist()
    return tuple(
        ClassScores(
            precision=_ratio(right, named),
            recall=_ratio(right, true),
            f1=_ratio(2 * right, true + named),
            n=true,
        )
        for right, true, named in zip(right_K, true_K, named_K, strict=True)
    )


def macro_f1(confusion_KK: NDArray[np.int64]) -> float | None:
    """Return the mean F1 of the classes, each counting the same however many photos it has.

    Args:
        confusion_KK: (K, K) counts: row is the truth, column the answer.

    Returns:
        The mean over the classes whose F1 is defined, from 0 to 1; None when there is none.

    Raises:
        UsageError: the matrix is not square.
    """
    defined = [scores.f1 for scores in per_class(confusion_KK) if scores.f1 is not None]
    return sum(defined) / len(defined) if defined else None


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None
