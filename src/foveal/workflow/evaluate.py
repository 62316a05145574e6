"""Measuring a trained classifier again: on the photos of its run, or on others."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from foveal.data import Split, list_labelled
from foveal.errors import DataError, UsageError
from foveal.evaluation import Evaluation
from foveal.runtime.loading import load
from foveal.runtime.model_folder import find_model
from foveal.runtime.predictor import Predictor
from foveal.workflow.listener import Listener
from foveal.workflow.run_photos import photos_of_run
from foveal.workflow.scores import averaged_views

Labelled = tuple[Path, str]


def evaluate_run(
    run: Path,
    data: Path | None = None,
    split: Split | None = None,
    listener: Listener | None = None,
    *,
    tta: int | None = None,
) -> Evaluation:
    """Measure a trained classifier.

    Args:
        run: a run folder; with `data`, a model folder will do.
        data: other photos: a folder with one sub-folder per class, with or without split folders,
            or a CSV table; None for the photos of the run itself.
        split: ``"train"``, ``"validation"`` or ``"test"``; None for the test photos, or for all of
            `data` where it has no splits.
        listener: hears what is being done; None for silence.
        tta: how many augmented views of each photo to average; None for the plain one alone.

    Returns:
        The evaluation over every photo that could be read.

    Raises:
        ModelError: there is no model at `run`.
        DataError: there are no such photos, or a class is not one of the model's.
        UsageError: `split` is given and `data` has no splits, or `run` does not name its photos.
    """
    model = find_model(run)
    name: Split = split or "test"
    photos = _photos_of_run(run, name) if data is None else _photos_in(data, split)
    predictor = load(model, many=True, views=averaged_views(run, tta))
    unknown = sorted({label for _, label in photos} - set(predictor.classes))
    if unknown:
        raise DataError(
            f"{data or run} has classes that the model does not know: {', '.join(unknown[:5])}; "
            f"it knows {', '.join(predictor.classes[:10])}. Classes match by name."
        )
    listener = listener or Listener()
    if data is not None:
        _warn_of_seen_photos(run, photos, listener)
    return measure(predictor, photos, name, listener)


def measure(
    predictor: Predictor, photos: Sequence[Labelled], split: str, listener: Listener
) -> Evaluation:
    """Compare a classifier's answers with the labels.

    Args:
        predictor: the classifier.
        photos: files and their labels, each one of the classifier's classes.
        split: what to call these photos.
        listener: hears of progress, and of photos that could not be read.

    Returns:
        The evaluation over every photo that could be read.

    Raises:
        DataError: none could be read.
    """
    outcomes = {}
    for position, outcome in predictor.probabilities([path for path, _ in photos]):
        if isinstance(outcome, Exception):
            listener.warn(str(outcome))
        else:
            outcomes[position] = outcome
        listener.progress("Naming photos", len(outcomes), len(photos))
    if not outcomes:
        raise DataError(f"none of the {len(photos)} {split} photos could be read.")
    positions = sorted(outcomes)
    index = {name: number for number, name in enumerate(predictor.classes)}
    return Evaluation(
        split=split,
        classes=predictor.classes,
        paths=tuple(str(photos[position][0]) for position in positions),
        targets_N=np.array([index[photos[position][1]] for position in positions], np.int64),
        probabilities_NK=np.stack([outcomes[position] for position in positions]),
    )


def _photos_of_run(run: Path, split: str) -> list[Labelled]:
    photos = photos_of_run(run)
    if not photos:
        raise UsageError(
            f"{run} is no run folder, so it does not say which photos to use; "
            f"give them: foveal evaluate {run} PHOTOS"
        )
    chosen = [(photo.path, photo.label) for photo in photos if photo.split == split]
    if not chosen:
        there = " or ".join(f"--split {name}" for name in sorted({p.split for p in photos}))
        raise DataError(f"{run} has no {split} photos; use {there}.")
    missing = [path for path, _ in chosen if not path.is_file()]
    if missing:
        raise DataError(
            f"{len(missing)} of the {len(chosen)} {split} photos are gone; the first is "
            f"{missing[0]}. Put them back, or give other photos: foveal evaluate {run} PHOTOS"
        )
    return chosen


def _warn_of_seen_photos(run: Path, photos: Sequence[Labelled], listener: Listener) -> None:
    given = [path.resolve() for path, _ in photos]
    known = {photo.path.resolve(): photo.split for photo in photos_of_run(run)}
    seen = {split: sum(known.get(path) == split for path in given) for split in set(known.values())}
    for split, what in (
        ("train", "train this classifier, which flatters the figures"),
        ("validation", "choose when its training stops, so the figures are a little too good"),
    ):
        if count := seen.get(split):
            listener.warn(
                f"{count} of these {len(photos)} photos were used to {what}; measure it on photos "
                "that it has never seen."
            )


def _photos_in(data: Path, split: Split | None) -> list[Labelled]:
    photos = list_labelled(data, split)
    if not photos:
        raise DataError(f"{data} has no photos in its class folders; add some, or check the path.")
    return photos
