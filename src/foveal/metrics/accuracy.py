"""Shares of right answers, and how far they can be trusted."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike

from foveal.errors import UsageError
from foveal.metrics.arguments import class_indices, probability_rows, same_length


def wilson_interval(
    correct: int, n: int, *, confidence: float = 0.95
) -> tuple[float, float] | None:
    """Return the range in which the true accuracy lies, given `correct` right answers of `n`.

    Unlike the textbook interval it never leaves 0 to 1, and it stays honest when nothing is wrong:
    10 of 10 right gives 72 % to 100 %.

    Args:
        correct: right answers, from 0 to `n`.
        n: photos, 0 or more.
        confidence: share of such intervals that hold the true figure, between 0 and 1.

    Returns:
        The lower and the upper end, each from 0 to 1; None when `n` is 0.

    Raises:
        UsageError: `correct` is not between 0 and `n`, or `confidence` not between 0 and 1.

    Source:
        E. B. Wilson, "Probable inference, the law of succession, and statistical inference",
        Journal of the American Statistical Association 22 (1927), 209-212.

    Example:
        >>> low, high = wilson_interval(144, 153)
        >>> f"{low:.3f} to {high:.3f}"
        '0.892 to 0.969'
    """
    if not 0 <= correct <= n:
        raise UsageError(f"`correct` must lie between 0 and `n`; got {correct} of {n}.")
    if not 0 < confidence < 1:
        raise UsageError(f"`confidence` must lie between 0 and 1; got {confidence}.")
    if n == 0:
        return None
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share = correct / n
    centre = share + z**2 / (2 * n)
    spread = z * math.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    scale = 1 + z**2 / n
    # At the ends the formula gives exactly 0 and 1; rounding would leave 1e-17 there.
    low = 0.0 if correct == 0 else (centre - spread) / scale
    high = 1.0 if correct == n else (centre + spread) / scale
    return low, high


def top_k_accuracy(probabilities: ArrayLike, targets: ArrayLike, k: int) -> float | None:
    """Return the share of photos whose true class is among the `k` most probable.

    Of equally probable classes the one listed first counts as the better guess, as ``argmax``
    has it.

    Args:
        probabilities: (N, K), each row sums to 1.
        targets: (N,) true class indices from 0 to K - 1.
        k: number of guesses, 1 or more.

    Returns:
        A share from 0 to 1. None where it says nothing: without photos, and when `k` guesses name
        every class (k >= K).

    Raises:
        UsageError: an argument has another shape or range.

    Example:
        >>> rows = [[0.5, 0.3, 0.2], [0.1, 0.2, 0.7]]
        >>> top_k_accuracy(rows, [1, 2], k=2), top_k_accuracy(rows, [1, 2], k=3)
        (1.0, None)
    """
    if k < 1:
        raise UsageError(f"`k` must be 1 or more; got {k}.")
    rows_NK = probability_rows("probabilities", probabilities)
    targets_N = class_indices("targets", targets, rows_NK.shape[1])
    same_length(targets_N, rows_NK, "probabilities")
    if not len(targets_N) or k >= rows_NK.shape[1]:
        return None
    true_N1 = np.take_along_axis(rows_NK, targets_N[:, None], axis=1)
    listed_before_NK = np.arange(rows_NK.shape[1]) < targets_N[:, None]
    better_NK = (rows_NK > true_N1) | ((rows_NK == true_N1) & listed_before_NK)
    return float((better_NK.sum(axis=1) < k).mean())
