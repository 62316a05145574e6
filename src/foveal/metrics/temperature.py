"""Temperature scaling: one number that makes confidences honest."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveal.metrics.arguments import class_indices, same_length, score_rows

LOWEST_TEMPERATURE = 0.05
HIGHEST_TEMPERATURE = 20.0
_STEPS = 100  # Newton needs about 6; halving alone would need about 30
_ENOUGH = 1e-9


def fit_temperature(logits: ArrayLike, targets: ArrayLike) -> float:
    """Return the temperature by which logits are divided for the smallest log loss.

    The loss is convex in 1 / temperature, so the one minimum is found by Newton steps that are kept
    inside a shrinking bracket. Fit it on validation photos, never on the ones that were trained on.

    Args:
        logits: (N, K) finite scores before softmax.
        targets: (N,) true class indices from 0 to K - 1.

    Returns:
        A temperature from 0.05 to 20. The loss is never larger than at 1. Where nothing is known
        (no photos, equal logits) it is 1. Where the validation photos are separated perfectly the
        loss falls without end and the answer would be 0: it stops at 0.05; logits that point the
        wrong way stop at 20.

    Raises:
        UsageError: an argument has another shape or range.

    Source:
        C. Guo, G. Pleiss, Y. Sun, K. Q. Weinberger, "On calibration of modern neural networks",
        ICML 2017, section 4.2.

    Example:
        >>> round(fit_temperature([[4.0, 0.0], [4.0, 0.0], [4.0, 0.0]], [0, 0, 1]), 2)
        5.77
    """
    rows_NK = score_rows("logits", logits).astype(np.float64)
    targets_N = class_indices("targets", targets, rows_NK.shape[1])
    same_length(targets_N, rows_NK, "logits")
    if not len(targets_N):
        return 1.0
    # Relative to the truth's logit the loss needs no second look at the targets.
    margins_NK = rows_NK - np.take_along_axis(rows_NK, targets_N[:, None], axis=1)
    sharpness = _best_sharpness(margins_NK)
    if _loss(margins_NK, sharpness)[0] >= _loss(margins_NK, 1.0)[0]:
        return 1.0
    return float(np.clip(1 / sharpness, LOWEST_TEMPERATURE, HIGHEST_TEMPERATURE))


def _best_sharpness(margins_NK: NDArray[np.float64]) -> float:
    """Return the 1 / temperature whose slope is 0, or the end of the range it points at."""
    low, high, here = 1 / HIGHEST_TEMPERATURE, 1 / LOWEST_TEMPERATURE, 1.0
    if _loss(margins_NK, low)[1] >= 0:
        return low
    if _loss(margins_NK, high)[1] <= 0:  # 0 where the loss itself is too small for a float
        return high
    for _ in range(_STEPS):
        _, slope, bend = _loss(margins_NK, here)
        low, high = (here, high) if slope < 0 else (low, here)
        step = here - slope / bend if bend > 0 else here
        after = step if low < step < high else (low * high) ** 0.5
        if slope == 0 or abs(after - here) <= _ENOUGH * here:
            break
        here = after
    return here


def _loss(margins_NK: NDArray[np.float64], sharpness: float) -> tuple[float, float, float]:
    """Return the mean loss at a sharpness, with its first and second derivative."""
    scaled_NK = sharpness * margins_NK
    top_N1 = scaled_NK.max(axis=1, keepdims=True)
    powers_NK = np.exp(scaled_NK - top_N1)
    sums_N1 = powers_NK.sum(axis=1, keepdims=True)
    shares_NK = powers_NK / sums_N1
    mean_N = (shares_NK * margins_NK).sum(axis=1)
    spread_N = (shares_NK * margins_NK**2).sum(axis=1) - mean_N**2
    loss = float((np.log(sums_N1) + top_N1).mean())
    return loss, float(mean_N.mean()), float(spread_N.mean())
