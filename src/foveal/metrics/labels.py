"""Labels that are probably wrong, by what a classifier says that has not seen them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveal.metrics.arguments import class_indices, probability_rows, same_length


@dataclass(frozen=True)
class Suspect:
    """A photo whose label is probably wrong."""

    position: int
    """Its row."""
    given: int
    """The class it was given."""
    suggested: int
    """The class it probably has."""
    score: float
    """By how much the suggestion is more probable than the label, 0 … 1."""


def suspect_labels(
    probabilities: ArrayLike, labels: ArrayLike, margin: float = 0.5
) -> list[Suspect]:
    """Find photos that a classifier puts into another class with more than its usual confidence.

    The threshold of a class is the mean probability that it gets on photos with its label, so a
    class about which the classifier is never sure needs less. A photo that reaches the threshold
    of another class, and of none more probable, counts there and not where its label says. With
    few photos the classifier is sure of hardly any, so a photo that reaches no threshold is
    suspect too where another class leads by `margin`; this is our addition.

    Args:
        probabilities: (N, K), each row sums to 1, predicted by a classifier that was not trained
            on that photo (cross-validation).
        labels: (N,) given class indices from 0 to K − 1.
        margin: see above; 1 or more for the definition alone.

    Returns:
        The suspects, the most suspect first; of equal ones, the one that comes first.

    Raises:
        UsageError: an argument has another shape or range.

    Source:
        C. G. Northcutt, L. Jiang, I. L. Chuang, "Confident learning: estimating uncertainty in
        dataset labels", JAIR 70 (2021), equations 1 and 2; ranked by normalised margin.

    Example:
        >>> rows = [[0.9, 0.1], [0.8, 0.2], [0.9, 0.1], [0.2, 0.8]]
        >>> (found,) = suspect_labels(rows, [0, 0, 1, 1])
        >>> found.position, found.suggested, round(found.score, 2)
        (2, 0, 0.8)
    """
    rows_NK = probability_rows("probabilities", probabilities).astype(np.float64)
    labels_N = class_indices("labels", labels, rows_NK.shape[1])
    same_length(labels_N, rows_NK, "probabilities")
    thresholds_K = _thresholds(rows_NK, labels_N)
    confident_NK = np.where(rows_NK >= thresholds_K, rows_NK, -1.0)
    reached_N = confident_NK.max(axis=1) >= 0
    likeliest_N = np.where(thresholds_K <= 1, rows_NK, -1.0).argmax(axis=1)
    counted_N = np.where(reached_N, confident_NK.argmax(axis=1), likeliest_N)
    each_N = np.arange(len(rows_NK))
    leads_N = rows_NK[each_N, counted_N] - rows_NK[each_N, labels_N] >= margin
    wrong = np.flatnonzero((reached_N | leads_N) & (counted_N != labels_N))
    found = [
        Suspect(
            position=i,
            given=int(labels_N[i]),
            suggested=int(counted_N[i]),
            score=float(rows_NK[i, counted_N[i]] - rows_NK[i, labels_N[i]]),
        )
        for i in wrong.tolist()
    ]
    return sorted((s for s in found if s.score > 0), key=lambda s: (-s.score, s.position))


def _thresholds(rows_NK: NDArray[np.float64], labels_N: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return each class's mean probability on photos with its label; 2 where there are none."""
    count = rows_NK.shape[1]
    sums = np.bincount(
        labels_N, weights=rows_NK[np.arange(len(labels_N)), labels_N], minlength=count
    )
    numbers = np.bincount(labels_N, minlength=count)
    thresholds: NDArray[np.float64] = np.where(numbers > 0, sums / np.maximum(numbers, 1), 2.0)
    return thresholds
