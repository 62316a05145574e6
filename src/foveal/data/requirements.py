"""What a data set must have before anything can be learned from it.

Each rule yields the faults it finds. Training refuses the first of them (`refuse`); a check
collects them all, so that nobody has to mend them one at a time.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from foveal.data.records import Entry, Rejection, Sample, Split, first_few
from foveal.errors import DataError

FaultKind = Literal[
    "one-class", "class-names", "empty-class", "small-class", "untrained-class", "empty-split"
]


@dataclass(frozen=True)
class Fault:
    """Why nothing can be learned from the data as it is."""

    kind: FaultKind
    """Which rule is broken."""

    message: str
    """What was expected and what is there, without a full stop."""

    remedy: str
    """What to do, as a phrase."""

    def as_error(self) -> DataError:
        """Return the fault as training reports it.

        Returns:
            An error of one sentence.
        """
        return DataError(f"{self.message}: {self.remedy}.")


Note = Callable[[Iterable[Fault]], None]
"""What is done with faults: `refuse` them, or add them to a list."""


def refuse(faults: Iterable[Fault]) -> None:
    """Raise the first fault, if there is one.

    Args:
        faults: what a rule found.

    Raises:
        DataError: the first fault.
    """
    first = next(iter(faults), None)
    if first is not None:
        raise first.as_error()


def confusable_names(labels: Iterable[str]) -> Iterator[Fault]:
    """Find class names that differ only in case, or in how accents are encoded.

    On some file systems such names are one folder, on others two: a model trained on one machine
    would have other classes than on the next.

    Args:
        labels: class names.

    Yields:
        A fault for each pair; both are named.
    """
    seen: dict[str, str] = {}
    for label in sorted(set(labels)):
        key = unicodedata.normalize("NFC", label).casefold()
        if key in seen:
            yield Fault(
                "class-names",
                f"class names {seen[key]!r} and {label!r} differ only in case or in the encoding "
                "of accents; classes must have clearly different names",
                "rename or join them",
            )
        seen[key] = label


def too_few_classes(labels: Sequence[str], where: object) -> Iterator[Fault]:
    """Find data with fewer than two classes.

    Args:
        labels: the class names.
        where: the folder or table, for the message.

    Yields:
        A fault where there is one class, or none.
    """
    if len(labels) < 2:
        got = f"one class, {labels[0]!r}" if labels else "no class"
        yield Fault(
            "one-class",
            f"{where} has {got}; a classifier needs at least two",
            "add images of something else, or check that the path is that of the folder above the "
            "classes",
        )


def untrained_classes(samples: Sequence[Sample | Entry]) -> Iterator[Fault]:
    """Find classes that would be measured but never learned.

    Args:
        samples: images whose split is given.

    Yields:
        A fault for each split with classes that are not in train; the classes are named.
    """
    trained = {sample.label for sample in samples if sample.split == "train"}
    for split in ("validation", "test"):
        extra = {sample.label for sample in samples if sample.split == split} - trained
        if extra:
            names = first_few([repr(label) for label in sorted(extra)])
            yield Fault(
                "untrained-class",
                f"the {split} split has images of {names} but the train split has none; every "
                "class must be in train",
                "add images of it there, or rename it to match",
            )


def empty_classes(
    labels: Iterable[str],
    entries: Iterable[Entry],
    left_out: Callable[[str], Sequence[Rejection]],
) -> Iterator[Fault]:
    """Find classes without a single usable image.

    Args:
        labels: the classes that must have images.
        entries: the usable images.
        left_out: gives the files of a class that are left out; the message names them.

    Yields:
        A fault for each such class, with what was found instead.
    """
    present = {entry.label for entry in entries}
    for label in labels:
        if label not in present:
            own = left_out(label)
            shown = first_few([f"{item.path.name}: {item.reason}" for item in own], limit=2)
            yield Fault(
                "empty-class",
                f"class {label!r} has no usable images"
                + (f" ({shown})" if own else " (its folder is empty)")
                + "; at least 2 are needed",
                "add images, or remove the class",
            )


def empty_splits(given: Iterable[Split | None], entries: Iterable[Entry]) -> Iterator[Fault]:
    """Find split folders without a single usable image: nobody meant to have them.

    Args:
        given: the splits that have folders.
        entries: the usable images.

    Yields:
        A fault for each such split.
    """
    for split in sorted({split for split in given if split} - {entry.split for entry in entries}):
        yield Fault(
            "empty-split",
            f"the {split} folder has no usable images",
            "add images to its class folders, or remove it to have that split made from train",
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
    refuse(untrained_classes(after))
