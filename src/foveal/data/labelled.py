"""Labelled photos to measure a finished classifier on: no splits to make, nothing to train."""

from __future__ import annotations

from pathlib import Path

from foveal.data.layout import find_layout
from foveal.data.listing import identity, walk
from foveal.data.records import Split


def list_labelled(root: str | Path, split: Split) -> list[tuple[Path, str]]:
    """List the photos of a folder of class folders with their labels.

    Args:
        root: ``root/<class>/...``, all of which count, or ``root/{train,val,test}/<class>/...``.
        split: which of the split folders, where there are any.

    Returns:
        Files and labels, sorted by path; one class, or an empty one, is fine here.

    Raises:
        DataError: the folder cannot be used; the message says what was expected.
    """
    layout = find_layout(Path(root))
    above = [identity(folder) for folder in layout.above]
    wanted = [folder for folder in layout.classes if folder.split in (None, split)]
    return sorted((path, f.label) for f in wanted for path in walk(f.path, above).images)
