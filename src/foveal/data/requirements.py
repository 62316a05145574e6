"""What a data set must have before anything can be learned from it."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence

from foveal.data.records import Entry, Rejection, Sample, Split, first_few
from foveal.errors import DataError


def require_distinct_names(labels: Iterable[str]) -> None:
    """Refuse class names that differ only in case, or in how accents are encoded.

    On some file systems such names are one folder, on others two: a model trained on one machine
    would have other classes than on the next.

    Args:
        labels: class names.

    Raises:
        DataError: two names are the same but for case; both are named.
    """
    seen: dict[str, str] = {}
    for label in sorted(set(labels)):
        key = unicodedata.normalize("NFC", label).casefold()
        if key in seen:
            raise DataError(
                f"class names {seen[key]!r} and {label!r} differ only in case or in the encoding "
                "of accents; classes must have clearly different names: rename or join them."
            )
        seen[key] = label


def require_two_classes(labels: Sequence[str], where: object) -> None:
    """Refuse data with fewer than two classes.

    Args:
        labels: the class names.
        where: the folder or table, for the message.

    Raises:
        DataError: there is one class, or none.
    """
    if len(labels) < 2:
        got = f"one class, {labels[0]!r}" if labels else "no class"
        raise DataError(
            f"{where} has {got}; a classifier needs at least two: add images of something else, "
            "or check that the path is that of the folder above the classes."
        )


def require_trained_classes(samples: Sequence[Sample | Entry]) -> None:
    """Refuse classes that would be measured but never learned.

    Args:
        samples: images whose split is given.

    Raises:
        DataError: a class is in validation or test but not in train; the classes are named.
    """
    trained = {sample.label for sample in samples if sample.split == "train"}
    for split in ("validation", "test"):
        extra = {sample.label for sample in samples if sample.split == split} - trained
        if extra:
            names = first_few([repr(label) for label in sorted(extra)])
            raise DataError(
                f"the {split} split has images of {names} but the train split has none; every "
                "class must be in train: add images of it there, or rename it to match."
            )


def require_images(
    labels: Iterable[str], entries: Iterable[Entry], rejected: Sequence[Rejection]
) -> None:
    """Refuse a class without a single usable image.

    Args:
        labels: the classes that must have images.
        entries: the usable images.
        rejected: files left out; those of the class are named in the message.

    Raises:
        DataError: a class has none; the message names it and what was found instead.
    """
    present = {entry.label for entry in entries}
    for label in labels:
        if label not in present:
            own = [item for item in rejected if label in item.path.parts]
            shown = first_few([f"{item.path.name}: {item.reason}" for item in own], limit=2)
            raise DataError(
                f"class {label!r} has no usable images"
                + (f" ({shown})" if own else " (its folder is empty)")
                + "; at least 2 are needed: add images, or remove the class."
            )


def require_filled_splits(given: Iterable[Split | None], entries: Iterable[Entry]) -> None:
    """Refuse split folders without a single usable image: nobody meant to have them.

    Args:
        given: the splits that have folders.
        entries: the usable images.

    Raises:
        DataError: a split has no image; it is named.
    """
    for split in sorted({split for split in given if split} - {entry.split for entry in entries}):
        raise DataError(
            f"the {split} folder has no usable images; add images to its class folders, or remove "
            "it to have that split made from train."
        )


def require_kept(before: Sequence[Sample], after: Sequence[Sample]) -> None:
    """Refuse to leave out so many images that a class or a split is gone.

    Args:
        before: all images.
        after: the images that stay.

    Raises:
        DataError: a class, a split, or a class in train loses its last image.
    """
    for what, old, new in (
        ("class", {s.label for s in before}, {s.label for s in after}),
        ("split", {s.split for s in before}, {s.split for s in after}),
    ):
        for name in sorted(old - new):
            raise DataError(
                f"{what} {name!r} has no readable images left; add good images, or mend those "
                "that are left out."
            )
    require_trained_classes(after)
