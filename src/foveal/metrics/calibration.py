"""Whether a classifier that says "90 % sure" is right nine times in ten."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveal.errors import UsageError
from foveal.metrics.arguments import class_indices, probability_rows, same_length
from foveal.metrics.likelihood import softmax


@dataclass(frozen=True)
class ReliabilityBin:
    """The photos whose top probability lies above `lower` and up to `upper`."""

    lower: float
    """Lower edge, excluded (0 is included in the first)."""
    upper: float
    """Upper edge, included."""
    n: int
    """Photos in this bin."""
    confidence: float | None
    """Their mean top probability; None when there are none."""
    accuracy: float | None
    """The share of them that was named correctly; None when there are none."""


def reliability_bins(
    probabilities: ArrayLike, targets: ArrayLike, bins: int = 15
) -> tuple[ReliabilityBin, ...]:
    """Group photos by how sure the classifier was, in bins of equal width.

    Args:
        probabilities: (N, K), each row sums to 1.
        targets: (N,) true class indices from 0 to K - 1.
        bins: number of bins, 1 or more.

    Returns:
        All bins from 0 to 1, the empty ones too.

    Raises:
        UsageError: an argument has another shape or range.

    Example:
        >>> low, high = reliability_bins([[0.9, 0.1], [0.2, 0.8]], [0, 0], bins=2)
        >>> low.n, high.n, high.accuracy
        (0, 2, 0.5)
    """
    if bins < 1:
        raise UsageError(f"`bins` must be 1 or more; got {bins}.")
    rows_NK = probability_rows("probabilities", probabilities)
    targets_N = class_indices("targets", targets, rows_NK.shape[1])
    same_length(targets_N, rows_NK, "probabilities")
    confidence_N = rows_NK.max(axis=1).astype(np.float64)
    right_N = (rows_NK.argmax(axis=1) == targets_N).astype(np.float64)
    edges = np.linspace(0, 1, bins + 1)
    bin_N = np.searchsorted(edges[1:-1], confidence_N)
    counts = np.bincount(bin_N, minlength=bins)
    confidences = np.bincount(bin_N, weights=confidence_N, minlength=bins)
    rights = np.bincount(bin_N, weights=right_N, minlength=bins)
    return tuple(
        ReliabilityBin(
            lower=float(edges[i]),
            upper=float(edges[i + 1]),
            n=int(counts[i]),
            confidence=float(confidences[i] / counts[i]) if counts[i] else None,
            accuracy=float(rights[i] / counts[i]) if counts[i] else None,
        )
        for i in range(bins)
    )


def expected_calibration_error(
    probabilities: ArrayLike, targets: ArrayLike, bins: int = 15
) -> float | None:
    """Return the mean distance between how sure the classifier was and how often it was right.

    Args:
        probabilities: (N, K), each row sums to 1.
        targets: (N,) true class indices from 0 to K - 1.
        bins: number of bins of equal width, 1 or more.

    Returns:
        0 (honest) to 1; None without photos.

    Raises:
        UsageError: an argument has another shape or range.

    Source:
        M. P. Naeini, G. F. Cooper, M. Hauskrecht, "Obtaining well calibrated probabilities using
        Bayesian binning", AAAI 2015; C. Guo et al., ICML 2017, equation 3.

    Example:
        >>> round(expected_calibration_error([[0.9, 0.1], [0.2, 0.8]], [0, 0]), 3)
        0.45
    """
    filled = [b for b in reliability_bins(probabilities, targets, bins) if b.n]
    if not filled:
        return None
    gaps = [b.n * abs((b.confidence or 0) - (b.accuracy or 0)) for b in filled]
    return float(sum(gaps) / sum(b.n for b in filled))


def uncalibrated(probabilities: ArrayLike, temperature: float) -> NDArray[np.floating[Any]]:
    """Return the probabilities as they were before the logits were divided by a temperature.

    Args:
        probabilities: (N, K), each row sums to 1.
        temperature: by what their logits were divided, above 0.

    Returns:
        (N, K), each row sums to 1.

    Raises:
        UsageError: an argument has another shape or range.

    Example:
        >>> uncalibrated([[0.75, 0.25]], 2.0).round(2).tolist()
        [[0.9, 0.1]]
    """
    if not temperature > 0:
        raise UsageError(f"`temperature` must be above 0; got {temperature}.")
    rows_NK = probability_rows("probabilities", probabilities)
    least = np.finfo(rows_NK.dtype).tiny
    # Logarithms of probabilities are logits up to a constant of each row.
    return softmax(np.log(np.maximum(rows_NK, least)), 1 / temperature)
