"""Would more photos help? Heads on parts of the cached features tell, in seconds."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from foveal.data import counted
from foveal.evaluation import Evaluation
from foveal.evaluation.errors_data import CurvePoint, LearningCurve
from foveal.metrics import fit_power_law, wilson_interval
from foveal.workflow.cross_validation import logistic_probabilities
from foveal.workflow.run_features import RunFeatures

SHARES = (0.1, 0.2, 0.4, 0.7, 1.0)
DRAWS = 3
_LEAST_A_CLASS = 2
_REDRAWS = 200
_MUCH, _LITTLE = 0.01, 0.004  # accuracy gained by twice as many photos


def learning_curve(
    features: RunFeatures, progress: Callable[[int, int], None] = lambda done, total: None
) -> LearningCurve | None:
    """Train heads on 10, 20, 40, 70 and 100 % of the training photos and measure each.

    Args:
        features: of a run's photos.
        progress: called with heads trained and in all.

    Returns:
        The curve, measured on validation and test photos together; None where there are fewer
        than two photos of two classes to learn from, or none to measure on.
    """
    learned, held_back = features.of("train"), features.of("validation", "test")
    counts = np.bincount(features.labels_N[learned], minlength=len(features.classes))
    if not len(held_back) or (counts >= _LEAST_A_CLASS).sum() < 2:
        return None
    sizes = _sizes(counts)
    jobs = [(share, draw) for share in sizes for draw in range(1 if share == 1 else DRAWS)]
    photos: dict[float, int] = {}
    rights: dict[float, list[NDArray[np.bool_]]] = {}
    for done, (share, draw) in enumerate(jobs, start=1):
        rows = _part(features.labels_N, learned, share, draw)
        photos[share] = len(rows)
        rights.setdefault(share, []).append(_right(features, rows, held_back))
        progress(done, len(jobs))
    points = tuple(_point(photos[share], rights[share]) for share in sizes)
    doubled = _doubled(list(photos.values()), [1 - point.accuracy for point in points])
    rights_SH = np.stack([np.mean(rights[share], axis=0) for share in sizes])
    sure = _least_gain(list(photos.values()), rights_SH) >= _LITTLE
    words = in_words(points, doubled, features.backbone, len(held_back), sure=sure)
    return LearningCurve(points, len(held_back), doubled, words)


def in_words(
    points: tuple[CurvePoint, ...],
    doubled: float | None,
    backbone: str,
    held_back: int,
    *,
    sure: bool,
) -> str:
    """Say what a learning curve means.

    Args:
        points: from few photos to all.
        doubled: the accuracy to expect of twice as many photos, or None.
        backbone: the network on whose frozen features the heads learned.
        held_back: photos that it was measured on.
        sure: whether other photos held back would hardly have said otherwise.

    Returns:
        A sentence or two. They name the head, which need not be the run's own classifier.
    """
    last, head = points[-1], f"a simple head on the features of {backbone}"
    if last.accuracy == 1:
        return (
            f"With {last.photos:,} photos {head} makes no mistake on those held back; only more "
            "photos to test with can show what is left to learn."
        )
    if doubled is None:
        return "There are too few photos to tell whether more would help."
    gain = doubled - last.accuracy
    measured = f"{head} names {100 * last.accuracy:.1f} % with {last.photos:,} photos"
    expected = f"about {100 * doubled:.1f} % with twice as many"
    if gain >= _LITTLE and not sure:
        return (
            f"More photos may help: {measured}, {expected} if it goes on like that, but "
            f"{counted(held_back, 'photo')} held back are too few to be sure."
        )
    if gain >= _MUCH:
        return f"More photos would help: {measured}, {expected} if it goes on like that."
    if gain >= _LITTLE:
        return f"More photos would help a little: {measured}, {expected} if it goes on like that."
    return (
        f"More photos of the same kind would hardly help: {measured}, {expected}. Look at the "
        "labels, or try a stronger backbone or --fine-tune."
    )


def better_than(curve: LearningCurve, result: Evaluation, backbone: str) -> str | None:
    """Say that a head on pre-trained features is clearly better than a network from scratch.

    Args:
        curve: of the head.
        result: the answers of the network from scratch.
        backbone: the network on whose frozen features the head learned.

    Returns:
        A sentence; None where the head's interval reaches down to the network.
    """
    share = curve.points[-1].accuracy
    interval = wilson_interval(round(share * curve.held_back), curve.held_back)
    if interval is None or result.accuracy is None or interval[0] <= result.accuracy:
        return None
    return (
        f"That is clearly better than this network from scratch, which named "
        f"{100 * result.accuracy:.1f} % of {counted(result.n, f'{result.split} photo')} rightly: "
        f"train on the features of {backbone}, with foveal train PHOTOS --backbone "
        f"{backbone} and without --from-scratch."
    )


def _sizes(counts: NDArray[np.int64]) -> list[float]:
    """Return the shares that leave two photos of the smallest class that has them."""
    least = counts[counts >= _LEAST_A_CLASS].min()
    return [share for share in SHARES if round(share * least) >= _LEAST_A_CLASS or share == 1]


def _part(
    labels_N: NDArray[np.int64], rows: NDArray[np.int64], share: float, draw: int
) -> NDArray[np.int64]:
    """Take a share of every class; larger shares of one draw hold the smaller ones."""
    chosen = []
    for label in np.unique(labels_N[rows]).tolist():
        members = rows[labels_N[rows] == label]
        order = np.random.default_rng((draw, label)).permutation(len(members))
        chosen.append(members[np.sort(order[: max(1, round(share * len(members)))])])
    return np.concatenate(chosen)


def _right(
    features: RunFeatures, rows: NDArray[np.int64], held_back: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Return which photos held back a head names rightly that learned from some rows."""
    x_ND, labels_N = features.x_ND, features.labels_N
    answers = logistic_probabilities(
        x_ND[rows], labels_N[rows], x_ND[held_back], len(features.classes)
    ).argmax(axis=1)
    right: NDArray[np.bool_] = answers == labels_N[held_back]
    return right


def _point(photos: int, rights: list[NDArray[np.bool_]]) -> CurvePoint:
    shares = [float(right.mean()) for right in rights]
    return CurvePoint(photos, float(np.mean(shares)), min(shares), max(shares))


def _doubled(photos: list[int], errors: list[float]) -> float | None:
    """Go on from the last point by the law of all of them."""
    law = fit_power_law(photos, errors)
    if law is None or len(photos) < 3:
        return None
    return 1 - errors[-1] * 2 ** -max(0.0, law.exponent)


def _least_gain(photos: list[int], rights_SH: NDArray[np.float64]) -> float:
    """Return what twice as many photos bring at least, in 95 of 100 redraws of those held back.

    Efron's bootstrap: the photos held back are drawn again from themselves.
    """
    chance = np.random.default_rng(0)
    count = rights_SH.shape[1]
    gains = []
    for _ in range(_REDRAWS):
        errors_S = 1 - rights_SH[:, chance.integers(count, size=count)].mean(axis=1)
        doubled = _doubled(photos, np.clip(errors_S, 0, 1).tolist())
        gains.append(0.0 if doubled is None else doubled - (1 - float(errors_S[-1])))
    return float(np.quantile(gains, 0.05))
