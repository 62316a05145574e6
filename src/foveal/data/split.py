"""Seeded splits: stratified by class, never separating what belongs together.

What belongs together is a unit: the images of one group (a patient, a session), and byte-identical
files, whatever their labels. Every unit has a fixed place in a shuffled order, drawn from the seed
and its group or content. Test images are taken from the front of the order, validation images from
its end, until each class has its share; the rest is for training.

So a split depends on nothing but the seed and what is in the files: not on names, folders, or the
order of listing. When images are added, only those at the two borders move, and none moves between
validation and test.

scikit-learn's ``StratifiedGroupKFold`` was considered: it deals in whole folds (1/k) rather than
fractions, depends on the order of its input, and costs two seconds to import.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from foveal.data.allocation import Allocation
from foveal.data.records import Split, counted
from foveal.data.requirements import Fault, Note, refuse
from foveal.data.units import Unit, make_units
from foveal.errors import UsageError


@dataclass(frozen=True)
class SplitPlan:
    """Which split every image goes to."""

    splits: tuple[Split, ...]
    """One split for each image, in the order they came."""

    warnings: tuple[str, ...]
    """Classes that are missing from a split, one sentence each."""


def require_fractions(val: float, test: float, seed: int) -> None:
    """Refuse split settings that cannot be used.

    Args:
        val: fraction of the images for validation, 0 <= val < 1.
        test: fraction for the test, 0 <= test < 1; both together below 1.
        seed: 0 or a positive int.

    Raises:
        UsageError: one of them is out of range; the message carries its value.
    """
    for name, value in (("val", val), ("test", test)):
        number: object = value  # Python callers may pass anything
        if not isinstance(number, int | float) or number is True or not 0 <= number < 1:
            raise UsageError(f"`{name}` must be a fraction, at least 0 and below 1; got {value!r}.")
    if val + test >= 1:
        raise UsageError(
            f"`val` + `test` must be below 1 to leave images for training; got {val} + {test}."
        )
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise UsageError(f"`seed` must be 0 or a positive int; got {seed!r}.")


def seeded_split(
    contents: Sequence[str],
    labels: Sequence[str],
    groups: Sequence[str | None] | None = None,
    *,
    val: float = 0.15,
    test: float = 0.15,
    seed: int = 0,
    note: Note = refuse,
) -> SplitPlan:
    """Divide images into train, validation and test.

    Each class gives ``round(n × fraction)`` of its n images to each requested split, and at least
    one where it has three or more units; every class keeps at least one image for training. The
    shares are exact where units are single images, and as near as the units allow elsewhere. A
    class of two images gives one to validation rather than to the test, with a warning.

    Args:
        contents: the content hash of each image.
        labels: the class of each image.
        groups: the group of each image, None for an image on its own; None for no groups at all.
        val: fraction for validation, 0 <= val < 1; 0 makes no validation split.
        test: fraction for the test, 0 <= test < 1; 0 makes no test split.
        seed: 0 or a positive int; another seed gives another split.
        note: takes the faults of data that cannot be split; by default the first is raised.

    Returns:
        A split for each image, and warnings.

    Raises:
        DataError: a class has fewer than two different images, or the groups leave a split empty.
        UsageError: a fraction or the seed is out of range, or the lengths differ.

    Example:
        >>> plan = seeded_split([f"{n:032x}" for n in range(20)], ["cat", "dog"] * 10)
        >>> [plan.splits.count(split) for split in ("train", "validation", "test")]
        [12, 4, 4]
    """
    require_fractions(val, test, seed)
    groups = [None] * len(contents) if groups is None else groups
    if not len(contents) == len(labels) == len(groups):
        raise UsageError(
            "`contents`, `labels` and `groups` must have one item for each image; "
            f"got {len(contents)}, {len(labels)} and {len(groups)}."
        )
    splits: list[Split] = ["train"] * len(contents)
    if not contents or not (val or test):
        return SplitPlan(tuple(splits), ())
    units = make_units(contents, labels, groups, seed)
    faults = list(_too_small(labels, units, grouped=any(group is not None for group in groups)))
    note(faults)
    allocation = Allocation(units, val, test)
    warnings = allocation.deal()
    if not faults:  # else they are why
        note(allocation.nothing_held_out())
    for unit in units:
        for member in unit.members:
            splits[member] = unit.split
    return SplitPlan(tuple(splits), tuple(warnings))


def _too_small(labels: Sequence[str], units: list[Unit], grouped: bool) -> Iterator[Fault]:
    parts = Counter(label for unit in units for label in unit.sizes)
    for label, count in sorted(Counter(labels).items()):
        if count < 2:
            yield Fault(
                "small-class",
                f"class {label!r} has {counted(count, 'image')}; at least 2 are needed to split "
                "it into train and validation",
                "add images, or remove the class",
            )
        elif parts[label] < 2 and not grouped:
            yield Fault(
                "small-class",
                f"class {label!r} has {count:,} images that are all the same file; at least 2 "
                "different ones are needed to split it",
                "add images, or remove the class",
            )
