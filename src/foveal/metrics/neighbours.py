"""How far something is from what is known: distances between feature vectors."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveal.errors import UsageError
from foveal.metrics.arguments import score_rows

_ROWS = 1024  # compared at once, so that memory stays small


def unit_rows(features: ArrayLike) -> NDArray[np.float32]:
    """Scale every vector to length 1.

    Args:
        features: (N, D) finite numbers.

    Returns:
        float32 (N, D); a vector of zeros stays one.

    Raises:
        UsageError: `features` has another shape, or a value is NaN or infinite.
    """
    rows_ND = score_rows("features", features).astype(np.float32)
    lengths_N1 = np.linalg.norm(rows_ND, axis=1, keepdims=True)
    return (rows_ND / np.where(lengths_N1 > 0, lengths_N1, 1)).astype(np.float32)


def neighbour_distances(
    features: ArrayLike, known: ArrayLike, neighbours: int
) -> NDArray[np.float32]:
    """Return how far each vector is from the k-th nearest known one, by direction.

    Args:
        features: (N, D) feature vectors.
        known: (M, D) feature vectors of what is known.
        neighbours: k, 1 … M.

    Returns:
        float32 (N,): 1 − cosine; 0 for the same direction, 1 for a right angle.

    Raises:
        UsageError: the widths differ, or there are fewer known vectors than neighbours.

    Source:
        Y. Sun et al., "Out-of-distribution detection with deep nearest neighbors", ICML 2022.

    Example:
        >>> neighbour_distances([[2.0, 0.0]], [[1.0, 0.0], [0.0, 1.0]], 2).tolist()
        [1.0]
    """
    return unit_distances(unit_rows(features), unit_rows(known), neighbours)


def unit_distances(
    rows_ND: NDArray[np.float32], known_MD: NDArray[np.float32], neighbours: int
) -> NDArray[np.float32]:
    """Return what `neighbour_distances` returns, of vectors that have length 1 already.

    Args:
        rows_ND: float32 (N, D); see `unit_rows`.
        known_MD: float32 (M, D); see `unit_rows`.
        neighbours: k, 1 … M.

    Returns:
        float32 (N,): 1 − cosine.

    Raises:
        UsageError: the widths differ, or there are fewer known vectors than neighbours.
    """
    if rows_ND.shape[1] != known_MD.shape[1]:
        raise UsageError(
            "`features` and `known` must be vectors of one length; got "
            f"{rows_ND.shape[1]} and {known_MD.shape[1]}."
        )
    if not 1 <= neighbours <= len(known_MD):
        raise UsageError(
            f"`neighbours` must be 1 to {len(known_MD)}, the known vectors; got {neighbours}."
        )
    parts = [
        _kth_nearest(rows_ND[at : at + _ROWS] @ known_MD.T, neighbours)
        for at in range(0, len(rows_ND), _ROWS)
    ]
    return np.concatenate(parts) if parts else np.zeros(0, np.float32)


def _kth_nearest(cosines_NM: NDArray[Any], neighbours: int) -> NDArray[np.float32]:
    place = cosines_NM.shape[1] - neighbours
    nearest = np.partition(cosines_NM, place, axis=1)[:, place]
    distances: NDArray[np.float32] = np.maximum(0, 1 - nearest).astype(np.float32)
    return distances
