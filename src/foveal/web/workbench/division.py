"""Which photos of a set are learned from and which are kept apart, in words and as a setting."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from foveal.data import counted
from foveal.data.listing import identity, walk
from foveal.web.workbench.photo_sets import PhotoSet

# Frames of one go of the webcam, as the page names them, share all but their last number; every
# other path is a group of its own, since `group_by` must find one in each.
_FRAME = r"webcam-\d{8}-\d{6}-\d+[^/]*\Z"
ONE_GO = rf"(?s)(\A(?!.*/{_FRAME}).+|(?<=/)webcam-\d{{8}}-\d{{6}}(?=-\d+[^/]*\Z))"
"""What photos of one recording have in common."""
_LEAST_PARTS = 3  # of a class: one each to learn from, to validate and to test


@dataclass(frozen=True)
class Division:
    """How the photos of a set are divided."""

    sentence: str
    """What the page says of it."""
    group_by: str | None
    """What keeps photos together, as `foveal train` takes it."""


def division_of(photos: PhotoSet) -> Division:
    """Find out how the photos of a set will be divided.

    Args:
        photos: the set.

    Returns:
        The division. Recordings are kept together where every class has three or more, or other
        photos beside them; with fewer, a class could not be measured at all.
    """
    names: dict[tuple[str | None, str], list[str]] = {}
    for folder in photos.class_folders():
        images = walk(folder.path, [identity(photos.path)]).images
        found = names.setdefault((folder.split, folder.label), [])
        found += [photos.name_of(path) for path in images]
    sizes = Counter[str | None]()
    for (split, _), members in names.items():
        sizes[split] += len(members)
    group_by, recorded = _grouping(names)
    classes = len({label for _, label in names})
    return Division(f"{_sizes(sizes, classes)}{recorded}", group_by)


def _sizes(sizes: Counter[str | None], classes: int) -> str:
    learned = sizes[None] + sizes["train"]
    among = f"{counted(learned, 'photo')} in {counted(classes, 'class', 'classes')}"
    validation, test = sizes["validation"], sizes["test"]
    if not validation and not test:
        return (
            f"It is given {among}: 70 % to learn from, 15 % to choose the best state by, and 15 % "
            "put aside to test it on."
        )
    if not test:
        return (
            f"It learns from {among}; {counted(validation, 'photo')} of your validation folder "
            "choose the best state. There is no test folder, so its figure will come from those "
            "too, and be a little too good."
        )
    chosen = f"{counted(validation, 'photo')} of your validation folder choose the best state"
    if not validation:
        chosen = "15 % of them are put aside to choose the best state by"
    return (
        f"It learns from {among}; {chosen}, and it is tested on the {test:,} of your test folder."
    )


def _grouping(names: dict[tuple[str | None, str], list[str]]) -> tuple[str | None, str]:
    given = {split for split, _ in names}
    pool = {label: found for (split, label), found in names.items() if split in (None, "train")}
    if "validation" in given or not any(_recordings(found) for found in pool.values()):
        return None, ""
    for label, found in sorted(pool.items()):
        if len(_parts(found)) < _LEAST_PARTS and _recordings(found):
            return None, (
                f" Photos of one recording look alike, and “{label}” has fewer than "
                f"{_LEAST_PARTS} recordings, so some of each are tested on and the figure will be "
                "too good: record each class several times."
            )
    return ONE_GO, " Photos of one recording stay together."


def _parts(names: Iterable[str]) -> set[str]:
    return {found.group(1) for name in names if (found := re.search(ONE_GO, name))}


def _recordings(names: Iterable[str]) -> set[str]:
    return {part for part in _parts(names) if "/" not in part}
