"""What a simple head says of photos that it has not learned from."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from foveal.errors import DataError
from foveal.training.transfer.dense import Standardiser
from foveal.training.transfer.head import one_thread

FOLDS = 5
_PENALTY = 0.01  # scikit-learn's C: measured best for standardised features
_STEPS = 300


def logistic_probabilities(
    x_ND: NDArray[np.float32],
    labels_N: NDArray[np.int64],
    others_MD: NDArray[np.float32],
    classes: int,
) -> NDArray[np.float64]:
    """Fit a logistic regression on features, and ask it about other photos.

    Args:
        x_ND: features to learn from, float32 (N, D).
        labels_N: their classes, int64 (N,), two different ones at least.
        others_MD: features to name, float32 (M, D).
        classes: the number of classes K.

    Returns:
        Probabilities, float64 (M, K); 0 for classes that it has not seen.
    """
    from sklearn.linear_model import LogisticRegression

    scale = Standardiser.fit(x_ND[:, None])
    with one_thread():
        model = LogisticRegression(C=_PENALTY, max_iter=_STEPS, tol=1e-3)
        model.fit(scale.apply(x_ND), labels_N)
        shares = model.predict_proba(scale.apply(others_MD))
    rows_MK = np.zeros((len(others_MD), classes))
    rows_MK[:, model.classes_] = shares
    normal: NDArray[np.float64] = rows_MK / rows_MK.sum(axis=1, keepdims=True)
    return normal


def cross_validated(
    x_ND: NDArray[np.float32],
    labels_N: NDArray[np.int64],
    groups: Sequence[str],
    classes: int,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> NDArray[np.float64]:
    """Ask about each photo a head that has learned from the photos of the other folds.

    Args:
        x_ND: features, float32 (N, D).
        labels_N: given classes, int64 (N,).
        groups: what must not be parted, such as copies of one photo; decides the folds.
        classes: the number of classes K.
        progress: called with folds done and in all.

    Returns:
        Probabilities, float64 (N, K).

    Raises:
        DataError: there are not two classes of at least two photos each.
    """
    folds_N = fold_numbers(labels_N, groups)
    count = int(folds_N.max(initial=0)) + 1
    rows_NK = np.zeros((len(x_ND), classes))
    for fold in range(count):
        rest, held = folds_N != fold, folds_N == fold
        if len(np.unique(labels_N[rest])) < 2:
            raise DataError(
                "labels can be checked only where two classes have at least two different photos "
                "each; add photos."
            )
        rows_NK[held] = logistic_probabilities(x_ND[rest], labels_N[rest], x_ND[held], classes)
        progress(fold + 1, count)
    return rows_NK


def fold_numbers(labels_N: NDArray[np.int64], groups: Sequence[str]) -> NDArray[np.int64]:
    """Deal photos to five folds, each class evenly, by their content alone.

    Args:
        labels_N: given classes, int64 (N,).
        groups: what must not be parted: names that depend on the content, not on the order.

    Returns:
        int64 (N,) from 0.
    """
    first_label: dict[str, int] = {}
    for group, label in zip(groups, labels_N.tolist(), strict=True):
        first_label[group] = min(label, first_label.get(group, label))
    dealt: dict[int, int] = {}
    fold_of: dict[str, int] = {}
    for group in sorted(first_label):
        label = first_label[group]
        fold_of[group] = dealt.get(label, 0) % FOLDS
        dealt[label] = dealt.get(label, 0) + 1
    return np.array([fold_of[group] for group in groups], np.int64)
