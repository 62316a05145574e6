"""When to answer "none of these": a threshold that keeps a stated share of what is known."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from foveal.errors import UsageError


def coverage_threshold(scores: ArrayLike, coverage: float) -> float:
    """Return the score above which to reject, so that a share of known photos is kept.

    Args:
        scores: (N,) of held-back photos of known classes, larger for stranger ones; N at least 1.
        coverage: the share of new photos of known classes to keep, above 0 to below 1.

    Returns:
        The ⌈(N + 1) · coverage⌉-th smallest score. A new photo of the same kind stays at or below
        it with at least that probability.

    Raises:
        UsageError: there are too few scores to promise that much, one is not finite, or `coverage`
            is out of range.

    Source:
        H. Papadopoulos et al., "Inductive confidence machines for regression", ECML 2002: split
        conformal prediction.

    Example:
        >>> coverage_threshold([0.1, 0.2, 0.3, 0.9], 0.6)
        0.3
    """
    sorted_N = np.sort(np.asarray(scores, np.float64))
    if sorted_N.ndim != 1 or not sorted_N.size or not np.isfinite(sorted_N).all():
        raise UsageError(f"`scores` must be one finite number or more; got shape {sorted_N.shape}.")
    if not 0 < coverage < 1:
        raise UsageError(f"`coverage` must lie between 0 and 1, such as 0.95; got {coverage}.")
    if len(sorted_N) < (needed := least_held_back(coverage)):
        most = len(sorted_N) / (len(sorted_N) + 1)
        raise UsageError(
            f"`coverage` {coverage:g} can be promised from {needed} held-back photos on; there are "
            f"{len(sorted_N)}: at most {math.floor(100 * most) / 100:g} can be asked for."
        )
    return float(sorted_N[math.ceil((len(sorted_N) + 1) * coverage - 1e-9) - 1])


def least_held_back(coverage: float) -> int:
    """Return how many held-back photos a threshold for a coverage needs.

    Args:
        coverage: the share of new photos of known classes to keep, above 0 to below 1.

    Returns:
        The smallest N with ⌈(N + 1) · coverage⌉ ≤ N.

    Example:
        >>> least_held_back(0.95), least_held_back(0.99)
        (19, 99)
    """
    return max(1, math.ceil(coverage / (1 - coverage) - 1e-9))
