"""Folders of photos: those that are there, and those that come through the workbench."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from foveal.data.layout import ClassFolder, find_layout
from foveal.data.listing import identity, look_into, walk
from foveal.errors import DataError, UsageError
from foveal.storage import lock
from foveal.storage.space import named_errors
from foveal.web.uploads import RefusedUpload
from foveal.web.workbench.names import hashed, opaque_id, require_plain
from foveal.web.workbench.records import Records

KEPT = ".workbench"
"""The hidden folder for what the workbench notes down."""
MOST_PHOTOS = 20_000
_WAIT = 10.0  # seconds for another server that is writing


@dataclass(frozen=True)
class Photo:
    """One photo of a set."""

    id: str
    """Its opaque id in the set."""
    path: Path
    """The file."""
    label: str
    """Its class."""


@dataclass(frozen=True)
class PhotoSet:
    """A folder with one sub-folder of photos per class."""

    id: str
    """Its opaque id."""
    name: str
    """Its name on the page."""
    path: Path
    """The folder, resolved."""
    record: str
    """The name of the list of what came through the workbench."""

    def class_folders(self) -> tuple[ClassFolder, ...]:
        """Return where the photos of each class are.

        Returns:
            The folders; none where there are none, or what is a class cannot be told.
        """
        try:
            return find_layout(self.path).classes
        except DataError:
            return ()

    def photos(self) -> dict[str, list[Photo]]:
        """List the photos.

        Returns:
            By class, sorted by name.
        """
        found: dict[str, list[Photo]] = {}
        for folder in self.class_folders():
            images = walk(folder.path, [identity(self.path)]).images
            members = [Photo(self.photo_id(path), path, folder.label) for path in images]
            found.setdefault(folder.label, []).extend(members)
        return dict(sorted(found.items()))

    def photo_id(self, path: Path) -> str:
        """Return the opaque id of a photo.

        Args:
            path: a file in this set.

        Returns:
            12 hexadecimal digits.
        """
        return hashed(self.name_of(path))

    def name_of(self, path: Path) -> str:
        """Return what a photo is called in the set.

        Args:
            path: a file in this set.

        Returns:
            Its path in the set, with ``/``.
        """
        return path.relative_to(self.path).as_posix()


class PhotoSets:
    """The sets of one folder.

    Args:
        root: the folder: a set itself, or a folder of sets; made when the first set comes.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.records = Records(root / KEPT)
        self._writing = threading.Lock()
        self._known: dict[str, dict[str, Photo]] = {}
        self._written: dict[str, PhotoSet] = {}

    def sets(self) -> dict[str, PhotoSet]:
        """List the sets.

        Returns:
            By opaque id, sorted by name. A link that leads out of the folder is none.
        """
        if not self.root.is_dir():
            return {}
        root = self.root.resolve()
        folders = [root] if self.is_one() else look_into(root).folders
        found = {}
        for folder in folders:
            path = folder.resolve()
            if path.is_relative_to(root) and (path == root or self._is_set(folder)):
                key = opaque_id(path)
                found[key] = PhotoSet(key, folder.name, path, "" if path == root else folder.name)
        return found

    def is_one(self) -> bool:
        """Tell whether the folder is one set by itself.

        Returns:
            True where its sub-folders hold photos, or train, validation and test folders do.
        """
        if self.records.any() or not self.root.is_dir():
            return False
        try:
            layout = find_layout(self.root)
        except DataError:
            return False
        return any(look_into(folder.path).images for folder in layout.classes)

    def require(self, key: str) -> PhotoSet:
        """Return a set.

        Args:
            key: its opaque id.

        Returns:
            The set.

        Raises:
            RefusedUpload: there is none.
        """
        found = self._written.get(key)
        if found is None or not self._is_there(found):
            found = self.sets().get(key)
        if found is None:
            raise RefusedUpload(404, "there is no such set of photos; reload the page.")
        self._written[key] = found
        return found

    def require_photo(self, key: str, photo: str) -> Photo:
        """Return a photo.

        Args:
            key: the opaque id of its set.
            photo: its own.

        Returns:
            The photo, which lies in its set.

        Raises:
            RefusedUpload: there is none.
        """
        known = self._known.get(key, {})
        if photo not in known or not known[photo].path.is_file():
            known = self.known(self.require(key))
        found = known.get(photo)
        if found is None or not found.path.resolve().is_relative_to(self.root.resolve()):
            raise RefusedUpload(404, "there is no such photo; reload the page.")
        return found

    def known(self, photos: PhotoSet) -> dict[str, Photo]:
        """List the photos of a set, and remember them.

        Args:
            photos: the set.

        Returns:
            By opaque id.
        """
        listed = {photo.id: photo for many in photos.photos().values() for photo in many}
        self._known[photos.id] = listed
        return listed

    def create(self, name: str) -> PhotoSet:
        """Make an empty set.

        Args:
            name: of its folder.

        Returns:
            The set.

        Raises:
            UsageError: the name cannot be used.
            RefusedUpload: the name is taken, or the folder is a set itself.
        """
        with self.writing():
            target = self.require_free(name)
            self.records.write(name, [])
            with named_errors(target, "make"):
                target.mkdir()
        return PhotoSet(opaque_id(target), name, target.resolve(), name)

    def refuse_taken(self, name: str) -> None:
        """Refuse a name that no new set can have, before its photos have come.

        Args:
            name: of the set.

        Raises:
            UsageError: the name cannot be used.
            RefusedUpload: the name is taken, or the folder is a set itself.
        """
        with self.writing():
            self.require_free(name)

    def require_free(self, name: str) -> Path:
        """Refuse a name that no new set can have.

        Args:
            name: of the set.

        Returns:
            Its folder, which does not exist.

        Raises:
            UsageError: the name cannot be used.
            RefusedUpload: the name is taken, or the folder is a set itself.
        """
        require_plain("set of photos", name)
        if self.is_one():
            raise RefusedUpload(
                409,
                f"{self.root.resolve().name!r} is one set of photos, so a new one in it would look "
                "like a class; start the workbench with another folder: --photos DIR.",
            )
        taken = {path.name.casefold(): path.name for path in self.root.iterdir()}
        if name.casefold() in taken:
            raise RefusedUpload(
                409, f"there is {taken[name.casefold()]!r} already; choose another name."
            )
        return self.root / name

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Keep others, in this server or another, from changing the sets in the block."""
        with named_errors(self.root, "write to"):
            self.root.mkdir(parents=True, exist_ok=True)
        with self._writing, lock(self.root / KEPT / ".lock", timeout=_WAIT):
            yield

    def _is_there(self, photos: PhotoSet) -> bool:
        """Tell whether a set that was written to is there still: then it is one."""
        path = photos.path
        inside = path.is_relative_to(self.root.resolve()) and path.resolve() == path
        return inside and path.is_dir() and self.records.exists(photos.record)

    def _is_set(self, folder: Path) -> bool:
        return self.records.exists(folder.name) or bool(look_into(folder).folders)


def class_place(photos: PhotoSet, classes: Sequence[ClassFolder], label: str) -> Path:
    """Return the folder that new photos of a class go into.

    Args:
        photos: the set.
        classes: where its photos are.
        label: the class; it may be new.

    Returns:
        A folder in the set, with splits in the folder of train; it need not exist.

    Raises:
        UsageError: there is a class whose name differs only in case.
    """
    folders = [each for each in classes if each.split in (None, "train")]
    for folder in folders:
        if folder.label == label:
            return folder.path
        if folder.label.casefold() == label.casefold():
            raise UsageError(
                f"there is the class {folder.label!r} already, and {label!r} differs only in "
                "case; choose one of the names."
            )
    return (folders[0].path.parent if folders else photos.path) / label
