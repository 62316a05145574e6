"""From listed images to samples: the splits that were given, and those that must be made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from foveal.data.records import Entry, Sample, Split
from foveal.data.requirements import Note, refuse
from foveal.data.split import seeded_split

Made = Literal["none", "some", "all"]

_NO_TEST = (
    "there is no test split: figures come from the validation images, which also choose when "
    "training stops, so they are a little too good; add a test folder for an honest figure."
)


def assemble(
    entries: Sequence[Entry], val: float, test: float, seed: int, note: Note = refuse
) -> tuple[tuple[Sample, ...], Made, list[str]]:
    """Give every image its split.

    Args:
        entries: the images, with the splits they were given.
        val: fraction for validation, where it must be made.
        test: fraction for the test, where it must be made.
        seed: the seed of what is made.
        note: takes the faults of data that cannot be split.

    Returns:
        The samples in the same order; whether no, some or all splits were made; warnings.

    Raises:
        DataError: a class has too few images to be split.
    """
    given = {entry.split for entry in entries} - {None}
    if "validation" in given:
        splits = [entry.split or "train" for entry in entries]
        return _samples(entries, splits), "none", [] if "test" in given else [_NO_TEST]
    pool = [index for index, entry in enumerate(entries) if entry.split in (None, "train")]
    test = 0.0 if "test" in given else test
    plan = seeded_split(
        [entries[index].content for index in pool],
        [entries[index].label for index in pool],
        [entries[index].group for index in pool],
        val=val,
        test=test,
        seed=seed,
        note=note,
    )
    splits = [entry.split or "train" for entry in entries]
    for index, split in zip(pool, plan.splits, strict=True):
        splits[index] = split
    made: Made = "all" if not given else "some" if val or test else "none"
    return _samples(entries, splits), made, list(plan.warnings)


def _samples(entries: Sequence[Entry], splits: Sequence[Split]) -> tuple[Sample, ...]:
    return tuple(
        Sample(entry.path, entry.label, split, entry.group, entry.content)
        for entry, split in zip(entries, splits, strict=True)
    )
