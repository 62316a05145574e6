"""Classes and sets that are removed again, as far as they came through the workbench."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from foveal.storage.space import named_errors
from foveal.web.uploads import RefusedUpload
from foveal.web.workbench.photo_sets import PhotoSet, PhotoSets


class Cleared(NamedTuple):
    """What came of a removal."""

    removed: int
    """Photos that are gone."""
    left: int
    """Photos that were there before, and stay."""
    gone: bool
    """Whether the set is gone, too."""


def clear(sets: PhotoSets, key: str, label: str | None) -> Cleared:
    """Remove the photos of a set, or of one class, that came through the workbench.

    Folders that are empty then go, too, and with the last of them a set that was made here.

    Args:
        sets: all sets.
        key: the opaque id of the set.
        label: the class; None for all of them.

    Returns:
        How many were removed, and how many stay.

    Raises:
        RefusedUpload: there is no such set or class.
        StorageError: a photo cannot be removed.
    """
    with sets.writing():
        photos = sets.require(key)
        folders = [each for each in photos.class_folders() if label in (None, each.label)]
        if label is not None and not folders:
            raise RefusedUpload(404, "there is no such class; reload the page.")
        added = sets.records.read(photos.record)
        chosen = [p.path for p in sets.known(photos).values() if label in (None, p.label)]
        ours = {path: photos.name_of(path) for path in chosen if photos.name_of(path) in added}
        for path in ours:
            with named_errors(path, "remove"):
                path.unlink(missing_ok=True)
        sets.records.write(photos.record, added - set(ours.values()))
        for path in ours:
            _remove_empty(_above(path, photos.path))
        _remove_empty(folder.path for folder in folders)
        sets.known(photos)
        left = len(chosen) - len(ours)
        return Cleared(len(ours), left, label is None and not left and _forget(sets, photos))


def _forget(sets: PhotoSets, photos: PhotoSet) -> bool:
    """Remove the folder of a set that was made here, if it holds nothing any more."""
    if not photos.record:
        return False
    _remove_empty([photos.path])
    if photos.path.exists():
        return False
    sets.records.remove(photos.record)
    return True


def _remove_empty(folders: Iterable[Path]) -> None:
    for folder in folders:
        with suppress(OSError):  # gone already, a link, or a file of somebody's own is in it
            folder.rmdir()


def _above(path: Path, top: Path) -> list[Path]:
    """Return the folders between a file and the folder of its set, the innermost first."""
    return [folder for folder in path.parents if folder != top and folder.is_relative_to(top)]
