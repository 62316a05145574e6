"""Photos that are added to a set one by one, and taken out again."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from foveal.errors import ImageError
from foveal.images.headers import format_of
from foveal.images.io import IMAGE_SUFFIXES, load_image
from foveal.storage import read_bytes, write_bytes
from foveal.storage.space import named_errors
from foveal.web.uploads import RefusedUpload
from foveal.web.workbench.names import require_class, require_plain
from foveal.web.workbench.photo_sets import (
    MOST_PHOTOS,
    Photo,
    PhotoSets,
    class_place,
)
from foveal.web.workbench.shelves import Shelf, Shelves

MOST_PIXELS = 50_000_000
_SUFFIXES = {"JPEG": ".jpg", "PNG": ".png", "WEBP": ".webp", "GIF": ".gif", "BMP": ".bmp"}
_SUFFIXES |= {"TIFF": ".tif", "HEIF": ".heic"}
_HEAD = 64  # bytes by which a format is known


class Added(NamedTuple):
    """What came of a photo that was sent."""

    photo: Photo
    """The photo, in its set."""
    fresh: bool
    """Whether it was not there before."""


def add_photo(
    sets: PhotoSets, shelves: Shelves, key: str, label: str, name: str, data: bytes
) -> Added:
    """Add a photo to a class of a set, which it may be the first of.

    Args:
        sets: all sets.
        shelves: what is known to be in them.
        key: the opaque id of the set.
        label: the class.
        name: of the file.
        data: its content.

    Returns:
        The photo; the one that is there where a photo of that name has the same content.

    Raises:
        ImageError: it cannot be decoded.
        UsageError: a name cannot be used.
        RefusedUpload: there is no such set, or it is full.
        StorageError: it cannot be written.
    """
    require_class(label)
    require_plain("photo", name)
    load_image(data, name=name, max_pixels=MOST_PIXELS)
    with sets.writing():
        photos = sets.require(key)
        shelf = shelves.of(photos)
        if len(shelf.known) >= MOST_PHOTOS:
            raise RefusedUpload(409, f"a set holds at most {MOST_PHOTOS:,} photos; make another.")
        place = class_place(photos, shelf.classes, label)
        target = _free(shelf, place / _with_suffix(name, data), data)
        photo = Photo(photos.photo_id(target), target, label)
        fresh = not target.exists()
        if fresh:
            # Noted first: a list may name what is not there, and nobody may miss what is.
            sets.records.add(photos.record, photos.name_of(target))
            write_bytes(target, data)
            if not shelf.put(photo):
                shelves.forget(photos)
    return Added(photo, fresh)


def remove_photo(sets: PhotoSets, key: str, photo: str) -> None:
    """Take out a photo that came through the workbench.

    Args:
        sets: all sets.
        key: the opaque id of its set.
        photo: its own.

    Raises:
        RefusedUpload: there is no such photo, or it was there before.
    """
    with sets.writing():
        found, photos = sets.require_photo(key, photo), sets.require(key)
        added, name = sets.records.read(photos.record), photos.name_of(found.path)
        if name not in added:
            raise RefusedUpload(
                409,
                f"{found.path.name!r} did not come through the workbench, which leaves your own "
                "files as they are; remove it in its folder.",
            )
        with named_errors(found.path, "remove"):
            found.path.unlink(missing_ok=True)
        sets.records.write(photos.record, added - {name})
        sets.known(photos)


def _with_suffix(name: str, data: bytes) -> str:
    """Add the suffix of its format to a name by which no image would be recognised."""
    if Path(name).suffix.lower() in IMAGE_SUFFIXES:
        return name
    kind = format_of(data[:_HEAD])
    if kind is None:
        raise ImageError(name, "its format is not known", "save it as JPEG or PNG")
    return name + _SUFFIXES[kind]


def _free(shelf: Shelf, wanted: Path, data: bytes) -> Path:
    """Return the path itself, or with a number where another photo has that name."""
    target, number = wanted, 1
    while shelf.is_taken(target):
        if _holds(target, data):
            return target
        number += 1
        target = wanted.with_name(f"{wanted.stem}-{number}{wanted.suffix}")
    return target


def _holds(path: Path, data: bytes) -> bool:
    if not path.is_file() or path.is_symlink() or path.stat().st_size != len(data):
        return False
    return read_bytes(path) == data
