"""Probabilities from logits, and what the true class's probability costs."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveal.errors import UsageError
from foveal.metrics.arguments import class_indices, probability_rows, same_length

_SMALLEST = float(np.finfo(np.float32).eps)


def softmax(logits: ArrayLike, temperature: float = 1.0) -> NDArray[np.floating[Any]]:
    """Turn logits into probabilities.

    Args:
        logits: (..., K) finite numbers; classes are the last axis.
        temperature: above 0; more than 1 makes the probabilities less extreme.

    Returns:
        The same shape and floating type; the last axis sums to 1. Large logits do not overflow.

    Raises:
        UsageError: `temperature` is not above 0.

    Example:
        >>> softmax([[0.0, 0.0], [1000.0, 0.0]]).tolist()
        [[0.5, 0.5], [1.0, 0.0]]
    """
    if not temperature > 0:
        raise UsageError(f"`temperature` must be above 0; got {temperature}.")
    scores = np.asarray(logits)
    if scores.dtype.kind != "f":
        scores = scores.astype(np.float64)
    scores = scores / scores.dtype.type(temperature)
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    shares: NDArray[np.floating[Any]] = powers / powers.sum(axis=-1, keepdims=True)
    return shares


def log_loss(probabilities: ArrayLike, targets: ArrayLike) -> float | None:
    """Return the mean negative log of the true class's probability.

    Args:
        probabilities: (N, K), each row sums to 1.
        targets: (N,) true class indices from 0 to K - 1.

    Returns:
        0 or more, in nats; log K for a blind guess; None without photos. A probability below
        1.2e-7 (the float32 epsilon) counts as that, so one certain mistake costs 15.9, not
        infinity.

    Raises:
        UsageError: an argument has another shape or range.

    Example:
        >>> log_loss([[0.5, 0.5]], [0])
        0.6931471805599453
    """
    rows_NK = probability_rows("probabilities", probabilities)
    targets_N = class_indices("targets", targets, rows_NK.shape[1])
    same_length(targets_N, rows_NK, "probabilities")
    if not len(targets_N):
        return None
    true_N = rows_NK[np.arange(len(rows_NK)), targets_N].astype(np.float64)
    return float(-np.log(np.clip(true_N, _SMALLEST, 1)).mean())
