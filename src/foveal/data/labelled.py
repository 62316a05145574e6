"""Labelled photos to measure a finished classifier on: no splits to make, nothing to train."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from foveal.data.layout import find_layout
from foveal.data.listing import identity, walk
from foveal.data.records import SPLITS, Split
from foveal.data.table import is_table, read_labels
from foveal.errors import DataError, UsageError

Labelled = tuple[Path, str]


def list_labelled(source: str | Path, split: Split | None = None) -> list[Labelled]:
    """List the photos of a folder of class folders, or of a table, with their labels.

    Args:
        source: ``DIR/<class>/...`` or a table without a column ``split``, all of whose photos
            count; or ``DIR/{train,val,test}/<class>/...`` or a table with that column.
        split: which of the splits, where there are any; None for the test split.

    Returns:
        Files and labels, sorted by path; one class, or an empty one, is fine here.

    Raises:
        DataError: the folder or table cannot be used, or has no such split; the message says
            what was expected.
        UsageError: a split is asked for and there are none.
    """
    source = Path(source)
    return sorted(_of_table(source, split) if is_table(source) else _of_folder(source, split))


def has_splits(source: str | Path) -> bool:
    """Return whether labelled photos are divided into splits.

    Args:
        source: a folder of class folders, or a table.

    Returns:
        True where `list_labelled` chooses one of them, False where it lists every photo.

    Raises:
        DataError: the folder or table cannot be used.
    """
    source = Path(source)
    if is_table(source):
        return any(entry.split is not None for entry in read_labels(source))
    return any(folder.split is not None for folder in find_layout(source).classes)


def _of_folder(root: Path, split: Split | None) -> list[Labelled]:
    layout = find_layout(root)
    above = [identity(folder) for folder in layout.above]
    wanted = _choose(root, split, (folder.split for folder in layout.classes))
    folders = [folder for folder in layout.classes if folder.split == wanted]
    return [(path, f.label) for f in folders for path in walk(f.path, above).images]


def _of_table(table: Path, split: Split | None) -> list[Labelled]:
    entries = read_labels(table)
    wanted = _choose(table, split, (entry.split for entry in entries))
    return [(entry.path, entry.label) for entry in entries if entry.split == wanted]


def _choose(source: Path, split: Split | None, given: Iterable[Split | None]) -> Split | None:
    """Return the split that is meant; None where there are none and everything counts."""
    there = set(given)
    named = [name for name in SPLITS if name in there]
    if not named:
        if split is not None:
            what = "no column 'split'" if is_table(source) else "no split folders such as test/"
            raise UsageError(
                f"`split` chooses among the splits of the photos, but {source} has {what}: leave "
                "it out to measure all of its photos."
            )
        return None
    wanted: Split = split or "test"
    if wanted not in named:
        choices = " or ".join(f"--split {name}" for name in named)
        raise DataError(f"{source} has no {wanted} photos; use {choices}.")
    return wanted
