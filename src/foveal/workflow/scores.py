"""Scores that can be trusted: what to reject, several looks, calibration before and after."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from foveal.arguments import require_number
from foveal.data import counted
from foveal.errors import DataError, ImageError
from foveal.evaluation import Evaluation
from foveal.images import Augment
from foveal.metrics import expected_calibration_error, least_held_back, uncalibrated
from foveal.runtime.model_folder import find_model, read_config
from foveal.runtime.rejection import FeaturePredictor, open_with_features
from foveal.runtime.rejector import Rejector, fit_rejector, read_rejector, write_rejector
from foveal.runtime.views import AveragedViews
from foveal.storage import read_json
from foveal.workflow.listener import Listener
from foveal.workflow.run_photos import CONFIG, RunPhoto, photos_of_run, require_there

if TYPE_CHECKING:
    from foveal.training.transfer.head import Features

COVERAGE = 0.95
_MOST_KNOWN = 2000  # photos: 5 MB at 1,280 features, a fraction of a millisecond an image


@dataclass(frozen=True)
class Calibration:
    """What the temperature did to the honesty of the confidences."""

    temperature: float
    """By what the logits were divided."""
    before: float | None
    """Expected calibration error without it; None without photos."""
    after: float | None
    """Expected calibration error with it; None without photos."""


def calibration_of(result: Evaluation, temperature: float) -> Calibration:
    """Compare the calibration error before and after the temperature.

    Args:
        result: an evaluation of the calibrated classifier, best on photos that the temperature was
            not fitted on.
        temperature: that of the classifier.

    Returns:
        Both errors.
    """
    before = uncalibrated(result.probabilities_NK, temperature)
    return Calibration(
        temperature, expected_calibration_error(before, result.targets_N), result.ece
    )


def averaged_views(run: str | Path, count: int | None) -> AveragedViews | None:
    """Return the views for test-time augmentation.

    Args:
        run: a run folder, whose own mirroring is used; elsewhere nothing is mirrored, since
            digits and text must not be.
        count: how many views; None or 1 for the plain one alone.

    Returns:
        The views, or None for one look.

    Raises:
        UsageError: `count` is out of range.
    """
    if count is None or count == 1:
        return None
    settings = _settings(Path(run))
    preset = Augment.preset(settings.get("augment") or "medium") if settings else None
    flips: dict[str, Any] = {
        "horizontal_flip": bool(preset and preset.horizontal_flip),
        "vertical_flip": bool(preset and preset.vertical_flip),
    }
    if settings.get("flip") is not None:
        flip = settings["flip"]
        flips = {f"{way}_flip": flip in (way, "both") for way in ("horizontal", "vertical")}
    return AveragedViews(count, replace(Augment.preset("light"), **flips))


def ensure_rejection(
    run: str | Path, coverage: float | None = None, listener: Listener | None = None
) -> float:
    """Make sure that a classifier knows what to reject, fitting that where it does not yet.

    Args:
        run: a run folder; a model folder will do where it was fitted before.
        coverage: the share of photos of its classes to keep; None for the one it was fitted with,
            or 0.95.
        listener: hears what is being done; None for silence.

    Returns:
        The coverage.

    Raises:
        DataError: it was not fitted yet, and the run's photos are not there.
        ModelError: there is no model.
        UsageError: `coverage` is out of range.
    """
    if coverage is not None:
        require_number("coverage", coverage, 0.01, 0.999)
    config = read_config(find_model(run))
    if config.rejection is None:
        fit_rejection(run, coverage or COVERAGE, listener)
        return coverage or COVERAGE
    return coverage or float(config.rejection["coverage"])


def fit_rejection(
    run: str | Path, coverage: float = COVERAGE, listener: Listener | None = None
) -> Rejector:
    """Learn from a run's own photos when to answer "none of these", and keep it in its model.

    Distances to at most 2,000 training photos are measured; the threshold comes from the
    validation photos.

    Args:
        run: a run folder.
        coverage: the share of photos of its classes to keep.
        listener: hears what is being done; None for silence.

    Returns:
        What was fitted.

    Raises:
        DataError: the run's photos are not there, none can be read, or too few are for
            validation.
        ModelError: there is no model.
        UsageError: `coverage` is out of range.
        StorageError: the model folder cannot be written.
    """
    listener = listener or Listener()
    require_number("coverage", coverage, 0.01, 0.999)
    folder = find_model(run)
    photos = photos_of_run(Path(run))
    learned = [photo for photo in photos if photo.split == "train"]
    learned = [learned[position] for position in _evenly(photo.label for photo in learned)]
    held_back = [photo for photo in photos if photo.split == "validation"]
    if not learned or not held_back:
        raise DataError(
            f"{run} does not name photos that it learned from and photos that it did not, so there "
            "is nothing to fit rejection on; give the run folder that `foveal train` made."
        )
    if len(held_back) < (needed := least_held_back(coverage)):
        raise DataError(
            f"a threshold that keeps {100 * coverage:g} % of photos needs at least {needed} "
            f"validation photos; {run} has {len(held_back)}: train again with more photos or a "
            "larger --val, or ask for a smaller coverage."
        )
    require_there([*learned, *held_back])
    predictor = open_with_features(folder, many=True)
    known = _features(predictor, learned, "Looking at photos it learned from", listener)
    others = _features(predictor, held_back, "Looking at validation photos", listener)
    rejector = fit_rejector(known, others, coverage)
    write_rejector(folder, rejector)
    listener.note(
        f"Fitted what to reject on {counted(len(others), 'validation photo')}, to keep "
        f"{100 * coverage:g} % of photos of the classes; kept in {folder}."
    )
    return rejector


def rejector_from(features: Mapping[str, Features]) -> Rejector | None:
    """Learn what to reject from features that are there anyway.

    Args:
        features: those of the splits ``train`` and ``validation``; the first view counts.

    Returns:
        What was fitted; None where there are too few validation photos: whoever asks for rejection
        is then told so by `fit_rejection`.
    """
    train, validation = features["train"], features["validation"]
    if len(validation.targets_N) < least_held_back(COVERAGE):
        return None
    known_MD = train.x_NVD[_evenly(train.targets_N.tolist()), 0]
    return fit_rejector(known_MD, validation.x_NVD[:, 0], COVERAGE)


def kept_rejector(run: str | Path, coverage: float | None = None) -> Rejector:
    """Read what a classifier has learned to reject.

    Args:
        run: a run or model folder.
        coverage: the share of photos of its classes to keep; None for the one it was fitted with.

    Returns:
        The rejector.

    Raises:
        ModelError: there is no model, or it has not learned that.
    """
    folder = find_model(run)
    config = read_config(folder)
    fitted = (config.rejection or {}).get("coverage", COVERAGE)
    return read_rejector(folder, config, coverage or float(fitted))


def _features(
    predictor: FeaturePredictor, photos: Sequence[RunPhoto], stage: str, listener: Listener
) -> NDArray[np.float32]:
    rows = []
    outcomes = predictor.outputs([photo.path for photo in photos])
    for done, (position, outcome) in enumerate(outcomes, start=1):
        if not isinstance(outcome, ImageError):
            rows.append((position, predictor.features(outcome)))
        listener.progress(stage, done, len(photos))
    if not rows:
        raise DataError(
            f"none of {len(photos)} photos could be read; the first is {photos[0].path}."
        )
    return np.stack([row for _, row in sorted(rows, key=lambda item: item[0])])


def _evenly(labels: Iterable[Hashable]) -> list[int]:
    """Take at most so many photos, the same number of each class as far as it has them."""
    by_class: dict[Hashable, list[int]] = {}
    for position, label in enumerate(labels):
        by_class.setdefault(label, []).append(position)
    each = max(1, _MOST_KNOWN // max(1, len(by_class)))
    chosen = []
    for members in by_class.values():
        step = max(1.0, len(members) / each)
        chosen += [members[int(at * step)] for at in range(min(each, len(members)))]
    return chosen


def _settings(run: Path) -> dict[str, Any]:
    config = run / CONFIG
    values = read_json(config) if config.is_file() else {}
    found = values.get("settings", {}) if isinstance(values, dict) else {}
    return found if isinstance(found, dict) else {}
