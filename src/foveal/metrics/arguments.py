"""Arrays as the metrics want them, or an error that says which value is wrong."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveal.errors import UsageError

_SUM_TOLERANCE = 1e-3  # float16 probabilities of 1,000 classes still pass


def class_indices(name: str, values: ArrayLike, k: int) -> NDArray[np.int64]:
    """Return `values` as class indices.

    Args:
        name: the argument's name, for the message.
        values: (N,) whole numbers from 0 to k - 1.
        k: number of classes, 1 or more.

    Returns:
        (N,) int64.

    Raises:
        UsageError: `values` is not a list of indices below `k`.
    """
    indices_N = np.asarray(values)
    if indices_N.size == 0:
        indices_N = indices_N.astype(np.int64)
    if indices_N.ndim != 1 or indices_N.dtype.kind not in "iu":
        raise UsageError(
            f"`{name}` must be a list of whole class indices; "
            f"got {indices_N.dtype} of shape {indices_N.shape}."
        )
    wrong = np.flatnonzero((indices_N < 0) | (indices_N >= k))
    if wrong.size:
        first = wrong[0]
        raise UsageError(
            f"`{name}` must hold class indices from 0 to {k - 1}; "
            f"got {indices_N[first]} at position {first}."
        )
    return indices_N.astype(np.int64)


def score_rows(name: str, values: ArrayLike) -> NDArray[np.floating[Any]]:
    """Return `values` as one row of finite scores per photo.

    Args:
        name: the argument's name, for the message.
        values: (N, K) finite numbers, K at least 1.

    Returns:
        (N, K) floating point; the precision that came is kept.

    Raises:
        UsageError: the shape is another one, or a value is NaN or infinite.
    """
    rows_NK = np.asarray(values)
    if rows_NK.dtype.kind != "f":
        rows_NK = rows_NK.astype(np.float64)
    if rows_NK.ndim != 2 or rows_NK.shape[1] < 1:
        raise UsageError(
            f"`{name}` must have one row per photo and one column per class; "
            f"got shape {rows_NK.shape}."
        )
    wrong = np.argwhere(~np.isfinite(rows_NK))
    if wrong.size:
        row, column = wrong[0]
        raise UsageError(
            f"`{name}` must be finite; got {rows_NK[row, column]} in row {row}, column {column}."
        )
    return rows_NK


def probability_rows(name: str, values: ArrayLike) -> NDArray[np.floating[Any]]:
    """Return `values` as one probability distribution per photo.

    Args:
        name: the argument's name, for the message.
        values: (N, K) numbers from 0 to 1 whose rows sum to 1.

    Returns:
        (N, K) floating point.

    Raises:
        UsageError: a value is outside 0 to 1, or a row does not sum to 1.
    """
    rows_NK = score_rows(name, values)
    outside = np.argwhere((rows_NK < 0) | (rows_NK > 1 + _SUM_TOLERANCE))
    if outside.size:
        row, column = outside[0]
        raise UsageError(
            f"`{name}` must lie between 0 and 1; "
            f"got {rows_NK[row, column]:g} in row {row}, column {column}; pass logits to softmax."
        )
    sums_N = rows_NK.sum(axis=1, dtype=np.float64)
    wrong = np.flatnonzero(np.abs(sums_N - 1) > _SUM_TOLERANCE)
    if wrong.size:
        raise UsageError(
            f"`{name}` must sum to 1 in every row; got {sums_N[wrong[0]]:g} in row {wrong[0]}."
        )
    return rows_NK


def same_length(targets_N: NDArray[np.int64], rows_NK: NDArray[Any], name: str) -> None:
    """Check that there is one target for each row.

    Args:
        targets_N: (N,) class indices.
        rows_NK: an array whose first axis counts the same photos.
        name: the name of the second argument, for the message.

    Raises:
        UsageError: the numbers differ.
    """
    if len(targets_N) != len(rows_NK):
        raise UsageError(
            f"`targets` and `{name}` must be of the same photos; "
            f"got {len(targets_N)} targets and {len(rows_NK)} {name}."
        )
