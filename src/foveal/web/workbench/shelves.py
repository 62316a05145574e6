"""What is in a set of photos, listed anew only when one of its folders has changed."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from foveal.data.layout import ClassFolder
from foveal.web.workbench.photo_sets import Photo, PhotoSet


@dataclass(frozen=True)
class Shelf:
    """A set as it was listed, and how its folders looked then.

    A change that falls into the very moment of listing may be missed until the next one: enough
    to count photos and to find a free name, but whoever writes looks at the file itself as well.
    """

    photos: PhotoSet
    """The set."""
    classes: tuple[ClassFolder, ...]
    """Where the photos of each class are."""
    known: dict[str, Photo]
    """All photos, by opaque id."""
    changed: dict[Path, int]
    """When each folder was changed last, in nanoseconds."""
    names: dict[Path, set[str]] = field(default_factory=dict)
    """Names that are taken in a folder, without regard to case; filled when first asked."""

    @classmethod
    def of(cls, photos: PhotoSet) -> Shelf:
        """List a set.

        Args:
            photos: the set.

        Returns:
            What is in it.
        """
        classes = photos.class_folders()
        found = [photo for many in photos.photos().values() for photo in many]
        folders = {photos.path} | {folder.path.parent for folder in classes}
        folders |= {folder.path for folder in classes} | {photo.path.parent for photo in found}
        known = {photo.id: photo for photo in found}
        return cls(photos, classes, known, {folder: _changed(folder) for folder in folders})

    def is_current(self, photos: PhotoSet) -> bool:
        """Tell whether nobody has changed the set since.

        Args:
            photos: the set.

        Returns:
            False where it must be listed again.
        """
        same = photos == self.photos
        return same and all(_changed(folder) == when for folder, when in self.changed.items())

    def is_taken(self, place: Path) -> bool:
        """Tell whether a file cannot have a name, on this system or on another.

        Args:
            place: the file.

        Returns:
            True where there is one, or one whose name differs only in case.
        """
        if place.parent not in self.names:
            there = os.listdir(place.parent) if place.parent.is_dir() else []
            self.names[place.parent] = {name.casefold() for name in there}
        return place.name.casefold() in self.names[place.parent] or os.path.lexists(place)

    def put(self, photo: Photo) -> bool:
        """Note a photo that has just been written.

        Args:
            photo: the photo.

        Returns:
            False where its folder is new, so that the set must be listed again.
        """
        folder = photo.path.parent
        if folder not in self.changed:
            return False
        self.known[photo.id] = photo
        self.names.setdefault(folder, set()).add(photo.path.name.casefold())
        self.changed[folder] = _changed(folder)
        return True


class Shelves:
    """The shelves of the sets that photos are added to; for one thread at a time."""

    def __init__(self) -> None:
        self._shelves: dict[str, Shelf] = {}

    def of(self, photos: PhotoSet) -> Shelf:
        """Return what is in a set.

        Args:
            photos: the set.

        Returns:
            Its shelf, as it is now.
        """
        kept = self._shelves.get(photos.id)
        if kept is None or not kept.is_current(photos):
            kept = self._shelves[photos.id] = Shelf.of(photos)
        return kept

    def forget(self, photos: PhotoSet) -> None:
        """List a set again when it is asked for next.

        Args:
            photos: the set.
        """
        self._shelves.pop(photos.id, None)


def _changed(folder: Path) -> int:
    try:
        return folder.stat().st_mtime_ns
    except OSError:
        return -1
